"""What converted networks are shown before they are published, by their role, and what is measured of them.

Every judge keeps what the source reads or finds. Photographs show what integers lose; floats, which are compared with
the source far more closely, are not judged by them.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from converters import finding, reading, samples
from converters.parity import Forward
from converters.part import Part

# The figures of a form of a network, of photographs too or not.
Judge = Callable[[Forward, bool], dict[str, float]]
# Canvases at which detectors are judged that take any: as wide as a screen, as high as a page.
_CANVASES = {(704, 1280): 2, (1024, 736): 2}
PICTURES = 4
# Of photographs: their texts are few and small, and a detector that is right on pages may fail there.
_PHOTOGRAPHS = ((704, 1280), (736, 992))


def judge_of(part: Part, settings, source: Forward) -> Judge:
    """The judge of a network, or of the stages of a recogniser.

    Args:
        part: The network, or the first stage.
        settings: The converters.pipeline.Settings, with what is read and found.
        source: The source, all stages.
    """
    if part.network.role == "detector":
        return _finds(part, settings, source).judge
    if part.network.role == "direction":
        return _Labels(source, part.inputs.all()).judge
    return _Reads(part, settings, source).judge


class _Reads:
    """Whether a recogniser reads like its source."""

    def __init__(self, part: Part, settings, source: Forward):
        self._facts, self._network, self._source = part.plan.recognizer(part.network), part.network, source
        self._words = settings.words
        self._lines = self._texts(settings.checks or settings.lines)

    def judge(self, candidate: Forward, photographs: bool) -> dict[str, float]:
        figures = self._lines.judge(candidate)
        return figures | reading.photographed(self._photographed.judge(candidate)) if photographs else figures

    @functools.cached_property
    def _photographed(self) -> reading.Texts:
        return self._texts(self._words)

    def _texts(self, crops: Sequence[np.ndarray]) -> reading.Texts:
        tensors = reading.tensors(self._facts, self._network, crops, self._network.resizable)
        return reading.Texts(self._facts, self._source, tensors)


def _finds(part: Part, settings, source: Forward) -> finding.Finds:
    plan, network = part.plan, part.network

    def fitted(canvas: tuple[int, int], pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        return samples.detector_tensors(plan, samples.resized(plan, network, canvas), pictures)

    sizes, shown, images = {"": part.inputs.some(PICTURES)}, [], settings.images
    if network.resizable:
        for canvas, count in _CANVASES.items():
            picked = [images[i] for i in np.linspace(1, len(images) - 1, count + 1).astype(int)[:count]]
            tensors = fitted(canvas, picked)
            sizes[f"_{tensors[0].shape[1]}x{tensors[0].shape[2]}"] = tensors
        shown = [tensor for canvas in _PHOTOGRAPHS for tensor in fitted(canvas, settings.photographs)]
    return finding.Finds(plan.detector, plan.text_threshold, source, sizes, shown)


class _Labels:
    """Whether a direction classifier tells directions as its source does."""

    def __init__(self, source: Forward, inputs: Sequence[np.ndarray]):
        self._inputs = inputs
        self._labels = self._directions(source)

    def judge(self, candidate: Forward, photographs: bool) -> dict[str, float]:
        return {"labels_equal": float(np.mean(self._directions(candidate) == self._labels))}

    def _directions(self, forward: Forward) -> np.ndarray:
        return np.array([np.asarray(forward(tensor)).reshape(-1).argmax() for tensor in self._inputs])
