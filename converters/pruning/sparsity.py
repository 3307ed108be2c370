"""The share of zeros in the kernels of a .tflite file, read back from its bytes."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from converters.quiet import Quiet
from converters.search.operators import KERNELS


def of_kernels(path: Path) -> dict[str, float]:
    """Shares of zeros by kernel, in the order in which the operators run.

    Args:
        path: A .tflite file of any precision with dense kernels.

    Returns:
        "number operator rows x columns ..." (the kernel's shape as stored) to the share, 0 to 1.
    """
    with Quiet():
        interpreter = Interpreter(str(path), num_threads=1, experimental_preserve_all_tensors=True)
    made = {}
    for operator in interpreter._get_ops_details():
        if operator["op_name"] == "DEQUANTIZE":  # float16 kernels are widened when the model is loaded
            made[int(operator["outputs"][0])] = int(operator["inputs"][0])
    shares: dict[str, float] = {}
    for operator in interpreter._get_ops_details():
        if operator["op_name"] not in KERNELS:
            continue
        index = int(operator["inputs"][1])
        values = _constant(interpreter, made.get(index, index))
        if values is not None:
            shape = "x".join(map(str, values.shape))
            shares[f"{len(shares)} {operator['op_name']} {shape}"] = float(np.mean(values == 0))
    return shares


def _constant(interpreter: Interpreter, index: int) -> np.ndarray | None:
    """The value of a tensor that is stored in the file; None for one that is computed."""
    try:
        return interpreter.get_tensor(index)
    except ValueError:
        return None
