"""The report as Markdown tables for GitHub, with the plots as PNG files beside it."""

import re

from benchmarks.report import answer, circumstances, kind_tables, tables
from benchmarks.report.cells import Cell, Column, Span, Table, plain
from benchmarks.report.names import METRICS
from benchmarks.report.page import Picture, warnings
from benchmarks.report.view import View

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$&@])")


def markdown(view: View, pictures: dict[str, list[Picture]]) -> str:
    """The whole text.

    Args:
        view: View of a valid report with "derived".
        pictures: {section: its plots}.
    """
    parts = ["# Benchmark of text readers", _inline(answer.sentence(view)), _inline(circumstances.gpu_line(view))]
    parts += [f"> {_escaped(words)}" for words in warnings(view)]
    summary = tables.summary(view)
    parts += _table(summary) if summary else []
    parts += ["## Accuracy and time", *_images(pictures["accuracy"])]
    for table in tables.results(view).values():
        parts += _table(table)
    parts += _section("Kind by kind", [], kind_tables.by_kind(view))
    parts += ["## Resources", *_images(pictures["resources"]), *_table(tables.resources(view))]
    parts += _section("Scaling", pictures["scaling"], list(tables.scaling(view).values()))
    parts += _section("Networks alone", pictures["networks"], tables.networks(view))
    conversion = list(tables.conversion(view).values()) + tables.differences(view)
    parts += _section("Accuracy kept by the conversion", pictures["conversion"], conversion)
    parts.append("## What was measured, and how")
    around = [circumstances.sets(view), circumstances.left_out(view), circumstances.not_measured(view)]
    around += [circumstances.machine(view), circumstances.local_gpus(view), circumstances.recorded_gpus(view)]
    around += [circumstances.method(view), circumstances.packages(view)]
    for table in around:
        parts += _table(table) if table else []
    parts += [f"- {_escaped(note)}" for note in view.root["notes"].value]
    parts.append("\n".join(f"- **{metric.title}**: {metric.meaning}" for metric in METRICS.values()))
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, pictures: list[Picture], found: list[Table]) -> list[str]:
    parts = [f"## {title}", *_images(pictures)]
    for table in found:
        parts += _table(table)
    return parts if len(parts) > 1 else []


def _images(pictures: list[Picture]) -> list[str]:
    return [f"![{_escaped(picture.plot.full_title)}]({picture.file})" for picture in pictures]


def _table(table: Table) -> list[str]:
    if not table.rows:
        return []
    head = " | ".join(_head(column) for column in table.columns)
    ruler = "|".join("---" if column.text else "---:" for column in table.columns)
    rows = [" | ".join(map(_cell, row)) for row in table.rows]
    name = _inline(table.name) + ": " if table.name else ""
    return [f"**{name}{table.title}**", "\n".join([f"| {head} |", f"|{ruler}|", *(f"| {row} |" for row in rows)])]


def _head(column: Column) -> str:
    return _escaped(column.title) + (f"<br>{_escaped(column.unit)}" if column.unit else "")


def _cell(cell: Cell) -> str:
    """A value, its spread in brackets, remarks behind dots."""
    spans = cell.spans
    inner = _inline(spans)
    if len(spans) > 1 and spans[1].kind == "spread":
        inner = f"{_inline(spans[:1])} ({_inline(spans[2:])})"
    return " · ".join([inner, *(_inline(badge) for badge in cell.badges)])


def _inline(spans: tuple[Span, ...]) -> str:
    return _escaped(plain(spans))


def _escaped(text: str) -> str:
    """Text that Markdown and HTML leave as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.splitlines()).replace("\u2060", ""))
