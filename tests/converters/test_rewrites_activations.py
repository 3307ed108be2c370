"""Rewrites of activations: the same function, found only where the pattern is whole."""

import math

import numpy as np
import pytest

from converters.rewrites import activations

EXACT = 2e-6  # float32 rounding of sums of a few dozen products
RNG = np.random.default_rng(3)
KERNEL = RNG.normal(0, 0.3, (4, 4, 3, 3)).astype(np.float32)
POINT = RNG.normal(0, 0.3, (4, 4, 1, 1)).astype(np.float32)
BIAS = RNG.normal(0, 0.3, 4).astype(np.float32)
ROOT = math.sqrt(2)
SAME = {"pads": [1, 1, 1, 1]}


def number(value):
    return np.array(value, np.float32)


def gelu(first="Div", factor=ROOT, scale_inputs="x f", one=1.0, half=0.5, times="x b"):
    nodes = [
        (first, scale_inputs, "a", {}),
        ("Erf", "a", "e", {}),
        ("Add", "e one", "b", {}),
        ("Mul", times, "c", {}),
        ("Mul", "c half", "y", {}),
    ]
    return nodes, {"f": number(factor), "one": number(one), "half": number(half)}


@pytest.mark.parametrize(
    "form", [{}, {"first": "Mul", "factor": math.sqrt(0.5), "scale_inputs": "f x"}, {"times": "b x"}]
)
def test_gelu_is_fused(apply_pass, form):
    change = apply_pass(activations.fuse_gelu, *gelu(**form))
    change.require({"Gelu": 1}, EXACT)


@pytest.mark.parametrize(
    "form",
    [
        {"factor": 1.5},
        {"one": 1.1},
        {"half": 0.6},
        {"scale_inputs": "f x"},  # sqrt(2) / x
        {"times": "a b"},  # multiplies by the scaled value
    ],
)
def test_what_only_looks_like_gelu_is_left_alone(apply_pass, form):
    change = apply_pass(activations.fuse_gelu, *gelu(**form))
    assert change.count == 0
    assert change.operators["Erf"] == 1
    assert change.error == 0


def test_a_wrong_gelu_is_seen(apply_pass):
    def wrong(graph):
        count = activations.fuse_gelu(graph)
        next(node for node in graph.nodes if node.op == "Gelu").attrs["approximate"] = "tanh"
        return count

    assert apply_pass(wrong, *gelu()).error > 1e-4


def gelu_between_convolutions():
    nodes = [("Conv", "x k b", "a", SAME), ("Gelu", "a", "g", {"approximate": "none"}), ("Conv", "g p b", "y", {})]
    return nodes, {"k": KERNEL, "b": BIAS, "p": POINT}


def test_quick_gelu_stays_within_its_stated_bound():
    y = np.linspace(-12, 12, 200_001)
    exact = y * 0.5 * (1 + np.vectorize(math.erf)(y / math.sqrt(2)))
    quick = y / (1 + np.exp(-activations.QUICK_GELU * y))
    assert 0.015 < np.abs(exact - quick).max() < 0.021


def test_scaled_silu_differs_from_gelu_by_its_bound_through_the_next_kernel(apply_pass):
    change = apply_pass(activations.gelu_to_scaled_silu, *gelu_between_convolutions())
    assert change.count == 1
    assert change.operators == {"Conv": 2, "Sigmoid": 1, "Mul": 1}
    assert 1e-4 < change.error < 0.021 * np.abs(POINT).sum(axis=(1, 2, 3)).max()


def test_a_scaled_silu_without_the_factor_behind_it_is_seen(apply_pass):
    def wrong(graph):
        count = activations.gelu_to_scaled_silu(graph)
        last = [node for node in graph.nodes if node.op == "Conv"][-1]
        last.inputs[1].values = last.inputs[1].values * activations.QUICK_GELU
        return count

    change = apply_pass(wrong, *gelu_between_convolutions())
    assert change.error > 0.021 * np.abs(POINT).sum(axis=(1, 2, 3)).max()


