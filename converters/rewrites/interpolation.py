"""What is linear along an axis of an image of fixed size, and comes out wrong otherwise, as product with a matrix."""

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from converters import parity
from converters.rewrites.graph import IR_VERSION, add_convolution, add_node, constant, each, take_over

# TensorFlow's bilinear resizing has these pixel centres whatever the graph asks for: onnx2tf hands them on up to
# operator set 17, and rewritten graphs are newer.
_CENTRES = ("half_pixel", "pytorch_half_pixel")


@each("CumSum")
def sums_to_matrix(graph: gs.Graph, node: gs.Node) -> bool:
    """CumSum over an axis of an image becomes a product with a triangle of ones: onnx2tf sums along another axis."""
    x, axis = node.inputs[0], node.inputs[1]
    if not isinstance(axis, gs.Constant) or not _is_image(x) or int(axis.values) % 4 == 0:
        return False
    place = int(axis.values) % 4
    matrix = np.tri(x.shape[place], k=-1 if node.attrs.get("exclusive") else 0, dtype=np.float32)
    _along(graph, x, place, matrix.T if node.attrs.get("reverse") else matrix, take_over(node))
    return True


@each("Resize")
def resize_to_matrices(graph: gs.Graph, node: gs.Node) -> bool:
    """A Resize along height and width becomes a product with a constant matrix along each, or Gather for the nearest.

    Every mode of ONNX is linear in the pixels and separable, so the matrix of an axis is what the operator itself
    makes of the unit vectors. Left alone is what TensorFlow computes alike: bilinear with half-pixel centres.
    """
    x, sizes = node.inputs[0], _sizes(node)
    if sizes is None or _is_tensorflows(node, sizes):
        return False
    axes = [axis for axis, (before, after) in enumerate(zip(*sizes, strict=True)) if before != after]
    if not axes or not set(axes) <= {2, 3}:
        return False
    matrices = [(axis, _matrix(node, axis, sizes)) for axis in axes]
    output = take_over(node)
    for axis, matrix in matrices:
        x = _along(graph, x, axis, matrix, output if axis == axes[-1] else None)
    return True


def _along(graph: gs.Graph, x: gs.Tensor, axis: int, matrix: np.ndarray, output: gs.Tensor | None) -> gs.Tensor:
    """The product along one axis, as a 1x1 convolution over the rows (or columns) in place of channels."""
    shape, taken = list(x.shape), matrix.argmax(1)
    shape[axis] = len(matrix)
    if np.array_equal(matrix, np.eye(matrix.shape[1])[taken]):
        found = add_node(graph, "Gather", [x, constant(taken, np.int64)], output, axis=axis)
    elif axis == 1:
        found = add_convolution(graph, x, matrix[:, :, None, None], output=output)
    else:
        swapped = [0, 2, 1, 3] if axis == 2 else [0, 3, 2, 1]
        turned = add_node(graph, "Transpose", [x], perm=swapped)
        turned.shape = [x.shape[place] for place in swapped]
        product = add_convolution(graph, turned, matrix[:, :, None, None])
        product.shape = [shape[place] for place in swapped]
        found = add_node(graph, "Transpose", [product], output, perm=swapped)
    found.shape = shape
    return found


def _sizes(node: gs.Node) -> tuple[list[int], list[int]] | None:
    """Shapes [N, C, H, W] before and after; None where they are not known."""
    before, after = node.inputs[0], node.outputs[0]
    return (list(before.shape), list(after.shape)) if _is_image(before) and _is_image(after) else None


def _is_image(tensor: gs.Tensor) -> bool:
    """Whether it has four axes of known size."""
    return bool(tensor.shape) and len(tensor.shape) == 4 and all(isinstance(size, int) for size in tensor.shape)


def _is_tensorflows(node: gs.Node, sizes: tuple[list[int], list[int]]) -> bool:
    attributes = node.attrs
    return (
        attributes.get("mode") == "linear"
        and attributes.get("coordinate_transformation_mode", "half_pixel") in _CENTRES
        and not attributes.get("antialias")
        and min(sizes[1][2:]) > 1  # of one pixel PyTorch takes the first
    )


def _matrix(node: gs.Node, axis: int, sizes: tuple[list[int], list[int]]) -> np.ndarray:
    """What a Resize makes of the unit vectors along one axis, float32 [after, before]."""
    before, after = sizes[0][axis], sizes[1][axis]
    attributes = {key: value for key, value in node.attrs.items() if key not in ("axes", "keep_aspect_ratio_policy")}
    scales = node.inputs[2].values if len(node.inputs) > 2 and isinstance(node.inputs[2], gs.Constant) else np.zeros(0)
    constants = {"roi": np.zeros(0, np.float32)}
    if scales.size:
        constants["scales"] = np.float32([1, 1, 1, scales[axis - 4]])
    else:
        constants["scales"] = np.zeros(0, np.float32)
        constants["sizes"] = np.int64([before, 1, 1, after])
    made = onnx.helper.make_node("Resize", ["x", *constants], ["y"], **attributes)
    tensors = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in "xy"]
    weights = [onnx.numpy_helper.from_array(values, name) for name, values in constants.items()]
    one = onnx.helper.make_graph([made], "axis", tensors[:1], tensors[1:], weights)
    model = onnx.helper.make_model(one, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=IR_VERSION)
    unit = np.eye(before, dtype=np.float32).reshape(before, 1, 1, before)
    return parity.onnx_session(model.SerializeToString()).run(None, {"x": unit})[0].reshape(before, after).T
