"""Stage ONNX -> ONNX: the same function in operators that XNNPACK runs, at any input size."""

from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
import onnx_graphsurgeon as gs
import onnxsim
from google.protobuf.message import DecodeError
from onnx import version_converter

from converters.errors import ConversionError, one_line
from converters.rewrites import activations, bilinear, convolutions, interpolation, products, resampling, scalars
from converters.rewrites.graph import save, tidy

OPSET = 20  # the first with Gelu
_ONNX_ERRORS = (onnx.checker.ValidationError, onnx.shape_inference.InferenceError)

Pass = Callable[[gs.Graph], int]

EXACT_PASSES: tuple[Pass, ...] = (
    convolutions.explicit_padding,
    resampling.spatial_mean_to_pool,
    activations.fuse_gelu,
    activations.fuse_hard_swish,
    activations.hard_sigmoid_to_clip,
    activations.hard_swish_to_product,
    activations.hard_swish_operator_to_product,
    activations.prelu_to_leaky_relu,
    activations.residual_gate_to_product,
    resampling.nearest_to_depth_to_space,
    resampling.nearest_down_to_depthwise,
    bilinear.bilinear_to_depthwise,
    interpolation.resize_to_matrices,
    interpolation.sums_to_matrix,
    products.einsum_to_product,
    resampling.dilated_transposed_to_plain,
    resampling.transposed_to_depth_to_space,
    resampling.pixel_shuffle_to_depth_to_space,
    resampling.activation_before_depth_to_space,
    convolutions.average_pool_to_depthwise,
    convolutions.split_large_depthwise,
    convolutions.add_zero_bias,
    scalars.scalars_into_convolutions,
)
# What they change follows no other size of the input.
_FIXING: tuple[Pass, ...] = (interpolation.resize_to_matrices, interpolation.sums_to_matrix)
INT8_PASSES: tuple[Pass, ...] = (activations.gelu_to_scaled_silu, activations.prelu_to_products)


def simplify(model: onnx.ModelProto, shapes: dict[str, Sequence[int]]) -> onnx.ModelProto:
    """Fixes the input shapes, folds constants and raises the operator set to OPSET.

    Raises:
        ConversionError: The model cannot be simplified or uses operators unknown to OPSET.
    """
    # What exporters noted for free sizes (-1, 0, stale names) would survive; inference knows better.
    del model.graph.value_info[:]
    try:
        simplified, valid = onnxsim.simplify(model, overwrite_input_shapes={k: list(v) for k, v in shapes.items()})
        if not valid:
            raise ConversionError("rewrite", "the simplified graph does not agree with its original")
        simplified = version_converter.convert_version(simplified, OPSET)
        for output in simplified.graph.output:
            output.type.tensor_type.ClearField("shape")
        return onnx.shape_inference.infer_shapes(simplified, strict_mode=True)
    except (RuntimeError, ValueError, *_ONNX_ERRORS) as error:
        raise ConversionError(
            "rewrite",
            f"expected a graph that can be written in operator set {OPSET}, found: {one_line(error)}; export it with "
            "opset_version=17",
        ) from None


def rewrite(source: Path, target: Path, shapes: dict[str, Sequence[int]], passes: Sequence[Pass]) -> dict[str, int]:
    """Writes `source`, with fixed input shapes and rewritten by `passes`, to `target`; how often each was applied.

    Args:
        shapes: Input name to shape, NCHW.

    Raises:
        ConversionError: The graph cannot be read, simplified or checked.
    """
    try:
        model = onnx.load(source)
    except (OSError, DecodeError) as error:
        raise ConversionError("rewrite", f"{source}: expected an ONNX model, found {error}") from None
    graph, counts, _ = _passed(model, shapes, passes)
    try:
        save(graph, target)
    except _ONNX_ERRORS as error:
        raise ConversionError("rewrite", f"{source}: the rewritten graph is not valid: {one_line(error)}") from None
    return counts


def fixed_sizes(source: Path, shapes: dict[str, Sequence[int]]) -> list[tuple[str, str]]:
    """Operators and names of the nodes whose rewritten form takes inputs of one size alone; see rewrite."""
    return [(node.op, node.name) for node in _passed(onnx.load(source), shapes, EXACT_PASSES)[2]]


def _passed(model: onnx.ModelProto, shapes: dict, passes: Sequence[Pass]) -> tuple[gs.Graph, dict, list[gs.Node]]:
    """The rewritten graph, how often each pass was applied, and the nodes that follow no other size now."""
    graph, counts, fixed = gs.import_onnx(simplify(model, shapes)).fold_constants(), {}, []
    for one_pass in passes:
        nodes = list(graph.nodes) if one_pass in _FIXING else []
        counts[one_pass.__name__] = one_pass(graph)
        fixed += [node for node in nodes if not node.outputs]
        tidy(graph)
    return graph, counts, fixed
