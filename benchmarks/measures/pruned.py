"""What pruning gave a model: sizes, packed sizes and times of its networks beside those of the whole ones.

    python -m benchmarks pruned WHOLE PRUNED [--precision float32] [--threads 2] [--rounds 30]

Both are folders of converted models. "packed" is deflated, as in a zip file or a wheel. "sparse" is the file with
TensorFlow Lite's encoding of sparse kernels, made here from what the converter kept of its stages: XNNPACK unpacks it,
and has sparse kernels of its own for float 1x1 convolutions of some networks. Times are taken interleaved.
"""

import argparse
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engines.networks import BUILD_FOLDER, MeasuredNetwork, networks
from benchmarks.measures.network_runs import milliseconds
from converters import tflite_export
from converters.search import latency
from tflite_ocr import manifest
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError

_ENOUGH_S = 30.0  # of one network
SPARSE = "sparse"


@dataclass(frozen=True)
class PrunedRow:
    """One file."""

    network: str  # Its title
    variant: str  # "whole", "pruned" or "sparse"
    size_bytes: int  # Size of the file
    packed_bytes: int  # Size of the file deflated
    ms: float  # Median of the fastest of each three runs
    # Between its output and that of the source network, from the manifest; None where it is not said
    cosine: float | None = None


def compare(whole: Path, pruned: Path, precision: str, threads: int, rounds: int) -> list[PrunedRow]:
    """Rows of all networks that both models have in a precision.

    Raises:
        OcrError: A folder holds no model, or the two have no network in common.
    """
    before = {(network.part, network.shape): network for network in networks(whole)}
    rows: list[PrunedRow] = []
    for network in networks(pruned):
        old = before.get((network.part, network.shape))
        if old is None or precision not in old.files or precision not in network.files:
            continue
        contents = {
            "whole": (whole / old.files[precision]).read_bytes(),
            "pruned": (pruned / network.files[precision]).read_bytes(),
        }
        encoded = _sparse_encoded(network, precision)
        if encoded:
            contents[SPARSE] = encoded
        tensor = np.random.default_rng(0).uniform(-1, 1, network.shape).astype(np.float32)
        times = zip(
            *latency.interleaved(list(contents.values()), [tensor] * len(contents), threads, rounds, _ENOUGH_S),
            strict=True,
        )
        cosines = {"whole": _cosine(old, precision), "pruned": _cosine(network, precision)}
        for (name, data), seconds in zip(contents.items(), times, strict=True):
            packed, middle = len(zlib.compress(data, 9)), 1000 * milliseconds(seconds)["median"]
            rows.append(PrunedRow(network.title, name, len(data), packed, middle, cosines.get(name)))
    if not rows:
        raise OcrError(
            f"{pruned}: expected a network that {whole} has in {precision}, too, found none; "
            f"convert both with --precision {precision}"
        )
    return rows


def table(rows: Sequence[PrunedRow]) -> str:
    """Markdown."""
    lines = ["| network | file | MB | packed, MB | ms | cosine |", "|---|---|---|---|---|---|"]
    for row in rows:
        cosine = "–" if row.cosine is None else f"{row.cosine:.4f}"
        lines.append(
            f"| {row.network} | {row.variant} | {row.size_bytes / 1e6:.2f} | {row.packed_bytes / 1e6:.2f} | "
            f"{row.ms:.2f} | {cosine} |"
        )
    return "\n".join(lines)


def _sparse_encoded(network: MeasuredNetwork, precision: str) -> bytes | None:
    """The pruned network in the sparse encoding; None where no zeros were asked for or it needs calibration again."""
    source = network.folder / BUILD_FOLDER / network.part / "saved_model_pruned"
    if precision == "int8" or not source.is_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "sparse.tflite"
        tflite_export.export(source, target, precision, sparse=True)
        return target.read_bytes()


def _cosine(network: MeasuredNetwork, precision: str) -> float | None:
    files = manifest.load(network.folder).files()
    return next(file.parity.get("cosine") for file in files if file.path == network.files[precision])


def arguments(add: Callable) -> None:
    add("whole", type=Path, metavar="WHOLE", help="folder of the model without pruning")
    add("pruned", type=Path, metavar="PRUNED", help="folder of the same model, pruned")
    add("--precision", choices=manifest.PRECISIONS, default="float32")
    add("--threads", type=positive, default=2, metavar="N")
    add("--rounds", type=positive, default=30, metavar="N", help="timed runs; fewer of slow networks")


def run(options: argparse.Namespace) -> int:
    """Measures and prints; returns the exit code."""
    print(table(compare(options.whole, options.pruned, options.precision, options.threads, options.rounds)))
    return 0
