"""Checkpoints of a training run: one file to go on from, and the weights in half precision to keep."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from training.errors import TrainingError


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes a file of tensors and plain values, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        torch.save(content, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> dict[str, Any]:
    """Reads what `save` wrote; nothing in it is executed.

    Raises:
        TrainingError: No such file, or not a checkpoint.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"{path}: expected a checkpoint, found none") from None
    except Exception as error:  # torch raises many kinds for a damaged file
        raise TrainingError(f"{path}: expected a checkpoint, found a file that torch refuses: {error}") from None
    if not isinstance(content, dict):
        raise TrainingError(f"{path}: expected a checkpoint, found {type(content).__name__}")
    return content


def export(path: Path, model: torch.nn.Module, facts: dict[str, Any]) -> None:
    """Writes the weights in float16 with the facts that rebuild the network.

    Args:
        path: File to write.
        model: Its weights are kept.
        facts: Plain values: "kind", "shape" and the like; a dataclass is stored as a dict.
    """
    plain = {name: asdict(value) if hasattr(value, "__dataclass_fields__") else value for name, value in facts.items()}
    state = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    save(path, {**plain, "state": state})
