"""int8 from ranges that are measured here, for networks that the converter's own calibration makes useless.

The calibrator of TensorFlow Lite (2.19) reads the inputs of an operator after it has run. ADD and MUL write their
result over their first input where nothing else needs it, so that input gets the range of the result: the gate of a
hard-swish, 0 to 6, that of the product, some hundred, and with it three or four of the 256 values. Here every tensor
is kept until it was measured, on pictures of several sizes if the network takes them.
"""

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils

from converters import resizing
from converters.errors import export_error, one_line
from converters.quiet import Quiet, tensorflow_environment
from converters.search.operators import KERNELS, NAMES, code_of

_CODES = schema.BuiltinOperator
# Below it x * relu6(x + 3) is 0 whatever x is.
_HARD_SWISH_ZERO = -3.0
# Ends of a range to try, inputs to look at and values of a tensor of each; a cut has to be better by so much.
_CUTS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
_CUT_INPUTS, _CUT_VALUES, _CUT_GAIN = 24, 4000, 0.98


# The float network from which an int8 file was made lies beside it.
INT8, FLOAT = "int8.tflite", "float32.tflite"


def export(source: Path, folder: Path, tensors: Sequence[np.ndarray], free: bool = False) -> None:
    """Writes a SavedModel as an int8 .tflite file; input and output are int8.

    Args:
        source: SavedModel directory with a serving_default signature of fixed shapes.
        folder: Made here, with INT8 and FLOAT in it.
        tensors: float32 NHWC; those of another size than the network's own are measured if it can be resized.
        free: The files follow the width of their input (resizing.freed).

    Raises:
        ConversionError: The converter refuses the graph, or there are no tensors.
    """
    if not tensors:
        raise export_error("expected calibration images, found none; give --calibration DIR")
    with _explained(source), Quiet():
        plain = _annotated(source, tensors[0])
    plain = resizing.freed(plain)[0] if free else plain
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(plain))
    _part_constants(model)
    _set_ranges(model, measure(plain, _measured(model), tensors))
    _write(model, folder, source)


def replace(source: Path, folder: Path, constants: Mapping[int, np.ndarray], found: Mapping[int, tuple]) -> None:
    """Writes a network with other constants and ranges.

    Args:
        constants: float32 values by the index of their tensor.
        found: (lowest, highest) value by the index of a computed tensor; those without a range are skipped.

    Raises:
        ConversionError: The quantizer refuses them.
    """
    model = flatbuffer_utils.read_model_from_bytearray(bytearray((source / FLOAT).read_bytes()))
    tensors = model.subgraphs[0].tensors
    for index, value in constants.items():
        data = np.ascontiguousarray(value, np.float32)
        model.buffers.append(schema.BufferT())
        model.buffers[-1].data = np.frombuffer(data.tobytes(), np.uint8)
        tensors[index].buffer = len(model.buffers) - 1
    for index in set(_measured(model)) & set(found):
        low, high = found[index]
        tensors[index].quantization.min, tensors[index].quantization.max = np.float32([low]), np.float32([high])
    _write(model, folder, source)


def _write(model: Any, folder: Path, source: Path) -> None:
    plain = bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    with _explained(source), Quiet():
        data = _quantized(plain)
    folder.mkdir()
    (folder / FLOAT).write_bytes(plain)
    (folder / INT8).write_bytes(data)


@contextmanager
def _explained(source: Path):
    try:
        yield
    except Exception as error:  # the converter raises its own and TensorFlow's errors, with no common base
        raise export_error(f"{source}: int8 failed: {one_line(error, 600)}") from None


def measure(model: bytes, wanted: Sequence[int], tensors: Sequence[np.ndarray]) -> dict[int, tuple[float, float]]:
    """(lowest, highest) value of tensors of a float .tflite file, by their index.

    Args:
        tensors: Inputs; another size is skipped where the network cannot be resized to it.
    """
    found = dict.fromkeys(wanted, (np.inf, -np.inf))
    for interpreter in runs(model, tensors):
        for index, (low, high) in found.items():
            values = interpreter.get_tensor(index)
            found[index] = min(low, float(values.min())), max(high, float(values.max()))
    return found


