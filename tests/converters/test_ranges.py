"""int8 from ranges that are measured here: what the converter's own calibration gets wrong, and other sizes."""

import numpy as np
import pytest
from ai_edge_litert.tools import flatbuffer_utils

from converters import parity, ranges, tflite_export
from converters.errors import ConversionError
from converters.search.operators import NAMES, code_of

SHAPE = (1, 8, 12, 3)
TENSORS = [np.random.default_rng(i).normal(0, 4, SHAPE).astype(np.float32) for i in range(6)]


@pytest.fixture(scope="module")
def hard_swish(tmp_path_factory):
    """SavedModel of a convolution, x * relu6(x + 3) and another convolution; ranges of x go far beyond -3."""
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    rng = np.random.default_rng(3)
    first, second = (rng.normal(0, 0.5, shape).astype(np.float32) for shape in ((3, 3, 3, 8), (1, 1, 8, 4)))

    def network(x):
        x = tf.nn.conv2d(x, first, 1, "SAME")
        return {"y": tf.nn.conv2d(x * tf.nn.relu6(x + 3), second, 1, "SAME")}

    module, folder = tf.Module(), tmp_path_factory.mktemp("gate") / "saved"
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.forward})
    return folder


def outputs(path):
    """(operator, lowest value, highest value) of the output of every operator of an int8 file."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(path.read_bytes()))
    found = []
    for operator in model.subgraphs[0].operators:
        quantized = model.subgraphs[0].tensors[int(operator.outputs[0])].quantization
        low, high = ((limit - quantized.zeroPoint[0]) * quantized.scale[0] for limit in (-128, 127))
        found.append((NAMES[code_of(model, operator)], low, high))
    return found


def test_a_gate_keeps_its_own_range(hard_swish, tmp_path):
    tflite_export.export(hard_swish, tmp_path / "float32.tflite", "float32")
    ranges.export(hard_swish, tmp_path / "measured", TENSORS)
    tflite_export.export(hard_swish, tmp_path / "usual.tflite", "int8", lambda: ([x] for x in TENSORS))
    plain = parity.tflite_forward(tmp_path / "float32.tflite")
    assert (
        parity.compare(plain, parity.tflite_forward(tmp_path / "measured" / ranges.FLOAT), TENSORS)["cosine"] > 0.99999
    )
    found = {name: (low, high) for name, low, high in outputs(tmp_path / "measured" / ranges.INT8)[:3]}
    assert found["ADD"] == pytest.approx((0, 6), abs=0.01)
    # What lies below -3 gives 0 whatever it is: the convolution spends no value on it.
    assert found["CONV_2D"][0] == pytest.approx(-3, abs=0.2) and found["CONV_2D"][1] > 10
    errors = {
        name: parity.compare(plain, parity.tflite_forward(tmp_path / name), TENSORS)["max_abs_error"]
        for name in (f"measured/{ranges.INT8}", "usual.tflite")
    }
    assert errors[f"measured/{ranges.INT8}"] < 0.6 * errors["usual.tflite"]


def test_ranges_are_those_of_all_tensors_at_all_sizes(hard_swish, tmp_path):
    tflite_export.export(hard_swish, tmp_path / "float32.tflite", "float32")
    data = (tmp_path / "float32.tflite").read_bytes()
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(data))
    place = int(model.subgraphs[0].inputs[0])
    large = np.full((1, 16, 4, 3), 50, np.float32)
    assert ranges.measure(data, [place], [TENSORS[0], TENSORS[1], large]) == {
        place: (min(x.min() for x in TENSORS[:2]), 50.0)
    }
    assert ranges.measure(data, [place], [np.zeros((1, 8, 12, 5), np.float32), TENSORS[0]]) == {
        place: (TENSORS[0].min(), TENSORS[0].max())
    }


def test_rare_large_values_are_cut_off(hard_swish, tmp_path):
    """One input in forty widens all ranges; values so rare that none is among the sampled ones may be cut off."""
    shown = [np.random.default_rng(i).normal(0, 4, SHAPE).astype(np.float32) for i in range(40)]
    shown[1][0, 0, 0, 0] = 200
    ranges.export(hard_swish, tmp_path / "measured", shown)
    ranges.cut(tmp_path / "measured", tmp_path / "cut", shown)
    plain = parity.tflite_forward(tmp_path / "measured" / ranges.FLOAT)
    found = {}
    for folder in ("measured", "cut"):
        file = tmp_path / folder / ranges.INT8
        forward = parity.tflite_forward(file)
        high = next(high for name, _, high in outputs(file) if name == "MUL")
        found[folder] = high, np.mean([np.square(forward(x) - plain(x)).mean() for x in shown[::2]])
    assert found["cut"][0] < 0.8 * found["measured"][0] and found["cut"][1] < 0.8 * found["measured"][1]


def test_a_cut_rounds_better_than_the_whole_range():
    rng = np.random.default_rng(0)
    even, tailed = rng.uniform(-2, 3, 5000), np.append(rng.normal(0, 1, 10**6), 12.0)

    def error(low, high):
        levels = np.linspace(low, high, 256)
        return np.square(levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, tailed)] - tailed).mean()

    assert ranges._cut(even, -2, 3) == (-2, 3)
    low, high = ranges._cut(tailed, tailed.min(), 12.0)
    assert 4 < high < 12 and error(low, high) < 0.8 * error(tailed.min(), 12.0)
    assert ranges._cut(np.abs(tailed), 0, 12.0)[0] == 0 and ranges._cut(-np.abs(tailed), -12.0, 0)[1] == 0


def test_what_is_missing_is_said(hard_swish, tmp_path):
    with pytest.raises(ConversionError, match="found none; give --calibration"):
        ranges.export(hard_swish, tmp_path / "x", [])
    with pytest.raises(ConversionError, match="int8 failed"):
        ranges.export(tmp_path, tmp_path / "x", TENSORS)
    assert not (tmp_path / "x").exists()
