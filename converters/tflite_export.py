"""Stage SavedModel -> .tflite in one precision (arXiv 1712.05877 for the integer arithmetic)."""

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from converters.errors import ConversionError
from converters.quiet import Quiet
from tflite_ocr.manifest import UNIFORM

INT16X8 = "int16x8"
# Those of a published model, and one whose layers converters.search may take.
_KINDS = (*UNIFORM, INT16X8)
Samples = Callable[[], Iterable[list[np.ndarray]]]


def export(source: Path, target: Path, precision: str, samples: Samples | None = None, sparse: bool = False) -> None:
    """Writes `source` as a .tflite file.

    Args:
        source: SavedModel directory with a serving_default signature of fixed shapes.
        target: File, replaced once the new one is complete.
        precision: "float32"; "float16" (weights stored in half precision); "dynamic" (int8 weights,
            float activations); "int8" (per-channel int8 weights, int8 activations, input and output); "int16x8"
            (int8 weights, int16 activations, float input and output, float operators where there is no other).
        samples: For int8 and int16x8: gives an iterable of lists of float32 inputs, the representative dataset.
        sparse: Stores kernels of many zeros without them, in the format's own encoding.

    Raises:
        ConversionError: The converter refuses the graph, or integers are asked for without samples.
    """
    if precision not in _KINDS:
        raise ConversionError("tflite", f"expected a precision of {', '.join(_KINDS)}, found {precision!r}")
    integers = precision in ("int8", INT16X8)
    if integers and samples is None:
        raise ConversionError("tflite", f"{precision} needs calibration images, found none; give --calibration DIR")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    if not (source / "saved_model.pb").is_file():
        raise ConversionError("tflite", f"{source}: expected a SavedModel, found none")
    try:
        with Quiet():
            data = _convert(source, precision, samples, sparse)
    except ConversionError:
        raise
    except Exception as error:  # the converter raises its own and TensorFlow's errors, with no common base
        raise ConversionError("tflite", f"{source}: {precision} failed: {' '.join(str(error).split())[:600]}") from None
    partial = target.with_suffix(".partial")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _convert(source: Path, precision: str, samples: Samples | None, sparse: bool) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(source))
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if sparse:
        converter.optimizations = [*converter.optimizations, tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision in ("int8", INT16X8):
        converter.representative_dataset = functools.partial(_at_least_one, samples)
    if precision == INT16X8:
        sets = tf.lite.OpsSet
        converter.target_spec.supported_ops = [
            sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8, sets.TFLITE_BUILTINS,
        ]
    if precision == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def _at_least_one(samples: Samples) -> Iterable[list[np.ndarray]]:
    """The samples; the converter itself would take an empty set in silence and make ranges up."""
    count = 0
    for sample in samples():
        count += 1
        yield sample
    if not count:
        raise ConversionError("tflite", "expected calibration images, found an empty set; give --calibration DIR")
