"""The picture of a training run: its losses and its figures on development sets over the steps."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import vl_convert

from tflite_ocr import files
from training.errors import TrainingError

_WIDTH, _HEIGHT = 640, 220  # of each of the two plots, in pixels
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def draw(figures: Path, target: Path, losses: Sequence[str], scores: Sequence[str]) -> None:
    """Draws the rows of a run as PNG: losses above, on a logarithmic axis where all are positive, scores below.

    Args:
        figures: The CSV that training.learning.loop writes: a header, then a row an evaluation.
        target: Path of the PNG, written whole or not at all.
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
        parts = [_plot(rows, losses, "loss")]
        if scores:
            parts.append(_plot(rows, scores, "development sets"))
    except ValueError as error:
        raise TrainingError(f"{figures}: expected numbers: {error}") from None
    spec = {
        "$schema": _SCHEMA,
        "vconcat": parts,
        "resolve": {"scale": {"color": "independent"}},
        "background": "white",
        "config": {"view": {"stroke": None}, "legend": {"title": None}},
    }
    with files.replacing(target, parents=True) as file:
        file.write(vl_convert.vegalite_to_png(spec, scale=1.5))


def _plot(rows: Sequence[dict[str, str]], names: Sequence[str], title: str) -> dict:
    values = [
        {"step": int(row["step"]), "name": name, "value": float(row[name] or "nan")} for row in rows for name in names
    ]
    values = [one for one in values if math.isfinite(one["value"])]
    positive = all(one["value"] > 0 for one in values)
    scale = {"type": "log" if title == "loss" and positive else "linear", "zero": False}
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "data": {"values": values},
        "mark": {"type": "line", "point": {"size": 20}},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "step", "scale": {"zero": False, "nice": False}},
            "y": {"field": "value", "type": "quantitative", "title": title, "scale": scale},
            "color": {"field": "name", "type": "nominal", "sort": None},
        },
    }
