"""A user's own ONNX graphs: opened, run once, and brought to the outputs that the chain works with."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx.inliner
import onnx_graphsurgeon as gs
import onnxruntime
from google.protobuf.message import DecodeError
from onnx.external_data_helper import ExternalDataInfo, uses_external_data
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from converters import saved_model
from converters.errors import one_line, source_error
from converters.rewrites.graph import add_node, constant, producer, save
from converters.sources.onnx_facts import OnnxDetectorFacts, RecognizerFacts
from converters.unsupported import RECURRENT

# Operators that move values without changing them: a softmax in front of them may be taken off.
MOVING = ("Identity", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten")
_ORT_ERRORS = tuple(
    getattr(ort_errors, name)
    for name in "Fail InvalidArgument InvalidGraph InvalidProtobuf NotImplemented RuntimeException".split()
)


def files_of(path: Path) -> list[Path]:
    """An ONNX file and those in which its weights lie.

    Raises:
        ConversionError: One of them is missing or the file is no ONNX model.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except FileNotFoundError:
        raise source_error(f"{path}: expected an ONNX file, found none") from None
    except (OSError, DecodeError) as error:
        raise source_error(f"{path}: expected an ONNX model, found {error}") from None
    names = {ExternalDataInfo(tensor).location for tensor in model.graph.initializer if uses_external_data(tensor)}
    found = [path, *(path.parent / name for name in sorted(names))]
    for file in found[1:]:
        if not file.is_file():
            raise source_error(f"{file}: expected the weights of {path.name} beside it, found none")
    return found


