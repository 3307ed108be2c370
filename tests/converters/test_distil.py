"""Rounding that is learnt: int8 ruined by measured ranges answers as its source again; the simulation is what runs."""

import numpy as np
import pytest

from converters import parity, ranges
from converters.search import operators

torch = pytest.importorskip("torch", reason="the converters need the [convert] extra")
tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
distil = pytest.importorskip("converters.distil")
SHAPE, CLASSES = (1, 6, 16, 3), 12


def inputs(count, seed):
    """Noise, with a pixel now and then that is far off."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        x = rng.normal(0, 1, SHAPE)
        x[0, rng.integers(SHAPE[1]), rng.integers(SHAPE[2]), rng.integers(3)] *= 25
        found.append(x.astype(np.float32))
    return found


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """(source as a function, folder of the int8 file with measured ranges): three convolutions, an outlier planted."""
    rng = np.random.default_rng(11)
    kernels = [
        rng.normal(0, 0.35, shape).astype(np.float32) for shape in ((3, 3, 3, 16), (1, 1, 16, 16), (6, 1, 16, CLASSES))
    ]

    def network(x):
        x = tf.nn.conv2d(x, kernels[0], 1, "SAME")
        x = x * tf.nn.relu6(x + 3) / 6
        x = tf.nn.conv2d(x, kernels[1], 1, "SAME")
        x = x * tf.sigmoid(x)
        return {"y": 2 * tf.nn.conv2d(x, kernels[2], [1, 6, 1, 1], "VALID")}

    module, folder = tf.Module(), tmp_path_factory.mktemp("learn")
    module.forward = tf.function(network, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "x")])
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.forward})
    ranges.export(folder / "saved", folder / "measured", inputs(24, 0))
    return (lambda x: network(tf.constant(x))["y"].numpy()), folder / "measured"


def graphs(folder):
    plain = operators.read(folder / ranges.FLOAT)
    int8 = operators.aligned(operators.read(folder / ranges.INT8), plain)
    operators.require_same([plain, int8])
    return plain, int8


def divergence(forward, source, tensors):
    def logs(values):
        values = np.asarray(values, np.float64).reshape(-1, CLASSES)
        values = values - values.max(1, keepdims=True)
        return values - np.log(np.exp(values).sum(1, keepdims=True))

    both = [(logs(source(x)), logs(forward(x))) for x in tensors]
    return np.mean([(np.exp(p) * (p - q)).sum(1).mean() for p, q in both])


def test_the_simulation_is_what_the_runtime_computes(measured):
    source, folder = measured
    network = distil._Rounded(*graphs(folder))
    x = inputs(1, 7)[0]
    with torch.no_grad():
        simulated = network.run(torch.tensor(x)).numpy()
    ran = parity.tflite_forward(folder / ranges.INT8)(x)
    off = np.abs(ran - source(x)).max()
    assert np.abs(simulated - ran).max() < 0.35 * off
    constants, found = network.result()  # nothing was learnt: what is written is what was there
    values = network._program.constants()
    assert len(constants) == 6 and all(np.array_equal(values[i], value) for i, value in constants.items())
    tensors = graphs(folder)[0].subgraph.tensors
    ends = {i: (tensors[i].quantization.min[0], tensors[i].quantization.max[0]) for i in found}
    assert ends and all(np.allclose(found[i], ends[i], atol=0.02 * (ends[i][1] - ends[i][0])) for i in found)


def test_what_is_learnt_answers_as_the_source(measured, tmp_path):
    source, folder = measured
    told = []
    options = distil.Options(samples=480, classes=True, kernel_rate=0.05, range_rate=0.02)
    learnt = distil.learn(*graphs(folder), inputs(24, 0), source, options, lambda *of: told.append(of))
    assert told[-1] == (480, 480) and learnt.loss[1] < 0.6 * learnt.loss[0]
    ranges.replace(folder, tmp_path / "learnt", learnt.constants, learnt.ranges)
    other = inputs(24, 1)  # none that it was learnt on
    before, after = (
        divergence(parity.tflite_forward(one / ranges.INT8), source, other) for one in (folder, tmp_path / "learnt")
    )
    assert after < 0.5 * before
    # The float file has the constants of the int8 file: layers of both may stand side by side.
    assert divergence(parity.tflite_forward(tmp_path / "learnt" / ranges.FLOAT), source, other) < after + 0.02


def test_steps_of_floats_are_not_rounded(measured):
    source, folder = measured
    plain, int8 = graphs(folder)
    x = torch.tensor(inputs(1, 7)[0])
    with torch.no_grad():
        everything, nothing, first = (
            np.abs(distil._Rounded(plain, int8, exact).run(x).numpy() - source(x.numpy())).max()
            for exact in (range(len(plain.steps)), (), range(2))
        )
    assert everything < 1e-4 and 1e-4 < first < nothing
    learnt = distil.learn(plain, int8, inputs(2, 0), source, distil.Options(samples=4), exact=range(2))
    kernels = {step.operands[1].tensor for step in plain.steps[:2] if step.kernel}
    assert kernels and not kernels & set(learnt.constants)


def test_the_same_is_learnt_again(measured):
    source, folder = measured
    options = distil.Options(samples=8, classes=True)
    first, second = (distil.learn(*graphs(folder), inputs(4, 0), source, options) for _ in range(2))
    assert first.loss == second.loss
    assert all(np.array_equal(first.constants[i], second.constants[i]) for i in first.constants)


def test_values_are_learnt_too(measured):
    source, folder = measured
    learnt = distil.learn(*graphs(folder), inputs(12, 0), source, distil.Options(samples=240, kernel_rate=0.05))
    assert learnt.loss[1] < learnt.loss[0]
