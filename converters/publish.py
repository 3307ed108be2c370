"""The end of a conversion: the manifest is written and the files are put in place."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from converters import cache, delegation
from converters.plan import Plan, PlannedNetwork
from converters.pruning import sparsity
from tflite_ocr import interpreter, manifest
from tflite_ocr.manifest import ModelFile

# Of all formats; what a model's folder holds besides is left alone.
_SUFFIXES = (".tflite", ".onnx", ".xml", ".bin", ".npz")


@dataclass(frozen=True)
class Made:
    """A network's results.

    Attributes:
        network: As it was converted, without what pruning took out.
        others: File and all its paths, by format.
        source: The network as its source has it, an ONNX file or a SavedModel.
        saved: SavedModel from which a .tflite file was made, by precision.
        layers: Precision by layer of files of mixed precision, by the precision of the model.
        plain: As `files`, before any was mended.
    """

    network: PlannedNetwork
    files: dict[str, Path]
    parity: dict[str, dict[str, float]]
    pruned: bool = False
    others: dict[str, tuple[ModelFile, tuple[Path, ...]]] = field(default_factory=dict)
    source: Path | None = None
    saved: dict[str, Path] = field(default_factory=dict)
    layers: dict[str, dict[str, str]] = field(default_factory=dict)
    plain: dict[str, Path] = field(default_factory=dict)


def manifest_of(plan: Plan, made: Sequence[Made], precisions: Sequence[str]) -> manifest.Manifest:
    """The manifest of a converted plan: its facts, and everything measured of its files."""
    default = plan.default_precision if plan.default_precision in precisions else precisions[0]

    def part(facts, role: str, owner: str = ""):
        own = [one for one in made if (one.network.role, one.network.owner) == (role, owner)]
        files = tuple(_described(one, precision) for one in own for precision in one.files)
        return replace(facts, files=files, other_files=tuple(file for one in own for file, _ in one.others.values()))

    return manifest.Manifest(
        schema=manifest.SCHEMA,
        name=plan.name,
        source=plan.source,
        default_precision=default,
        detector=part(plan.detector, "detector"),
        recognizers=tuple(part(facts, "recognizer", facts.name) for facts in plan.recognizers),
        direction=plan.direction and part(plan.direction, "direction"),
        parameters=plan.parameters,
        read_by=plan.read_by,
    )


def _described(one: Made, precision: str) -> ModelFile:
    """The manifest's entry of a .tflite file."""
    network, path = one.network, one.files[precision]
    data = path.read_bytes()
    inputs, outputs = interpreter.tensor_specs(data)
    return ModelFile(
        path=_published_name(network, path),
        precision=precision,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        inputs=inputs,
        outputs=outputs,
        canvas=() if network.stage else tuple(network.shape[2:]),
        resizable=network.resizable,
        stage=network.stage,
        step=network.step,
        delegation=delegation.measure(path),
        parity=one.parity[precision],
        sparsity=sparsity.of_kernels(path) if one.pruned else {},
        layers=one.layers.get(precision, {}),
    )


def _published_name(network: PlannedNetwork, path: Path) -> str:
    return f"{network.name}_{path.stem}.tflite"


def finish(folder: Path, plan: Plan, made: Sequence[Made], precisions: Sequence[str], fresh: bool) -> bool:
    """Publishes a model unless its folder holds this manifest and these files, unharmed, and nothing was made now.

    Returns:
        Whether anything was made or published now.
    """
    text, target = manifest.dump(manifest_of(plan, made, precisions)), folder / manifest.FILE_NAME
    wanted = [(folder / name, path) for name, path in _wanted(made, plan.attached).items()]
    complete = target.is_file() and target.read_text(encoding="utf-8") == text
    complete = complete and all(held.is_file() and held.read_bytes() == path.read_bytes() for held, path in wanted)
    if fresh or not complete:
        publish(folder, made, text, plan.attached)
    return fresh or not complete


def publish(folder: Path, made: Sequence[Made], text: str, attached: Sequence[Path] = ()) -> None:
    """Puts the files in place: at every moment, also after a loss of power, the folder holds the old model or the new.

    The new files are first written under their digests where a reader looks for what it does not find under its name
    (interpreter.read_matching); then the new manifest takes the place of the old one, and only then the files get
    their names. A full disk leaves the folder as it was.
    """
    target, wanted = folder / manifest.FILE_NAME, _wanted(made, attached)
    spare, partial = folder / interpreter.SPARE, target.with_suffix(".partial")
    named = False
    try:
        copies = _copies(wanted, spare)
        partial.write_text(text, encoding="utf-8")
        cache.make_durable(partial)
        cache.make_durable(spare)
        partial.replace(target)
        named = True
        cache.make_durable(folder, below=False)
        for name, copy in copies.items():
            _link(copy, folder / name)
        for stale in published(folder):
            if stale.name not in wanted:
                stale.unlink()
        cache.make_durable(folder, below=False)
        shutil.rmtree(spare)
    finally:
        partial.unlink(missing_ok=True)
        if not named:  # the old manifest is still there, and its files
            shutil.rmtree(spare, ignore_errors=True)


def _copies(wanted: dict[str, Path], spare: Path) -> dict[str, Path]:
    """Copies of files, named by their digests; what an earlier run left is replaced."""
    shutil.rmtree(spare, ignore_errors=True)
    spare.mkdir(parents=True)
    copies = {}
    for name, path in wanted.items():
        copies[name] = spare / hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copyfile(path, copies[name])
    return copies


def _link(copy: Path, final: Path) -> None:
    """Gives a file a second name, in the place of what has it; a copy where the file system has no links."""
    fresh = final.with_name(f"{final.name}.partial")
    fresh.unlink(missing_ok=True)
    try:
        try:
            os.link(copy, fresh)
        except OSError:
            shutil.copyfile(copy, fresh)
            cache.make_durable(fresh)
        fresh.replace(final)
    finally:
        fresh.unlink(missing_ok=True)


def published(folder: Path) -> list[Path]:
    """The files of networks and language models in a model's folder."""
    return sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)


def _wanted(made: Sequence[Made], attached: Sequence[Path]) -> dict[str, Path]:
    wanted = {path.name: path for path in attached}
    wanted |= {_published_name(result.network, path): path for result in made for path in result.files.values()}
    for result in made:
        for file, paths in result.others.values():
            wanted |= dict(zip((file.path, file.weights_path), paths, strict=False))
    return wanted
