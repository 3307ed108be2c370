"""The picture of a training run: its losses and its figures on development sets over the steps."""

import csv
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from tflite_ocr import files
from training.errors import TrainingError


def draw(figures: Path, target: Path, losses: Sequence[str], scores: Sequence[str]) -> None:
    """Draws the rows of a run as PNG: losses above, on a logarithmic axis where all are positive, scores below.

    Args:
        figures: The CSV that training.learning.loop writes: a header, then a row an evaluation.
        losses: Names of columns; at least one.
        scores: Likewise of the figures on development sets; none for no plot of them.

    Raises:
        TrainingError: The file has no rows, or not these columns, or something else than numbers in them.
    """
    with figures.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in ("step", *losses, *scores) if not rows or name not in rows[0]]
    if missing:
        raise TrainingError(f"{figures}: expected rows with {', '.join(missing)}, found {len(rows)} without")
    try:
        values = {name: [float(row[name] or "nan") for row in rows] for name in ("step", *losses, *scores)}
    except ValueError as error:
        raise TrainingError(f"{figures}: expected numbers: {error}") from None
    parts = {"loss": losses} | ({"development sets": scores} if scores else {})
    picture = Figure(figsize=(8, 3.5 * len(parts)), layout="constrained")
    for axes, (title, names) in zip(picture.subplots(len(parts), squeeze=False)[:, 0], parts.items(), strict=True):
        for name in names:
            axes.plot(values["step"], values[name], marker=".", label=name)
        axes.set(xlabel="step", ylabel=title)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        if title == "loss" and not any(value <= 0 for name in names for value in values[name]):
            axes.set_yscale("log")
    with files.replacing(target, parents=True) as file:
        picture.savefig(file, format="png")
