"""Upside-down crops, found by the direction classifier that some models have."""

import threading
from collections.abc import Sequence
from concurrent.futures import Executor

import cv2
import numpy as np

from tflite_ocr import image
from tflite_ocr.interpreter import dequantize
from tflite_ocr.manifest import DirectionClassifier
from tflite_ocr.selection import Selection
from tflite_ocr.steps import step

# A line longer than the canvas is classified at this many places in its own aspect ratio, and the median score of each
# label counts: squeezed into the canvas its letters are too narrow, and a single place may have no clear letters.
_VIEWS = 3


class Direction:
    """Finds upside-down crops; like LineRecognizer, with one interpreter for each worker thread."""

    def __init__(self, selection: Selection, facts: DirectionClassifier, executor: Executor):
        self._networks, self._facts, self._executor = selection.networks, facts, executor
        self._file = selection.files(facts)[0]
        self._local = threading.local()

    def turned(self, crops: Sequence[np.ndarray]) -> list[bool]:
        """Whether each crop (BGR uint8) is upside down."""
        return list(self._executor.map(self._is_turned, crops))

    def _is_turned(self, crop: np.ndarray) -> bool:
        height, width = self._file.canvas
        resized = image.resize_crop(crop, height, shrink=self._facts.input.shrink)
        starts = np.linspace(0, resized.shape[1] - width, _VIEWS).astype(int) if resized.shape[1] > width else (0,)
        scores = np.median([self._scores(resized[:, start : start + width]) for start in starts], axis=0)
        best = int(scores.argmax())
        return self._facts.labels[best] == 180 and float(scores[best]) > self._facts.threshold

    def _scores(self, view: np.ndarray) -> np.ndarray:
        """float32 probabilities of the labels for a crop of the network's height, not wider than its canvas."""
        canvas = image.pad_crop(np.ascontiguousarray(view), self._file.canvas[1], self._facts.input)
        if not hasattr(self._local, "network"):
            self._local.network = self._networks.load(self._file, threads=1)
        with step("make tensors"):
            tensor = image.to_tensor(canvas, self._facts.input, self._file.inputs[0])
        with step(f"network {self._file.path}"):
            output = self._local.network.run(tensor)[0]
        return dequantize(output, self._file.outputs[0]).reshape(-1)


def turn(crop: np.ndarray) -> np.ndarray:
    """A crop turned by 180 degrees."""
    return cv2.rotate(crop, cv2.ROTATE_180)
