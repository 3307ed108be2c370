"""Figures by hand, and models that must not pass."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from converters import parity
from converters.errors import ParityError

TENSORS = [np.float32([[3, 4]]), np.float32([[0, 12]])]


def same(x):
    return x


def test_figures_by_hand():
    perfect = {"max_abs_error": 0.0, "cosine": pytest.approx(1), "relative_error": 0.0}
    assert parity.compare(same, same, TENSORS) == perfect
    # (3, 4, 0, 12) against (3, 4, 0, -12): (25 - 144) / 169, over all tensors together.
    found = parity.compare(same, lambda x: x * np.where(x == 12, -1, 1), TENSORS)
    assert found == {"max_abs_error": 24.0, "cosine": pytest.approx(-119 / 169), "relative_error": 2.0}
    assert parity.compare(same, lambda x: 2 * x, TENSORS)["cosine"] == pytest.approx(1)
    assert parity.compare(same, lambda x: 2 * x, TENSORS)["max_abs_error"] == 12.0


def test_zeros_agree_only_with_zeros():
    zero = [np.zeros((2, 2), np.float32)]
    assert parity.compare(same, same, zero)["cosine"] == 1.0
    assert parity.compare(same, lambda x: x + 1, zero)["cosine"] == 0.0


def test_another_number_of_outputs_is_refused():
    with pytest.raises(ParityError, match="number of outputs"):
        parity.compare(same, lambda x: x[:, :1], TENSORS)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_a_number_never_passes(bad):
    def broken(x):
        y = x.copy()
        y[0, 0] = bad
        return y

    with np.errstate(invalid="ignore"):
        cosine = parity.compare(same, broken, TENSORS)["cosine"]
    with pytest.raises(ParityError):
        parity.require("x", cosine, -1.0)


def test_require_says_what_was_measured():
    parity.require("detector int8 cosine", 0.8, 0.8)
    with pytest.raises(ParityError, match="detector int8 cosine: expected 0.8 or better, measured 0.799") as caught:
        parity.require("detector int8 cosine", 0.799, 0.8)
    error = caught.value
    assert (error.metric, error.measured, error.limit, error.exit_code) == ("detector int8 cosine", 0.799, 0.8, 8)


def test_forms_of_one_network_agree_and_a_broken_one_does_not(
    convolutions_onnx, convolutions_saved_model, tmp_path, run_onnx
):
    from converters import tflite_export

    x = [np.random.default_rng(5).normal(0, 1, (1, 24, 32, 3)).astype(np.float32) for _ in range(2)]
    original = parity.onnx_forward(convolutions_onnx)
    wanted = run_onnx(convolutions_onnx, np.ascontiguousarray(x[0].transpose(0, 3, 1, 2)))[0]
    np.testing.assert_allclose(original(x[0]), wanted.transpose(0, 2, 3, 1), atol=1e-6)
    module = parity.module_forward(lambda nchw: run_onnx(convolutions_onnx, nchw)[0])
    tflite_export.export(convolutions_saved_model, tmp_path / "8.tflite", "int8", lambda: ([t] for t in x))
    candidates = {
        "onnx": module,
        "saved_model": parity.saved_model_forward(convolutions_saved_model),
        "int8": parity.tflite_forward(tmp_path / "8.tflite"),
    }
    for name, candidate in candidates.items():
        assert parity.compare(original, candidate, x)["cosine"] >= parity.LIMITS[name]
        broken = parity.compare(original, lambda t, f=candidate: f(np.ascontiguousarray(t[:, ::-1])), x)
        assert broken["cosine"] < parity.LIMITS[name]


def test_only_what_named_tensors_need_is_run():
    inner = helper.make_graph(
        [helper.make_node("Add", ["half", "x"], ["both"])],
        "inner",
        [],
        [helper.make_tensor_value_info("both", TensorProto.FLOAT, None)],
    )
    nodes = [
        helper.make_node("Mul", ["x", "factor"], ["half"]),
        helper.make_node("If", ["always"], ["sum"], then_branch=inner, else_branch=inner),
        helper.make_node("Reshape", ["sum", "seven"], ["y"]),  # fails when it runs
    ]
    constants = [
        numpy_helper.from_array(np.array(0.5, np.float32), "factor"),
        numpy_helper.from_array(np.array(True), "always"),
        numpy_helper.from_array(np.array([7], np.int64), "seven"),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, None, None])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [7])
    model = helper.make_model(
        helper.make_graph(nodes, "g", [x], [y], constants), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    tensor = np.random.default_rng(0).random((1, 4, 5, 3), np.float32)
    (values,) = parity.onnx_values(model, ["sum", "half"], [tensor], "ORT_ENABLE_ALL")
    for found, factor in zip(values, (1.5, 0.5), strict=True):
        np.testing.assert_allclose(found, factor * tensor.transpose(0, 3, 1, 2), rtol=1e-6)
