"""python -m benchmarks compare OLD NEW: what changed between two reports beyond noise, and which way.

benchmarks/tools/changes.py says what counts as noise.
"""

import argparse
import json
import sys
from collections.abc import Iterator
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
from benchmarks.tools.compare_text import table
from tflite_ocr.errors import OcrError

SCHEMA = 1
REPORT_FILE_NAME = "report.json"
# Installed trees differ by byte-code files and the like; model files do not.
_INSTALLED_TOLERANCE = 0.01
# Engines of others by which times are divided, the first that both reports have.
_REFERENCES = ("rapidocr", "onnxruntime", "tesseract", "openvino", "pytorch", "easyocr")
_NETWORK_REFERENCES = ("ONNX Runtime", "OpenVINO", "PyTorch", "TensorFlow")


class ComparisonError(OcrError):
    """A report cannot be compared; the message names the file."""

    exit_code = 10


def load(path: Path) -> dict:
    """Reads a finished report.

    Args:
        path: report.json, or the folder that holds it.

    Raises:
        ComparisonError: It is absent, no JSON, of another schema, unfinished, or does not fit its schema.
    """
    from benchmarks.report import validate

    path = Path(path) / REPORT_FILE_NAME if Path(path).is_dir() else Path(path)
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ComparisonError(f"{path}: expected a report, found no such file; `make benchmark` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ComparisonError(f"{path}: expected a report that can be read, found: {error}") from None
    except ValueError as error:
        raise ComparisonError(f"{path}: expected JSON, found {error}; half written? Measure again") from None
    version = report.get("schema") if isinstance(report, dict) else None
    if version != SCHEMA:
        raise ComparisonError(
            f"{path}: expected a report of schema {SCHEMA}, found {version!r}; measure again with "
            "this version, or compare with the version that made it"
        )
    if report.get("complete") is not True:
        raise ComparisonError(
            f"{path}: expected a finished report, found an interrupted one; run the same command again, it resumes"
        )
    try:
        validate.check(report)
    except validate.ReportError as error:
        raise ComparisonError(f"{path}: {error}") from None
    return report


def compare(old: dict, new: dict, reference: str | None = None) -> list[Change]:
    """Everything that changed beyond noise, the worse first, then the better, then what is neither.

    Args:
        old: A report that fits the schema.
        new: Another.
        reference: Id of the engine by whose time times are divided; None for the one that reference_of chooses.
    """
    reference = reference or reference_of(old, new)
    engines = [{row["id"]: row for row in report["engines"]} for report in (old, new)]
    changes = [
        *_engine_changes(*engines),
        *quality_changes(
            "quality",
            *(_by(report, "quality", _engine_and_set) for report in (old, new)),
            lambda key: _fewest_images(old, new, key[1]),
            lambda name: _may_pair(old, new, name),
        ),
        *quality_changes(
            "conversion",
            *(_by(report, "conversion", _stage_and_set) for report in (old, new)),
            lambda key: _fewest_images(old, new, key[1]),
            lambda name: _may_pair(old, new, name),
        ),
        *_speed_changes(old, new, reference),
        *_network_changes(old, new),
        *_resource_changes(*engines, reference),
    ]
    order = {False: 0, True: 1, None: 2}
    return sorted(changes, key=lambda change: order[change.better])


def reference_of(old: dict, new: dict) -> str | None:
    """The engine by whose time times are divided: one that was timed in both reports and is the same in both.

    Engines of others go first, as ours are what changes; None where no engine was timed in both.
    """
    rows = [{row["id"]: row for row in report["engines"]} for report in (old, new)]
    timed = [{row["engine"] for row in report["speed"]} for report in (old, new)]
    both = [
        key
        for key in rows[0].keys() & rows[1].keys() & timed[0] & timed[1]
        if not rows[0][key]["recorded"] and not rows[1][key]["recorded"]
    ]

    def rank(key: str) -> tuple:
        name, same = rows[0][key]["name"], rows[0][key].get("version") == rows[1][key].get("version")
        place = _REFERENCES.index(name) if name in _REFERENCES else len(_REFERENCES)
        return name == "ours", not same, place, key

    return min(both, key=rank, default=None)


def notes(old: dict, new: dict, reference: str | None = None) -> list[str]:
    """What could not be compared, or only with less certainty, as sentences."""
    reference = reference or reference_of(old, new)
    sentences = []
    if reference is None:
        sentences.append("No engine was timed in both reports: times are not compared.")
    else:
        versions = [row.get("version") for report in (old, new) for row in report["engines"] if row["id"] == reference]
        sentences.append(f"Times are compared as ratios to {reference}.")
        if versions[0] != versions[1]:
            sentences.append(f"{reference} itself went from {versions[0]} to {versions[1]}: ratios may come from that.")
    names = [{row["name"]: row for row in report["sets"]} for report in (old, new)]
    for only, where in ((names[0].keys() - names[1].keys(), "old"), (names[1].keys() - names[0].keys(), "new")):
        if only:
            sentences.append(f"Only in the {where} report, and so not compared: {', '.join(sorted(only))}.")
    few = sorted(name for name in names[0].keys() & names[1].keys() if _fewest_images(old, new, name) < FEWEST_IMAGES)
    if few:
        sentences.append(f"Too few images to judge their quality (under {FEWEST_IMAGES}): {', '.join(few)}.")
    rows = [_by(report, "quality", _engine_and_set) for report in (old, new)]
    unpaired = {
        key[1]
        for key in rows[0].keys() & rows[1].keys()
        if key[1] in names[0] and not (_may_pair(old, new, key[1]) and same_images(rows[0][key], rows[1][key]))
    }
    if unpaired - set(few):
        listed = ", ".join(sorted(unpaired - set(few)))
        sentences.append(f"Not known to be the same images, and so compared by their intervals: {listed}.")
    if old["quick"] != new["quick"]:
        sentences.append("One of the reports is a quick one: few images.")
    return sentences


def main(arguments: list[str] | None = None) -> int:
    """Compares two reports and prints what changed; returns the exit code, 0 whether anything changed or not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks compare", description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path, metavar="OLD", help=f"{REPORT_FILE_NAME}, or the folder that holds it")
    parser.add_argument("new", type=Path, metavar="NEW")
    parser.add_argument("--reference", metavar="ENGINE", help="id of the engine by whose time times are divided")
    options = parser.parse_args(arguments)
    try:
        old, new = load(options.old), load(options.new)
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    timed = sorted({row["engine"] for row in old["speed"]} & {row["engine"] for row in new["speed"]})
    if options.reference and options.reference not in timed:
        known = ", ".join(timed) or "none was"
        parser.error(f"--reference: expected an engine timed in both reports ({known}), found {options.reference!r}")
    for title, report in (("old", old), ("new", new)):
        machine = report["machine"]
        print(
            f"{title}: {report['created']}, {machine['cpu']}, {machine['cores']} cores, "
            f"commit {machine.get('commit') or 'unknown'}"
        )
    print(*notes(old, new, options.reference), sep="\n")
    print("\n" + table(compare(old, new, options.reference)))
    return 0


def _engine_changes(old: dict[str, dict], new: dict[str, dict]) -> Iterator[Change]:
    """Engines that came, went, broke, work again, or have another version."""
    for key in sorted(old.keys() | new.keys()):
        before, after = (rows[key]["status"] if key in rows else None for rows in (old, new))
        if before != after:
            # Only failures and timeouts count as regressions, missing and skipped engines do not.
            broken = [status in ("failed", "timeout") for status in (before, after)]
            better = broken[0] if broken[0] != broken[1] else None
            yield Change("engine", key, "", "status", before, after, better=better)
        elif before == "ok" and old[key].get("version") != new[key].get("version"):
            yield Change("engine", key, "", "version", old[key].get("version"), new[key].get("version"))


def _speed_changes(old: dict, new: dict, reference: str | None) -> Iterator[Change]:
    rows = [_by(report, "speed", _engine_and_set) for report in (old, new)]
    recorded = {row["id"] for report in (old, new) for row in report["engines"] if row["recorded"]}
    for key in sorted(rows[0].keys() & rows[1].keys()):
        base = (reference, key[1])
        if key[0] == reference or key[0] in recorded or base not in rows[0] or base not in rows[1]:
            continue
        change = time_change("speed", *key, *((part[key], part[base]) for part in rows))
        if change:
            yield change


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
                change = time_change("network", f"{title} {variant}", "", *pairs)
                if change:
                    yield change


def _networks(report: dict) -> dict[str, dict[str, dict]]:
    """Local measurements of networks, by network and input size, then by engine, precision, threads and device."""
    groups: dict[str, dict[str, dict]] = {}
    for row in report["networks"]:
        if row.get("ms") and not row["recorded"]:
            title = f"{row['model']} {row['network']} {'x'.join(map(str, row['shape']))}"
            parts = (row["engine"], row["precision"], row.get("threads") and f"{row['threads']} threads", row["device"])
            groups.setdefault(title, {})[" ".join(str(part) for part in parts if part)] = row
    return groups


def _resource_changes(old: dict[str, dict], new: dict[str, dict], reference: str | None) -> Iterator[Change]:
    for key in sorted(old.keys() & new.keys()):
        pair = old[key], new[key]
        if pair[0]["status"] != "ok" or pair[1]["status"] != "ok" or pair[0]["recorded"] or pair[1]["recorded"]:
            continue
        found = [
            amount_change("size", key, "artifact_bytes", *pair, 0),
            amount_change("size", key, "installed_bytes", *pair, _INSTALLED_TOLERANCE),
            amount_change("memory", key, "peak_rss_mib", *pair, RUN_TO_RUN),
            amount_change("memory", key, "steady_rss_mib", *pair, RUN_TO_RUN),
        ]
        starts = [
            rows[engine].get("cold_start_ms") if engine in rows else None
            for rows in (old, new)
            for engine in (key, reference)
        ]
        if key != reference and all(starts):
            timed = [{"ms": start} for start in starts]
            found.append(time_change("start", key, "", tuple(timed[:2]), tuple(timed[2:])))
        yield from (change for change in found if change)


def _by(report: dict, part: str, key) -> dict[tuple[str, str], dict]:
    return {key(row): row for row in report[part]}


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
