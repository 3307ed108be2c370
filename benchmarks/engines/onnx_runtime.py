"""ONNX Runtime on the CPU: the network as it was before conversion, and in its own int8 quantization."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.installed import lacking
from benchmarks.engines.networks import MeasuredNetwork, find
from benchmarks.engines.variants import Kind, OfSource
from benchmarks.running.protocol import EngineVariant, MeasurementChoice

NAME = "onnxruntime"
_KIND = Kind(NAME, __name__, ("onnxruntime",))


def variants(choice: MeasurementChoice, network: MeasuredNetwork) -> list[EngineVariant]:
    """float32 and int8 x threads; in a quick run float32 alone."""
    precisions = ("float32",) if choice.quick else ("float32", "int8")
    skipped = lacking(("onnxruntime", ">=1.17", "bench"))
    return _KIND.of_source(
        "ONNX Runtime", choice, network, {precision: (precision, skipped) for precision in precisions}
    )


def create(folder: str, part: str, shape: list[int], mode: str, threads: int, build: str) -> OnnxRuntime:
    """Makes the engine in a worker."""
    return OnnxRuntime(find(folder, part, shape), mode, threads, Path(build))


class OnnxRuntime(OfSource):
    """One ONNX file as a network engine."""

    def prepare(self, tensor: np.ndarray) -> None:
        from benchmarks.engines import derived

        model = derived.load(self._network).SerializeToString()
        if self._mode == "int8":
            path = derived.build(self._network, self._build, "onnxruntime_int8.onnx", "onnxruntime", derived.onnx_int8)
            model = path.read_bytes()
        self._session = derived.onnx_session(model, self._threads)
        self._feed = {self._session.get_inputs()[0].name: derived.nchw(tensor)}

    def run(self) -> None:
        self._found = self._session.run(None, self._feed)[0]
