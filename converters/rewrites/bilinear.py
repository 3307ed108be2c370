"""Bilinear up-sampling by two, without the input's size baked into the graph."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import add_convolution, add_node, constant, each, take_over

_END = np.iinfo(np.int64).max


@each("Resize")
def bilinear_to_depthwise(graph: gs.Graph, node: gs.Node) -> bool:
    """Resize x2 (linear, half_pixel) becomes four depthwise convolutions, Concat and DepthToSpace.

    With half-pixel centres output 2i is x[i-1] / 4 + 3 x[i] / 4 and output 2i+1 is 3 x[i] / 4 + x[i+1] / 4,
    in both directions: each of the four sub-pixels is a 3x3 depthwise kernel with four taps. Beyond the
    border the nearest row or column counts, which is put there by slices. TFLite's own operator
    holds its output size as a constant: an input of another size would silently get the old one.
    """
    if not _doubles(node):
        return False
    channels = node.inputs[0].shape[1]
    x, output = node.inputs[0], take_over(node)
    for axis in (2, 3):
        x = _repeat_border(graph, x, axis)
    parts = [_sub_pixel(graph, x, channels, down, right) for down in (False, True) for right in (False, True)]
    joined = add_node(graph, "Concat", parts, axis=1)
    add_node(graph, "DepthToSpace", [joined], output, blocksize=2, mode="DCR")
    return True


def _doubles(node: gs.Node) -> bool:
    if node.attrs.get("mode") != "linear":
        return False
    if node.attrs.get("coordinate_transformation_mode", "half_pixel") not in ("half_pixel", "pytorch_half_pixel"):
        return False
    source, target = node.inputs[0].shape, node.outputs[0].shape
    return target is not None and list(target) == [source[0], source[1], 2 * source[2], 2 * source[3]]


def _repeat_border(graph: gs.Graph, x: gs.Tensor, axis: int) -> gs.Tensor:
    """The tensor with its first and last row (or column) once more."""
    ends = []
    for start, stop in ((0, 1), (-1, _END)):
        bounds = [constant([value], np.int64) for value in (start, stop, axis, 1)]
        piece = add_node(graph, "Slice", [x, *bounds])
        piece.shape = [1 if i == axis else size for i, size in enumerate(x.shape)]
        ends.append(piece)
    joined = add_node(graph, "Concat", [ends[0], x, ends[1]], axis=axis)
    joined.shape = [size + 2 if i == axis else size for i, size in enumerate(x.shape)]
    return joined


def _sub_pixel(graph: gs.Graph, x: gs.Tensor, channels: int, down: bool, right: bool) -> gs.Tensor:
    taps = {False: [0.25, 0.75, 0.0], True: [0.0, 0.75, 0.25]}
    kernel = np.outer(taps[down], taps[right]).astype(np.float32)
    weight = np.broadcast_to(kernel, (channels, 1, 3, 3))
    return add_convolution(graph, x, weight, group=channels)
