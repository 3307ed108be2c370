"""python -m benchmarks profile MODEL: where the time goes, operator by operator, on one page.

For every network of a converted model: the time of each operator of each .tflite file, run by XNNPACK (delegated) or by
a built-in kernel (not), and the whole without XNNPACK; operators of the SavedModel in TensorFlow and of the original in
PyTorch, with their traces. For the Reader: the Python time around the networks. What cannot be measured here says why.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from benchmarks.engines import networks
from benchmarks.engines.networks import Network
from benchmarks.running import machine
from benchmarks.running.protocol import Skipped, thread_environment
from benchmarks.tools import litert_profiler, original_profiles, python_times
from tflite_ocr import manifest, models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError
from tflite_ocr.files import replacing
from tflite_ocr.interpreter import quantize, tensor_specs

SCHEMA = 1
PAGE, DATA = "index.html", "profile.json"
_TEMPLATES = Path(__file__).parents[1] / "report" / "templates"
_SHOWN = 12  # kinds of operators before the rest is added up


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.update(thread_environment(options.threads))
    try:
        folder = models.find(options.model)
        command = f"python -m benchmarks profile {options.model or ''}".rstrip()
        out = options.out or Path("artifacts/profile") / manifest.load(folder).name
        page = write(profile(folder, out, options.image, options.runs, options.threads, command, _say), out)
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(page)
    return 0


def profile(
    folder: Path,
    out: Path,
    picture: Path | None,
    runs: int,
    threads: int,
    command: str,
    say: Callable[[str], None] = lambda text: None,
) -> dict:
    """Measures a model; traces are written to `out`.

    Args:
        folder: Folder of a converted model.
        out: Folder for the traces; made where it does not exist.
        picture: Image for the Reader; None for one that the project draws.
        runs: Over which means are taken.
        threads: For the networks; the Reader's steps are measured with one.
        command: As typed.
        say: Is called with what comes next.

    Returns:
        {"schema", "created", "command", "machine", "model", "method", "networks", "reader"}: what profile.json holds.

    Raises:
        ArtifactError: The folder has no valid manifest.
        ImageReadError: The image cannot be read.
    """
    facts = manifest.load(folder)
    out.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    # The threads that TensorFlow and PyTorch leave behind would slow down what is measured after them.
    say(f"{facts.name}: Reader.read")
    reader = {
        precision: python_times.measure(folder, precision, picture or _drawn(out), runs)
        for precision in facts.precisions()
    }
    known = networks.networks(folder)
    files = [_files(network, runs, threads, say) for network in known]
    originals = [_originals(network, out / "traces", runs, say) for network in known]
    return {
        "schema": SCHEMA,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": command,
        "machine": machine.describe(),
        "model": facts.name,
        "method": {"operators": litert_profiler.METHOD, "runs": runs, "threads": threads, "load": load},
        "networks": [
            {"network": network.title, "shape": list(network.shape), "files": of} | original
            for network, of, original in zip(known, files, originals, strict=True)
        ],
        "reader": reader,
    }


def write(result: dict, out: Path) -> Path:
    """Writes profile.json and the page, which needs no other file; returns the page's path."""
    text = json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    for name, content in ((DATA, text), (PAGE, html(result))):
        with replacing(out / name) as stream:
            stream.write(content.encode())
    return out / PAGE


def html(result: dict) -> str:
    """The page of a result of `profile`."""
    import jinja2

    from benchmarks.report.palette import GRID, GROUND, INK, PAPER, SOFT

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("profile.html").render(
        result=result,
        kinds=by_kind,
        looks={},
        marks={},
        ground_dark=GROUND,
        ground={"ink": INK, "soft": SOFT, "line": GRID, "paper": PAPER},
    )


def by_kind(operators: Sequence[dict]) -> list[dict]:
    """Operators added up by name and delegation, the longest first; beyond a dozen, "others"."""
    sums: dict[tuple, dict] = {}
    for operator in operators:
        delegated = operator.get("delegated")
        one = sums.setdefault(
            (operator["name"], delegated), {"name": operator["name"], "delegated": delegated, "calls": 0, "ms": 0.0}
        )
        one["calls"] += operator.get("calls", 1)
        one["ms"] += operator["ms"]
    ordered = sorted(sums.values(), key=lambda kind: -kind["ms"])
    shown, rest = ordered[:_SHOWN], ordered[_SHOWN:]
    if rest:
        total = {key: sum(kind[key] for kind in rest) for key in ("calls", "ms")}
        shown.append({"name": f"{len(rest)} others", "delegated": None} | total)
    return shown


def _files(network: Network, runs: int, threads: int, say: Callable[[str], None]) -> dict:
    say(f"{network.key}: .tflite files")
    tensor = networks.tensors(network)[0]
    return {precision: _file(network.folder / path, tensor, runs, threads) for precision, path in network.files.items()}


def _originals(network: Network, traces: Path, runs: int, say: Callable[[str], None]) -> dict:
    say(f"{network.key}: SavedModel and original")
    tensor = networks.tensors(network)[0]
    traces.mkdir(exist_ok=True)
    places = {"tensorflow": traces / f"{network.key}.tensorflow", "pytorch": traces / f"{network.key}.pytorch.json"}
    if places["tensorflow"].exists():
        shutil.rmtree(places["tensorflow"])  # an older trace would be added up with this one
    return {
        name: _or_reason(getattr(original_profiles, name), network, tensor, runs, place)
        for name, place in places.items()
    }


def _file(path: Path, tensor: np.ndarray, runs: int, threads: int) -> dict:
    inputs, _ = tensor_specs(path.read_bytes())
    given = quantize(tensor, inputs[0])
    found = {"file": path.name} | _or_reason(litert_profiler.profile, path, given, runs, threads)
    found["plain_ms"] = litert_profiler.with_xnnpack_ms(path, given, runs, threads)
    without = _or_reason(lambda: {"ms": litert_profiler.without_xnnpack_ms(path, given, runs, threads)})
    return found | {"without_xnnpack": without}


def _or_reason(measure: Callable[..., dict], *arguments) -> dict:
    try:
        return measure(*arguments)
    except Skipped as reason:
        return {"skipped": str(reason)}


def _drawn(out: Path) -> Path:
    """A page of the built-in set, so that the same is read everywhere."""
    import cv2

    from converters import calibration

    path = out / "page.png"
    if not path.is_file():
        cv2.imwrite(str(path), calibration.default_images(1)[0])
    return path


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks profile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="name or folder of a converted model (default: the Reader's own)")
    add("--out", type=Path, metavar="DIR", help="folder of the page (default: artifacts/profile/NAME)")
    add("--image", type=Path, help="image for the Reader (default: a page that the project draws)")
    add("--runs", type=positive, default=10, metavar="N", help="runs over which means are taken (default: 10)")
    add("--threads", type=positive, default=1, metavar="N", help="threads of the networks (default: 1)")
    return parser
