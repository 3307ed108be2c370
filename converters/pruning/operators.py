"""Operators without weights as layers of tf_keras, those that XNNPACK's sparse inference can pass through."""

import numpy as np
import tensorflow as tf
import tf_keras

LAYERS = {"AddV2", "Mul", "Relu", "Relu6", "Sigmoid", "Pad", "Mean"}


def layer_of(node: tf.compat.v1.NodeDef, inputs: list, constants: dict[int, np.ndarray | None]):
    """Applies the layer that does what a node does.

    Args:
        constants: By position, the constant inputs; None for the others.

    Returns:
        The Keras tensor of its output, or None where there is no such layer.
    """
    layers, op = tf_keras.layers, node.op
    if len(inputs) == 2 and tuple(inputs[0].shape) == tuple(inputs[1].shape) and op in ("AddV2", "Mul"):
        return (layers.Add if op == "AddV2" else layers.Multiply)()(inputs)
    if len(inputs) == 2 and op in ("AddV2", "Mul"):
        return (tf.math.add if op == "AddV2" else tf.math.multiply)(*inputs)
    if len(inputs) != 1:
        return None
    (x,) = inputs
    if op in ("AddV2", "Mul"):
        constant = next(value for value in constants.values() if value is not None)
        return (tf.math.add if op == "AddV2" else tf.math.multiply)(x, tf.constant(constant))
    if op == "Relu":
        return layers.ReLU()(x)
    if op == "Relu6":
        return layers.ReLU(6.0)(x)
    if op == "Sigmoid":
        return layers.Activation("sigmoid")(x)
    if op == "Pad" and _is_spatial(constants[1]):
        return layers.ZeroPadding2D(tuple(map(tuple, constants[1][1:3].tolist())))(x)
    if op == "Mean" and x.shape.rank == 4 and sorted(np.atleast_1d(constants[1]).tolist()) == [1, 2]:
        return layers.GlobalAveragePooling2D(keepdims=node.attr["keep_dims"].b)(x)
    return None


def _is_spatial(pads: np.ndarray | None) -> bool:
    """Whether a padding leaves batch and channels alone."""
    return pads is not None and pads.shape == (4, 2) and not pads[[0, 3]].any()
