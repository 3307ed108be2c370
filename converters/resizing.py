"""Checks that a network marked resizable really is: a graph may keep the size of its example inside."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.tools import flatbuffer_utils

from converters import parity
from converters.errors import export_error
from converters.quiet import Quiet
from converters.search.operators import NAMES, code_of
from tflite_ocr.errors import ModelContractError

_MULTIPLE = 32  # of pixels; what the networks' strides ask for


def other_size(tensor: np.ndarray, height_too: bool) -> np.ndarray:
    """The upper left part of a tensor, narrower by a third.

    Args:
        tensor: float32 [N, H, W, C], W of at least 64.
        height_too: Whether the height is changed as well, by a quarter.
    """
    height, width = tensor.shape[1:3]
    narrow = max(_MULTIPLE, 2 * width // 3 // _MULTIPLE * _MULTIPLE)
    low = max(_MULTIPLE, 3 * height // 4 // _MULTIPLE * _MULTIPLE) if height_too else height
    return np.ascontiguousarray(tensor[:, :low, :narrow])


def cosine(name: str, reference: parity.Forward, candidate: parity.Forward, tensor: np.ndarray) -> float:
    """The similarity of outputs on a tensor of another size than that of the conversion.

    Raises:
        ConversionError: The converted network does not take this size, or answers with another shape.
    """
    try:
        found = candidate(tensor)
    except ModelContractError as error:
        raise export_error(f"{name}: expected a network for any size of image, found {error}") from None
    wanted = reference(tensor)
    if found.shape != wanted.shape:
        raise export_error(
            f"{name}: expected an output of {wanted.shape} for an input of {tensor.shape}, found {found.shape}: a "
            "size is fixed inside the graph"
        )
    return parity.compare(lambda _: wanted, lambda _: found, [tensor])["cosine"]


def free_width(file: Path) -> int:
    """Lets a recogniser's .tflite file follow the width of its input, in place; see freed.

    Returns:
        The number of constants that were changed.
    """
    data, changed = freed(file.read_bytes())
    if changed:
        file.write_bytes(data)
    return changed


def freed(data: bytes) -> tuple[bytes, int]:
    """A recogniser's .tflite file that follows the width of its input.

    A graph is converted at one width, and what it reshapes to has the number of frames of that width as a constant.
    TensorFlow Lite finds it out by itself where -1 stands in its place. Whether this is all that was fixed is seen
    when the file reads at other widths (converters.gates).

    Args:
        data: Data of one input [1, h, w, c] and one output [.., frames, classes]. A resizable one is kept.

    Returns:
        The file's bytes, and the number of constants that were changed.
    """
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(data))
    graph = model.subgraphs[0]
    sizes = [[int(size) for size in graph.tensors[int(side[0])].shape] for side in (graph.inputs, graph.outputs)]
    if len(sizes[0]) != 4 or len(sizes[1]) < 3 or _takes(data, (*sizes[0][:2], 2 * sizes[0][2], sizes[0][3])):
        return data, 0
    frames, changed = sizes[1][-2], 0
    for operator in graph.operators:
        if NAMES[code_of(model, operator)] != "RESHAPE" or len(operator.inputs) < 2:
            continue
        buffer = model.buffers[graph.tensors[int(operator.inputs[1])].buffer]
        if buffer.data is None or not len(buffer.data):
            continue
        shape = np.frombuffer(bytes(buffer.data), np.int32).copy()
        if list(shape).count(frames) == 1 and -1 not in shape:
            shape[shape == frames] = -1
            buffer.data = np.frombuffer(shape.tobytes(), np.uint8)
            changed += 1
        if -1 in shape and operator.builtinOptions is not None:
            operator.builtinOptions.newShape = shape
    return (bytes(flatbuffer_utils.convert_object_to_bytearray(model)), changed) if changed else (data, 0)


def _takes(data: bytes, shape: tuple[int, ...]) -> bool:
    """Whether a network can be planned at a shape of its input."""
    try:
        with Quiet():
            interpreter = Interpreter(model_content=data, num_threads=1)
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape, strict=False)
            interpreter.allocate_tensors()
    except (RuntimeError, ValueError):
        return False
    return True
