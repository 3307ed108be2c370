"""Single factors and summands beside convolutions go into their kernels and biases: one pass over a tensor less each.

Exporters leave them where a batch normalization, a learnt scale or the sixth of a hard-swish stood by an activation.
"""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import constant, is_private, producer, split_scalar, take_over, weights


def scalars_into_convolutions(graph: gs.Graph) -> int:
    """Products and sums with one number, behind a convolution or before one, become part of it.

    Returns:
        The number of nodes that were taken out.
    """
    count, before = 0, -1
    while count > before:
        before = count
        count += sum(_merged(graph, node) for node in graph.nodes if node.op in ("Mul", "Add") and node.outputs)
    return count


def _merged(graph: gs.Graph, node: gs.Node) -> bool:
    """Takes one node out, if it is such a product or sum."""
    x, value = _scalar_of(node)
    if x is None or not np.isfinite(value):
        return False
    return (
        _into_product(graph, node, x, value)
        or _into_convolution_before(graph, node, x, value)
        or _into_convolutions_behind(graph, node, x, value)
        or _behind_sum(graph, node, x, value)
    )


def _into_product(graph: gs.Graph, node: gs.Node, x: gs.Variable, value: float) -> bool:
    """(a y) b becomes (a b) y."""
    before = producer(x, "Mul") if node.op == "Mul" and is_private(graph, x) else None
    y, factor = _scalar_of(before) if before is not None else (None, None)
    if y is None:
        return False
    node.inputs = [y, constant(np.float32([factor * value]))]
    take_over(before)
    return True


def _into_convolution_before(graph: gs.Graph, node: gs.Node, x: gs.Variable, value: float) -> bool:
    conv = producer(x, "Conv") if is_private(graph, x) else None
    if conv is None or not _is_constant(conv):
        return False
    if node.op == "Mul":
        conv.inputs[1] = constant(weights(conv, 1) * np.float32(value))
        conv.inputs[2] = constant(weights(conv, 2) * np.float32(value))
    else:
        conv.inputs[2] = constant(weights(conv, 2) + np.float32(value))
    output = take_over(node)
    conv.outputs = [output]
    return True


def _into_convolutions_behind(graph: gs.Graph, node: gs.Node, x: gs.Variable, value: float) -> bool:
    readers = node.outputs[0].outputs
    if not _all_convolutions(graph, node) or (node.op == "Add" and any(_is_padded(conv) for conv in readers)):
        return False
    for conv in list(readers):
        if node.op == "Mul":
            conv.inputs[1] = constant(weights(conv, 1) * np.float32(value))
        else:
            conv.inputs[2] = constant(weights(conv, 2) + np.float32(value) * weights(conv, 1).sum((1, 2, 3)))
        conv.inputs[0] = x
    take_over(node)
    return True


def _behind_sum(graph: gs.Graph, node: gs.Node, x: gs.Variable, value: float) -> bool:
    """a y + b before padded convolutions becomes a (y + b / a): a zero stays a zero, so that a may pass them."""
    before = producer(x, "Mul") if node.op == "Add" and is_private(graph, x) else None
    y, factor = _scalar_of(before) if before is not None else (None, None)
    if y is None or not factor or not _all_convolutions(graph, node):
        return False
    node.inputs = [y, constant(np.float32([value / factor]))]
    take_over(before)
    for conv in node.outputs[0].outputs:
        conv.inputs[1] = constant(weights(conv, 1) * np.float32(factor))
    return True


def _scalar_of(node: gs.Node):
    """(variable, number) of a product or sum whose number does not give the tensor more axes, else (None, None)."""
    x, value = split_scalar(node)
    number = next((one for one in node.inputs if one is not x), None)
    fits = isinstance(x, gs.Variable) and isinstance(number, gs.Constant)
    axes = len(x.shape) if fits and x.shape else 1
    return (x, value) if fits and number.values.ndim <= axes else (None, None)


def _all_convolutions(graph: gs.Graph, node: gs.Node) -> bool:
    """Whether an output is read by convolutions alone, and not from outside."""
    readers = node.outputs[0].outputs
    return (
        bool(readers)
        and not _is_output(graph, node.outputs[0])
        and all(
            reader.op == "Conv" and reader.inputs[0] is node.outputs[0] and _is_constant(reader) for reader in readers
        )
    )


def _is_constant(conv: gs.Node) -> bool:
    return weights(conv, 1) is not None and weights(conv, 2) is not None


def _is_padded(conv: gs.Node) -> bool:
    return any(conv.attrs.get("pads", ())) or conv.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID", b"VALID")


def _is_output(graph: gs.Graph, tensor) -> bool:
    return any(output is tensor for output in graph.outputs)
