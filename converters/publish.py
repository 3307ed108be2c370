"""The end of a conversion: the manifest is written and the files are put in place."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converters import delegation
from converters.plan import Network, Plan
from tflite_ocr import interpreter, manifest
from tflite_ocr.manifest import ModelFile


@dataclass(frozen=True)
class Made:
    """A network's results by precision."""

    network: Network
    files: dict[str, Path]
    parity: dict[str, dict[str, float]]


def manifest_of(plan: Plan, made: Sequence[Made], precisions: Sequence[str]) -> manifest.Manifest:
    """The manifest of a converted plan: its facts, and everything measured of its files."""
    files: dict[tuple[str, str], list[ModelFile]] = {}
    for result in made:
        network = result.network
        for precision, path in result.files.items():
            data = path.read_bytes()
            inputs, outputs = interpreter.tensor_specs(data)
            files.setdefault((network.role, network.owner), []).append(ModelFile(
                path=_published_name(network, path), precision=precision, sha256=hashlib.sha256(data).hexdigest(),
                size_bytes=len(data), inputs=inputs, outputs=outputs,
                canvas=() if network.stage else tuple(network.shape[2:]), resizable=network.resizable,
                stage=network.stage, step=network.step, delegation=delegation.measure(path),
                parity=result.parity[precision],
            ))
    default = plan.default_precision if plan.default_precision in precisions else precisions[0]
    return manifest.Manifest(
        schema=manifest.SCHEMA, name=plan.name, source=plan.source, default_precision=default,
        detector=replace(plan.detector, files=tuple(files.get(("detector", ""), ()))),
        recognizers=tuple(
            replace(facts, files=tuple(files.get(("recognizer", facts.name), ()))) for facts in plan.recognizers
        ),
        direction=plan.direction and replace(plan.direction, files=tuple(files.get(("direction", ""), ()))),
        parameters=plan.parameters,
    )


def _published_name(network: Network, path: Path) -> str:
    return f"{network.name}_{path.stem}.tflite"


def publish(folder: Path, made: Sequence[Made], text: str) -> None:
    """Puts the files in place, the manifest last: a reader never sees a manifest without its files."""
    target = folder / manifest.FILE_NAME
    target.unlink(missing_ok=True)
    wanted = {_published_name(r.network, path): path for r in made for path in r.files.values()}
    for stale in folder.glob("*.tflite"):
        if stale.name not in wanted:
            stale.unlink()
    for name, path in wanted.items():
        partial = folder / f"{name}.partial"
        shutil.copyfile(path, partial)
        partial.replace(folder / name)
    partial = target.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)
