"""The node at which a conversion begins to be another graph."""

import numpy as np
import onnx
import pytest

from converters import locating

NODES = [
    ("Conv", "x k", "a", {"pads": [1, 1, 1, 1]}),
    ("Relu", "a", "b", {}),
    ("Sigmoid", "a", "c", {}),
    ("Add", "b c", "d", {}),
    ("Mul", "d c", "e", {}),
    ("Tanh", "e", "y", {}),
]


@pytest.mark.parametrize("culprit", [output for _, _, output, _ in NODES])
def test_the_first_wrong_node_is_found_in_few_steps(tiny_onnx, culprit):
    """Every part that holds the culprit comes out wrong; parts of other branches do not."""
    model = tiny_onnx(NODES, {"k": np.zeros((4, 4, 3, 3), np.float32)})
    asked = []

    def wrong(part):
        onnx.checker.check_model(part)
        asked.append(part.graph.output[0].name)
        return culprit in {node.output[0] for node in part.graph.node}

    assert locating.first_wrong(model, wrong).output[0] == culprit
    assert len(asked) == len(set(asked)) <= 5


def test_differences_in_any_layout():
    wanted = np.random.default_rng(7).normal(0, 1, (1, 3, 4, 5))
    assert locating.difference(wanted, wanted.transpose(0, 2, 3, 1)) == 0
    assert locating.difference(wanted, 1.5 * wanted) == pytest.approx(0.5)
    assert locating.difference(wanted, wanted[:, :2]) == np.inf
    assert locating.difference(wanted, wanted.reshape(-1)) == np.inf
