"""Up-sampling in the form of operators that XNNPACK runs and that follow the input's size."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import add_node, constant, take_over


def nearest_to_depth_to_space(graph: gs.Graph) -> int:
    """Nearest up-sampling by a power of two becomes Concat of four copies and DepthToSpace, twice as large each time.

    DepthToSpace in DCR order (TFLite's) puts copy k of all channels at sub-pixel k, so four equal
    copies are exactly the 2x2 repetition. No multiplication, no size baked in.
    """
    count = 0
    for node in [node for node in graph.nodes if node.op == "Resize"]:
        scales = node.inputs[2] if len(node.inputs) > 2 else None
        if node.attrs.get("mode") != "nearest" or not isinstance(scales, gs.Constant) or scales.values.size != 4:
            continue
        factor = int(scales.values[2])
        uniform = np.array_equal(scales.values, [1, 1, factor, factor])
        if not uniform or factor < 2 or factor & (factor - 1):
            continue
        tensor, output = node.inputs[0], take_over(node)
        while factor > 1:
            copies = add_node(graph, "Concat", [tensor] * 4, axis=1)
            target = output if factor == 2 else None
            tensor = add_node(graph, "DepthToSpace", [copies], target, blocksize=2, mode="DCR")
            factor //= 2
        count += 1
    return count


def transposed_to_depth_to_space(graph: gs.Graph) -> int:
    """A transposed convolution with kernel = stride becomes a 1x1 convolution and DepthToSpace.

    Its output blocks do not overlap, so each sub-pixel is a 1x1 convolution of its own. A bias that
    the exporter left in an Add behind it is folded in.
    """
    count = 0
    for node in [node for node in graph.nodes if node.op == "ConvTranspose"]:
        weight = node.inputs[1].values
        kernel, stride = weight.shape[2:], tuple(node.attrs.get("strides", (1, 1)))
        pads = node.attrs.get("pads", [0, 0, 0, 0])
        if kernel != stride or kernel[0] != kernel[1] or node.attrs.get("group", 1) != 1 or any(pads):
            continue
        block, channels = kernel[0], weight.shape[1]
        # [in, out, kh, kw] -> [kh * kw * out, in]: sub-pixel major, as DCR reads it.
        matrix = weight.transpose(2, 3, 1, 0).reshape(block * block * channels, weight.shape[0], 1, 1)
        bias = node.inputs[2].values if len(node.inputs) > 2 else np.zeros(channels, np.float32)
        last = _bias_add(node, channels)
        if last is not node:
            addend = next(i for i in last.inputs if isinstance(i, gs.Constant))
            bias = bias + addend.values.reshape(channels)
        x, output = node.inputs[0], take_over(last)
        if last is not node:
            take_over(node)
        mixed = add_node(
            graph, "Conv", [x, constant(matrix), constant(np.tile(bias, block * block))],
            kernel_shape=[1, 1], strides=[1, 1], pads=[0, 0, 0, 0], group=1, dilations=[1, 1],
        )
        add_node(graph, "DepthToSpace", [mixed], output, blocksize=block, mode="DCR")
        count += 1
    return count


def _bias_add(node: gs.Node, channels: int) -> gs.Node:
    """The Add of a per-channel constant right behind a node, or the node itself."""
    consumers = node.outputs[0].outputs
    if len(consumers) == 1 and consumers[0].op == "Add":
        for tensor in consumers[0].inputs:
            if isinstance(tensor, gs.Constant) and tensor.values.size == channels:
                return consumers[0]
    return node


def activation_before_depth_to_space(graph: gs.Graph) -> int:
    """DepthToSpace -> Relu or Sigmoid becomes the activation first: it then fuses with the convolution."""
    count = 0
    for node in [node for node in graph.nodes if node.op in ("Relu", "Sigmoid")]:
        shuffle = node.inputs[0].inputs[0] if node.inputs[0].inputs else None
        if shuffle is None or shuffle.op != "DepthToSpace" or len(shuffle.outputs[0].outputs) != 1:
            continue
        x, attributes = shuffle.inputs[0], dict(shuffle.attrs)
        op, output = node.op, take_over(node)
        take_over(shuffle)
        add_node(graph, "DepthToSpace", [add_node(graph, op, [x])], output, **attributes)
        count += 1
    return count


def spatial_mean_to_pool(graph: gs.Graph) -> int:
    """ReduceMean over height and width becomes GlobalAveragePool, whose axes no converter has to guess."""
    count = 0
    for node in [node for node in graph.nodes if node.op == "ReduceMean"]:
        axes = node.attrs.get("axes") or (len(node.inputs) > 1 and list(node.inputs[1].values))
        if sorted(axes or []) != [2, 3] or node.attrs.get("keepdims", 1) != 1:
            continue
        x = node.inputs[0]
        add_node(graph, "GlobalAveragePool", [x], take_over(node))
        count += 1
    return count
