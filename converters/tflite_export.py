"""Stage SavedModel -> .tflite in one precision (arXiv 1712.05877 for the integer arithmetic)."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from converters import converter_process
from converters.converter_process import INT16X8
from converters.errors import ConversionError, export_error, one_line
from tflite_ocr import files
from tflite_ocr.manifest import UNIFORM

# Those of a published model, and one whose layers converters.search may take.
_KINDS = (*UNIFORM, INT16X8)
Samples = Callable[[], Iterable[list[np.ndarray]]]


def export(source: Path, target: Path, precision: str, samples: Samples | None = None, sparse: bool = False) -> None:
    """Writes `source` as a .tflite file.

    Args:
        source: SavedModel directory with a serving_default signature of fixed shapes.
        precision: "float32"; "float16" (weights stored in half precision); "dynamic" (int8 weights,
            float activations); "int8" (per-channel int8 weights, int8 activations, input and output); "int16x8"
            (int8 weights, int16 activations, float input and output, float operators where there is no other).
        samples: For int8 and int16x8: gives an iterable of lists of float32 inputs, the representative dataset.
        sparse: Stores kernels of many zeros without them, in the format's own encoding.

    Raises:
        ConversionError: The converter refuses the graph, or integers are asked for without samples.
    """
    if precision not in _KINDS:
        raise export_error(f"expected a precision of {', '.join(_KINDS)}, found {precision!r}")
    integers = precision in ("int8", INT16X8)
    if integers and samples is None:
        raise export_error(f"{precision} needs calibration images, found none; give --calibration DIR")
    if not (source / "saved_model.pb").is_file():
        raise export_error(f"{source}: expected a SavedModel, found none")
    try:
        shown = list(samples()) if integers else []
    except ConversionError:
        raise
    except Exception as error:  # samples are the caller's code
        raise export_error(f"{source}: {precision} failed: {one_line(error, 600)}") from None
    if integers and not shown:  # the converter itself would take an empty set in silence and make ranges up
        raise export_error("expected calibration images, found an empty set; give --calibration DIR")
    data = converter_process.convert(source, precision, shown, sparse)
    with files.replacing(target) as stream:
        stream.write(data)
