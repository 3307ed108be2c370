"""Resampling and sums as products with matrices: the same values for every mode, at the size of export."""

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import pytest

from converters.rewrites import interpolation
from converters.rewrites.graph import IR_VERSION, tidy

RNG = np.random.default_rng(17)
HEIGHT, WIDTH = 7, 10
NONE = np.zeros(0, np.float32)
CUBIC = {"mode": "cubic", "cubic_coeff_a": -0.75}
LINEAR = {"mode": "linear"}


def model(build, attributes, sizes=None, scales=None):
    """A Resize of [1, 4, HEIGHT, WIDTH]."""
    given = {"sizes": np.int64([1, 4, *sizes])} if sizes else {}
    return fixed(
        build, "Resize", {"roi": NONE, "scales": NONE if sizes else np.float32([1, 1, *scales]), **given}, attributes
    )


def fixed(build, operator, constants, attributes):
    """One operator on [1, 4, HEIGHT, WIDTH]."""
    made = build([(operator, " ".join(["x", *constants]), "y", attributes)], constants)
    for dim, size in zip(made.graph.input[0].type.tensor_type.shape.dim[2:], (HEIGHT, WIDTH), strict=True):
        dim.Clear()
        dim.dim_value = size
    made.graph.output[0].type.tensor_type.ClearField("shape")
    return onnx.shape_inference.infer_shapes(made)


def changed(made, run, one_pass=interpolation.resize_to_matrices):
    """(Operators left, largest difference)."""
    graph = gs.import_onnx(made)
    one_pass(graph)
    exported = gs.export_onnx(tidy(graph))
    exported.ir_version = IR_VERSION
    x = RNG.normal(0, 1, (1, 4, HEIGHT, WIDTH)).astype(np.float32)
    (wanted,), (found,) = run(made, x), run(exported, x)
    assert wanted.shape == found.shape
    return {node.op_type for node in exported.graph.node}, float(np.abs(wanted - found).max())


@pytest.mark.parametrize(
    ("attributes", "where"),
    [
        ({**LINEAR, "coordinate_transformation_mode": "align_corners"}, {"scales": (2, 2)}),
        ({**LINEAR, "coordinate_transformation_mode": "align_corners"}, {"sizes": (3, 17)}),
        ({**LINEAR, "coordinate_transformation_mode": "asymmetric"}, {"scales": (2, 1)}),
        ({**LINEAR, "antialias": 1}, {"sizes": (3, 4)}),
        ({**LINEAR, "coordinate_transformation_mode": "pytorch_half_pixel"}, {"sizes": (1, 5)}),
        (CUBIC, {"scales": (2, 3)}),
        (CUBIC, {"scales": (0.5, 0.5)}),
        ({**CUBIC, "coordinate_transformation_mode": "align_corners", "exclude_outside": 1}, {"sizes": (4, 23)}),
    ],
)
def test_every_mode_is_a_matrix_for_each_axis(tiny_onnx, run_onnx, attributes, where):
    operators, error = changed(model(tiny_onnx, attributes, **where), run_onnx)
    assert operators <= {"Transpose", "Conv", "Gather"} and error < 1e-5


@pytest.mark.parametrize("where", [{"sizes": (9, 13)}, {"scales": (3, 3)}, {"scales": (1, 2)}, {"sizes": (3, 4)}])
def test_the_nearest_pixels_are_gathered(tiny_onnx, run_onnx, where):
    attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    operators, error = changed(model(tiny_onnx, attributes, **where), run_onnx)
    assert operators == {"Gather"} and error == 0


def test_what_tensorflow_computes_alike_is_left_alone(tiny_onnx, run_onnx):
    assert changed(model(tiny_onnx, LINEAR, sizes=(9, 13)), run_onnx) == ({"Resize"}, 0)


@pytest.mark.parametrize("axis", [1, 2, -1])
@pytest.mark.parametrize("attributes", [{}, {"exclusive": 1}, {"reverse": 1}, {"exclusive": 1, "reverse": 1}])
def test_sums_are_triangles(tiny_onnx, run_onnx, axis, attributes):
    made = fixed(tiny_onnx, "CumSum", {"axis": np.int64(axis)}, attributes)
    operators, error = changed(made, run_onnx, interpolation.sums_to_matrix)
    assert "CumSum" not in operators and error < 1e-5


def test_sums_over_the_batch_are_left_alone(tiny_onnx, run_onnx):
    made = fixed(tiny_onnx, "CumSum", {"axis": np.int64(0)}, {})
    assert changed(made, run_onnx, interpolation.sums_to_matrix) == ({"CumSum"}, 0)


def test_sums_from_the_other_end_are_seen(tiny_onnx, run_onnx):
    def wrong(graph):
        graph.nodes[0].attrs["reverse"] = 1
        return interpolation.sums_to_matrix(graph)

    assert changed(fixed(tiny_onnx, "CumSum", {"axis": np.int64(3)}, {}), run_onnx, wrong)[1] > 0.1


@pytest.mark.parametrize("sizes", [(HEIGHT, 2 * WIDTH), (2 * HEIGHT, WIDTH)])
def test_the_centres_of_another_mode_are_seen(tiny_onnx, run_onnx, sizes):
    def wrong(graph):
        next(node for node in graph.nodes if node.op == "Resize").attrs.pop("coordinate_transformation_mode")
        return interpolation.resize_to_matrices(graph)

    attributes = {**CUBIC, "coordinate_transformation_mode": "align_corners"}
    assert changed(model(tiny_onnx, attributes, sizes=sizes), run_onnx, wrong)[1] > 0.1
