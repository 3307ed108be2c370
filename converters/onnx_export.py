"""Stage PyTorch -> ONNX."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from converters.errors import ConversionError, one_line
from tflite_ocr import files

OPSET = 17


def export(
    module: torch.nn.Module, shape: Sequence[int], target: Path, inputs: str = "x", free: Sequence[int] = ()
) -> None:
    """Writes a module of one input and one output, in inference mode, as an ONNX file.

    Args:
        module: Its forward takes and gives one float32 tensor.
        free: Axes of the input that take any size.

    Raises:
        ConversionError: The module uses an operator that ONNX does not have.
    """
    exported = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module.eval(),
                (torch.zeros(*shape),),
                exported,
                opset_version=OPSET,
                input_names=[inputs],
                output_names=["y"],
                dynamo=False,
                dynamic_axes={inputs: {axis: f"size_{axis}" for axis in free}} if free else None,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        raise ConversionError("onnx", f"{type(module).__name__} cannot be exported: {one_line(error, 400)}") from None
    with files.replacing(target) as stream:
        stream.write(exported.getvalue())


def forward(module: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """A module's output for a float32 array, without gradients."""
    with torch.no_grad():
        return module(torch.from_numpy(np.ascontiguousarray(x))).numpy()
