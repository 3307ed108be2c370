"""ONNX Runtime on the CPU: the network as it was before conversion, and in its own int8 quantization."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.networks import Network, find, options
from benchmarks.engines.variants import Kind, lacking
from benchmarks.running.protocol import Choice, Variant

NAME = "onnxruntime"
_KIND = Kind(NAME, __name__, ("onnxruntime",))


def variants(choice: Choice, network: Network) -> list[Variant]:
    """float32 and int8 x threads; in a quick run float32 alone."""
    skipped = lacking(("onnxruntime", ">=1.17", "bench"))
    return [
        _KIND.variant(
            "ONNX Runtime",
            network,
            precision,
            threads,
            options(network) | {"precision": precision, "build": str(choice.build)},
            depends=(network.source,),
            skipped=skipped,
        )
        for precision in (("float32",) if choice.quick else ("float32", "int8"))
        for threads in choice.thread_counts()
    ]


def create(folder: str, part: str, shape: list[int], precision: str, threads: int, build: str) -> OnnxRuntime:
    """Makes the engine in a worker."""
    return OnnxRuntime(find(folder, part, shape), precision, threads, Path(build))


class OnnxRuntime:
    """One ONNX file as a network engine."""

    def __init__(self, network: Network, precision: str, threads: int, build: Path):
        self._network, self._precision, self._threads, self._build = network, precision, threads, build

    def prepare(self, tensor: np.ndarray) -> None:
        """See NetworkEngine."""
        import onnxruntime

        from benchmarks.engines import derived

        model = derived.load(self._network).SerializeToString()
        if self._precision == "int8":
            path = derived.build(self._network, self._build, "onnxruntime_int8.onnx", "onnxruntime", derived.onnx_int8)
            model = path.read_bytes()
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = self._threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        self._feed = {self._session.get_inputs()[0].name: derived.nchw(tensor)}

    def run(self) -> None:
        """See NetworkEngine."""
        self._found = self._session.run(None, self._feed)

    def output(self) -> np.ndarray:
        """See NetworkEngine."""
        from benchmarks.engines.derived import nhwc

        return nhwc(self._found[0])
