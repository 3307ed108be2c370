"""Rewrites of convolutions: the same sums in other kernels."""

import numpy as np
import onnx_graphsurgeon as gs
import pytest

from converters.rewrites import convolutions
from converters.rewrites.graph import constant

EXACT = 3e-6
RNG = np.random.default_rng(4)
BIAS = RNG.normal(0, 0.3, 4).astype(np.float32)


def kernel(rows, columns, group=1):
    return RNG.normal(0, 0.2, (4, 4 // group, rows, columns)).astype(np.float32)


@pytest.mark.parametrize(
    ("op", "size", "extra"),
    [
        ("Conv", (3, 3), {}),
        ("Conv", (2, 4), {}),  # an even kernel: one more row or column behind than in front
        ("MaxPool", (2, 2), {}),
    ],
)
def test_padding_is_written_down(apply_pass, op, size, extra):
    inputs, constants = ("x k b", {"k": kernel(*size), "b": BIAS}) if op == "Conv" else ("x", {})
    attributes = {"auto_pad": "SAME_UPPER", "kernel_shape": list(size), **extra}
    change = apply_pass(convolutions.explicit_padding, [(op, inputs, "y", attributes)], constants)
    assert change.count == 1
    assert not any(a.name == "auto_pad" for a in change.model.graph.node[0].attribute)
    assert change.error < EXACT


def test_padding_works_without_a_noted_kernel_shape(apply_pass):
    nodes = [("Conv", "x k", "y", {"auto_pad": "SAME_UPPER"})]
    change = apply_pass(convolutions.explicit_padding, nodes, {"k": kernel(3, 5)})
    assert change.count == 1
    assert change.error < EXACT


def test_padding_of_a_dilated_kernel():
    """By hand: 3 rows 2 apart span 5, 2 columns 3 apart span 4 (ONNX Runtime has no such automatic padding)."""
    attributes = {"auto_pad": "SAME_UPPER", "dilations": [2, 3]}
    node = gs.Node("Conv", "c", attributes, [gs.Variable("x"), constant(kernel(3, 2))], [gs.Variable("y")])
    assert convolutions.explicit_padding(gs.Graph([node])) == 1
    assert node.attrs["pads"] == [2, 1, 2, 2]


@pytest.mark.parametrize("attributes", [{"auto_pad": "SAME_UPPER", "strides": [2, 2]}, {"auto_pad": "SAME_LOWER"}, {}])
def test_padding_that_depends_on_the_size_is_left_alone(apply_pass, attributes):
    nodes = [("Conv", "x k", "y", {"kernel_shape": [4, 4], **attributes})]
    change = apply_pass(convolutions.explicit_padding, nodes, {"k": kernel(4, 4)})
    assert change.count == 0
    assert change.error == 0


def test_padding_on_the_wrong_side_is_seen(apply_pass):
    def wrong(graph):
        count = convolutions.explicit_padding(graph)
        attributes = graph.nodes[0].attrs
        attributes["pads"] = attributes["pads"][2:] + attributes["pads"][:2]
        return count

    attributes = {"auto_pad": "SAME_UPPER", "kernel_shape": [2, 2]}
    assert apply_pass(wrong, [("Conv", "x k", "y", attributes)], {"k": kernel(2, 2)}).error > 0.1


def test_every_convolution_gets_a_bias(apply_pass):
    nodes = [("Conv", "x k", "a", {}), ("Conv", "a k b", "y", {})]
    change = apply_pass(convolutions.add_zero_bias, nodes, {"k": kernel(1, 1), "b": BIAS})
    assert change.count == 1
    assert all(len(node.input) == 3 for node in change.model.graph.node)
    assert change.error == 0


def depthwise(rows, columns, bias=True, **attributes):
    attributes = {"group": 4, "pads": [rows // 2, columns // 2] * 2, **attributes}
    nodes = [("Conv", "x k b" if bias else "x k", "y", attributes)]
    return nodes, {"k": kernel(rows, columns, attributes["group"]), "b": BIAS}


@pytest.mark.parametrize(("rows", "columns", "bias"), [(7, 7, True), (5, 7, False), (9, 3, True), (5, 8, True)])
def test_large_depthwise_kernels_are_split(apply_pass, rows, columns, bias):
    padding = [rows // 2, columns // 2] * 2
    change = apply_pass(convolutions.split_large_depthwise, *depthwise(rows, columns, bias, pads=padding))
    assert change.count == 1
    assert change.operators == {"Conv": rows // 2, "Add": rows // 2 - 1}
    for node in change.model.graph.node:
        size = [a.ints for a in node.attribute if a.name == "kernel_shape"]
        assert not size or np.prod(size) <= convolutions.MAX_DEPTHWISE_TAPS
    assert change.error < EXACT


@pytest.mark.parametrize(
    "graph",
    [
        depthwise(5, 5),  # fast enough
        depthwise(7, 7, group=1),
        depthwise(7, 7, group=2),
        depthwise(7, 7, strides=[2, 2]),
        depthwise(7, 7, dilations=[2, 2]),
        depthwise(7, 7, pads=[0, 0, 0, 0]),
        depthwise(6, 7),  # no centre row
        depthwise(3, 11),  # a row of three is already too large
    ],
)
def test_other_kernels_are_left_whole(apply_pass, graph):
    change = apply_pass(convolutions.split_large_depthwise, *graph)
    change.require({"Conv": 1}, 0, 0)


def test_a_convolution_along_one_axis_is_no_image_convolution(apply_pass):
    nodes = [
        ("Reshape", "x flat", "a", {}),
        ("Conv", "a k", "b", {"pads": [16, 16], "group": 4}),
        ("Reshape", "b back", "y", {}),
    ]
    constants = {"flat": np.array([1, 4, -1]), "back": np.array([1, 4, 4, -1]), "k": kernel(33, 1, 4)[:, :, :, 0]}
    for one_pass in (convolutions.split_large_depthwise, convolutions.explicit_padding):
        assert apply_pass(one_pass, nodes, constants).count == 0


def test_swapped_rows_are_seen(apply_pass):
    def wrong(graph):
        count = convolutions.split_large_depthwise(graph)
        weight = next(node for node in graph.nodes if node.inputs).inputs[1]
        weight.values = np.ascontiguousarray(weight.values[:, :, ::-1])
        return count

    assert apply_pass(wrong, *depthwise(7, 7)).error > 0.1


def pool(**attributes):
    return [("AveragePool", "x", "y", attributes)], {}


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [3, 2], "strides": [3, 2]},
        {"kernel_shape": [2, 3]},
        {"kernel_shape": [2, 2], "auto_pad": "VALID"},
    ],
)
def test_average_pool_becomes_a_depthwise_convolution(apply_pass, attributes):
    change = apply_pass(convolutions.average_pool_to_depthwise, *pool(**attributes))
    change.require({"Conv": 1}, EXACT)


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [3, 3], "strides": [3, 3], "ceil_mode": 1},
        {"kernel_shape": [2, 2], "dilations": [2, 2]},
    ],
)
def test_pools_whose_border_counts_differently_are_left_alone(apply_pass, attributes):
    change = apply_pass(convolutions.average_pool_to_depthwise, *pool(**attributes))
    assert change.count == 0
    assert change.error == 0


def test_a_pool_that_sums_is_seen(apply_pass):
    def wrong(graph):
        count = convolutions.average_pool_to_depthwise(graph)
        weight = next(node for node in graph.nodes if node.inputs).inputs[1]
        weight.values = np.ones_like(weight.values)
        return count

    assert apply_pass(wrong, *pool(kernel_shape=[2, 2])).error > 0.1
