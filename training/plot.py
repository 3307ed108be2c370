"""The picture of a training run: its losses and its figures on the development sets over the steps."""

import csv
from pathlib import Path

from matplotlib.figure import Figure

from training import atomic
from training.errors import TrainingError

# Begins the names of the figures on development sets; the other columns are losses, but for these.
DEV = "dev_"
_NO_LOSSES = ("step", "seconds", "rate", "norm")


def draw(figures: Path, target: Path) -> None:
    """Draws the rows of a run as PNG: losses on a logarithmic axis above, development figures below.

    Args:
        figures: The CSV that training.loop writes: a header, then a row an evaluation.
        target: Of the PNG, written whole or not at all.

    Raises:
        TrainingError: The file has no rows.
    """
    with figures.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise TrainingError(f"{figures}: expected at least one row of figures, found none")
    steps = [int(row["step"]) for row in rows]
    scores = [name for name in rows[0] if name.startswith(DEV)]
    losses = [name for name in rows[0] if name not in (*_NO_LOSSES, *scores)]
    figure = Figure(figsize=(8, 6 if scores else 3.2), layout="constrained")
    axes = figure.subplots(2 if scores else 1, 1, sharex=True, squeeze=False)[:, 0]
    for axis, names in zip(axes, (losses, scores)):
        for name in names:
            axis.plot(steps, [float(row[name]) for row in rows], marker=".", label=name.removeprefix(DEV))
        axis.grid(alpha=0.3)
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes[0].set_yscale("log")
    axes[0].set_ylabel("loss")
    axes[-1].set_xlabel("step")
    if scores:
        axes[1].set_ylabel("development sets")
    with atomic.written(target) as file:
        figure.savefig(file, format="png", dpi=120)