@pytest.mark.parametrize("place", ["before is an output", "after is an output", "two readers", "no convolution"])
def test_silu_needs_two_convolutions_of_its_own(apply_pass, place):
    nodes, constants = gelu_between_convolutions()
    outputs = {"before is an output": ("y", "a"), "after is an output": ("y", "g")}.get(place, ("y",))
    if place == "two readers":
        nodes = [*nodes[:2], ("Conv", "g p b", "c", {}), ("Add", "c a", "y", {})]
    if place == "no convolution":
        nodes = [*nodes[:2], ("Relu", "g", "y", {})]
    change = apply_pass(activations.gelu_to_scaled_silu, nodes, constants, outputs=outputs)
    assert change.count == 0
    assert change.error == 0


def hard_sigmoid(convolution):
    shape = {"alpha": 0.2, "beta": 0.4}
    if convolution == "none":
        return [("HardSigmoid", "x", "y", shape)], {}
    inputs = "x k b" if convolution == "with bias" else "x k"
    return [("Conv", inputs, "a", SAME), ("HardSigmoid", "a", "y", shape)], {"k": KERNEL, "b": BIAS}


@pytest.mark.parametrize("convolution", ["none", "with bias", "without bias"])
def test_hard_sigmoid_becomes_a_clip(apply_pass, convolution):
    change = apply_pass(activations.hard_sigmoid_to_clip, *hard_sigmoid(convolution))
    assert change.count == 1
    assert change.operators["Clip"] == 1 and "HardSigmoid" not in change.operators
    assert ("Add" in change.operators) == (convolution != "with bias")
    assert change.error < EXACT


def test_the_default_slope_and_offset_of_hard_sigmoid(apply_pass):
    change = apply_pass(activations.hard_sigmoid_to_clip, [("HardSigmoid", "x", "y", {})], {})
    assert change.count == 1
    assert change.error < EXACT


def test_a_convolution_that_others_read_keeps_its_weights(apply_pass):
    nodes, constants = hard_sigmoid("with bias")
    change = apply_pass(activations.hard_sigmoid_to_clip, nodes, constants, outputs=("y", "a"))
    assert change.count == 1
    assert change.error < EXACT


def test_a_hard_sigmoid_of_the_wrong_scale_is_seen(apply_pass):
    def wrong(graph):
        count = activations.hard_sigmoid_to_clip(graph)
        node = next(node for node in graph.nodes if node.op == "Mul")
        node.inputs[1].values = node.inputs[1].values * np.float32(1.01)
        return count

    assert apply_pass(wrong, *hard_sigmoid("with bias")).error > 1e-3


def residual(gate_inputs="x", add="x m", mul="x s"):
    nodes = [
        ("GlobalAveragePool", gate_inputs, "g", {}),
        ("Sigmoid", "g", "s", {}),
        ("Mul", mul, "m", {}),
        ("Add", add, "y", {}),
    ]
    return nodes, {}


@pytest.mark.parametrize("form", [{}, {"add": "m x"}, {"mul": "s x"}])
def test_residual_gate_becomes_one_product(apply_pass, form):
    change = apply_pass(activations.residual_gate_to_product, *residual(**form))
    change.require({"GlobalAveragePool": 1, "Sigmoid": 1, "Add": 1, "Mul": 1}, EXACT)


def test_a_gate_as_large_as_the_tensor_is_left_alone(apply_pass):
    nodes = [("Sigmoid", "x", "s", {}), ("Mul", "x s", "m", {}), ("Add", "x m", "y", {})]
    change = apply_pass(activations.residual_gate_to_product, nodes, {})
    assert change.count == 0
    assert change.error == 0


def test_the_sum_with_another_tensor_is_left_alone(apply_pass):
    nodes, _ = residual(add="r m")
    change = apply_pass(activations.residual_gate_to_product, [("Relu", "x", "r", {}), *nodes], {})
    assert change.count == 0


def hard_swish(divisor=6.0):
    nodes = [
        ("Add", "x three", "a", {}),
        ("Clip", "a zero six", "c", {}),
        ("Mul", "x c", "m", {}),
        ("Div", "m d", "y", {}),
    ]
    return nodes, {"three": number(3), "zero": number(0), "six": number(6), "d": number(divisor)}


