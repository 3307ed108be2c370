"""Up- and down-sampling in the form of operators that XNNPACK runs and that follow the input's size."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import (
    add_convolution,
    add_node,
    constant,
    each,
    is_private,
    producer,
    sole_consumer,
    take_over,
    weights,
)


@each("Resize")
def nearest_to_depth_to_space(graph: gs.Graph, node: gs.Node) -> bool:
    """Nearest up-sampling by a power of two becomes Concat of four copies and DepthToSpace, twice as large each time.

    DepthToSpace in DCR order (TFLite's) puts copy k of all channels at sub-pixel k, so four equal
    copies are exactly the 2x2 repetition. No multiplication, no size baked in.
    """
    factor = _factor(node)
    if factor is None or factor < 2 or factor % 1 or int(factor) & (int(factor) - 1):
        return False
    factor = int(factor)
    if any(place != 0 for place in _places(node, factor)):
        return False
    tensor, output = node.inputs[0], take_over(node)
    while factor > 1:
        copies = add_node(graph, "Concat", [tensor] * 4, axis=1)
        target = output if factor == 2 else None
        tensor = add_node(graph, "DepthToSpace", [copies], target, blocksize=2, mode="DCR")
        factor //= 2
    return True


@each("Resize")
def nearest_down_to_depthwise(graph: gs.Graph, node: gs.Node) -> bool:
    """Nearest down-sampling by a whole number k becomes a depthwise convolution that takes one pixel of k x k.

    onnx2tf leaves it to TensorFlow's nearest resizing, which takes another pixel than most exporters mean.
    """
    factor, shape = _factor(node), node.inputs[0].shape
    block = round(1 / factor) if factor and factor < 1 else 1
    if block < 2 or abs(block * factor - 1) > 1e-6 or not shape or not isinstance(shape[1], int):
        return False
    place = _places(node, factor)[0]
    if place is None:
        return False
    channels = shape[1]
    kernel = np.zeros((channels, 1, block, block), np.float32)
    kernel[:, :, place, place] = 1
    x, output = node.inputs[0], take_over(node)
    add_convolution(graph, x, kernel, None, output, strides=[block, block], group=channels)
    return True


def _factor(node: gs.Node) -> float | None:
    """By how much a nearest Resize enlarges height and width; None where it does more or less than that.

    Exporters give either scales or the sizes of the result, which are taken for scales at the example's size.
    """
    scales = node.inputs[2] if len(node.inputs) > 2 else None
    if node.attrs.get("mode", b"nearest") not in ("nearest", b"nearest"):
        return None
    if isinstance(scales, gs.Constant) and scales.values.size == 4:
        found = scales.values
    else:
        source, target = node.inputs[0].shape, node.outputs[0].shape
        if not source or not target or not all(isinstance(size, int) for size in (*source, *target)):
            return None
        found = np.array(target) / np.array(source)
    uniform = len(found) == 4 and found[0] == found[1] == 1 and found[2] == found[3]
    return float(found[2]) if uniform else None


def _places(node: gs.Node, factor: float) -> list[int | None]:
    """Which pixels a nearest Resize takes, relative to those that lie at the same place.

    Other roundings shift the image by part of a pixel (ONNX, Resize: coordinate_transformation_mode).

    Returns:
        Up-sampling by n: for each of n pixels in a row how far to the right its source lies; all 0 for a repetition.
        Down-sampling by k: which of k pixels is taken. None for a mode that is not known here.
    """
    # Around the second pixel, away from the border's clamping.
    places = np.arange(factor) + factor if factor > 1 else np.array([1.0])
    mode = node.attrs.get("coordinate_transformation_mode", "half_pixel")
    if mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
        source = (places + 0.5) / factor - 0.5
    elif mode == "asymmetric":
        source = places / factor
    else:
        return [None] * len(places)
    rounding = {
        "round_prefer_floor": lambda x: np.ceil(x - 0.5),
        "round_prefer_ceil": lambda x: np.floor(x + 0.5),
        "floor": np.floor,
        "ceil": np.ceil,
    }
    taken = rounding[node.attrs.get("nearest_mode", "round_prefer_floor")](source)
    start = 1 if factor > 1 else round(1 / factor)
    return [int(place) - start for place in taken]


@each("ConvTranspose")
def transposed_to_depth_to_space(graph: gs.Graph, node: gs.Node) -> bool:
    """A transposed convolution with kernel = stride becomes a 1x1 convolution and DepthToSpace.

    Its output blocks do not overlap, so each sub-pixel is a 1x1 convolution of its own. A bias that
    the exporter left in an Add behind it is folded in.
    """
    weight, bias = weights(node, 1), weights(node, 2)
    if weight is None or weight.ndim != 4 or (bias is None and len(node.inputs) > 2):
        return False
    if weight.shape[2:] != tuple(node.attrs.get("strides", (1, 1))) or not _is_plain(node):
        return False
    kernel = weight.shape[2:]
    if kernel[0] != kernel[1] or kernel[0] == 1:
        return False
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
    mixed = add_convolution(graph, x, matrix, np.tile(bias, block * block))
    add_node(graph, "DepthToSpace", [mixed], output, blocksize=block, mode="DCR")
    return True


@each("ConvTranspose")
def dilated_transposed_to_plain(graph: gs.Graph, node: gs.Node) -> bool:
    """A dilated transposed convolution gets a kernel with zeros in between: TensorFlow runs none with dilation."""
    weight, dilations = weights(node, 1), node.attrs.get("dilations", [1, 1])
    if weight is None or weight.ndim != 4 or all(step == 1 for step in dilations):
        return False
    size = [(side - 1) * step + 1 for side, step in zip(weight.shape[2:], dilations, strict=True)]
    wide = np.zeros((*weight.shape[:2], *size), np.float32)
    wide[:, :, :: dilations[0], :: dilations[1]] = weight
    node.inputs[1] = constant(wide)
    node.attrs |= {"dilations": [1, 1], "kernel_shape": size}
    return True


def _is_plain(node: gs.Node) -> bool:
    """Whether a transposed convolution has neither groups, padding, dilation nor an output size of its own."""
    attributes = node.attrs
    return (
        attributes.get("group", 1) == 1
        and not any(attributes.get("pads", [0]))
        and not any(attributes.get("output_padding", [0]))
        and all(step == 1 for step in attributes.get("dilations", [1]))
        and "output_shape" not in attributes
        and attributes.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    )


def _bias_add(graph: gs.Graph, node: gs.Node, channels: int) -> gs.Node:
    """The Add of a constant per channel ([C, 1, 1] or [1, C, 1, 1]) right behind a node, or the node itself."""
    add = sole_consumer(graph, node.outputs[0], "Add")
    for tensor in add.inputs if add else ():
        if isinstance(tensor, gs.Constant) and tensor.values.shape in ((channels, 1, 1), (1, channels, 1, 1)):
            return add
    return node


@each("DepthToSpace")
def pixel_shuffle_to_depth_to_space(graph: gs.Graph, node: gs.Node) -> bool:
    """DepthToSpace in CRD order (PyTorch's pixel_shuffle) behind a convolution becomes one in DCR order (TFLite's).

    The convolution's kernels are put into the other order. Without this the converter unfolds the shuffle into
    Reshape and Transpose, which fix the size of the image.
    """
    convolution = producer(node.inputs[0], "Conv")
    if node.attrs.get("mode") != "CRD" or convolution is None or not is_private(graph, node.inputs[0]):
        return False
    kernels, bias = weights(convolution, 1), weights(convolution, 2)
    if kernels is None or (bias is None and len(convolution.inputs) > 2):
        return False
    block = int(node.attrs["blocksize"])
    order = np.arange(len(kernels)).reshape(-1, block * block).T.reshape(-1)
    convolution.inputs[1] = constant(kernels[order])
    if bias is not None:
        convolution.inputs[2] = constant(bias[order])
    node.attrs["mode"] = "DCR"
    return True


@each("Relu", "Sigmoid")
def activation_before_depth_to_space(graph: gs.Graph, node: gs.Node) -> bool:
    """DepthToSpace -> Relu or Sigmoid becomes the activation first: it then fuses with the convolution."""
    shuffle = producer(node.inputs[0], "DepthToSpace")
    if shuffle is None or sole_consumer(graph, node.inputs[0], node.op) is None:
        return False
    x, attributes = shuffle.inputs[0], dict(shuffle.attrs)
    op, output = node.op, take_over(node)
    take_over(shuffle)
    add_node(graph, "DepthToSpace", [add_node(graph, op, [x])], output, **attributes)
    return True


@each("ReduceMean")
def spatial_mean_to_pool(graph: gs.Graph, node: gs.Node) -> bool:
    """ReduceMean over height and width becomes GlobalAveragePool, whose axes no converter has to guess."""
    x = node.inputs[0]
    axes = node.attrs.get("axes", [])
    if len(node.inputs) > 1 and isinstance(node.inputs[1], gs.Constant):
        axes = node.inputs[1].values
    if not x.shape or len(x.shape) != 4 or node.attrs.get("keepdims", 1) != 1:
        return False
    if sorted(int(axis) % 4 for axis in axes) != [2, 3]:
        return False
    add_node(graph, "GlobalAveragePool", [x], take_over(node))
    return True
