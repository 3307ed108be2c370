"""Kernels in int8 between activations in float32: what is rounded, how well, and what runs."""

import numpy as np
import pytest

from converters import parity, tflite_export

SHAPE = (1, 16, 24, 8)
RNG = np.random.default_rng(12)
# Channels go together, as they do in trained networks; some are far larger than others, pixel by pixel.
MIXED = RNG.normal(0, 1, (3, 8)) * np.geomspace(0.1, 30, 8)


def picture(seed, width=24):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (1, 16, width, 3)) @ MIXED + rng.normal(0, 0.05, (1, 16, width, 8))
    return (values * rng.lognormal(0, 1.5, (1, 16, width, 1))).astype(np.float32)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """float32: a 1x1 convolution with ReLU, a 3x3, a 1x1 of stride 2, and a linear layer; its folder."""
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    rng = np.random.default_rng(8)
    shapes = ((1, 1, 8, 64), (3, 3, 64, 8), (1, 1, 8, 32))
    kernels = [rng.normal(0, (2 / np.prod(one[:3])) ** 0.5, one).astype(np.float32) for one in shapes]
    linear = rng.normal(0, 0.2, (32, 24)).astype(np.float32)

    def network(x):
        x = tf.nn.relu(tf.nn.conv2d(x, kernels[0], 1, "SAME") + rng.normal(0, 1, 64).astype(np.float32))
        x = tf.nn.conv2d(x, kernels[1], 1, "SAME")
        x = tf.nn.conv2d(x, kernels[2], 2, "VALID")
        return {"y": tf.matmul(tf.reshape(x, [96, 32]), linear)}

    module, folder = tf.Module(), tmp_path_factory.mktemp("hybrid")
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.forward})
    tflite_export.export(folder / "saved", folder / "float32.tflite", "float32", None)
    return folder / "float32.tflite"


@pytest.fixture(scope="module")
def network(plain):
    from converters.hybrid import Hybrid

    return Hybrid(plain, [picture(seed) for seed in range(8)])


def error(plain, file):
    wanted, found = (parity.tflite_forward(path)(picture(99)) for path in (plain, file))
    return float(np.square(found - wanted).sum() / np.square(wanted).sum())


def test_matrices_have_kernels_and_nothing_else(network):
    names = [layer.name for layer in network.found]
    assert names == ["0 CONV_2D 64x1x1x8", "1 CONV_2D 8x3x3x64", "2 CONV_2D 32x1x1x8", "3 FULLY_CONNECTED 24x32"]
    assert set(network.kernels) == {names[0], names[3]}
    counts = np.array([16 * 24 * 8 * 64, 16 * 24 * 64 * 72, 96 * 8 * 32, 96 * 32 * 24])
    assert network.share([names[0], names[3]]) == pytest.approx((counts[0] + counts[3]) / counts.sum())
    assert list(network.precisions([names[3]]).values()) == ["float32", "float32", "float32", "dynamic"]


def test_a_file_computes_what_the_float_one_does(network, plain, tmp_path):
    from converters import delegation

    network.write(tmp_path / "all.tflite")
    network.write(tmp_path / "none.tflite", network.kernels)
    assert error(plain, tmp_path / "none.tflite") == 0
    assert 0 < error(plain, tmp_path / "all.tflite") < 1e-3
    found = delegation.measure(tmp_path / "all.tflite")
    assert found.partitions == 1 and not found.undelegated
    assert (tmp_path / "all.tflite").stat().st_size < plain.stat().st_size


def test_ranges_that_one_kernel_ruins_are_found(network, plain, tmp_path, monkeypatch):
    """A kernel whose scales are wrong is the most sensitive one, and float32 mends it."""
    from converters.hybrid import RoundedKernel
    from converters.search.sensitivity import Noise

    first, last = network.kernels
    kernel = network.kernels[last]
    monkeypatch.setitem(network.kernels, last, RoundedKernel(kernel.steps, 1.2 * kernel.scales))
    network.write(tmp_path / "broken.tflite")
    assert error(plain, tmp_path / "broken.tflite") > 0.02
    order = network.sensitive(Noise(plain, [picture(3)]), tmp_path)
    assert order == [last, first] and not list(tmp_path.glob("one*"))
    network.write(tmp_path / "mended.tflite", order[:1])
    assert error(plain, tmp_path / "mended.tflite") < 1e-3


def test_rounding_follows_the_data():
    """Errors that the data do not see cost nothing: the products change far less than by rounding to the nearest."""
    from converters.hybrid import rounded

    data = picture(5).reshape(-1, 8).astype(np.float64)
    kernel = RNG.normal(0, 1, (40, 8)).astype(np.float32)
    found = rounded(kernel, data.T @ data)
    scales = np.abs(kernel).max(1, keepdims=True) / 127
    nearest = np.rint(kernel / scales) * scales
    errors = [
        np.square(data @ (one - kernel).T).sum() for one in (found.steps * found.scales[:, None].astype(float), nearest)
    ]
    assert errors[0] < 0.5 * errors[1]
    assert found.steps.dtype == np.int8 and np.abs(found.steps.astype(int)).max() <= 127


def test_rounding_without_correlation_is_to_the_nearest():
    from converters.hybrid import rounded

    steps = RNG.integers(-127, 128, (6, 5))
    steps[:, 0] = 127
    kernel = (steps * np.geomspace(0.001, 2, 6)[:, None]).astype(np.float32)
    for statistics in (np.eye(5), np.diag([1.0, 0, 3, 0, 2])):  # a channel that is always 0 has a kernel all the same
        found = rounded(kernel, statistics)
        np.testing.assert_array_equal(found.steps[:, np.diag(statistics) > 0], steps[:, np.diag(statistics) > 0])
        np.testing.assert_allclose(found.scales, np.geomspace(0.001, 2, 6), rtol=1e-4)
