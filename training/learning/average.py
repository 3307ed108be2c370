"""One recogniser from several that came from one another: the mean of their weights (model soups, arXiv 2203.05482)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from converters import edge_weights
from tflite_ocr import files
from training.errors import TrainingError
from training.teacher import growth


def average(paths: Sequence[Path], target: Path, shares: Sequence[float] = ()) -> None:
    """Writes the mean of recognisers' weights, which costs no time when the network runs.

    Args:
        paths: `weights.pt` of runs of which one started from another, or all from a third; others have no mean that
            reads. Those with fewer frames a column than the first, or another charset, are grown to it.
        shares: What each counts, adding up to 1; empty for all the same.

    Raises:
        TrainingError: Sizes differ, or shares do not fit.
        ConversionError: A file is absent or holds something else.
    """
    shares = shares or [1 / len(paths)] * len(paths)
    if len(shares) != len(paths) or abs(sum(shares) - 1) > 1e-3:
        raise TrainingError(f"expected a share of each of {len(paths)} files that add up to 1, found {list(shares)}")
    (mean, charset), *others = [edge_weights.recognizer(path) for path in paths]
    states = [mean.state_dict()]
    for path, (model, known) in zip(paths[1:], others, strict=True):
        if replace(model.shape, frames=mean.shape.frames) != mean.shape or model.shape.frames > mean.shape.frames:
            raise TrainingError(f"{path}: expected sizes of {paths[0]}, found others")
        same = known == charset and model.shape == mean.shape
        states.append(model.state_dict() if same else growth.grown(model, known, mean.shape.frames, charset))
    mean.load_state_dict(
        {name: sum(share * state[name] for share, state in zip(shares, states, strict=True)) for name in states[0]}
    )
    with files.replacing(target, parents=True) as file:
        edge_weights.save(file, mean, edge_weights.RECOGNIZER, charset)
