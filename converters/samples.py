"""Calibration images as the tensors that a network of the plan would see, made by the runtime's own code."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from converters import calibration
from converters.plan import Plan, PlannedNetwork
from tflite_ocr import image
from tflite_ocr.manifest import DetectorResize, ImageInput, Recognizer, TensorSpec

_FLOAT = TensorSpec("x", (), "float32")
# One in this many calibration images is shown at other sizes as well.
PART = 3
# Canvases of resizable detectors beside their own.
_CALIBRATED = ((736, 1280), (1056, 736))


def detector_tensors(plan: Plan, network: PlannedNetwork, images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """float32 NHWC tensors of the network's own size, one an image."""
    height, width = network.shape[2:]
    facts = plan.detector
    resize = DetectorResize(min_side=min(height, width), max_side=max(height, width), multiple=1, fit="pad")
    tensors = []
    for picture in images:
        fitted = image.fit_canvas(picture, (height, width), resize, facts.input)
        tensors.append(image.to_tensor(fitted.image, facts.input, _FLOAT))
    return tensors


def other_sizes(plan: Plan, network: PlannedNetwork, images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Tensors of a third of the images at sizes other than a resizable detector's own; none for other networks."""
    if network.role != "detector" or not network.resizable:
        return []
    found = []
    for number, canvas in enumerate(_CALIBRATED):
        found += detector_tensors(plan, resized(plan, network, canvas), images[number::6])
    return found


def resized(plan: Plan, network: PlannedNetwork, canvas: tuple[int, int]) -> PlannedNetwork:
    """A detector at about another canvas (height, width), as its rules of scaling allow it."""
    limits = plan.detector.resize
    scale = min(1.0, limits.max_side / max(canvas))
    sides = (max(1, round(side * scale / limits.multiple)) * limits.multiple for side in canvas)
    return replace(network, shape=(*network.shape[:2], *sides))


def crop_tensors(
    spec: ImageInput, height: int, width: int, crops: Sequence[np.ndarray], stretch: float = 1.0
) -> list[np.ndarray]:
    """float32 NHWC tensors of crops, padded to `width` or squeezed into it."""
    tensors = []
    for crop in crops:
        fitted = image.pad_crop(image.resize_crop(crop, height, width, stretch, spec.shrink), width, spec)
        tensors.append(image.to_tensor(fitted, spec, _FLOAT))
    return tensors


def recognizer_tensors(facts: Recognizer, network: PlannedNetwork, crops: Sequence[np.ndarray]) -> list[np.ndarray]:
    """float32 NHWC tensors for the first network of a recogniser.

    Most crops are repeated to the full width, as the runtime leaves little of it empty; every fourth is padded.
    """
    width = network.shape[3]
    ratio = width / facts.height / facts.stretch
    filled = [crop if i % 4 == 0 else _repeated(crop, ratio) for i, crop in enumerate(crops)]
    return crop_tensors(facts.input, facts.height, width, filled, facts.stretch)


def _repeated(crop: np.ndarray, ratio: float) -> np.ndarray:
    """A crop beside itself until it is `ratio` times as wide as high."""
    width = max(1, int(crop.shape[0] * ratio))
    return np.ascontiguousarray(np.tile(crop, (1, -(-width // crop.shape[1]), 1))[:, :width])


def line_crops(images: Sequence[np.ndarray] | None, count: int) -> list[np.ndarray]:
    """Rendered lines; with the user's own images also stretches of those, for their grounds and noise."""
    crops = [crop for crop, _ in calibration.rendered_lines(count, seed=1)]
    rng = np.random.default_rng(2)
    for picture in images or ():
        height, width = picture.shape[:2]
        size = min(height, int(rng.integers(16, 64)))
        top = int(rng.integers(0, height - size + 1))
        left = int(rng.integers(0, max(1, width - 6 * size)))
        crops.append(np.ascontiguousarray(picture[top : top + size, left : left + 6 * size]))
    return crops
