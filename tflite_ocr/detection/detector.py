"""Image in, quads out: resize, run the network, decode its maps."""

import copy
import dataclasses
import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from tflite_ocr import forks, geometry, image
from tflite_ocr.detection import create, scales
from tflite_ocr.detection.planned import PlannedNetworks
from tflite_ocr.interpreter import dequantize
from tflite_ocr.manifest import Detector, DetectorResize, ModelFile
from tflite_ocr.selection import Selection
from tflite_ocr.steps import step

_MAPS = "decode the detector's maps"


class TextDetector:
    """The detector of a model. Calls are serialized: one detection uses all threads."""

    def __init__(self, selection: Selection, detector: Detector, threads: int):
        """Prepares a detector, of one file that is resizable or one a canvas; files are read at the first call."""
        self._source, self._facts, self._threads = selection.networks, detector, threads
        self._files = selection.files(detector)
        self._decoder = create(detector.decoder, detector.options)
        self._networks = PlannedNetworks(self._source, threads)
        self._lock = threading.Lock()
        forks.watch(self)

    def after_fork(self) -> None:
        """See forks.Owner."""
        forks.abandon(self._networks)
        self._networks, self._lock = PlannedNetworks(self._source, self._threads), threading.Lock()

    @property
    def facts(self) -> Detector:
        """The manifest's entry."""
        return self._facts

    @property
    def options(self) -> dict[str, float]:
        """All options of the decoder, also those that the manifest leaves at their defaults."""
        return dataclasses.asdict(cast(Any, self._decoder))

    def variant(
        self, resize: DetectorResize | None = None, options: Mapping[str, float] | None = None
    ) -> "TextDetector":
        """A detector with other rules of scaling or options of the decoder, over the model's, for a call or two.

        It shares this one's networks.

        Raises:
            ArtifactError: Unknown option, or a value that does not suit it.
        """
        other = copy.copy(self)
        changed = {**self._facts.options, **(options or {})}
        other._facts = dataclasses.replace(self._facts, resize=resize or self._facts.resize, options=changed)
        other._decoder = create(self._facts.decoder, changed)
        return other

    def doubting(self) -> "TextDetector":
        """As variant: it also finds the model's doubtful regions, see manifest.DoubtfulRegions."""
        lowest = self._facts.doubtful.lowest
        return self.variant(options={"box_threshold": lowest}) if lowest else self

    def detect(self, image_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Finds text in uint8 [H, W, 3]: float32 [N, 4, 2] quads in pixels in reading order, float32 [N] scores."""
        height, width = image_bgr.shape[:2]
        resize = self._facts.resize
        file = next((file for file in self._files if file.resizable), None)
        if file is None:
            quads, scores = self._whole(image_bgr)
        else:
            quads, scores = self._first(file, image_bgr)
            smaller = scales.second_scale(height, width, resize)
            if smaller:
                more, sure = self._framed(file, image_bgr, smaller)
                first, second = scales.merged(quads, more, scales.first_scale(height, width, resize))
                quads = np.concatenate([quads[first], more[second]])
                scores = np.concatenate([scores[first], sure[second]])
        with step("order the lines"):
            order = geometry.reading_order(quads)
        return quads[order], scores[order]

    def _first(self, file: ModelFile, image_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first search of a resizable network: framed, in strips or whole."""
        height, width = image_bgr.shape[:2]
        resize = self._facts.resize
        if scales.is_small(height, width, resize):
            return self._framed(file, image_bgr, scales.first_scale(height, width, resize))
        if not scales.is_tall(height, width, resize):
            return self._whole(image_bgr)
        cuts = scales.strips(height, width, resize)
        quads, scores = [], []
        for index, (top, bottom) in enumerate(cuts):
            found, sure = self._whole(image_bgr[top:bottom])
            found = found + np.array([0, top], np.float32)
            own = scales.in_strip(found, index, cuts)
            quads.append(found[own])
            scores.append(sure[own])
        return np.concatenate(quads), np.concatenate(scores)

    def _framed(self, file: ModelFile, image_bgr: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Searches a picture at another scale with a border around it."""
        height, width = image_bgr.shape[:2]
        grey = round(255 * float(np.mean(self._facts.input.mean)))
        with step("resize for the detector"):
            framed = scales.frame(image_bgr, scale, self._facts.resize.multiple, grey)
        rows, columns = framed.image.shape[:2]
        quads, scores = self._decoded(file, framed.image, (1.0, 1.0), (columns, rows))
        return framed.restore(quads, width, height), scores

    def _whole(self, image_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Searches a picture that fills the canvas."""
        height, width = image_bgr.shape[:2]
        with step("resize for the detector"):
            file, resized = self._fit(image_bgr)
        padded_height = round(height + 2 * resized.offset_y)
        quads, scores = self._decoded(file, resized.image, resized.to_image, (width, padded_height))
        if resized.offset_y:
            quads = geometry.clip_quads(quads - np.array([0, resized.offset_y], np.float32), width, height)
        return quads, scores

    def _decoded(
        self, file: ModelFile, canvas: np.ndarray, to_image: tuple[float, float], size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Runs the network on a canvas; quads in pixels of an image of a size (width, height)."""
        with step("make tensors"):
            tensor = image.to_tensor(canvas, self._facts.input, file.inputs[0])
        with self._lock, step(f"network {file.path}"):
            outputs = self._networks.get(file, tensor.shape).run(tensor)
        with step(_MAPS):
            maps, scale = _score_maps(outputs, file)
        # Coordinates are pixels of the maps, or shares of the canvas for decoders that are `normalized`.
        units = (1, 1) if self._decoder.normalized else maps.shape[:2]
        factors = (canvas.shape[1] / units[1] * to_image[0], canvas.shape[0] / units[0] * to_image[1])
        with step(_MAPS):
            return self._decoder.decode(maps, scale, factors, size)

    def _fit(self, image_bgr: np.ndarray) -> tuple[ModelFile, image.Resized]:
        """The file to use and the image at its size: any multiple, or the canvas that shrinks the image least."""
        facts = self._facts
        for file in self._files:
            if file.resizable:
                return file, image.resize_for_detector(image_bgr, facts.resize, facts.input)
        height, width = image_bgr.shape[:2]

        def cost(file: ModelFile) -> tuple[float, int]:
            scale = min(1.0, file.canvas[0] / height, file.canvas[1] / width)
            return -scale, file.canvas[0] * file.canvas[1]

        file = min(self._files, key=cost)
        return file, image.fit_canvas(image_bgr, (file.canvas[0], file.canvas[1]), facts.resize, facts.input)


def _score_maps(outputs: Sequence[np.ndarray], file: ModelFile) -> tuple[np.ndarray, float]:
    """Maps [h, w, C] as the decoders take them: float32, or uint8 with a scale and no zero point."""
    spec = file.outputs[0]
    if len(outputs) > 1:
        return join(outputs, file)[0], 1.0
    if spec.dtype == "int8" and spec.zero_point == -128:
        return outputs[0][0].view(np.uint8) ^ np.uint8(0x80), spec.scale
    return dequantize(outputs[0][0], spec), 1.0


def join(outputs: Sequence[np.ndarray], file: ModelFile) -> np.ndarray:
    """The outputs of a network as one float32 tensor, concatenated in the last dimension in the file's order."""
    real = [dequantize(output, spec) for output, spec in zip(outputs, file.outputs, strict=True)]
    return real[0] if len(real) == 1 else np.concatenate(real, axis=-1)
