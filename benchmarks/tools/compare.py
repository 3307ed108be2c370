"""python -m benchmarks compare OLD NEW: what changed between two reports beyond noise, and which way.

benchmarks/tools/changes.py says what counts as noise.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.tools.changes import (
    FEWEST_IMAGES,
    RUN_TO_RUN,
    Change,
    amount_change,
    quality_changes,
    same_images,
    time_change,
)
from evaluation import quality
from tflite_ocr.errors import OcrError

_FILE_NAME = "report.json"
# Installed trees differ by byte-code files and the like; model files do not.
_TOLERANCES = {
    "artifact_bytes": ("size", 0.0),
    "installed_bytes": ("size", 0.01),
    "peak_rss_mib": ("memory", RUN_TO_RUN),
    "steady_rss_mib": ("memory", RUN_TO_RUN),
}
# Engines of others by which times are divided, the first that both reports have.
_REFERENCES = ("rapidocr", "onnxruntime", "tesseract", "openvino", "pytorch", "easyocr")
_NETWORK_REFERENCES = ("ONNX Runtime", "OpenVINO", "PyTorch", "TensorFlow")
_WORDS = {False: "worse", True: "better", None: "changed"}
_TITLES = {
    "ms": "time / reference",
    "artifact_bytes": "model files",
    "installed_bytes": "installed size",
    "peak_rss_mib": "peak memory",
    "steady_rss_mib": "steady memory",
    **{name: metric.title for name, metric in quality.METRICS.items()},
}
_UNITS = {"bytes": (" MB", 1e-6), "mib": (" MiB", 1.0)}


class ComparisonError(OcrError):
    """A report cannot be compared; the message names the file."""

    exit_code = 10


def arguments(add: Callable) -> None:
    add("old", type=Path, metavar="OLD", help=f"{_FILE_NAME}, or the folder that holds it")
    add("new", type=Path, metavar="NEW")
    add("--reference", metavar="ENGINE", help="id of the engine by whose time times are divided")


def run(options: argparse.Namespace) -> int:
    """Compares two reports and prints what changed; returns the exit code, 0 whether anything changed or not."""
    old, new = load(options.old), load(options.new)
    timed = sorted(set.intersection(*({row["engine"] for row in report["speed"]} for report in (old, new))))
    if options.reference and options.reference not in timed:
        known = ", ".join(timed) or "none was"
        raise OcrError(f"--reference: expected an engine timed in both reports ({known}), found {options.reference!r}")
    for title, report in (("old", old), ("new", new)):
        machine = report["machine"]
        commit = machine.get("commit") or "unknown"
        print(f"{title}: {report['created']}, {machine['cpu']}, {machine['cores']} cores, commit {commit}")
    print(*notes(old, new, options.reference), sep="\n")
    print("\n" + table(compare(old, new, options.reference)))
    return 0


def load(path: Path) -> dict:
    """Reads a finished report.

    Raises:
        ComparisonError: It is absent, no JSON, of another schema, unfinished, or does not fit its schema.
    """
    from benchmarks.report import validate

    path = Path(path) / _FILE_NAME if Path(path).is_dir() else Path(path)
    try:
        report = validate.load(path)
    except validate.ReportError as error:
        raise ComparisonError(f"{path}: {error}; `make benchmark` measures again") from None
    if not report["complete"]:
        raise ComparisonError(
            f"{path}: expected a finished report, found an interrupted one; run the same command again, it resumes"
        )
    return report


def compare(old: dict, new: dict, reference: str | None = None) -> list[Change]:
    """Everything that changed beyond noise, the worse first, then the better, then what is neither.

    Args:
        reference: Id of the engine by whose time times are divided; None for the one that reference_of chooses.
    """
    reference = reference or reference_of(old, new)
    changes = list(_engine_changes(old, new))
    for part, key in (("quality", _engine_and_set), ("conversion", _stage_and_set)):
        rows = ({key(row): row for row in report[part]} for report in (old, new))
        changes += quality_changes(
            part, *rows, lambda name: _fewest_images(old, new, name), lambda name: _may_pair(old, new, name)
        )
    changes += _speed_changes(old, new, reference)
    changes += _network_changes(old, new)
    changes += _resource_changes(old, new, reference)
    return sorted(changes, key=lambda change: list(_WORDS).index(change.better))


def reference_of(old: dict, new: dict) -> str | None:
    """The engine by whose time times are divided: one that was timed in both reports and is the same in both.

    Engines of others go first, as ours are what changes; None where no engine was timed in both.
    """
    rows = [_engines(report, recorded=False) for report in (old, new)]
    timed = [{row["engine"] for row in report["speed"]} for report in (old, new)]

    def rank(key: str) -> tuple:
        name, same = rows[0][key]["name"], rows[0][key].get("version") == rows[1][key].get("version")
        place = _REFERENCES.index(name) if name in _REFERENCES else len(_REFERENCES)
        return name == "ours", not same, place, key

    return min(rows[0].keys() & rows[1].keys() & timed[0] & timed[1], key=rank, default=None)


def notes(old: dict, new: dict, reference: str | None = None) -> list[str]:
    """What could not be compared, or only with less certainty, as sentences."""
    reference = reference or reference_of(old, new)
    sentences = ["No engine was timed in both reports: times are not compared."]
    if reference is not None:
        versions = [row.get("version") for report in (old, new) for row in report["engines"] if row["id"] == reference]
        sentences = [f"Times are compared as ratios to {reference}."]
        if versions[0] != versions[1]:
            sentences.append(f"{reference} itself went from {versions[0]} to {versions[1]}: ratios may come from that.")
    names = [{row["name"] for row in report["sets"]} for report in (old, new)]
    for only, where in ((names[0] - names[1], "old"), (names[1] - names[0], "new")):
        if only:
            sentences.append(f"Only in the {where} report, and so not compared: {', '.join(sorted(only))}.")
    few = {name for name in names[0] & names[1] if _fewest_images(old, new, name) < FEWEST_IMAGES}
    if few:
        listed = ", ".join(sorted(few))
        sentences.append(f"Too few images to judge their quality (under {FEWEST_IMAGES}): {listed}.")
    rows = [{_engine_and_set(row): row for row in report["quality"]} for report in (old, new)]
    unpaired = {
        key[1]
        for key in rows[0].keys() & rows[1].keys()
        if key[1] in names[0] and not (_may_pair(old, new, key[1]) and same_images(rows[0][key], rows[1][key]))
    }
    if unpaired - few:
        listed = ", ".join(sorted(unpaired - few))
        sentences.append(f"Not known to be the same images, and so compared by their intervals: {listed}.")
    if old["quick"] != new["quick"]:
        sentences.append("One of the reports is a quick one: few images.")
    return sentences


def table(changes: Sequence[Change]) -> str:
    """A line for each change; says so where there is none."""
    if not changes:
        return "nothing changed beyond noise"
    rows = [
        (_WORDS[one.better], one.kind, one.subject, one.place, _TITLES.get(one.measure, one.measure), _values(one))
        for one in changes
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)] + [0]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)


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


def _engine_changes(old: dict, new: dict) -> Iterator[Change]:
    """Engines that came, went, broke, work again, or have another version."""
    engines = [_engines(report) for report in (old, new)]
    for key in sorted(engines[0].keys() | engines[1].keys()):
        before, after = (rows[key]["status"] if key in rows else None for rows in engines)
        if before != after:
            # Only failures and timeouts count as regressions, missing and skipped engines do not.
            broken = [status in ("failed", "timeout") for status in (before, after)]
            better = broken[0] if broken[0] != broken[1] else None
            yield Change("engine", key, "", "status", before, after, better=better)
        elif before == "ok":
            versions = [rows[key].get("version") for rows in engines]
            if versions[0] != versions[1]:
                yield Change("engine", key, "", "version", *versions)


def _speed_changes(old: dict, new: dict, reference: str | None) -> Iterator[Change]:
    local = [_engines(report, recorded=False) for report in (old, new)]
    rows = [{_engine_and_set(row): row for row in report["speed"]} for report in (old, new)]
    for key in sorted(rows[0].keys() & rows[1].keys()):
        base = (reference, key[1])
        if key[0] != reference and all(key[0] in known for known in local) and all(base in part for part in rows):
            change = time_change("speed", *key, *((part[key], part[base]) for part in rows))
            yield from filter(None, [change])


def _network_changes(old: dict, new: dict) -> Iterator[Change]:
    """Times of networks, each group of one network and input size against one engine of its own."""
    groups = [_networks(report) for report in (old, new)]
    for title in sorted(groups[0].keys() & groups[1].keys()):
        rows = [part[title] for part in groups]
        both = sorted(rows[0].keys() & rows[1].keys())

        def rank(variant: str) -> tuple:
            row = rows[0][variant]
            place = next((i for i, name in enumerate(_NETWORK_REFERENCES) if row["engine"].startswith(name)), 9)
            return place, row["precision"] != "float32", -(row.get("threads") or 0), variant

        base = min(both, key=rank, default=None)
        for variant in both:
            if variant != base:
                pairs = ((part[variant], part[base]) for part in rows)
                yield from filter(None, [time_change("network", f"{title} {variant}", "", *pairs)])


def _networks(report: dict) -> dict[str, dict[str, dict]]:
    """Local measurements of networks, by network and input size, then by engine, precision, threads and device."""
    groups: dict[str, dict[str, dict]] = {}
    for row in report["networks"]:
        if row.get("ms") and not row["recorded"]:
            title = f"{row['model']} {row['network']} {'x'.join(map(str, row['shape']))}"
            parts = (row["engine"], row["precision"], row.get("threads") and f"{row['threads']} threads", row["device"])
            groups.setdefault(title, {})[" ".join(filter(None, parts))] = row
    return groups


def _resource_changes(old: dict, new: dict, reference: str | None) -> Iterator[Change]:
    whole = [_engines(report) for report in (old, new)]
    ok = [
        {key: row for key, row in _engines(report, recorded=False).items() if row["status"] == "ok"}
        for report in (old, new)
    ]
    for key in sorted(ok[0].keys() & ok[1].keys()):
        pair = ok[0][key], ok[1][key]
        found = [amount_change(kind, key, name, *pair, most) for name, (kind, most) in _TOLERANCES.items()]
        starts = [[rows.get(engine, {}).get("cold_start_ms") for engine in (key, reference)] for rows in whole]
        if key != reference and all(map(all, starts)):
            found.append(time_change("start", key, "", *(tuple({"ms": start} for start in part) for part in starts)))
        yield from filter(None, found)


def _engines(report: dict, recorded: bool | None = None) -> dict[str, dict]:
    """Engines by id; only those that were recorded, or not, where that is asked."""
    return {row["id"]: row for row in report["engines"] if recorded in (None, row["recorded"])}


def _engine_and_set(row: dict) -> tuple[str, str]:
    return row["engine"], row["set"]


def _stage_and_set(row: dict) -> tuple[str, str]:
    return f"{row['model']} {row['stage']} {row['precision']}", row["set"]


def _fewest_images(old: dict, new: dict, name: str) -> int:
    """Fewest images of a set in either report; of all sets together for "all"."""
    return min(sum(row["images"] for row in report["sets"] if name in (row["name"], "all")) for report in (old, new))


def _may_pair(old: dict, new: dict, name: str) -> bool:
    """Whether the digests of a set do not differ; sets without one are distinguished by the names of their images."""
    digests = [row.get("digest") for report in (old, new) for row in report["sets"] if row["name"] == name]
    return len(digests) == 2 and digests[0] == digests[1]
