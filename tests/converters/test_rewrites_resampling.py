"""Rewrites of up-sampling: the same pixels, at every input size."""

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import pytest

from converters.rewrites import bilinear, resampling
from converters.rewrites.graph import IR_VERSION, tidy

EXACT = 3e-6
RNG = np.random.default_rng(5)
BIAS = RNG.normal(0, 0.3, 3).astype(np.float32)
NONE = np.zeros(0, np.float32)


def resize(scales=(1, 1, 2, 2), mode="nearest", **attributes):
    nodes = [("Resize", "x roi scales", "y", {"mode": mode, **attributes})]
    return nodes, {"roi": NONE, "scales": np.array(scales, np.float32)}


REPEATING = [
    {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_floor"},
    {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"},
    {},
]


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("attributes", REPEATING)
def test_nearest_is_repeated(apply_pass, factor, attributes):
    change = apply_pass(resampling.nearest_to_depth_to_space, *resize((1, 1, factor, factor), **attributes))
    change.require({"Concat": np.log2(factor), "DepthToSpace": np.log2(factor)}, 0)


@pytest.mark.parametrize(
    "graph",
    [
        resize((1, 1, 3, 3)),
        resize((1, 1, 2, 4)),
        resize((1, 1, 2.5, 2.5)),
        resize((1, 1, 0.5, 0.5)),
        resize(mode="linear"),
        resize(coordinate_transformation_mode="asymmetric", nearest_mode="ceil"),
        resize(coordinate_transformation_mode="half_pixel", nearest_mode="floor"),
        resize(coordinate_transformation_mode="align_corners"),
        resize((1, 1, 4, 4), coordinate_transformation_mode="asymmetric", nearest_mode="round_prefer_floor"),
    ],
)
def test_what_does_not_repeat_pixels_is_left_alone(apply_pass, graph):
    change = apply_pass(resampling.nearest_to_depth_to_space, *graph)
    assert change.count == 0
    assert change.error == 0


@pytest.mark.parametrize("block", [2, 4])  # whose reciprocals are exact, so that ONNX Runtime's own places are too
@pytest.mark.parametrize(
    "attributes",
    [
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "ceil"},
        {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_floor"},
        {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"},
        {"coordinate_transformation_mode": "pytorch_half_pixel", "nearest_mode": "floor"},
    ],
)
def test_nearest_down_sampling_takes_one_pixel_of_a_block(apply_pass, block, attributes):
    change = apply_pass(resampling.nearest_down_to_depthwise, *resize((1, 1, 1 / block, 1 / block), **attributes))
    assert change.count == 1 and change.operators == {"Conv": 1}
    assert change.error == 0


@pytest.mark.parametrize(
    ("one_pass", "factor"), [(resampling.nearest_to_depth_to_space, 2), (resampling.nearest_down_to_depthwise, 0.5)]
)
def test_sizes_in_place_of_scales(tiny_onnx, run_onnx, one_pass, factor):
    """What newer exporters write: at another size than the example's the file itself is fixed."""
    attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    sizes = np.array([1, 4, int(12 * factor), int(16 * factor)])
    model = tiny_onnx([("Resize", "x roi none sizes", "y", attributes)], {"roi": NONE, "none": NONE, "sizes": sizes})
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], (12, 16), strict=True):
        dim.Clear()
        dim.dim_value = size
    graph = gs.import_onnx(onnx.shape_inference.infer_shapes(model))
    assert one_pass(graph) == 1
    exported = gs.export_onnx(tidy(graph))
    exported.ir_version = IR_VERSION
    x = RNG.normal(0, 1, (1, 4, 12, 16)).astype(np.float32)
    np.testing.assert_array_equal(run_onnx(exported, x)[0], run_onnx(model, x)[0])


@pytest.mark.parametrize(
    "graph",
    [
        resize(),
        resize((1, 1, 0.4, 0.4)),
        resize((1, 1, 0.5, 0.25)),
        resize((1, 1, 0.5, 0.5), mode="linear"),
        resize((1, 1, 0.5, 0.5), coordinate_transformation_mode="align_corners"),
    ],
)
def test_other_resizing_is_no_down_sampling_by_blocks(apply_pass, graph):
    change = apply_pass(resampling.nearest_down_to_depthwise, *graph)
    assert change.count == 0 and change.error == 0


def test_another_pixel_of_the_block_is_seen(apply_pass):
    def wrong(graph):
        count = resampling.nearest_down_to_depthwise(graph)
        node = next(node for node in graph.nodes if node.op == "Conv")
        node.inputs[1].values = node.inputs[1].values[..., ::-1].copy()
        return count

    assert apply_pass(wrong, *resize((1, 1, 0.5, 0.5))).error > 0.1


def test_channels_in_the_order_of_pixel_shuffle_are_seen(apply_pass):
    def wrong(graph):
        count = resampling.nearest_to_depth_to_space(graph)
        next(node for node in graph.nodes if node.op == "DepthToSpace").attrs["mode"] = "CRD"
        return count

    assert apply_pass(wrong, *resize()).error > 0.1


@pytest.mark.parametrize("mode", ["half_pixel", "pytorch_half_pixel"])
def test_bilinear_doubling(apply_pass, mode):
    graph = resize(mode="linear", coordinate_transformation_mode=mode)
    change = apply_pass(bilinear.bilinear_to_depthwise, *graph)
    assert change.count == 1
    assert "Resize" not in change.operators
    assert change.error < EXACT


@pytest.mark.parametrize(
    "graph",
    [
        resize((1, 1, 4, 4), "linear"),
        resize(mode="linear", coordinate_transformation_mode="align_corners"),
        resize(mode="nearest"),
        resize(mode="cubic"),
    ],
)
def test_other_interpolations_are_left_alone(apply_pass, graph):
    change = apply_pass(bilinear.bilinear_to_depthwise, *graph)
    assert change.count == 0
    assert change.error == 0


def test_a_bilinear_kernel_the_wrong_way_round_is_seen(apply_pass):
    def wrong(graph):
        count = bilinear.bilinear_to_depthwise(graph)
        weight = next(node for node in graph.nodes if node.op == "Conv").inputs[1]
        weight.values = np.ascontiguousarray(weight.values[:, :, ::-1])
        return count

    assert apply_pass(wrong, *resize(mode="linear")).error > 0.1


def transposed(size=2, bias=True, add=None, outputs=3, **attributes):
    attributes = {"strides": [size, size], **attributes}
    nodes = [("ConvTranspose", "x k b" if bias else "x k", "a" if add is not None else "y", attributes)]
    shape = (4, outputs // attributes.get("group", 1), size, size)
    constants = {"k": RNG.normal(0, 0.3, shape).astype(np.float32), "b": BIAS}
    if add is not None:
        nodes.append(("Add", "a add", "y", {}))
        constants["add"] = np.asarray(add, np.float32)
    return nodes, constants


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("bias", [True, False])
def test_transposed_convolution_becomes_a_point_convolution(apply_pass, size, bias):
    change = apply_pass(resampling.transposed_to_depth_to_space, *transposed(size, bias))
    change.require({"Conv": 1, "DepthToSpace": 1}, EXACT)


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (3, 1, 1)])
def test_a_sum_per_channel_behind_it_is_folded_in(apply_pass, shape):
    change = apply_pass(resampling.transposed_to_depth_to_space, *transposed(add=np.array([1, -2, 3]).reshape(shape)))
    change.require({"Conv": 1, "DepthToSpace": 1}, EXACT)


