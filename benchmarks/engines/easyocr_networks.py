"""EasyOCR's two networks alone, in its own modules with seeded weights: their time does not depend on the weights."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.engines.easyocr import NAME
from benchmarks.engines.installed import lacking
from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.engines.variants import Kind
from benchmarks.running.protocol import EngineVariant, MeasurementChoice
from tflite_ocr.manifest import ImageInput

MODEL = "EasyOCR with seeded weights, for its time alone"
_KIND = Kind(NAME, __name__, ("easyocr", "torch"))
_SEED = 0
_DETECTOR_INPUT = ImageInput("RGB", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "black")
_RECOGNIZER_INPUT = ImageInput("GRAY", (0.5,), (0.5,), "edge")
_ENGLISH_CLASSES, _CHANNELS = 97, 256


def networks() -> list[MeasuredNetwork]:
    """CRAFT on a page of 704x1280 pixels and the English CRNN on a crop of 64x320."""
    return [
        MeasuredNetwork(MODEL, "detector", "craft", (1, 704, 1280, 3), Path(), {}, _DETECTOR_INPUT),
        MeasuredNetwork(MODEL, "recognizer", "crnn", (1, 64, 320, 1), Path(), {}, _RECOGNIZER_INPUT),
    ]


def variants(choice: MeasurementChoice, network: MeasuredNetwork) -> list[EngineVariant]:
    """float32, and dynamic quantization, EasyOCR's default on a CPU, x threads."""
    skipped = lacking(("easyocr", ">=1.7,<2", "convert"), ("torch", ">=2.4", "convert"))
    found, title = [], "PyTorch, EasyOCR's module"
    for precision in ("float32", "dynamic"):
        options = {"part": network.part, "precision": precision}
        for threads in choice.thread_counts():
            variant = _KIND.variant(title, network, precision, threads, options, skipped=skipped)
            # The model's name is a sentence.
            found.append(replace(variant, id=f"{NAME}-{precision}-t{threads}@{network.part}"))
    return found


def create(part: str, precision: str, threads: int) -> EasyOcrNetwork:
    """Makes the engine in a worker."""
    import torch

    from converters.sources.torchvision_shim import ensure_torchvision

    torch.set_num_threads(threads)
    torch.manual_seed(_SEED)
    ensure_torchvision()
    if part == "craft":
        from easyocr.craft import CRAFT

        module = CRAFT(pretrained=False).eval()
    else:
        from easyocr.model.vgg_model import Model

        module = Model(1, _CHANNELS, _CHANNELS, _ENGLISH_CLASSES).eval()
    if precision == "dynamic":
        module = torch.ao.quantization.quantize_dynamic(module, dtype=torch.qint8)
    # The recogniser asks for a text as well, which it does not use.
    return EasyOcrNetwork(module if part == "craft" else functools.partial(module, text=None))


class EasyOcrNetwork:
    """A module of EasyOCR as a network engine."""

    def __init__(self, module):
        self._module = module

    def prepare(self, tensor: np.ndarray) -> None:
        import torch

        self._values = torch.from_numpy(np.ascontiguousarray(tensor.transpose(0, 3, 1, 2)))

    def run(self) -> None:
        import torch

        with torch.inference_mode():
            found = self._module(self._values)
        self._found = found[0] if isinstance(found, tuple) else found

    def output(self) -> np.ndarray:
        """See NetworkEngine; CRAFT gives [N, H, W, C] itself, the CRNN [N, T, classes]."""
        return self._found.numpy()
