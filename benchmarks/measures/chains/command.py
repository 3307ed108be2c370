"""Compares our conversion of a model with that of other chains, network by network, and prints a table.

    python -m benchmarks chains MODEL                       all networks that come from ONNX, all peers
    python -m benchmarks chains MODEL --peers onnx2tf1      only this one, which needs nothing installed
    python -m benchmarks chains MODEL --parts recognizer    only networks whose name begins so

All run the same drawn inputs, interleaved, in the runtime of this project; agreement is with ONNX Runtime on the
source. See docs/convert.md.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.engines import networks
from benchmarks.measures import choices
from benchmarks.measures.chains import peers
from benchmarks.measures.chains.peers import Conversion
from benchmarks.running import machine
from converters import cache, calibration, delegation, finding, parity, reading
from converters.errors import ConversionError
from converters.parity import Forward
from converters.search import latency
from tflite_ocr import manifest, models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError

OURS = "tflite-ocr"
_IMAGES, _CALIBRATION = 4, 6
_LINES, _LINES_SEED = 24, 3
# What a file of another chain may end in when it is run.
_FAILS = (OcrError, OSError, RuntimeError, ValueError, ArithmeticError)


@dataclass
class ChainRow:
    """One chain's form of one network."""

    network: str  # Name
    chain: str  # Title
    form: str  # "float32" or "int8"
    ms: float | None = None  # Median of a run; None where there is no file
    partitions: int | None = None  # Of XNNPACK; operators outside by name behind them
    outside: dict[str, int] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)  # Agreement with the source
    reason: str = ""  # Why there is no file, or no agreement


def arguments(add: Callable) -> None:
    known = ",".join(peers.PEERS)
    add("model", metavar="MODEL", help="name or folder of a model that was converted here")
    add("--peers", type=choices.of(peers.PEERS), default=tuple(peers.PEERS), help=f"of {known} (default: all)")
    add("--parts", default="", metavar="NAME", help="only networks whose name begins so")
    add("--work", type=Path, default=Path("artifacts/chains"), help="folder of environments and files")
    add("--out", type=Path, default=Path("artifacts/report"), help="folder of chains.json (default: artifacts/report)")
    add("--threads", type=positive, default=machine.cores(), help="of each network (default: all cores)")
    add("--rounds", type=positive, default=9, help="timed runs of each file (default: 9)")


def run(options: argparse.Namespace) -> int:
    """Measures, writes and prints; returns the exit code."""
    folder = models.find(options.model)
    chosen = [one for one in networks.networks(folder) if one.source.is_file() and one.part.startswith(options.parts)]
    if not chosen:
        raise ConversionError(
            "chains",
            f"{folder}: expected networks with the ONNX files that they were made of, found none; convert "
            "the model here first",
        )
    rows = [row for network in chosen for row in compare(network, manifest.load(folder), options)]
    options.out.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine.describe(), "threads": options.threads, "rows": [vars(row) for row in rows]}
    (options.out / "chains.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    return 0


def compare(network: networks.MeasuredNetwork, facts: manifest.Manifest, options: argparse.Namespace) -> list[ChainRow]:
    """All chains' forms of a network, ours first."""
    made = {OURS: _own(network)}
    tensors = networks.tensors(network, _CALIBRATION)
    for name in options.peers:
        peer = peers.PEERS[name]
        try:
            python = peers.environment(peer, options.work / "environments")
        except ConversionError as error:
            made[peer.title] = Conversion({}, dict.fromkeys(peers.FORMS, str(error)))
            continue
        at = options.work / "made" / cache.digest_file(network.source)[:12] / name
        made[peer.title] = peers.convert(peer, python, network.source, tensors, at)
    judge, rows = _judge(network, facts), []
    for form in peers.FORMS:
        files = {chain: found.files[form] for chain, found in made.items() if form in found.files}
        times = _times(files, tensors[0], options)
        for chain, found in made.items():
            row = ChainRow(network.part, chain, form, times.get(chain))
            if chain in times:
                outside = delegation.measure(files[chain])
                row.partitions, row.outside = outside.partitions, dict(outside.undelegated)
                try:
                    row.figures = judge(forward(files[chain]))
                except _FAILS as error:  # at the size of another picture or line
                    row.reason = f"other sizes fail: {' '.join(str(error).split())}"
            else:
                row.reason = "the runtime does not take its file" if chain in files else found.reasons[form]
            rows.append(row)
    return rows


def _own(network: networks.MeasuredNetwork) -> Conversion:
    """Our files; a mixed one stands for int8."""
    files = {"int8": network.files[manifest.MIXED]} if manifest.MIXED in network.files else {}
    files |= {form: network.files[form] for form in peers.FORMS if form in network.files}
    reasons = dict.fromkeys(peers.FORMS, "the model has no such file")
    return Conversion({form: network.folder / file for form, file in files.items()}, reasons)


def table(rows: Sequence[ChainRow]) -> str:
    """Markdown, a line a chain and form."""
    lines = ["| network | chain | form | ms | partitions (outside) | agreement |", "|---|---|---|---|---|---|"]
    for row in rows:
        if row.ms is None:
            lines.append(f"| {row.network} | {row.chain} | {row.form} | - | | {row.reason} |")
            continue
        outside = ", ".join(f"{name} {count}" for name, count in row.outside.items())
        shown = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in row.figures.items()) or row.reason
        partitions = f"{row.partitions} ({outside})" if outside else str(row.partitions)
        lines.append(f"| {row.network} | {row.chain} | {row.form} | {row.ms:.1f} | {partitions} | {shown} |")
    return "\n".join(lines)


