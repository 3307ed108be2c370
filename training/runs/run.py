"""What the runs of the recogniser and of the detector share: their options, how they start and how they end."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from converters import edge_weights
from tflite_ocr import files
from training.learning import depthwise, int8
from training.learning.loop import CHECKPOINT, LoopSettings, Losses, Training

WEIGHTS = "weights.pt"


@dataclass(frozen=True)
class Run:
    """One training run."""

    folder: Path  # Folder of checkpoints and figures; an existing run is resumed
    shape: Any  # Shape of the student
    settings: LoopSettings  # Length and rates
    mixture: Any  # What it learns from
    # Weights in half precision to start from, as far as they fit the shape; None for those of the teacher
    start: Path | None = None
    workers: int = 1  # Processes that prepare batches
    device: str = "cpu"  # "cpu" or "cuda"
    # Whether activations and kernels are rounded as int8 arithmetic will do it, see training.learning.int8
    rounded: bool = False

    @property
    def is_new(self) -> bool:
        """Whether there is no checkpoint yet."""
        return not (self.folder / CHECKPOINT).is_file()

    def facts(self, kind: str, **more) -> dict:
        """Facts that must match to resume a checkpoint."""
        return {"kind": kind, "shape": json.loads(json.dumps(vars(self.shape))), **more}

    def train(
        self,
        student: nn.Module,
        facts: dict,
        batches: Callable[[int], Iterable],
        losses: Callable[[Any], Losses],
        evaluate: Callable[[nn.Module], dict],
        charset: tuple[str, ...] = (),
    ) -> Path:
        """Trains a student on this run's device, or resumes that.

        Args:
            student: Filled with what it starts from, on the device or not.
            batches: From a seed to the endless stream of batches.

        Returns:
            The averaged weights in half precision, inside the run's folder.

        Raises:
            TrainingError: The checkpoint is another's.
        """
        student.to(self.device, memory_format=torch.channels_last)
        if self.rounded:
            int8.simulate(student)
        depthwise.exempt(student)
        training = Training(self.folder, student, self.settings, facts)
        training.run(batches(1000 + training.step), losses, evaluate)
        target = self.folder / WEIGHTS
        with files.replacing(target, parents=True) as file:
            edge_weights.save(file, training.average, facts["kind"], charset)
        return target


def to_input(images: torch.Tensor, device: torch.device | str) -> torch.Tensor:
    """uint8 [N, 3, H, W] -> float32 in [-1, 1]."""
    return images.to(device).float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)
