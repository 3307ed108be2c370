"""The neck of svtr_neck.py in TensorFlow operators, NHWC.

onnx2tf guesses layouts from shapes and loses attention whose tokens and heads have equal sizes; this
part is small enough to be written down. Parity with the torch module is measured like every arrow.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

from converters.networks.svtr_neck import HEADS, SvtrNeck


class _Neck(tf.Module):
    def __init__(self, neck: SvtrNeck):
        super().__init__()
        self._weights = {name: tensor.numpy() for name, tensor in neck.state_dict().items()}
        self._blocks = len(neck.blocks)
        self._epsilon = {
            f"blocks.{i}.{n}": neck.blocks[i].norm1.epsilon for i in range(self._blocks) for n in ("norm1", "norm2")
        } | {"norm": neck.norm.epsilon}

    def _convolution(self, name: str, x: tf.Tensor) -> tf.Tensor:
        weight = self._weights[f"{name}.weight"].transpose(2, 3, 1, 0)  # OIHW -> HWIO
        return tf.nn.bias_add(tf.nn.conv2d(x, weight, 1, "SAME"), self._weights[f"{name}.bias"])

    def _depthwise(self, name: str, x: tf.Tensor) -> tf.Tensor:
        weight = self._weights[f"{name}.weight"].transpose(2, 3, 0, 1)
        return tf.nn.bias_add(tf.nn.depthwise_conv2d(x, weight, [1, 1, 1, 1], "SAME"), self._weights[f"{name}.bias"])

    def _norm(self, name: str, x: tf.Tensor) -> tf.Tensor:
        centred = x - tf.reduce_mean(x, 3, keepdims=True)
        variance = tf.reduce_mean(centred * centred, 3, keepdims=True)
        scale, shift = (self._weights[f"{name}.{kind}"].reshape(1, 1, 1, -1) for kind in ("weight", "bias"))
        return centred * tf.math.rsqrt(variance + np.float32(self._epsilon[name])) * scale + shift

    def _attention(self, name: str, x: tf.Tensor) -> tf.Tensor:
        mixed = []
        for head in range(HEADS):
            query, key, value = (self._convolution(f"{name}.{kind}.{head}", x) for kind in ("query", "key", "value"))
            weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True))
            mixed.append(tf.matmul(weights, value))
        halves = [tf.concat(mixed[: HEADS // 2], 3), tf.concat(mixed[HEADS // 2 :], 3)]
        return self._convolution(f"{name}.project", tf.concat(halves, 3))

    def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        def silu(t: tf.Tensor) -> tf.Tensor:
            return t * tf.sigmoid(t)

        entered = silu(self._convolution("enter", x))
        tokens = entered + silu(self._depthwise("local", entered))
        for i in range(self._blocks):
            name = f"blocks.{i}"
            tokens = tokens + self._attention(f"{name}.attention", self._norm(f"{name}.norm1", tokens))
            hidden = silu(self._convolution(f"{name}.expand", self._norm(f"{name}.norm2", tokens)))
            tokens = tokens + self._convolution(f"{name}.reduce", hidden)
        tokens = self._norm("norm", tokens) + silu(self._convolution("shortcut", x))
        return {"y": self._convolution("head", tokens)}


def write_saved_model(neck: SvtrNeck, shape_nchw: tuple[int, int, int, int], target: Path) -> None:
    """Writes the neck as a SavedModel with input [1, 1, T, C] and output [1, 1, T, classes]."""
    batch, channels, height, width = shape_nchw
    module = _Neck(neck)
    module.forward = tf.function(
        module.__call__, input_signature=[tf.TensorSpec((batch, height, width, channels), tf.float32, "x")]
    )
    tf.saved_model.save(module, str(target), signatures={"serving_default": module.forward})
