"""The report in a terminal: the tables of results, narrowed to what fits there, and the notes."""

from collections.abc import Iterator

from benchmarks.report import circumstances, tables
from benchmarks.report.derive import busy, derived
from benchmarks.report.table import ABSENT, Table
from benchmarks.report.view import View
from evaluation.quality import METRICS

# Columns that a terminal has no room for, by their titles; of times alone the spread is shown.
_LEFT_OUT = {METRICS[key].title for key in ("cer", "word_order", "detection_precision", "detection_recall")}
_LEFT_OUT |= {"p95", "rounds", "device"}
_SHORT = {"bag-of-words F1": "F1", "word accuracy": "words", "exact lines": "exact", "detection H-mean": "detection"}
_TIMES = ("time", "time per image")


def text(report: dict) -> str:
    """Lines for people; the report is as schema.md describes it."""
    view = View(report | {"derived": derived(report)})
    parts = [f"{report['machine']['cpu']}, {report['machine']['cores']} cores"]
    parts += [sentence] if (sentence := busy(report)) else []
    shown = [tables.summary(view), *tables.results(view), *tables.by_kind(view), *tables.networks(view)]
    shown.append(circumstances.not_measured(view))
    parts += ["\n".join(_lines(table)) for table in shown if table]
    return "\n\n".join([*parts, "\n".join(report["notes"])]).rstrip()


def _lines(table: Table) -> Iterator[str]:
    kept = [i for i, column in enumerate(table.columns) if column.title not in _LEFT_OUT]
    rows = [[_SHORT.get(table.columns[i].title, table.columns[i].title) for i in kept]]
    for row in table.rows:
        ends = (f" ({row[i].spread})" if row[i].spread and table.columns[i].title in _TIMES else "" for i in kept)
        badges = (f" ({', '.join(row[i].badges)})" if row[i].badges else "" for i in kept)
        rows.append([row[i].text.replace(ABSENT, "-") + end + badge for i, end, badge in zip(kept, ends, badges)])
    widths = [max(len(row[place]) for row in rows) for place in range(len(kept))]
    yield f"{table.name}: {table.title}" if table.name else table.title
    for row in rows:
        cells = zip(row, widths, kept, strict=True)
        line = (cell.ljust(width) if table.columns[i].text else cell.rjust(width) for cell, width, i in cells)
        yield ("  " + "  ".join(line)).rstrip()
