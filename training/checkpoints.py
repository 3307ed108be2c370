"""Checkpoints of a training run: one file to go on from."""

from pathlib import Path
from typing import Any

import torch

from converters import checkpoints
from converters.errors import ConversionError
from training import atomic
from training.errors import TrainingError


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes a file of tensors and plain values, whole or not at all."""
    with atomic.written(path) as file:
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
