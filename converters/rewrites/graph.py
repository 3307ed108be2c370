"""Small constructors and queries on onnx_graphsurgeon graphs that the passes share."""

import functools
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from tflite_ocr import files

IR_VERSION = 9  # of opset 20; newer ones are refused by the pinned ONNX Runtime

_counter = itertools.count()


def each(*operators: str) -> Callable:
    """Makes a pass over all nodes of some operators of a function that says whether it changed the one it is given."""

    def passing(change: Callable[[gs.Graph, gs.Node], bool]) -> Callable[[gs.Graph], int]:
        @functools.wraps(change)
        def one_pass(graph: gs.Graph) -> int:
            return sum(change(graph, node) for node in [node for node in graph.nodes if node.op in operators])

        return one_pass

    return passing


def constant(values, dtype=np.float32) -> gs.Constant:
    """A new initializer with a name of its own."""
    return gs.Constant(f"rw_const_{next(_counter)}", np.ascontiguousarray(np.asarray(values, dtype=dtype)))


def add_node(graph: gs.Graph, op: str, inputs: list, output=None, **attributes):
    """Appends a node and returns its output: `output` if given, else a new tensor."""
    number = next(_counter)
    result = output if output is not None else gs.Variable(f"rw_{op}_{number}", dtype=np.float32)
    graph.nodes.append(gs.Node(op, f"rw_{op}_{number}", dict(attributes), list(inputs), [result]))
    return result


def add_convolution(
    graph: gs.Graph,
    x,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    output=None,
    *,
    strides: Sequence[int] = (1, 1),
    pads: Sequence[int] = (0, 0, 0, 0),
    dilations: Sequence[int] = (1, 1),
    group: int = 1,
):
    """Appends a convolution of float32 weights [K, C / group, h, w], with zeros for no bias; see add_node."""
    bias = np.zeros(len(weight), np.float32) if bias is None else bias
    shape = {"kernel_shape": list(weight.shape[2:]), "strides": list(strides), "pads": list(pads)}
    inputs, places = [x, constant(weight), constant(bias)], {"dilations": list(dilations), "group": group}
    return add_node(graph, "Conv", inputs, output, **shape, **places)


def take_over(node: gs.Node):
    """Detaches a node that is being replaced and returns its output tensor for the replacement to fill."""
    output = node.outputs[0]
    node.inputs.clear()
    node.outputs.clear()
    return output


def is_private(graph: gs.Graph, tensor) -> bool:
    """Whether a tensor has one consumer and is no output of the graph: then its values may be changed."""
    return len(tensor.outputs) == 1 and not any(output is tensor for output in graph.outputs)


def sole_consumer(graph: gs.Graph, tensor, op: str):
    """The only reader of a tensor when it is a node of type `op`, else None."""
    return tensor.outputs[0] if is_private(graph, tensor) and tensor.outputs[0].op == op else None


def producer(tensor, op: str):
    """The node of type `op` that makes a tensor, else None."""
    return tensor.inputs[0] if tensor.inputs and tensor.inputs[0].op == op else None


def weights(node: gs.Node, index: int) -> np.ndarray | None:
    """The float32 constant at an input of a node, else None."""
    if index < len(node.inputs) and isinstance(node.inputs[index], gs.Constant):
        values = node.inputs[index].values
        return values if values.dtype == np.float32 else None
    return None


def scalar(tensor) -> float | None:
    """The value of a one-element constant, else None."""
    if isinstance(tensor, gs.Constant) and tensor.values.size == 1:
        return float(tensor.values.reshape(-1)[0])
    return None


def split_scalar(node: gs.Node):
    """(variable, value) of a two-input node with one scalar constant, else (None, None)."""
    first, second = node.inputs
    if scalar(second) is not None:
        return first, scalar(second)
    if scalar(first) is not None:
        return second, scalar(first)
    return None, None


def tidy(graph: gs.Graph) -> gs.Graph:
    """Drops what no output needs any more and restores the topological order."""
    return graph.cleanup(remove_unused_graph_inputs=False).toposort()


def _name_apart(graph: gs.Graph) -> None:
    """Renames constants of equal names: those in a file of another process are numbered like the new ones."""
    taken: dict[str, gs.Constant] = {}
    for tensor in [tensor for node in graph.nodes for tensor in node.inputs if isinstance(tensor, gs.Constant)]:
        while taken.setdefault(tensor.name, tensor) is not tensor:
            tensor.name += "_"


def save(graph: gs.Graph, target: Path) -> None:
    """Checks a graph and writes it, with its shapes inferred; an existing file is replaced only by a complete one."""
    _name_apart(graph)
    model = gs.export_onnx(graph)
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    with files.replacing(target) as stream:
        stream.write(onnx.shape_inference.infer_shapes(model).SerializeToString())
