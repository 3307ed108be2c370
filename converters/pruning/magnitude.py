"""Magnitude pruning by the TensorFlow Model Optimization Toolkit, fine-tuned by distillation.

Weights of least magnitude are set to zero while the network learns to give what the unpruned one gives
on calibration images (distillation, Hinton et al. 2015, arXiv 1503.02531); no labels are needed. How many
are zero follows Zhu & Gupta 2017 (arXiv 1710.01878).
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow_model_optimization.python.core.sparsity.keras import (
    pruning_callbacks,
    pruning_policy,
    pruning_schedule,
    pruning_wrapper,
)

from converters.errors import prune_error
from converters.pruning.lift import GraphPiece, Lifted
from converters.pruning.options import LARGEST_LOGIT, PruneOptions

LEARNING_RATE = 1e-3  # at the first step; falls to zero along a cosine
# Output channels that share a zero: as many as XNNPACK's sparse kernels and the block format of .tflite take at once.
_BLOCK = (1, 4)
# Masks are chosen anew so often in a run; each time all weights are sorted.
_UPDATES = 6
# How far the share of zeros may be from the ratio that was asked for; smaller kernels cannot come so near.
TOLERANCE = 0.005


def prunable(layer: tf_keras.layers.Layer, options: PruneOptions) -> bool:
    """Whether a layer of a lifted model is pruned: learnt kernels of dense layers and convolutions that are large
    enough to meet the ratio; depthwise kernels have few weights and stay."""
    if type(layer) not in (tf_keras.layers.Conv2D, tf_keras.layers.Dense) or not layer.trainable:
        return False
    if options.policy == "xnnpack" and not pruning_policy.PruneForLatencyOnXNNPack().allow_pruning(layer):
        return False
    if options.pattern == "2:4":
        return layer.kernel.shape[-2] % 4 == 0
    size = _count(layer, options)
    return abs(round(size * options.ratio) / size - options.ratio) <= TOLERANCE


def prune(
    lifted: Lifted,
    options: PruneOptions,
    tensors: Sequence[np.ndarray],
    progress: Callable[[int, int], None] = lambda step, steps: None,
) -> tf_keras.Model | None:
    """Prunes a lifted model while it learns from the unpruned network.

    Args:
        lifted: Left with the trained weights, too: layers are shared with the result.
        tensors: float32 NHWC calibration inputs.

    Returns:
        The model without wrappers; None when it has no kernel that can be pruned so.

    Raises:
        ConversionError: The training has left the range of numbers.
    """
    chosen = {layer.name for layer in lifted.model.layers if prunable(layer, options)}
    if not chosen:
        return None

    def wrap(layer: tf_keras.layers.Layer):
        if layer.name not in chosen:
            return layer
        return pruning_wrapper.PruneLowMagnitude(layer, schedule_of(options), **_pattern(layer, options))

    model = tf_keras.models.clone_model(lifted.model, clone_function=wrap)
    tensors = tensors[: options.steps]
    teacher, student = _compared(lifted.model), _compared(model)
    # Before anything is learnt: both models share their layers.
    wanted = [teacher(tensor, training=False).numpy() for tensor in tensors]
    if teacher is not lifted.model:
        wanted = [output.clip(-LARGEST_LOGIT, LARGEST_LOGIT) for output in wanted]
    _distill(student, options.steps, tensors, wanted, progress)
    return tf_keras.models.clone_model(model, clone_function=_unwrapped)


def schedule_of(options: PruneOptions) -> pruning_schedule.PruningSchedule:
    """The toolkit's schedule; the mask is chosen last after two thirds of the steps."""
    last = max(1, options.steps * 2 // 3)
    frequency = max(1, (last - 1) // _UPDATES)
    if options.schedule == "constant" or last <= frequency:
        return pruning_schedule.ConstantSparsity(options.ratio, 1, end_step=last, frequency=frequency)
    # The ratio is only reached at an update, so the last one is the end.
    last = 1 + (last - 1) // frequency * frequency
    return pruning_schedule.PolynomialDecay(0.0, options.ratio, 1, last, frequency=frequency)


def _count(layer: tf_keras.layers.Layer, options: PruneOptions) -> int:
    """How many weights, or blocks of weights, a kernel has."""
    *rows, columns = layer.kernel.shape
    return int(np.prod(rows)) * (-(-columns // _BLOCK[1]) if _in_blocks(layer, options) else columns)


def _in_blocks(layer: tf_keras.layers.Layer, options: PruneOptions) -> bool:
    """The toolkit has blocks for kernels of two dimensions alone."""
    return options.pattern == "block" and len(layer.kernel.shape) == 2


def _pattern(layer: tf_keras.layers.Layer, options: PruneOptions) -> dict:
    if options.pattern == "2:4":
        return {"sparsity_m_by_n": (2, 4)}
    return {"block_size": _BLOCK} if _in_blocks(layer, options) else {}


def _unwrapped(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
    return layer.layer if isinstance(layer, pruning_wrapper.PruneLowMagnitude) else layer


def _compared(model: tf_keras.Model) -> tf_keras.Model:
    """A model up to the sigmoid that makes its output, whose gradient vanishes where a student is surely wrong.

    Values may be moved about behind the sigmoid; the model itself, where there is none.
    """
    for layer in reversed(model.layers):
        if isinstance(layer, tf_keras.layers.Activation) and layer.activation is tf_keras.activations.sigmoid:
            return tf_keras.Model(model.input, layer.input)
        if not isinstance(layer, GraphPiece):
            break
    return model


def _distill(model: tf_keras.Model, steps: int, tensors, wanted, progress) -> None:
    power = float(np.mean([np.var(output) for output in wanted])) or 1.0

    def loss(truth, found):
        return tf.reduce_mean(tf.square(truth - found)) / power

    def pairs():
        for step in range(steps):
            yield tensors[step % len(tensors)], wanted[step % len(tensors)]

    spec = tuple(tf.TensorSpec(array.shape, tf.float32) for array in (tensors[0], wanted[0]))
    data = tf.data.Dataset.from_generator(pairs, output_signature=spec)
    rate = tf_keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(tf_keras.optimizers.Adam(rate), loss=loss)
    count = tf_keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: progress(batch + 1, steps))
    model.fit(data, epochs=1, verbose=0, callbacks=[pruning_callbacks.UpdatePruningStep(), count])
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise prune_error("the distillation diverged: weights are not finite; give fewer --prune-steps")
