"""OpenVINO on the CPU: float32, bf16, and int8 by NNCF's post-training quantization."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.installed import lacking
from benchmarks.engines.networks import MeasuredNetwork, find
from benchmarks.engines.variants import Kind, OfSource
from benchmarks.running.protocol import EngineVariant, MeasurementChoice, Skipped

NAME = "openvino"
_KIND = Kind(NAME, __name__, ("openvino", "nncf"))
_HINTS = {"float32": "f32", "bf16": "bf16", "int8": "f32"}


def variants(choice: MeasurementChoice, network: MeasuredNetwork) -> list[EngineVariant]:
    """Every precision x threads; in a quick run float32 and bf16."""
    modes = {}
    for precision in ("float32", "bf16") if choice.quick else _HINTS:
        quantizer = [("nncf", ">=2.17", "bench")] if precision == "int8" else []
        modes[precision] = precision, lacking(("openvino", ">=2025", "bench"), *quantizer)
    return _KIND.of_source("OpenVINO", choice, network, modes)


def create(folder: str, part: str, shape: list[int], mode: str, threads: int, build: str) -> OpenVino:
    """Makes the engine in a worker."""
    return OpenVino(find(folder, part, shape), mode, threads, Path(build))


class OpenVino(OfSource):
    """One ONNX file compiled by OpenVINO as a network engine."""

    def prepare(self, tensor: np.ndarray) -> None:
        from benchmarks.engines import derived
        from tflite_ocr.engines.openvino import core

        derived.load(self._network)
        if self._mode == "bf16" and "BF16" not in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Skipped("OpenVINO does not compute in bf16 on this processor")
        path = self._network.source
        if self._mode == "int8":
            path = derived.build(self._network, self._build, "openvino_int8", "nncf", derived.openvino_int8)
            path = path / "model.xml"
        model = core().read_model(str(path))
        model.reshape(derived.nchw_shape(self._network.shape))
        hints = {"INFERENCE_NUM_THREADS": self._threads, "PERFORMANCE_HINT": "LATENCY"}
        hints["INFERENCE_PRECISION_HINT"] = _HINTS[self._mode]
        self._request = core().compile_model(model, "CPU", hints).create_infer_request()
        self._values = derived.nchw(tensor)

    def run(self) -> None:
        self._found = next(iter(self._request.infer({0: self._values}).values()))
