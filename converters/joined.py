"""Networks of one or several outputs as the runtime sees them: beside each other in one tensor, NHWC."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from converters import parity
from converters.parity import Forward
from converters.plan import Network
from tflite_ocr import engines
from tflite_ocr.detection.detector import join
from tflite_ocr.manifest import ModelFile

# By format, where it is no precision: all other formats are float32.
_LIMITS = {**parity.LIMITS, "onnx": parity.LIMITS["float32"], "openvino": parity.LIMITS["float32"]}

# Equal scores may be chosen among in another order, and of overlapping boxes another one be left.
_PAINTED_LIMIT = 0.98
_PAINTED_SIDE = 128


def engine_forward(file: ModelFile, paths: Sequence[Path]) -> Forward:
    """Runs a network in the engine of its format."""
    network = engines.load([path.read_bytes() for path in paths], file, threads=2)
    return lambda tensor: join(network.run(tensor), file)


def measure(
    network: Network, kind: str, reference: Forward, candidate: Forward, tensors: Sequence[np.ndarray]
) -> dict[str, float]:
    """Differences of a network from its source, with the limits enforced.

    Args:
        network: Its outputs are measured one by one.
        kind: Precision or format of the candidate, for the limit.
        reference: The source.
        candidate: The converted network.
        tensors: Inputs, NHWC.

    Returns:
        {"max_abs_error", "cosine"}, with the output's name in front where there are several.

    Raises:
        ParityError: An output is too far from the source's.
    """
    if network.unordered:
        found = parity.compare(_painted(reference), _painted(candidate), tensors)
        parity.require(f"{network.name} {kind} painted cosine", found["cosine"], _PAINTED_LIMIT)
        return {f"painted_{metric}": value for metric, value in found.items()}
    figures = {}
    start = 0
    for name, channels in network.outputs or (("", None),):
        stop = None if channels is None else start + channels
        found = parity.compare(
            lambda x, own=slice(start, stop): reference(x)[..., own],
            lambda x, own=slice(start, stop): candidate(x)[..., own],
            tensors,
        )
        start = stop
        figures |= {f"{name}_{metric}" if name else metric: value for metric, value in found.items()}
        label = f"{network.name} {name} {kind} cosine".replace("  ", " ")
        parity.require(label, found["cosine"], _LIMITS[kind])
    return figures


def _painted(forward: Forward) -> Forward:
    """Boxes [1, N, 5] (score, ymin, xmin, ymax, xmax in 0..1) as a picture: where they lie, the highest score."""

    def paint(tensor: np.ndarray) -> np.ndarray:
        picture = np.zeros((_PAINTED_SIDE, _PAINTED_SIDE))
        boxes = forward(tensor)[0].astype(np.float64)
        places = np.rint(np.clip(boxes[:, 1:], 0, 1) * _PAINTED_SIDE).astype(int)
        for score, (top, left, bottom, right) in zip(boxes[:, 0], places, strict=True):
            window = picture[top:bottom, left:right]
            np.maximum(window, score, out=window)
        return picture

    return paint