def digests_of(path: Path) -> dict[str, str]:
    """SHA-256 by name of an ONNX file and of those in which its weights lie."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files_of(path)}


def require_known(path: Path) -> None:
    """Refuses a file with operators that have no way into TensorFlow, see saved_model.require_known."""
    saved_model.require_known(onnx.load(path, load_external_data=False), path)


def recurrence(path: Path) -> str:
    """Type and name of the first recurrent operator of an ONNX file, "" where it has none."""
    model = onnx.load(path, load_external_data=False)
    return next((saved_model.described(node) for node in model.graph.node if node.op_type in RECURRENT), "")


class Session:
    """An ONNX file in ONNX Runtime, for what can be learnt by running it once.

    Attributes:
        input_shape: Shape of its one input; None or a name for a free axis.

    Raises:
        ConversionError: The file cannot be read or has no single float input.
    """

    def __init__(self, path: Path):
        self._path = path
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except _ORT_ERRORS as error:
            raise source_error(f"{path}: expected an ONNX model, found {one_line(error)}") from None
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{item.name}: {item.type}" for item in inputs)
            raise source_error(
                f"{path.name}: expected one input tensor(float), found {found}; export it with the image alone, in "
                "float32"
            )
        self.input_shape = inputs[0].shape
        self._name = inputs[0].name
        self.outputs = [item.name for item in self._session.get_outputs()]

    def is_free(self, axis: int) -> bool:
        """Whether an axis of the input takes any size."""
        size = self.input_shape[axis]
        return not isinstance(size, int) or size <= 0

    def require_takes(self, shape: Sequence[int]) -> None:
        """Raises ConversionError where the input has another fixed size."""
        fixed = self.input_shape
        if len(fixed) != 4 or any(not self.is_free(i) and fixed[i] != size for i, size in enumerate(shape)):
            raise source_error(
                f'{self._path.name}: expected an input that takes {list(shape)}, found {fixed}; look at "color", '
                '"height", "widths" and "canvases" in the description'
            )

    def run(self, x: np.ndarray, output: str) -> np.ndarray:
        """One output for float32 [N, C, H, W]."""
        try:
            return self._session.run([output], {self._name: x})[0]
        except _ORT_ERRORS as error:
            raise source_error(
                f"{self._path.name}: cannot run at {list(x.shape)}: {one_line(error)}; other sizes are said by "
                '"canvases", "height" and "widths"'
            ) from None

    def shape(self, shapes: Sequence[tuple], output: str | None) -> list[int]:
        """The shape of an output at the first of some input shapes, all of which have to be taken."""
        if (output is None and len(self.outputs) > 1) or output not in (None, *self.outputs):
            raise source_error(f'{self._path.name}: expected "output" to be one of {self.outputs}, found {output!r}')
        for shape in shapes:
            self.require_takes(shape)
        return list(self.run(np.zeros(shapes[0], np.float32), output or self.outputs[0]).shape)


def write_detector(source: Path, facts: OnnxDetectorFacts, shape: Sequence[int], target: Path) -> None:
    """Writes the network with input "x" and maps in NCHW, or boxes [1, N, 5], which the next stages turn into NHWC."""
    if facts.decoder == "boxes":
        _write_boxes(source, facts, shape, target)
        return
    graph = opened(source, facts.output)
    if facts.output_layout == "NHWC":
        turned = producer(graph.outputs[0], "Transpose")
        if turned is None or list(turned.attrs["perm"]) != [0, 2, 3, 1]:
            raise source_error(
                f"{source.name}: expected maps that a Transpose(0, 2, 3, 1) at the end brings to NHWC, found "
                f"{graph.outputs[0].inputs[0].op}; export the network in NCHW"
            )
        graph.outputs = [_typed(turned.inputs[0])]
    save(graph.cleanup().toposort(), target)


def _write_boxes(source: Path, facts: OnnxDetectorFacts, shape: Sequence[int], target: Path) -> None:
    """Score, ymin, xmin, ymax and xmax as shares of the canvas out of what detectors give."""
    graph = opened(source, *(name for name in (facts.output, facts.scores_output) if name))
    by_name = {tensor.name: tensor for tensor in graph.outputs}
    boxes = by_name[facts.output] if facts.output else graph.outputs[0]
    table = _rows(graph, boxes, facts)
    columns = [_columns(graph, table, i, i + 1) for i in range(4)]
    if facts.scores_output:
        scores = _rows(graph, by_name[facts.scores_output], facts)
    else:
        scores = _columns(graph, table, 5 if facts.objectness else 4, None)
    score = reduced(graph, "ReduceMax", scores)
    if facts.objectness:
        score = add_node(graph, "Mul", [score, _columns(graph, table, 4, 5)])
    height, width = (shape[2], shape[3]) if facts.box_unit == "pixels" else (1, 1)
    if facts.box_format == "cxcywh":
        x, y, w, h = columns
        w, h = (add_node(graph, "Mul", [side, constant(0.5)]) for side in (w, h))
        ends = [add_node(graph, op, pair) for op in ("Sub", "Add") for pair in ([y, h], [x, w])]
    elif facts.box_format == "xyxy":
        ends = [columns[i] for i in (1, 0, 3, 2)]
    else:
        ends = columns
    sides = (height, width) * 2
    ends = [add_node(graph, "Mul", [end, constant(1 / side)]) for end, side in zip(ends, sides, strict=True)]
    graph.outputs = [add_node(graph, "Concat", [score, *ends], axis=2)]
    graph.outputs[0].dtype, graph.outputs[0].shape = np.float32, [1, "n", 5]
    save(graph.cleanup().toposort(), target)


def reduced(graph: gs.Graph, operator: str, tensor: gs.Variable) -> gs.Variable:
    """A tensor reduced over axis 2, which stays with the size 1."""
    if graph.opset < 18:
        return add_node(graph, operator, [tensor], keepdims=1, axes=[2])
    return add_node(graph, operator, [tensor, constant([2], np.int64)], keepdims=1)


def _rows(graph: gs.Graph, tensor: gs.Variable, facts: OnnxDetectorFacts) -> gs.Variable:
    """[1, N, columns] of [1, columns, N] or of itself."""
    return add_node(graph, "Transpose", [tensor], perm=[0, 2, 1]) if facts.output_layout == "NCA" else tensor


def _columns(graph: gs.Graph, table: gs.Variable, start: int, end: int | None) -> gs.Variable:
    bounds = [constant([value], np.int64) for value in (start, np.iinfo(np.int64).max if end is None else end, 2)]
    return add_node(graph, "Slice", [table, *bounds])


def write_recognizer(source: Path, facts: RecognizerFacts, rank: int, target: Path) -> None:
    """Writes the network with input "x" and logits [1, frames, classes] or [1, classes, 1, frames].

    The next stages leave the first as it is and turn the second into NHWC: [1, 1, frames, classes].
    """
    graph = opened(source, facts.output)
    _take_off_softmax(graph, facts.probabilities, source.name)
    if facts.output_layout == "NCT" and rank == 3:
        logits = graph.outputs[0]
        if graph.opset >= 13:
            logits = add_node(graph, "Unsqueeze", [logits, constant([2], np.int64)])
        else:
            logits = add_node(graph, "Unsqueeze", [logits], axes=[2])
        graph.outputs = [_typed(logits)]
    if facts.output_layout == "TNC":
        turned = add_node(graph, "Transpose", [graph.outputs[0]], perm=[1, 0, 2])
        turned.dtype, turned.shape = np.float32, ["n", "t", "c"]
        graph.outputs = [turned]
    save(graph.cleanup().toposort(), target)


def write_direction(source: Path, output: str | None, target: Path) -> None:
    """Writes the network with input "x" and its one output as it is."""
    save(opened(source, output).cleanup().toposort(), target)


def opened(source: Path, *outputs: str | None) -> gs.Graph:
    """The graph with its input named "x", and with these outputs alone where any are named."""
    files_of(source)
    model = onnx.load(source)
    if model.functions:  # newer exporters keep some operators as functions of the file
        model = onnx.inliner.inline_local_functions(model)
    graph = gs.import_onnx(model)
    graph.inputs[0].name = "x"
    wanted = {name for name in outputs if name}
    graph.outputs = [tensor for tensor in graph.outputs if not wanted or tensor.name in wanted]
    return graph


def _take_off_softmax(graph: gs.Graph, wanted: bool, name: str) -> None:
    """Bypasses the softmax that ends the graph, which must be there exactly if it was announced."""
    node = last_operation(graph.outputs[0])
    found = node is not None and node.op in ("Softmax", "LogSoftmax")
    if wanted != found:
        last = node.op if node is not None else "an input"
        advice = 'say "probabilities": true' if found else 'say "probabilities": false or export the logits'
        raise source_error(f"{name}: the last operation is {last}; {advice}")
    if found:
        node.op = "Identity"
        node.attrs.clear()


def last_operation(tensor: gs.Tensor) -> gs.Node | None:
    """The node that computes a tensor, behind those that only move values; None for an input."""
    while tensor.inputs and tensor.inputs[0].op in MOVING:
        tensor = tensor.inputs[0].inputs[0]
    return tensor.inputs[0] if tensor.inputs else None


def _typed(tensor: gs.Variable) -> gs.Variable:
    """An output of the graph needs a noted shape; inference makes it exact."""
    tensor.dtype, tensor.shape = np.float32, ["n", "c", "h", "w"]
    return tensor
