"""LiteRT with its default delegate (XNNPACK): what the reader uses."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.engines import SEED, Call, SkippedEngine
from converters.quiet import Quiet


def prepare(path: Path, shape: tuple[int, ...], threads: int) -> Call:
    """Loads a .tflite file; `shape` is that of its first input, which is resized when it differs."""
    if not path.is_file():
        raise SkippedEngine(f"{path.name} is missing")
    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    first = interpreter.get_input_details()[0]
    if tuple(first["shape"]) != tuple(shape):
        interpreter.resize_tensor_input(first["index"], shape)
    with Quiet():  # it says each time that there is a delegate
        interpreter.allocate_tensors()
    rng = np.random.default_rng(SEED)
    for details in interpreter.get_input_details():
        interpreter.set_tensor(details["index"], _values(rng, details["shape"], details["dtype"]))
    return interpreter.invoke


def _values(rng: np.random.Generator, shape: np.ndarray, dtype) -> np.ndarray:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    return rng.uniform(-1, 1, shape).astype(dtype)
