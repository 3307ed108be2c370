"""One recogniser from several that came from one another: the mean of their weights (model soups, arXiv 2203.05482)."""

from collections.abc import Sequence
from pathlib import Path

import torch

from converters import edge_weights
from tflite_ocr import files
from training.errors import TrainingError


def average(paths: Sequence[Path], target: Path) -> None:
    """Writes the mean of recognisers' weights, which costs no time when the network runs.

    Args:
        paths: `weights.pt` of runs of which one started from another, or all from a third; others have no mean that
            reads.
        target: Written whole or not at all.

    Raises:
        TrainingError: Sizes or charsets differ.
        ConversionError: A file is absent or holds something else.
    """
    (mean, charset), *others = [edge_weights.recognizer(path) for path in paths]
    for path, (model, known) in zip(paths[1:], others, strict=True):
        if model.shape != mean.shape or known != charset:
            raise TrainingError(f"{path}: expected sizes and charset of {paths[0]}, found others")
    states = [model.state_dict() for model in (mean, *(model for model, _ in others))]
    mean.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    with files.replacing(target, parents=True) as file:
        edge_weights.save(file, mean, edge_weights.RECOGNIZER, charset)