def test_a_sum_per_column_is_no_bias(tiny_onnx, run_onnx):
    """Three constants that lie along the width of an output three pixels wide."""
    nodes, constants = transposed(3, add=[1.0, 2.0, 3.0])
    model = tiny_onnx(nodes, constants)
    x = RNG.normal(0, 1, (1, 4, 5, 1)).astype(np.float32)
    graph = gs.import_onnx(model)
    assert resampling.transposed_to_depth_to_space(graph) == 1
    rewritten = gs.export_onnx(tidy(graph))
    rewritten.ir_version = IR_VERSION
    np.testing.assert_allclose(run_onnx(rewritten, x)[0], run_onnx(model, x)[0], atol=EXACT)


def test_an_output_in_front_of_the_sum_stays(apply_pass):
    nodes, constants = transposed(add=np.ones((1, 3, 1, 1)))
    change = apply_pass(resampling.transposed_to_depth_to_space, nodes, constants, outputs=("y", "a"))
    assert change.count == 1
    assert change.operators["Add"] == 1
    assert change.error < EXACT


@pytest.mark.parametrize(
    "graph",
    [
        transposed(3, strides=[2, 2]),  # blocks overlap
        transposed(2, pads=[1, 1, 1, 1]),
        transposed(2, output_padding=[1, 1]),
        transposed(2, dilations=[2, 2]),
        transposed(2, group=2, outputs=4, bias=False),
        transposed(2, auto_pad="SAME_UPPER", strides=[1, 1]),
    ],
)
def test_other_transposed_convolutions_are_left_alone(apply_pass, graph):
    change = apply_pass(resampling.transposed_to_depth_to_space, *graph)
    change.require({"ConvTranspose": 1}, 0, 0)


@pytest.mark.parametrize("dilations", [[2, 2], [1, 3]])
def test_a_dilated_kernel_gets_zeros(apply_pass, dilations):
    graph = transposed(3, dilations=dilations, strides=[2, 2], pads=[1, 2, 0, 1], output_padding=[1, 0])
    change = apply_pass(resampling.dilated_transposed_to_plain, *graph)
    change.require({"ConvTranspose": 1}, EXACT)
    (node,) = change.model.graph.node
    assert next(one.ints for one in node.attribute if one.name == "dilations") == [1, 1]


