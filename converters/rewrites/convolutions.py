"""Convolutions in the shapes for which XNNPACK has fast kernels."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import add_convolution, add_node, constant, each, take_over, weights

# XNNPACK's depthwise microkernels are unrolled for at most this many taps; beyond they fall off a cliff.
MAX_DEPTHWISE_TAPS = 25


@each("Conv", "MaxPool")
def explicit_padding(graph: gs.Graph, node: gs.Node) -> bool:
    """auto_pad SAME_UPPER at stride 1 becomes pads, which do not depend on the input's size."""
    if node.attrs.get("auto_pad") not in ("SAME_UPPER", b"SAME_UPPER"):
        return False
    if any(stride != 1 for stride in node.attrs.get("strides", [1, 1])):
        return False
    kernel = node.attrs.get("kernel_shape") or node.inputs[1].shape[2:]
    dilations = node.attrs.get("dilations", [1] * len(kernel))
    total = [(size - 1) * dilation for size, dilation in zip(kernel, dilations, strict=True)]
    before = [size // 2 for size in total]
    node.attrs["pads"] = before + [size - half for size, half in zip(total, before, strict=True)]
    del node.attrs["auto_pad"]
    return True


@each("Conv")
def add_zero_bias(graph: gs.Graph, node: gs.Node) -> bool:
    """XNNPACK's convolutions ask for a bias."""
    if len(node.inputs) != 2 or weights(node, 1) is None:
        return False
    node.inputs.append(constant(np.zeros(len(weights(node, 1)), np.float32)))
    return True


@each("Conv")
def split_large_depthwise(graph: gs.Graph, node: gs.Node) -> bool:
    """A depthwise kernel of more than 25 taps becomes a sum of dilated three-row kernels.

    Rows c - d and c + d of a kernel with an odd number of rows and centre c make a three-row kernel
    of vertical dilation d on the same centre; the centre row itself goes with d = 1. All terms read
    the same input, each padded symmetrically by its own convolution: nothing is shifted or sliced.
    Kernels with a stride, a dilation, other padding or more than eight columns stay as they are.
    """
    weight = weights(node, 1)
    if weight is None or weight.ndim != 4 or len(node.inputs) > 2 and weights(node, 2) is None:
        return False
    rows, columns = weight.shape[2:]
    depthwise = node.attrs.get("group", 1) == weight.shape[0] and weight.shape[1] == 1
    plain = all(s == 1 for s in [*node.attrs.get("strides", [1, 1]), *node.attrs.get("dilations", [1, 1])])
    centred = node.attrs.get("pads") == [rows // 2, columns // 2] * 2
    if not (depthwise and plain and centred) or rows % 2 == 0 or rows * columns <= MAX_DEPTHWISE_TAPS:
        return False
    if 3 * columns > MAX_DEPTHWISE_TAPS:
        return False
    _split_rows(graph, node, weight)
    return True


def _split_rows(graph: gs.Graph, node: gs.Node, weight: np.ndarray) -> None:
    channels, _, rows, columns = weight.shape
    centre = rows // 2
    bias = node.inputs[2].values if len(node.inputs) > 2 else np.zeros(channels, np.float32)
    x, output = node.inputs[0], take_over(node)
    total = None
    for dilation in range(1, centre + 1):
        part = np.zeros((channels, 1, 3, columns), np.float32)
        part[:, :, 0], part[:, :, 2] = weight[:, :, centre - dilation], weight[:, :, centre + dilation]
        if dilation == 1:
            part[:, :, 1] = weight[:, :, centre]
        added, pads = bias if dilation == 1 else None, [dilation, columns // 2] * 2
        term = add_convolution(graph, x, part, added, pads=pads, dilations=[dilation, 1], group=channels)
        if total is None:
            total = term
        else:
            total = add_node(graph, "Add", [total, term], output if dilation == centre else None)


@each("AveragePool")
def average_pool_to_depthwise(graph: gs.Graph, node: gs.Node) -> bool:
    """Average pooling without padding becomes a depthwise convolution: XNNPACK pools no int8 averages."""
    shape, kernel = node.inputs[0].shape, node.attrs["kernel_shape"]
    if len(kernel) != 2 or not shape or not isinstance(shape[1], int):
        return False
    if any(node.attrs.get("pads", [0, 0, 0, 0])) or node.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return False
    if node.attrs.get("ceil_mode") or any(step != 1 for step in node.attrs.get("dilations", [1, 1])):
        return False
    channels = shape[1]
    strides = node.attrs.get("strides", [1, 1])
    weight = np.full((channels, 1, *kernel), 1 / np.prod(kernel), np.float32)
    add_convolution(graph, node.inputs[0], weight, None, take_over(node), strides=strides, group=channels)
    return True
