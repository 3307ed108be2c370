"""Stage PyTorch -> ONNX."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from converters.errors import ConversionError

OPSET = 17


def export(
    module: torch.nn.Module,
    shape: Sequence[int],
    target: Path,
    inputs: str = "x",
    outputs: str = "y",
    free: Sequence[int] = (),
) -> None:
    """Writes a module of one input and one output, in inference mode, as an ONNX file.

    Args:
        module: Its forward takes and gives one float32 tensor.
        shape: Fixed shape of the input.
        target: File, replaced once the new one is complete.
        inputs: Name of the input in the graph.
        outputs: Name of the output in the graph.
        free: Axes of the input that take any size.

    Raises:
        ConversionError: The module uses an operator that ONNX does not have.
    """
    partial = target.with_suffix(".partial")
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module.eval(),
                (torch.zeros(*shape),),
                str(partial),
                opset_version=OPSET,
                input_names=[inputs],
                output_names=[outputs],
                dynamo=False,
                dynamic_axes={inputs: {axis: f"size_{axis}" for axis in free}} if free else None,
            )
        partial.replace(target)
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:400]
        raise ConversionError("onnx", f"{type(module).__name__} cannot be exported: {reason}") from None
    finally:
        partial.unlink(missing_ok=True)