def test_a_kernel_that_is_spread_otherwise_is_seen(apply_pass):
    def wrong(graph):
        next(iter(graph.nodes)).attrs["dilations"] = [2, 1]
        return resampling.dilated_transposed_to_plain(graph)

    with pytest.raises(AssertionError):  # another size
        apply_pass(wrong, *transposed(3, dilations=[1, 2]))


def test_swapped_sub_pixels_are_seen(apply_pass):
    def wrong(graph):
        count = resampling.transposed_to_depth_to_space(graph)
        weight = next(node for node in graph.nodes if node.op == "Conv").inputs[1]
        weight.values = np.roll(weight.values, 3, axis=0)
        return count

    assert apply_pass(wrong, *transposed()).error > 0.1


def shuffled(op):
    return [("DepthToSpace", "x", "a", {"blocksize": 2, "mode": "DCR"}), (op, "a", "y", {})], {}


@pytest.mark.parametrize("op", ["Relu", "Sigmoid"])
def test_activation_moves_in_front(apply_pass, op):
    change = apply_pass(resampling.activation_before_depth_to_space, *shuffled(op))
    assert change.count == 1
    assert [node.op_type for node in change.model.graph.node] == [op, "DepthToSpace"]
    assert change.error == 0


def test_activation_stays_when_the_shuffled_tensor_is_read_elsewhere(apply_pass):
    nodes, constants = shuffled("Relu")
    assert apply_pass(resampling.activation_before_depth_to_space, *shuffled("Softplus")).count == 0
    twice = [*nodes[:1], ("Relu", "a", "b", {}), ("Add", "a b", "y", {})]
    for graph, outputs in ((nodes, ("y", "a")), (twice, ("y",))):
        change = apply_pass(resampling.activation_before_depth_to_space, graph, constants, outputs=outputs)
        assert change.count == 0
        assert change.error == 0


@pytest.mark.parametrize(
    ("axes", "keep", "matches"), [([2, 3], 1, 1), ([-1, -2], 1, 1), ([2, 3], 0, 0), ([1, 2], 1, 0), ([3], 1, 0)]
)
def test_spatial_mean(apply_pass, axes, keep, matches):
    graph = [("ReduceMean", "x axes", "y", {"keepdims": keep})], {"axes": np.array(axes)}
    change = apply_pass(resampling.spatial_mean_to_pool, *graph)
    change.require({"GlobalAveragePool": 1} if matches else {"ReduceMean": 1}, EXACT, matches)


def test_a_mean_in_the_form_of_old_operator_sets(apply_pass):
    graph = [("ReduceMean", "x", "y", {"axes": [2, 3]})], {}
    change = apply_pass(resampling.spatial_mean_to_pool, *graph, opset=13)
    assert change.count == 1
    assert change.error < EXACT


def pixel_shuffle(block=2, bias=True, between=None, mode="CRD", shared=False):
    """A convolution of 4 channels to 3 * block * block, and DepthToSpace behind it."""
    count = 3 * block * block
    nodes = [("Conv", "x k b" if bias else "x k", "a", {"kernel_shape": [1, 1]})]
    if between:
        nodes.append((between, "a", "c", {}))
    nodes.append(("DepthToSpace", "c" if between else "a", "y", {"blocksize": block, "mode": mode}))
    constants = {
        "k": RNG.normal(0, 0.3, (count, 4, 1, 1)).astype(np.float32),
        "b": RNG.normal(0, 1, count).astype(np.float32),
    }
    if shared:
        nodes[-1] = (*nodes[-1][:2], "s", nodes[-1][3])
        nodes += [("ReduceMax", "a", "m", {"keepdims": 1}), ("Add", "s m", "y", {})]
    return nodes, constants


@pytest.mark.parametrize("block", [2, 3, 4])
@pytest.mark.parametrize("bias", [True, False])
def test_pixel_shuffle_takes_the_order_of_depth_to_space(apply_pass, block, bias):
    change = apply_pass(resampling.pixel_shuffle_to_depth_to_space, *pixel_shuffle(block, bias))
    assert change.count == 1
    assert change.operators == {"Conv": 1, "DepthToSpace": 1}
    attributes = {attribute.name: attribute.s for attribute in change.model.graph.node[-1].attribute}
    assert attributes["mode"] == b"DCR"
    assert change.error < EXACT


@pytest.mark.parametrize(
    "graph", [pixel_shuffle(mode="DCR"), pixel_shuffle(between="Relu"), pixel_shuffle(shared=True)]
)
def test_other_shuffles_are_left_alone(apply_pass, graph):
    change = apply_pass(resampling.pixel_shuffle_to_depth_to_space, *graph)
    assert (change.count, change.error) == (0, 0)


def test_a_shuffle_that_only_changes_its_name_is_seen(apply_pass):
    def wrong(graph):
        node = next(node for node in graph.nodes if node.op == "DepthToSpace")
        node.attrs["mode"] = "DCR"
        return 1

    assert apply_pass(wrong, *pixel_shuffle()).error > 0.1
