"""LiteRT with its default delegate (XNNPACK): what the reader uses, a network at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.engines.variants import Kind
from benchmarks.running.protocol import EngineVariant, MeasurementChoice, Skipped

NAME = "litert"
_KIND = Kind(NAME, __name__, ("ai-edge-litert",))


def variants(choice: MeasurementChoice, network: MeasuredNetwork) -> list[EngineVariant]:
    """Every precision in which the network is stored x threads."""
    found = []
    for precision, file in network.files.items():
        if choice.quick and precision not in ("float32", "int8"):
            continue
        path = network.folder / file
        skipped = None if path.is_file() else f"{file} is missing; convert the model again"
        found += [
            _KIND.variant("LiteRT", network, precision, threads, {"path": str(path)}, depends=(path,), skipped=skipped)
            for threads in choice.thread_counts()
        ]
    return found


def create(path: str, threads: int) -> LiteRt:
    """Makes the engine in a worker."""
    return LiteRt(Path(path), threads)


class LiteRt:
    """One .tflite file as a network engine."""

    def __init__(self, path: Path, threads: int):
        self._path, self._threads = path, threads

    def prepare(self, tensor: np.ndarray) -> None:
        """See NetworkEngine; an integer input is quantized here, as the reader does before it runs the network."""
        from ai_edge_litert.interpreter import Interpreter

        from tflite_ocr.interpreter import quantize, tensor_specs

        inputs, self._output_specs = tensor_specs(self._path.read_bytes())
        self._interpreter = Interpreter(model_path=str(self._path), num_threads=self._threads)
        if inputs[0].shape != tensor.shape:
            self._resize(tensor.shape, inputs[0].shape)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]
        if len(inputs) != 1:
            raise Skipped(f"only networks with one input are run, this has {len(inputs)}")
        self._values = quantize(tensor, inputs[0])

    def run(self) -> None:
        self._interpreter.set_tensor(self._input, self._values)
        self._interpreter.invoke()
        self._found = [self._interpreter.get_tensor(index) for index in self._outputs]

    def output(self) -> np.ndarray:
        from tflite_ocr.interpreter import dequantize

        return dequantize(self._found[0], self._output_specs[0])

    def _resize(self, wanted: tuple[int, ...], stored: tuple[int, ...]) -> None:
        index = self._interpreter.get_input_details()[0]["index"]
        try:
            self._interpreter.resize_tensor_input(index, wanted)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise Skipped(f"stored for {list(stored)}, cannot be resized to {list(wanted)}: {error}") from None
