"""A .tflite network of floats in PyTorch: the same numbers as the runtime's, at every size that the file takes."""

import numpy as np
import pytest

from converters import parity, tflite_export
from converters.errors import ConversionError
from converters.search import operators

torch = pytest.importorskip("torch", reason="the converters need the [convert] extra")
tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
tflite_torch = pytest.importorskip("converters.tflite_torch")
RNG = np.random.default_rng(5)


def draw(*shape):
    return RNG.normal(0, 0.4, shape).astype(np.float32)


def exported(function, shape, folder):
    """A function of TensorFlow as a float32 .tflite file."""
    module = tf.Module()
    module.forward = tf.function(function, input_signature=[tf.TensorSpec(shape, tf.float32, "x")])
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.forward})
    tflite_export.export(folder / "saved", folder / "float32.tflite", "float32")
    return folder / "float32.tflite"


def run(file, x, change=None):
    graph = operators.read(file)
    program = tflite_torch.Program(graph)
    constants = {i: torch.tensor(v) for i, v in program.constants().items() if v.dtype == np.float32}
    for index in constants if change else ():
        constants[index] = constants[index] * change
    with torch.no_grad():
        return program.run(torch.tensor(x), lambda index, _: constants[index]).numpy()


def convolutions(x):
    x = tf.nn.relu6(tf.nn.conv2d(x, draw(3, 3, 3, 8), 2, "SAME") + draw(8))
    x = tf.nn.depthwise_conv2d(x, draw(5, 3, 8, 1), [1, 2, 2, 1], "SAME")
    x = tf.nn.leaky_relu(tf.nn.conv2d(x, draw(2, 3, 8, 8), 1, "VALID", dilations=[1, 2]), 0.1)
    y = tf.nn.max_pool2d(x, 3, 1, "SAME") + tf.nn.avg_pool2d(x, 1, 1, "VALID")
    return {"y": tf.nn.depth_to_space(tf.concat([y, tf.pad(x, [[0, 0]] * 3 + [[0, 4]])], 3), 2)}


def attention(x):
    x = tf.reshape(x, [1, -1, 12])
    x = x - tf.reduce_mean(x, -1, keepdims=True)
    x = x * tf.math.rsqrt(tf.reduce_mean(x * x, -1, keepdims=True) + 1e-5) * draw(12) + draw(12)
    q, k, v = (tf.transpose(tf.reshape(tf.matmul(x, draw(12, 12)), [1, -1, 3, 4]), [0, 2, 1, 3]) for _ in range(3))
    x = tf.matmul(tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * 0.5), v)
    x = tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [1, -1, 12])
    return {"y": x[:, ::2, 1:7] * tf.sigmoid(tf.nn.gelu(x[:, ::2, 6:])) / 3.0 - tf.abs(tf.tanh(x[:, ::2, :6]))}


@pytest.mark.parametrize("function, shape", [(convolutions, (1, 21, 30, 3)), (attention, (1, 4, 6, 12))])
def test_it_answers_as_the_runtime_does(function, shape, tmp_path):
    file = exported(function, shape, tmp_path)
    x = draw(*shape)
    wanted = parity.tflite_forward(file)(x)
    assert np.abs(wanted).max() > 0.1
    np.testing.assert_allclose(run(file, x), wanted, atol=2e-5)
    assert np.abs(run(file, x, change=1.2) - wanted).max() > 1e-2  # other constants are seen


def test_another_operator_is_named(tmp_path):
    file = exported(lambda x: {"y": tf.math.floor(x) + tf.cos(x)}, (1, 4, 4, 2), tmp_path)
    with pytest.raises(ConversionError, match="found operators COS, FLOOR"):
        run(file, draw(1, 4, 4, 2))
