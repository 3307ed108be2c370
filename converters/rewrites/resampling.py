"""Up-sampling in the form of operators that XNNPACK runs and that follow the input's size."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import add_node, constant, is_private, producer, sole_consumer, take_over, weights


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
        if not uniform or factor < 2 or factor & (factor - 1) or not _repeats(node, factor):
            continue
        tensor, output = node.inputs[0], take_over(node)
        while factor > 1:
            copies = add_node(graph, "Concat", [tensor] * 4, axis=1)
            target = output if factor == 2 else None
            tensor = add_node(graph, "DepthToSpace", [copies], target, blocksize=2, mode="DCR")
            factor //= 2
        count += 1
    return count


def _repeats(node: gs.Node, factor: int) -> bool:
    """Whether a nearest Resize gives every pixel `factor` times: output i reads input floor(i / factor).

    Other roundings shift the image by part of a pixel (ONNX, Resize: coordinate_transformation_mode).
    """
    places = np.arange(factor) + factor  # around the second pixel, away from the border's clamping
    mode = node.attrs.get("coordinate_transformation_mode", "half_pixel")
    if mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
        source = (places + 0.5) / factor - 0.5
    elif mode == "asymmetric":
        source = places / factor
    else:
        return False
    rounding = {
        "round_prefer_floor": lambda x: np.ceil(x - 0.5), "round_prefer_ceil": lambda x: np.floor(x + 0.5),
        "floor": np.floor, "ceil": np.ceil,
    }
    return bool(np.all(rounding[node.attrs.get("nearest_mode", "round_prefer_floor")](source) == 1))


def transposed_to_depth_to_space(graph: gs.Graph) -> int:
    """A transposed convolution with kernel = stride becomes a 1x1 convolution and DepthToSpace.

    Its output blocks do not overlap, so each sub-pixel is a 1x1 convolution of its own. A bias that
    the exporter left in an Add behind it is folded in.
    """
    count = 0
    for node in [node for node in graph.nodes if node.op == "ConvTranspose"]:
        weight, bias = weights(node, 1), weights(node, 2)
        if weight is None or weight.ndim != 4 or (bias is None and len(node.inputs) > 2):
            continue
        if weight.shape[2:] != tuple(node.attrs.get("strides", (1, 1))) or not _is_plain(node):
            continue
        kernel = weight.shape[2:]
        if kernel[0] != kernel[1] or kernel[0] == 1:
            continue
        block, channels = kernel[0], weight.shape[1]
        # [in, out, kh, kw] -> [kh * kw * out, in]: sub-pixel major, as DCR reads it.
        matrix = weight.transpose(2, 3, 1, 0).reshape(block * block * channels, weight.shape[0], 1, 1)
        bias = np.zeros(channels, np.float32) if bias is None else bias
        last = _bias_add(graph, node, channels)
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


def _is_plain(node: gs.Node) -> bool:
    """Whether a transposed convolution has neither groups, padding, dilation nor an output size of its own."""
    attributes = node.attrs
    return (
        attributes.get("group", 1) == 1
        and not any(attributes.get("pads", [0])) and not any(attributes.get("output_padding", [0]))
        and all(step == 1 for step in attributes.get("dilations", [1]))
        and "output_shape" not in attributes and attributes.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    )  # fmt: skip


def _bias_add(graph: gs.Graph, node: gs.Node, channels: int) -> gs.Node:
    """The Add of a constant per channel ([C, 1, 1] or [1, C, 1, 1]) right behind a node, or the node itself."""
    add = sole_consumer(graph, node.outputs[0], "Add")
    for tensor in add.inputs if add else ():
        if isinstance(tensor, gs.Constant) and tensor.values.shape in ((channels, 1, 1), (1, channels, 1, 1)):
            return add
    return node


def pixel_shuffle_to_depth_to_space(graph: gs.Graph) -> int:
    """DepthToSpace in CRD order (PyTorch's pixel_shuffle) behind a convolution becomes one in DCR order (TFLite's).

    The convolution's kernels are put into the other order. Without this the converter unfolds the shuffle into
    Reshape and Transpose, which fix the size of the image.
    """
    count = 0
    for node in [node for node in graph.nodes if node.op == "DepthToSpace" and node.attrs.get("mode") == "CRD"]:
        convolution = producer(node.inputs[0], "Conv")
        if convolution is None or not is_private(graph, node.inputs[0]):
            continue
        kernels, bias = weights(convolution, 1), weights(convolution, 2)
        if kernels is None or (bias is None and len(convolution.inputs) > 2):
            continue
        block = int(node.attrs["blocksize"])
        order = np.arange(len(kernels)).reshape(-1, block * block).T.reshape(-1)
        convolution.inputs[1] = constant(kernels[order])
        if bias is not None:
            convolution.inputs[2] = constant(bias[order])
        node.attrs["mode"] = "DCR"
        count += 1
    return count


def activation_before_depth_to_space(graph: gs.Graph) -> int:
    """DepthToSpace -> Relu or Sigmoid becomes the activation first: it then fuses with the convolution."""
    count = 0
    for node in [node for node in graph.nodes if node.op in ("Relu", "Sigmoid")]:
        shuffle = producer(node.inputs[0], "DepthToSpace")
        if shuffle is None or sole_consumer(graph, node.inputs[0], node.op) is None:
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
        x = node.inputs[0]
        axes = node.attrs.get("axes", [])
        if len(node.inputs) > 1 and isinstance(node.inputs[1], gs.Constant):
            axes = node.inputs[1].values
        if not x.shape or len(x.shape) != 4 or node.attrs.get("keepdims", 1) != 1:
            continue
        if sorted(int(axis) % 4 for axis in axes) != [2, 3]:
            continue
        add_node(graph, "GlobalAveragePool", [x], take_over(node))
        count += 1
    return count
