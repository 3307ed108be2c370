"""How pixels enter a recogniser, found by letting it read drawn lines in every usual way."""

from collections.abc import Callable, Sequence

import numpy as np

from converters import calibration, samples
from evaluation import texts
from tflite_ocr import image
from tflite_ocr.manifest import ImageInput

Run = Callable[[np.ndarray], np.ndarray]  # float32 [1, C, H, W] -> [frames, classes]

_LINES = 16
# A network that reads this share of the characters is fed rightly; drawn lines are easy.
ENOUGH = 0.5
# By less than this two ways differ by chance: the first one stays.
_CLEARLY = 0.1
_WIDEST = 640
# (mean, std): pixels of -1..1, of ImageNet, of 0..1 and of 0..255.
_WAYS = (
    ((0.5,) * 3, (0.5,) * 3),
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ((0.0,) * 3, (1.0,) * 3),
    ((0.0,) * 3, (1 / 255,) * 3),
)


def try_ways(run: Run, height: int, width: int | None, classes: Sequence[str], color: str) -> tuple[ImageInput, float]:
    """The way of feeding pixels in which clearly most characters of drawn lines are read rightly, else the first.

    Args:
        height: Height of its crops, in pixels.
        width: Likewise; None where it takes any.
        classes: Character by class, the blank's is "".
        color: Order of the channels, "BGR", "RGB" or "GRAY".

    Returns:
        The way, and the share of characters that was read rightly.
    """
    lines = [(crop, text) for crop, text in calibration.rendered_lines(4 * _LINES, seed=3) if set(text) <= set(classes)]
    lines = lines[:_LINES]
    channels = 1 if color == "GRAY" else 3
    found = []
    for mean, std in _WAYS:
        spec = ImageInput(color, mean[:channels], std[:channels])
        found.append((spec, _right(run, height, width, classes, spec, lines)))
    best = max(found, key=lambda one: one[1])
    return best if best[1] > found[0][1] + _CLEARLY else found[0]


def _right(run: Run, height: int, width: int | None, classes: Sequence[str], spec: ImageInput, lines) -> float:
    wrong, characters = 0, sum(len(text) for _, text in lines)
    for crop, text in lines:
        wide = width or min(_WIDEST, max(height, image.resized_width(crop, height)))
        (tensor,) = samples.crop_tensors(spec, height, wide, [crop])
        best = run(np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))).argmax(1)
        starts = np.flatnonzero(np.diff(best, prepend=-1))
        wrong += texts.edit_distance(text, "".join(classes[one] for one in best[starts]))
    return max(0.0, 1 - wrong / characters) if characters else 0.0
