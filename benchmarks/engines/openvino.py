"""OpenVINO on the CPU: float32, bf16, and int8 by NNCF's post-training quantization."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.networks import Network, find, options
from benchmarks.engines.variants import Kind, lacking
from benchmarks.running.protocol import Choice, Skipped, Variant

NAME = "openvino"
_KIND = Kind(NAME, __name__, ("openvino", "nncf"))
_HINTS = {"float32": "f32", "bf16": "bf16", "int8": "f32"}


def variants(choice: Choice, network: Network) -> list[Variant]:
    """Every precision x threads; in a quick run float32 and bf16."""
    needed = {precision: [("openvino", ">=2025", "bench")] for precision in _HINTS}
    needed["int8"].append(("nncf", ">=2.17", "bench"))
    return [
        _KIND.variant(
            "OpenVINO",
            network,
            precision,
            threads,
            options(network) | {"precision": precision, "build": str(choice.build)},
            depends=(network.source,),
            skipped=lacking(*needed[precision]),
        )
        for precision in (("float32", "bf16") if choice.quick else _HINTS)
        for threads in choice.thread_counts()
    ]


def create(folder: str, part: str, shape: list[int], precision: str, threads: int, build: str) -> OpenVino:
    """Makes the engine in a worker."""
    return OpenVino(find(folder, part, shape), precision, threads, Path(build))


class OpenVino:
    """One ONNX file compiled by OpenVINO as a network engine."""

    def __init__(self, network: Network, precision: str, threads: int, build: Path):
        self._network, self._precision, self._threads, self._build = network, precision, threads, build

    def prepare(self, tensor: np.ndarray) -> None:
        """See NetworkEngine."""
        from benchmarks.engines import derived
        from tflite_ocr.engines.openvino import core

        derived.load(self._network)
        if self._precision == "bf16" and "BF16" not in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Skipped("OpenVINO does not compute in bf16 on this processor")
        path = self._network.source
        if self._precision == "int8":
            path = derived.build(self._network, self._build, "openvino_int8", "nncf", derived.openvino_int8)
            path = path / "model.xml"
        model = core().read_model(str(path))
        model.reshape(derived.nchw_shape(self._network.shape))
        self._compiled = core().compile_model(
            model,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": self._threads,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": _HINTS[self._precision],
            },
        )
        self._request = self._compiled.create_infer_request()
        self._values = derived.nchw(tensor)

    def run(self) -> None:
        """See NetworkEngine."""
        self._found = self._request.infer({0: self._values})

    def output(self) -> np.ndarray:
        """See NetworkEngine."""
        from benchmarks.engines.derived import nhwc

        return nhwc(next(iter(self._found.values())))
