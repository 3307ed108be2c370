"""Checkpoints of a training run: one file to continue from."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from converters import checkpoints
from converters.errors import ConversionError
from tflite_ocr import files
from training.errors import TrainingError


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes a file of tensors and plain values, whole or not at all."""
    with files.replacing(path, parents=True) as file:
        torch.save(content, file)


def load(path: Path) -> dict[str, Any]:
    """Reads what `save` wrote; nothing in it is executed.

    Raises:
        TrainingError: No such file, or not a checkpoint.
    """
    try:
        content = checkpoints.load(path)
    except ConversionError as error:
        raise TrainingError(str(error)) from None
    if not isinstance(content, dict):
        raise TrainingError(f"{path}: expected a checkpoint, found {type(content).__name__}")
    return content


def copy_fitting(module: nn.Module, state: dict[str, torch.Tensor]) -> list[str]:
    """Puts into a network what another one has under the same name in the same shape.

    Args:
        state: Tensors by parameter name.

    Returns:
        The network's parameters that keep their values because nothing fits.

    Raises:
        TrainingError: Nothing fits at all.
    """
    own = module.state_dict()
    fitting = {name: state[name] for name, value in own.items() if name in state and state[name].shape == value.shape}
    if not fitting:
        raise TrainingError(f"expected weights with names such as {next(iter(own))}, found none that fits")
    module.load_state_dict(own | fitting)
    return [name for name in own if name not in fitting]
