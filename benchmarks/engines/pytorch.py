"""PyTorch: the original as a module of its own operators, as users of GPU models run it.

The module is made of the ONNX file by onnx2torch; its outputs agree with ONNX Runtime's.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from benchmarks.engines.installed import lacking
from benchmarks.engines.networks import MeasuredNetwork, find
from benchmarks.engines.variants import Kind, OfSource
from benchmarks.running import resources
from benchmarks.running.protocol import EngineVariant, MeasurementChoice, Skipped

NAME = "pytorch"
_KIND = Kind(NAME, __name__, ("torch", "onnx2torch"))


# Title, precision and device of each way to compute.
_MODES = {
    "float32": ("PyTorch", "float32", "CPU"),
    "bf16": ("PyTorch", "bf16", "CPU"),
    "dynamic": ("PyTorch", "dynamic", "CPU"),
    "torchscript": ("PyTorch, TorchScript", "float32", "CPU"),
    "cuda-float32": ("PyTorch", "float32", "GPU"),
    "cuda-float16": ("PyTorch", "float16", "GPU"),
}


def variants(choice: MeasurementChoice, network: MeasuredNetwork) -> list[EngineVariant]:
    """Every mode, on the CPU x threads; in a quick run float32 and bf16."""
    found, absent = [], lacking(("torch", ">=2.4", "convert"), ("onnx2torch", ">=1.5.15", "bench"))
    for mode in ("float32", "bf16") if choice.quick else _MODES:
        title, precision, device = _MODES[mode]
        skipped = absent or (resources.no_gpu() if device == "GPU" else None)
        found += _KIND.of_source(title, choice, network, {mode: (precision, skipped)}, device)
    return found


def create(folder: str, part: str, shape: list[int], mode: str, threads: int | None, build: str) -> PyTorch:
    """Makes the engine in a worker."""
    import torch

    if _MODES[mode][2] == "GPU" and not torch.cuda.is_available():
        raise Skipped(f"PyTorch {torch.__version__} sees no GPU")
    if threads:
        torch.set_num_threads(threads)
    return PyTorch(find(folder, part, shape), mode, threads, Path(build))


class PyTorch(OfSource):
    """A torch module as a network engine."""

    def prepare(self, tensor: np.ndarray) -> None:
        import torch

        from benchmarks.engines import derived

        self._device = torch.device("cuda" if _MODES[self._mode][2] == "GPU" else "cpu")
        self._module = self._made().to(self._device)
        self._values = torch.from_numpy(derived.nchw(tensor))
        if self._mode in ("bf16", "cuda-float16"):
            # What the libraries' convolutions of these types are made for.
            self._module = self._module.to(memory_format=torch.channels_last)
            self._values = self._values.contiguous(memory_format=torch.channels_last)

    def run(self) -> None:
        import torch

        with torch.inference_mode(), self._precision():
            found = self._module(self._values.to(self._device))
            self._found = (found[0] if isinstance(found, (tuple, list)) else found).cpu().float().numpy()

    def _made(self):
        import torch

        from benchmarks.engines import derived

        if self._mode == "torchscript":
            path = derived.build(self._network, self._build, "torchscript.pt", "torch", derived.torchscript)
            return torch.jit.optimize_for_inference(torch.jit.load(path))
        module = derived.torch_module(self._network)
        if self._mode == "dynamic":
            # As EasyOCR does on a CPU; it covers linear and recurrent layers and leaves convolutions alone.
            layers = {torch.nn.Linear, torch.nn.LSTM}
            return torch.ao.quantization.quantize_dynamic(module, layers, dtype=torch.qint8)
        return module

    def _precision(self):
        import torch

        if self._mode == "bf16":
            return torch.autocast("cpu", torch.bfloat16)
        if self._mode == "cuda-float16":
            return torch.autocast("cuda", torch.float16)
        return contextlib.nullcontext()
