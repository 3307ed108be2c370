"""What pruning gave a model: sizes, packed sizes and times of its networks beside those of the whole ones.

    python -m benchmarks pruned WHOLE PRUNED [--precision float32] [--threads 2] [--rounds 30]

Both are folders of converted models. "packed" is deflated, as in a zip file or a wheel. "sparse" is the file with
TensorFlow Lite's encoding of sparse kernels, made here from what the converter kept of its stages: XNNPACK unpacks it,
and has sparse kernels of its own for float 1x1 convolutions of some networks. Times are taken interleaved.
"""

import argparse
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engines.networks import BUILD_FOLDER, Network, networks
from benchmarks.measures.network_runs import milliseconds
from converters import tflite_export
from converters.search import latency
from tflite_ocr import manifest
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError

_ENOUGH_S = 30.0  # of one network
SPARSE = "sparse"


@dataclass(frozen=True)
class Row:
    """One file.

    Attributes:
        network: Its title.
        variant: "whole", "pruned" or "sparse".
        size_bytes: Size of the file.
        packed_bytes: Size of the file deflated.
        ms: Median of the fastest of each three runs.
        cosine: Between its output and that of the source network, from the manifest; None where it is not said.
    """

    network: str
    variant: str
    size_bytes: int
    packed_bytes: int
    ms: float
    cosine: float | None = None


def compare(whole: Path, pruned: Path, precision: str, threads: int, rounds: int) -> list[Row]:
    """Rows of all networks that both models have in a precision.

    Raises:
        OcrError: A folder holds no model, or the two have no network in common.
    """
    before = {(network.part, network.shape): network for network in networks(whole)}
    rows: list[Row] = []
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
        times = zip(*latency.in_turns(list(contents.values()), tensor, threads, rounds, _ENOUGH_S), strict=True)
        cosines = {"whole": _cosine(old, precision), "pruned": _cosine(network, precision)}
        for (name, data), seconds in zip(contents.items(), times, strict=True):
            packed, middle = len(zlib.compress(data, 9)), 1000 * milliseconds(seconds)["median"]
            rows.append(Row(network.title, name, len(data), packed, middle, cosines.get(name)))
    if not rows:
        raise OcrError(
            f"{pruned}: expected a network that {whole} has in {precision}, too, found none; "
            f"convert both with --precision {precision}"
        )
    return rows


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = ["| network | file | MB | packed, MB | ms | cosine |", "|---|---|---|---|---|---|"]
    for row in rows:
        cosine = "–" if row.cosine is None else f"{row.cosine:.4f}"
        lines.append(
            f"| {row.network} | {row.variant} | {row.size_bytes / 1e6:.2f} | {row.packed_bytes / 1e6:.2f} | "
            f"{row.ms:.2f} | {cosine} |"
        )
    return "\n".join(lines)


def _sparse_encoded(network: Network, precision: str) -> bytes | None:
    """The pruned network in the sparse encoding; None where no zeros were asked for or it needs calibration again."""
    source = network.folder / BUILD_FOLDER / network.part / "saved_model_pruned"
    if precision == "int8" or not source.is_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "sparse.tflite"
        tflite_export.export(source, target, precision, sparse=True)
        return target.read_bytes()


def _cosine(network: Network, precision: str) -> float | None:
    facts = manifest.load(network.folder)
    owners = (facts.detector, facts.direction, *facts.recognizers)
    files = [file for owner in owners if owner for file in owner.files]
    return next(file.parity.get("cosine") for file in files if file.path == network.files[precision])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `python -m benchmarks pruned`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pruned", description=__doc__.partition("\n")[0])
    parser.add_argument("whole", type=Path, metavar="WHOLE", help="folder of the model without pruning")
    parser.add_argument("pruned", type=Path, metavar="PRUNED", help="folder of the same model, pruned")
    parser.add_argument("--precision", choices=manifest.PRECISIONS, default="float32")
    parser.add_argument("--threads", type=positive, default=2, metavar="N")
    parser.add_argument("--rounds", type=positive, default=30, metavar="N", help="timed runs; fewer of slow networks")
    options = parser.parse_args(arguments)
    try:
        print(table(compare(options.whole, options.pruned, options.precision, options.threads, options.rounds)))
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
