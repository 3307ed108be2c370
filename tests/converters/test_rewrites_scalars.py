"""Single numbers beside convolutions go into their kernels; the function stays, and so does what is no such number."""

import numpy as np
import pytest

from converters.rewrites import scalars

EXACT = 2e-5
RNG = np.random.default_rng(8)
CONSTANTS = {
    "k": RNG.normal(0, 0.3, (4, 4, 3, 3)).astype(np.float32),
    "p": RNG.normal(0, 0.3, (4, 4, 1, 1)).astype(np.float32),
    "d": RNG.normal(0, 0.3, (4, 1, 3, 3)).astype(np.float32),
    "b": RNG.normal(0, 0.3, 4).astype(np.float32),
    "two": np.float32([2.5]),
    "six": np.float32(1 / 6),
    "off": np.float32([-0.7]),
    "many": RNG.normal(1, 0.3, (4, 1, 1)).astype(np.float32),
    "axes": np.full((1, 1, 1, 1, 1), 2, np.float32),
}
PADDED = {"pads": [1, 1, 1, 1]}


def operators(change):
    return [node.op_type for node in change.model.graph.node]


@pytest.mark.parametrize(
    ("nodes", "left"),
    [
        # Behind a convolution.
        ([("Conv", "x k b", "f", PADDED), ("Mul", "two f", "g", {}), ("Add", "g off", "y", {})], ["Conv"]),
        # Before one without padding, both; and one behind the other.
        (
            [("Relu", "x", "e", {}), ("Mul", "e two", "f", {}), ("Add", "f off", "g", {}), ("Conv", "g p b", "y", {})],
            ["Relu", "Conv"],
        ),
        (
            [("Relu", "x", "e", {}), ("Mul", "e two", "f", {}), ("Mul", "six f", "g", {}), ("Neg", "g", "y", {})],
            ["Relu", "Mul", "Neg"],
        ),
        # Before padding a sum stays, since a zero is no zero before it; its factor goes on, also into two.
        (
            [
                ("Relu", "x", "e", {}),
                ("Mul", "e two", "f", {}),
                ("Add", "f off", "g", {}),
                ("Conv", "g k b", "h", PADDED),
                ("Conv", "g d b", "i", {**PADDED, "group": 4}),
                ("Sub", "h i", "y", {}),
            ],
            ["Relu", "Add", "Conv", "Conv", "Sub"],
        ),
        # As PP-LCNetV3 has it: a learnt scale on either side of a hard-swish.
        (
            [
                ("Conv", "x d b", "a", {**PADDED, "group": 4}),
                ("Mul", "two a", "c", {}),
                ("Add", "c off", "e", {}),
                ("HardSwish", "e", "f", {}),
                ("Mul", "f six", "g", {}),
                ("Mul", "two g", "h", {}),
                ("Add", "h off", "i", {}),
                ("Conv", "i p b", "y", {}),
            ],
            ["Conv", "HardSwish", "Conv"],
        ),
    ],
)
def test_numbers_go_into_kernels(apply_pass, nodes, left):
    change = apply_pass(scalars.scalars_into_convolutions, nodes, CONSTANTS)
    assert sorted(operators(change)) == sorted(left) and change.count == len(nodes) - len(left)
    assert change.error < EXACT


@pytest.mark.parametrize(
    "nodes",
    [
        # Another reader of the convolution; of the product; a number for each channel; one of more axes.
        [("Conv", "x p b", "f", {}), ("Mul", "f two", "g", {}), ("Add", "g f", "y", {})],
        [("Relu", "x", "f", {}), ("Mul", "f two", "g", {}), ("Conv", "g p b", "h", {}), ("Add", "g h", "y", {})],
        [("Conv", "x p b", "f", {}), ("Mul", "f many", "y", {})],
        [("Conv", "x p b", "f", {}), ("Mul", "f axes", "y", {})],
        # The number is no constant; the kernel is none.
        [("ReduceMean", "x", "m", {"keepdims": 1}), ("Conv", "x p b", "f", {}), ("Mul", "f m", "y", {})],
        [
            ("Mul", "p two", "q", {}),
            ("Add", "q off", "r", {}),
            ("Neg", "r", "s", {}),
            ("Conv", "x s b", "f", {}),
            ("Mul", "f two", "y", {}),
        ],
    ],
)
def test_other_numbers_stay(apply_pass, nodes):
    change = apply_pass(scalars.scalars_into_convolutions, nodes, CONSTANTS)
    assert change.count == 0 and change.error == 0


def test_an_output_of_the_graph_keeps_its_values(apply_pass):
    nodes = [("Conv", "x p b", "f", {}), ("Mul", "f two", "y", {})]
    change = apply_pass(scalars.scalars_into_convolutions, nodes, CONSTANTS)
    assert operators(change) == ["Conv"] and change.model.graph.output[0].name == "y" and change.error < EXACT