def _times(files: dict[str, Path], tensor: np.ndarray, options: argparse.Namespace) -> dict[str, float]:
    """Median milliseconds of those files that run, interleaved."""
    taken = {chain: file for chain, file in files.items() if _runs(file, tensor)}
    if not taken:
        return {}
    contents = [file.read_bytes() for file in taken.values()]
    inputs = [_turned(file, tensor) for file in taken.values()]
    rounds = latency.interleaved(contents, inputs, options.threads, options.rounds)
    return {chain: 1000 * median(times) for chain, times in zip(taken, zip(*rounds, strict=True), strict=True)}


def _runs(file: Path, tensor: np.ndarray) -> bool:
    try:
        forward(file)(tensor)
    except _FAILS:
        return False
    return True


def forward(file: Path) -> Forward:
    """A .tflite file on NHWC tensors, whichever layout its chain left it with; maps come back as NHWC too."""
    plain = parity.tflite_forward(file)

    def run(tensor: np.ndarray) -> np.ndarray:
        turned = _turned(file, tensor)
        output = plain(turned)
        return output.transpose(0, 2, 3, 1) if turned is not tensor and output.ndim == 4 else output

    return run


def _turned(file: Path, tensor: np.ndarray) -> np.ndarray:
    """An NHWC tensor in the layout of a file's input."""
    from tflite_ocr.interpreter import tensor_specs

    (spec, *_), _ = tensor_specs(file.read_bytes())
    channels = tensor.shape[3]
    if spec.shape[3] != channels and spec.shape[1] == channels:
        return np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))
    return tensor


def _judge(network: networks.MeasuredNetwork, facts: manifest.Manifest):
    """How a form is compared: outputs, and what is read or found."""
    source = parity.onnx_forward(network.source)
    shown = networks.tensors(network, _IMAGES)
    more = None
    has_stages = any(one.title.startswith(f"{network.title}, stage") for one in networks.networks(network.folder))
    recognizer = next((one for one in facts.recognizers if network.title == f"recognizer {one.name}"), None)
    if network.title == "detector" and facts.detector.decoder != "boxes":
        options = facts.detector.options
        more = finding.Finds(
            facts.detector, options.get("threshold", options.get("low_text", 0.4)), source, {"": shown}
        )
    elif recognizer is not None and not has_stages:  # what the first of several networks answers is no text yet
        crops = [crop for crop, _ in calibration.rendered_lines(_LINES, seed=_LINES_SEED)]
        more = reading.Texts(recognizer, source, networks.lines(network, crops))

    def judge(candidate: Forward) -> dict[str, float]:
        figures = parity.compare(source, candidate, shown)
        found = {"cosine": figures["cosine"], "max_error": figures["max_abs_error"]}
        return {**found, **(more.judge(candidate) if more else {})}

    return judge