def cut(source: Path, folder: Path, tensors: Sequence[np.ndarray]) -> None:
    """Writes a network with ranges that leave out rare large values where the others then round better.

    The ends of every range are drawn in until the mean squared error of its 256 steps is least (arXiv 1810.05723).

    Raises:
        ConversionError: The quantizer refuses the ranges.
    """
    plain = (source / FLOAT).read_bytes()
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(plain))
    wanted, rng = _measured(model), np.random.default_rng(0)
    values: dict[int, list[np.ndarray]] = {index: [] for index in wanted}
    for interpreter in runs(plain, tensors[:: -(-len(tensors) // _CUT_INPUTS)]):
        for index, seen in values.items():
            found = interpreter.get_tensor(index).reshape(-1)
            seen.append(found if found.size <= _CUT_VALUES else rng.choice(found, _CUT_VALUES))
    found = {}
    for index in wanted:
        quantization = model.subgraphs[0].tensors[index].quantization
        if values[index]:
            found[index] = _cut(np.concatenate(values[index]), quantization.min[0], quantization.max[0])
    replace(source, folder, {}, found)


def _cut(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The range inside another one in which values are rounded with the least squared error."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    values, best, chosen = np.clip(values, low, high), np.inf, (low, high)
    for below in _CUTS if low < 0 else (1.0,):
        for above in _CUTS if high > 0 else (1.0,):
            step = max((high * above - low * below) / 255, 1e-12)
            zero = np.round(-low * below / step)
            rounded = (np.clip(np.round(values / step) + zero, 0, 255) - zero) * step
            error = float(np.square(rounded - values).mean())
            if error < best * _CUT_GAIN:
                best, chosen = error, (low * below, high * above)
    return chosen


def runs(model: bytes, tensors: Sequence[np.ndarray]) -> Iterator[Interpreter]:
    """Interpreters after a run on each input, which keep all tensors; sizes that the network does not take are left."""
    for shape in dict.fromkeys(tensor.shape for tensor in tensors):
        interpreter = _keeping(model, shape)
        place = interpreter.get_input_details()[0]["index"] if interpreter else 0
        for tensor in tensors:
            if interpreter is not None and tensor.shape == shape and _ran(interpreter, place, tensor):
                yield interpreter


def _keeping(model: bytes, shape: tuple[int, ...]) -> Interpreter | None:
    """An interpreter that keeps all tensors, at a shape of the input; None if it cannot take that shape."""
    interpreter = Interpreter(
        model_content=model,
        num_threads=2,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    detail = interpreter.get_input_details()[0]
    try:
        if tuple(detail["shape"]) != shape:
            interpreter.resize_tensor_input(detail["index"], shape, strict=False)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError):
        return None
    return interpreter


def _ran(interpreter: Interpreter, place: int, tensor: np.ndarray) -> bool:
    interpreter.set_tensor(place, tensor)
    try:
        interpreter.invoke()
    except (RuntimeError, ValueError):
        return False  # a size is fixed inside the graph
    return True


def _annotated(source: Path, tensor: np.ndarray) -> bytes:
    """The float network as the quantizer wants it, every tensor that needs a range with one."""
    tensorflow_environment(os.environ)
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(source))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter([[tensor]])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_calibrate_only = True
    return converter.convert()


def _quantized(model: bytes) -> bytes:
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    return mlir_quantize(model, fully_quantize=True, input_data_type=tf.int8, output_data_type=tf.int8)


def _part_constants(model: Any) -> None:
    """Gives every layer a kernel and a bias of its own: the converter stores equal ones, such as zeros, once."""
    subgraph, seen = model.subgraphs[0], set()
    for operator in subgraph.operators:
        if NAMES[code_of(model, operator)] not in KERNELS:
            continue
        for place in range(1, len(operator.inputs)):
            index = int(operator.inputs[place])
            if index in seen and model.buffers[subgraph.tensors[index].buffer].data is not None:
                subgraph.tensors.append(copy.deepcopy(subgraph.tensors[index]))
                operator.inputs[place] = index = len(subgraph.tensors) - 1
            seen.add(index)


def _measured(model: Any) -> list[int]:
    """Indices of the tensors that have a range."""
    return [
        index
        for index, tensor in enumerate(model.subgraphs[0].tensors)
        if tensor.quantization is not None and tensor.quantization.min is not None and len(tensor.quantization.min)
    ]


def _set_ranges(model: Any, found: dict[int, tuple[float, float]]) -> None:
    gated = _before_hard_swish(model)
    for index, (low, high) in found.items():
        if not (np.isfinite(low) and np.isfinite(high)):
            continue
        quantization = model.subgraphs[0].tensors[index].quantization
        if index in gated and high > 0:
            low = max(low, _HARD_SWISH_ZERO)
        quantization.min, quantization.max = np.float32([low]), np.float32([high])


def _before_hard_swish(model: Any) -> set[int]:
    """Tensors that only hard-swishes x * relu6(x + 3) read: what lies below -3 may be cut off without any change."""
    subgraph = model.subgraphs[0]
    readers: dict[int, list[Any]] = {}
    for operator in subgraph.operators:
        for index in {int(index) for index in operator.inputs}:
            readers.setdefault(index, []).append(operator)
    outputs = {int(index) for index in subgraph.outputs}
    return {
        index
        for index, found in readers.items()
        if index not in outputs and len(found) == 2 and _is_hard_swish(model, index, found)
    }


def _is_hard_swish(model: Any, index: int, readers: Sequence[Any]) -> bool:
    by_code = {code_of(model, one): one for one in readers}
    add, product = by_code.get(_CODES.ADD), by_code.get(_CODES.MUL)
    if add is None or product is None:
        return False
    other = next((int(i) for i in add.inputs if int(i) != index), -1)
    stored = model.buffers[model.subgraphs[0].tensors[other].buffer].data if other >= 0 else None
    gate = {int(i) for i in product.inputs} == {index, int(add.outputs[0])}
    relu6 = add.builtinOptions.fusedActivationFunction == schema.ActivationFunctionType.RELU6
    if stored is None or not gate or not relu6:
        return False
    values = np.frombuffer(bytes(stored), np.float32)
    return len(values) == 1 and bool(abs(values[0] + _HARD_SWISH_ZERO) < 1e-6)
