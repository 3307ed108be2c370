"""PyTorch: the original as a module of its own operators, as users of GPU models run it.

The module is made of the ONNX file by onnx2torch; its outputs agree with ONNX Runtime's.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engines.networks import Network, find, options
from benchmarks.engines.variants import Kind, lacking
from benchmarks.running import resources
from benchmarks.running.protocol import Choice, Skipped, Variant

NAME = "pytorch"
_KIND = Kind(NAME, __name__, ("torch", "onnx2torch"))


@dataclass(frozen=True)
class _Mode:
    title: str
    precision: str
    device: str = "CPU"


_MODES = {
    "float32": _Mode("PyTorch", "float32"),
    "bf16": _Mode("PyTorch", "bf16"),
    "dynamic": _Mode("PyTorch", "dynamic"),
    "torchscript": _Mode("PyTorch, TorchScript", "float32"),
    "cuda-float32": _Mode("PyTorch", "float32", "GPU"),
    "cuda-float16": _Mode("PyTorch", "float16", "GPU"),
}


def variants(choice: Choice, network: Network) -> list[Variant]:
    """Every mode, on the CPU x threads; in a quick run float32 and bf16."""
    found = []
    for name, mode in _MODES.items():
        if choice.quick and name not in ("float32", "bf16"):
            continue
        skipped = lacking(("torch", ">=2.4", "convert"), ("onnx2torch", ">=1.5.15", "bench"))
        if mode.device == "GPU" and not skipped and not resources.gpus():
            skipped = "no NVIDIA GPU is visible here"
        found += [
            _KIND.variant(
                mode.title,
                network,
                mode.precision,
                threads,
                options(network) | {"mode": name, "build": str(choice.build)},
                depends=(network.source,),
                mode=name,
                device=mode.device,
                skipped=skipped,
            )
            for threads in (choice.thread_counts() if mode.device == "CPU" else (None,))
        ]
    return found


def create(folder: str, part: str, shape: list[int], mode: str, threads: int | None, build: str) -> PyTorch:
    """Makes the engine in a worker."""
    import torch

    if _MODES[mode].device == "GPU" and not torch.cuda.is_available():
        raise Skipped(f"PyTorch {torch.__version__} sees no GPU")
    if threads:
        torch.set_num_threads(threads)
    return PyTorch(find(folder, part, shape), mode, Path(build))


class PyTorch:
    """A torch module as a network engine."""

    def __init__(self, network: Network, mode: str, build: Path):
        self._network, self._mode, self._build = network, mode, build

    def prepare(self, tensor: np.ndarray) -> None:
        """See NetworkEngine."""
        import torch

        from benchmarks.engines import derived

        self._device = torch.device("cuda" if _MODES[self._mode].device == "GPU" else "cpu")
        self._module = self._made().to(self._device)
        self._values = torch.from_numpy(derived.nchw(tensor))
        if self._mode in ("bf16", "cuda-float16"):
            # What the libraries' convolutions of these types are made for.
            self._module = self._module.to(memory_format=torch.channels_last)
            self._values = self._values.contiguous(memory_format=torch.channels_last)

    def run(self) -> None:
        """See NetworkEngine."""
        import torch

        with torch.inference_mode(), self._precision():
            found = self._module(self._values.to(self._device))
            self._found = (found[0] if isinstance(found, (tuple, list)) else found).cpu()

    def output(self) -> np.ndarray:
        """See NetworkEngine."""
        from benchmarks.engines.derived import nhwc

        return nhwc(self._found.float().numpy())

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
