"""search.json and search.md: the path that a search took, and what it found."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tflite_ocr import files

JSON_NAME, TEXT_NAME = "search.json", "search.md"
# Rows of the table of sensitivities that are shown; all of them are in the JSON file.
_SHOWN = 12


def write(folder: Path, found: Mapping) -> None:
    """Writes both files beside a manifest, each complete or not at all."""
    texts = {JSON_NAME: json.dumps(found, indent=1, ensure_ascii=False) + "\n", TEXT_NAME: as_text(found)}
    for name, text in texts.items():
        with files.replacing(folder / name) as stream:
            stream.write(text.encode())


def as_text(found: Mapping) -> str:
    """The report for people, in Markdown."""
    sets = [one["name"] for one in found["sets"]]
    images = ", ".join(f"{one['name']} ({one['images']} {one['kind']})" for one in found["sets"])
    parts = [
        f"# Search: {found['model']}",
        f"At most {found['budget']:g} points may be lost against float32 on each of: {images}.",
        "```sh\n" + found["command"] + "\n```",
        "## Found",
        _table(
            ["network", "pruning", "precision of its layers", "ms", "of float32", "MB"],
            [_chosen(one) for one in found["networks"]],
        ),
        _sentence(found, sets),
        "## Path",
        _table(
            ["", "network", "pruning", "tried", *sets, "points lost", "ms", "of float32", "MB", "decision"],
            [_step(number, step, sets) for number, step in enumerate(found["steps"], 1)],
        ),
    ]
    for one in found["sensitivity"]:
        parts += [f"## Layers of {one['network']}, {one['pruning']}, each alone in int8", _sensitivity(one["layers"])]
    return "\n\n".join(parts) + "\n"


def _sentence(found: Mapping, sets: Sequence[str]) -> str:
    pairs = [f"{name} {found['baseline'][name]:.2f} -> {found['accuracy'][name]:.2f} %" for name in sets]
    return f"Accuracy, float32 -> found: {', '.join(pairs)}."


def _chosen(one: Mapping) -> list[str]:
    return [one["network"], one["pruning"], _layers(one["layers"]), *_latency(one["latency"]), _mb(one["size_bytes"])]


def _layers(layers: Mapping[str, str]) -> str:
    if "all" in layers:
        return layers["all"]
    names = list(layers.values())
    most = max(dict.fromkeys(names), key=names.count)
    others = [f"{precision}: {name}" for name, precision in layers.items() if precision != most]
    return f"{most} ({names.count(most)} layers)" + "".join(f"<br>{other}" for other in others)


def _step(number: int, step: Mapping, sets: Sequence[str]) -> list[str]:
    lost = "" if step["loss"] is None else f"{step['loss']:.2f}"
    read = [f"{step['accuracy'][name]:.2f}" if name in step["accuracy"] else "" for name in sets]
    first = [str(number), step["network"] or "all", step["pruning"], step["tried"]]
    return [*first, *read, lost, *_latency(step["latency"]), _mb(step["size_bytes"]), step["decision"]]


def _latency(latency: Mapping | None) -> list[str]:
    return [f"{latency['ms']:.2f}", f"{latency['ratio']:.2f}"] if latency else ["", ""]


def _mb(size: int) -> str:
    return f"{size / 1e6:.2f}" if size else ""


def _sensitivity(layers: Sequence[Mapping]) -> str:
    total = max(1, sum(one["multiplications"] for one in layers))
    rows = [
        [one["layer"], f"{one['noise']:.2e}", f"{100 * one['multiplications'] / total:.1f} %"]
        for one in layers[:_SHOWN]
    ]
    text = _table(["layer", "noise to signal", "of all multiplications"], rows)
    left = len(layers) - len(rows)
    return text + (f"\n\n{left} more, less sensitive, are in {JSON_NAME}." if left else "")


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
