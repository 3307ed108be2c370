"""The report as Markdown tables for GitHub, with the plots as PNG files beside it."""

import re
from collections.abc import Sequence

from benchmarks.report import circumstances, tables
from benchmarks.report.page import PlotPicture, warnings
from benchmarks.report.table import Cell, Column, Table
from benchmarks.report.view import View, answer
from evaluation.quality import METRICS

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$&@])")


def markdown(view: View, pictures: dict[str, list[PlotPicture]]) -> str:
    """The whole text."""
    conversion = tables.conversion(view) + tables.differences(view)
    around = [circumstances.sets(view), circumstances.left_out(view), circumstances.not_measured(view)]
    around += [circumstances.machine(view), circumstances.local_gpus(view), circumstances.recorded_gpus(view)]
    around += [circumstances.method(view), circumstances.packages(view)]
    sentence = "".join(text for text, _ in answer(view))
    parts = ["# Benchmark of text readers", _escaped(sentence), _escaped(circumstances.gpu_line(view))]
    parts += [f"> {_escaped(warning)}" for warning in warnings(view)]
    parts += _table(tables.summary(view))
    parts += ["## Accuracy and time", *_section("", pictures["accuracy"], tables.results(view))]
    parts += _section("Kind by kind", [], tables.by_kind(view))
    parts += ["## Resources", *_section("", pictures["resources"], [tables.resources(view)])]
    parts += _section("Scaling", pictures["scaling"], tables.scaling(view))
    parts += _section("Networks alone", pictures["networks"], tables.networks(view))
    parts += _section("Accuracy kept by the conversion", pictures["conversion"], conversion)
    parts += _section("What was measured, and how", [], around)
    parts += [f"- {_escaped(note)}" for note in view.report["notes"]]
    parts.append("\n".join(f"- **{metric.title}**: {metric.meaning}" for metric in METRICS.values()))
    return "\n\n".join(parts) + "\n"


def _section(title: str, pictures: list[PlotPicture], found: Sequence[Table | None]) -> list[str]:
    """Pictures and tables below a heading; nothing without any."""
    parts = [f"![{_escaped(picture.plot.full_title)}]({picture.file})" for picture in pictures]
    parts += [part for table in found for part in _table(table)]
    return [f"## {title}", *parts] if title and parts else parts


def _table(table: Table | None) -> list[str]:
    if table is None:
        return []
    head = " | ".join(_head(column) for column in table.columns)
    ruler = "|".join("---" if column.text else "---:" for column in table.columns)
    rows = [" | ".join(map(_cell, row)) for row in table.rows]
    name = _escaped(table.name) + ": " if table.name else ""
    return [f"**{name}{table.title}**", "\n".join([f"| {head} |", f"|{ruler}|", *(f"| {row} |" for row in rows)])]


def _head(column: Column) -> str:
    return _escaped(column.title) + (f"<br>{_escaped(column.unit)}" if column.unit else "")


def _cell(cell: Cell) -> str:
    """A value, its spread in brackets, remarks behind dots."""
    ends = f" ({cell.spread})" if cell.spread else ""
    return " · ".join([_escaped(cell.text) + ends, *map(_escaped, cell.badges)])


def _escaped(text: str) -> str:
    """Text that Markdown and HTML leave as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.splitlines()).replace("\u2060", ""))
