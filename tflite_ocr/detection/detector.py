"""Image in, quads out: resize, run the network, decode its maps."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tflite_ocr import geometry, image
from tflite_ocr.detection import create
from tflite_ocr.interpreter import Network, dequantize, read_verified
from tflite_ocr.manifest import Detector, ModelFile

# Networks kept planned for the sizes seen last; planning one takes about as long as a tenth of running it.
_KEPT_SIZES = 2


class TextDetector:
    """The detector of a model. Calls are serialized: one detection uses all threads."""

    def __init__(self, folder: Path, detector: Detector, files: Sequence[ModelFile], threads: int):
        """Prepares a detector; files are read at the first call.

        Args:
            folder: Of the manifest.
            detector: The manifest's entry.
            files: Its files of the chosen precision: one that is resizable, or one a canvas.
            threads: Threads for XNNPACK.
        """
        self._folder, self._facts, self._threads = folder, detector, threads
        self._files = files
        self._decoder = create(detector.decoder, detector.options)
        self._networks: OrderedDict[tuple, Network] = OrderedDict()
        self._data: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def detect(self, image_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Finds text.

        Args:
            image_bgr: uint8 [H, W, 3].

        Returns:
            float32 [N, 4, 2] quads (x, y) in pixels of the image, in reading order, and float32 [N] scores.
        """
        height, width = image_bgr.shape[:2]
        file, resized = self._fit(image_bgr)
        tensor = image.to_tensor(resized.image, self._facts.input, file.inputs[0])
        with self._lock:
            output = self._network(file, tensor.shape).run(tensor)[0]
        maps, scale = _score_maps(output[0], file)
        stride = resized.image.shape[0] / maps.shape[0]
        to_image = tuple(stride * factor for factor in resized.to_image)
        padded_height = round(height + 2 * resized.offset_y)
        quads, scores = self._decoder.decode(maps, scale, to_image, (width, padded_height))
        if resized.offset_y:
            quads = geometry.clip_quads(quads - np.float32([0, resized.offset_y]), width, height)
        order = geometry.reading_order(quads)
        return quads[order], scores[order]

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

    def _network(self, file: ModelFile, shape: tuple[int, ...]) -> Network:
        key = (file.path, shape)
        network = self._networks.pop(key, None)
        if network is None:
            if len(self._networks) >= _KEPT_SIZES:
                old_key, old = self._networks.popitem(last=False)
                network = old if old_key[0] == file.path else None
            if network is None:
                if file.path not in self._data:
                    self._data[file.path] = read_verified(self._folder, file)
                network = Network(self._data[file.path], file, self._threads)
        self._networks[key] = network
        return network


def _score_maps(output: np.ndarray, file: ModelFile) -> tuple[np.ndarray, float]:
    """Maps [h, w, C] as the decoders take them: float32, or uint8 with a scale and no zero point."""
    spec = file.outputs[0]
    if spec.dtype == "int8" and spec.zero_point == -128:
        return output.view(np.uint8) ^ np.uint8(0x80), spec.scale
    return dequantize(output, spec), 1.0
