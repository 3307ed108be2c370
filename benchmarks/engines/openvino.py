"""OpenVINO on the CPU: float32, bf16, and int8 by NNCF's post-training quantization."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.installed import code, digest, require, versions
from benchmarks.networks import Network, find, options
from benchmarks.protocol import Choice, EngineInfo, Skipped, Variant, thread_environment

NAME = "openvino"
_HINTS = {"float32": "f32", "bf16": "bf16", "int8": "f32"}


def variants(choice: Choice, network: Network) -> list[Variant]:
    """Every precision x threads; in a quick run float32 and bf16."""
    found = []
    for precision in ("float32", "bf16") if choice.quick else _HINTS:
        skipped = None
        try:
            require("openvino", ">=2025", "bench")
            if precision == "int8":
                require("nncf", ">=2.17", "bench")
        except Skipped as reason:
            skipped = str(reason)
        for threads in choice.thread_counts():
            info = EngineInfo(NAME, "OpenVINO", versions("openvino", "nncf"), network.model, precision, threads)
            found.append(Variant(
                id=f"{NAME}-{precision}-t{threads}@{network.key}",
                info=info,
                factory=f"{__name__}:create",
                options=options(network) | {"precision": precision, "threads": threads, "build": str(choice.build)},
                environment=thread_environment(threads),
                fingerprint=f"{code(__file__)} {digest(network.source)}",
                skipped=skipped,
            ))  # fmt: skip
    return found


def create(folder: str, part: str, shape: list[int], precision: str, threads: int, build: str) -> OpenVino:
    """Makes the engine in a worker."""
    return OpenVino(find(folder, part, shape), precision, threads, Path(build))


class OpenVino:
    """One ONNX file compiled by OpenVINO as a network engine."""

    def __init__(self, network: Network, precision: str, threads: int, build: Path):
        self._network, self._precision, self._threads, self._build = network, precision, threads, build

    def prepare(self, tensor: np.ndarray) -> None:
        """See NetworkEngine."""
        import openvino

        from benchmarks import derived

        derived.load(self._network)
        core = openvino.Core()
        if self._precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Skipped("OpenVINO does not compute in bf16 on this processor")
        path = self._network.source
        if self._precision == "int8":
            path = derived.build(self._network, self._build, "openvino_int8", "nncf", derived.openvino_int8)
            path = path / "model.xml"
        model = core.read_model(str(path))
        model.reshape(derived.nchw_shape(self._network.shape))
        self._compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": self._threads, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": _HINTS[self._precision],
        })  # fmt: skip
        self._request = self._compiled.create_infer_request()
        self._values = derived.nchw(tensor)

    def run(self) -> None:
        """See NetworkEngine."""
        self._found = self._request.infer({0: self._values})

    def output(self) -> np.ndarray:
        """See NetworkEngine."""
        from benchmarks.derived import nhwc

        return nhwc(next(iter(self._found.values())))
