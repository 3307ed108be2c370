"""Changes between two reports as lines of text."""

from collections.abc import Sequence

from benchmarks.tools.changes import Change
from evaluation import quality

_WORDS = {False: "worse", True: "better", None: "changed"}
_TITLES = {
    "ms": "time / reference",
    "artifact_bytes": "model files",
    "installed_bytes": "installed size",
    "peak_rss_mib": "peak memory",
    "steady_rss_mib": "steady memory",
}
_UNITS = {"bytes": (" MB", 1e-6), "mib": (" MiB", 1.0)}


def table(changes: Sequence[Change]) -> str:
    """A line for each change; says so where there is none."""
    if not changes:
        return "nothing changed beyond noise"
    rows = [
        (_WORDS[change.better], change.kind, change.subject, change.place, _title(change), _values(change))
        for change in changes
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)] + [0]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)


def _title(change: Change) -> str:
    metric = quality.METRICS.get(change.measure)
    return metric.title if metric else _TITLES.get(change.measure, change.measure)


def _values(change: Change) -> str:
    if change.kind == "engine":
        return f"{change.old or 'absent'} -> {change.new or 'absent'}"
    unit, scale = _UNITS.get(change.measure.rpartition("_")[2], ("", 1.0))
    values = f"{change.old * scale:.4g} -> {change.new * scale:.4g}{unit}"
    if change.kind in ("quality", "conversion"):
        step = f"{change.new - change.old:+.4f}"
        ends = f", 95 %: {change.low:+.4f} to {change.high:+.4f}, {change.basis}"
    else:
        step = f"{100 * (change.new / change.old - 1):+.1f} %" if change.old else "from nothing"
        ends = "" if change.low is None else f", factor {change.low:.2f} to {change.high:.2f} by {change.basis}"
    return f"{values} ({step}{ends})"