def test_hard_swish_divides_no_more(apply_pass):
    change = apply_pass(activations.hard_swish_to_product, *hard_swish())
    change.require({"Add": 1, "Clip": 1, "Mul": 2}, EXACT)


@pytest.mark.parametrize("graph", [hard_swish(5.0), ([("Div", "x d", "y", {})], {"d": number(6)})])
def test_other_divisions_are_left_alone(apply_pass, graph):
    change = apply_pass(activations.hard_swish_to_product, *graph)
    assert change.count == 0
    assert change.operators["Div"] == 1


def test_the_operator_hard_swish_becomes_products(apply_pass):
    change = apply_pass(activations.hard_swish_operator_to_product, [("HardSwish", "x", "y", {})], {})
    assert change.count == 1 and change.operators == {"Add": 1, "Clip": 1, "Mul": 2}
    assert change.error < EXACT


@pytest.mark.parametrize("inputs", ["x g", "g x"])
def test_a_hard_sigmoid_on_its_own_input_is_a_hard_swish(apply_pass, inputs):
    nodes = [("HardSigmoid", "x", "g", {"alpha": 1 / 6, "beta": 0.5}), ("Mul", inputs, "y", {})]
    change = apply_pass(activations.fuse_hard_swish, nodes, {})
    assert change.count == 1 and change.operators == {"HardSwish": 1}
    assert change.error < EXACT


@pytest.mark.parametrize(
    "nodes",
    [
        [("HardSigmoid", "x", "g", {"alpha": 0.2, "beta": 0.5}), ("Mul", "x g", "y", {})],
        [("HardSigmoid", "x", "g", {"alpha": 1 / 6, "beta": 0.5}), ("Relu", "x", "r", {}), ("Mul", "r g", "y", {})],
    ],
)
def test_other_hard_gates_are_left_alone(apply_pass, nodes):
    change = apply_pass(activations.fuse_hard_swish, nodes, {})
    assert change.count == 0 and change.error == 0


def test_another_hard_swish_is_seen(apply_pass):
    def wrong(graph):
        count = activations.hard_swish_operator_to_product(graph)
        next(node for node in graph.nodes if node.op == "Add").inputs[1].values += np.float32(0.5)
        return count

    assert apply_pass(wrong, [("HardSwish", "x", "y", {})], {}).error > 0.1


@pytest.mark.parametrize("slope", [np.full((4, 1, 1), 0.2), np.array([0.2])])
def test_prelu_of_one_slope_is_leaky(apply_pass, slope):
    change = apply_pass(activations.prelu_to_leaky_relu, [("PRelu", "x s", "y", {})], {"s": slope.astype(np.float32)})
    assert change.count == 1 and change.operators == {"LeakyRelu": 1}
    assert change.error < EXACT


SLOPES = np.array([0.1, -0.3, 1.5, 0]).reshape(4, 1, 1).astype(np.float32)


def test_prelu_of_a_slope_a_channel_becomes_products(apply_pass):
    nodes = [("PRelu", "x s", "y", {})]
    assert apply_pass(activations.prelu_to_leaky_relu, nodes, {"s": SLOPES}).count == 0
    change = apply_pass(activations.prelu_to_products, nodes, {"s": SLOPES})
    assert change.count == 1 and change.operators == {"Mul": 2, "LeakyRelu": 1, "Add": 1}
    assert change.error < EXACT


def test_slopes_of_other_channels_are_seen(apply_pass):
    def wrong(graph):
        count = activations.prelu_to_products(graph)
        for node in graph.nodes:
            if node.op == "Mul":
                node.inputs[1].values = node.inputs[1].values[::-1].copy()
        return count

    assert apply_pass(wrong, [("PRelu", "x s", "y", {})], {"s": SLOPES}).error > 0.1


def test_a_prelu_whose_slope_is_computed_is_left_alone(apply_pass):
    for one_pass in (activations.prelu_to_leaky_relu, activations.prelu_to_products):
        change = apply_pass(one_pass, [("Relu", "x", "r", {}), ("PRelu", "x r", "y", {})], {})
        assert change.count == 0 and change.error == 0
