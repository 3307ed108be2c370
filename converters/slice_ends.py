"""Slices that count from the end, kept as such on the way through onnx2tf.

onnx2tf replaces a negative start by the position that it has at the exported size, so that a network of
another size would be cut elsewhere. TensorFlow Lite and XNNPACK take negative starts as they are; onnx2tf's
parameter replacement (JSON) can write them.
"""

from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs

_OPEN = np.iinfo(np.int32).max
# Axis of NCHW to axis of NHWC.
_TO_NHWC = {0: 0, 1: 3, 2: 1, 3: 2}


def replacements(path: Path) -> dict:
    """The parameter replacements for all slices x[-n:] of an ONNX file.

    Args:
        path: ONNX file in which tensors of rank 4 are NCHW.

    Returns:
        The content of onnx2tf's parameter replacement file; its list of operations may be empty.
    """
    operations = []
    for node in gs.import_onnx(onnx.load(path)).nodes:
        if node.op != "Slice" or not all(isinstance(tensor, gs.Constant) for tensor in node.inputs[1:]):
            continue
        starts, ends, axes, *steps = [np.atleast_1d(tensor.values).tolist() for tensor in node.inputs[1:]]
        rank = len(node.inputs[0].shape or ())
        to_end = all(start < 0 and end >= _OPEN for start, end in zip(starts, ends, strict=True))
        if not to_end or rank != 4 or any(step != 1 for step in (steps[0] if steps else [])):
            continue
        begin, open_begin = [0] * rank, 2**rank - 1
        for start, axis in zip(starts, axes, strict=True):
            begin[_TO_NHWC[axis % rank]] = start
            open_begin &= ~(1 << _TO_NHWC[axis % rank])
        operations.append(
            {
                "op_name": node.name,
                "param_target": "op",
                "begin": begin,
                "end": [0] * rank,
                "strides": [1] * rank,
                "begin_mask": open_begin,
                "end_mask": 2**rank - 1,
            }
        )
    return {"format_version": 1, "operations": operations}
