"""What changed between two reports beyond noise: figures of quality, times, sizes.

Quality: on the same images with counts of each (see quality.counts_as_json), the paired difference's bootstrap
interval has to exclude zero; otherwise the interval of the difference of two independent figures, made of both
intervals (Zou and Donner, "Construction of confidence limits about effect measures", 2008). Sets of fewer than five
images are not judged.

Times: machines differ, and one machine differs from hour to hour, so an engine's time is divided by that of a
reference engine in the same report. The ratio has to change by more than 10 %, which is how far it goes from run to
run of the same code, and by more than the scatter within the runs lets expect.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from evaluation import quality
from evaluation.bootstrap import RESAMPLES, SEED, differences

FEWEST_IMAGES = 5
# Ratios between engines agree within this from run to run.
RUN_TO_RUN = 0.10
_FEWEST_SAMPLES = 3
_ALL = "all"


@dataclass(frozen=True)
class Change:
    """Something that differs between two reports by more than noise.

    Attributes:
        kind: "quality", "conversion", "speed", "network", "start", "memory", "size" or "engine".
        subject: An engine's id, or a line that says which network, or which stage of a conversion.
        place: Name of the set, "all", or "".
        measure: A metric's name, "ms", "peak_rss_mib", "artifact_bytes", "status", "version" ...
        old: In the old report; times are ratios to the reference engine.
        new: In the new report.
        low: Lower end of the interval: of new - old for quality, of new / old for times; None where there is none.
        high: Upper end.
        better: Whether it is for the better; None where that cannot be said.
        basis: How it was judged: "paired", "intervals", "samples", "spread" or "tolerance".
    """

    kind: str
    subject: str
    place: str
    measure: str
    old: float | str | None
    new: float | str | None
    low: float | None = None
    high: float | None = None
    better: bool | None = None
    basis: str = ""


def quality_changes(
    kind: str,
    old: dict[tuple[str, str], dict],
    new: dict[tuple[str, str], dict],
    images: Callable[[tuple[str, str]], int],
    comparable: Callable[[str], bool],
) -> list[Change]:
    """Metrics that changed.

    Args:
        kind: Kind of the changes, "quality" or "conversion".
        old: Rows with "metrics" and perhaps "counts", by (subject, set).
        new: The same of the new report.
        images: Fewest images of a row in either report, from its key.
        comparable: Whether a set, given by name, has the same images in both reports as far as the reports say.
    """
    changes = []
    for key in sorted(old.keys() & new.keys()):
        subject, place = key
        if images(key) < FEWEST_IMAGES:
            continue
        paired = _paired(old, new, subject, place, comparable)
        for name, metric in quality.METRICS.items():
            before, after = (row[key]["metrics"].get(name) for row in (old, new))
            if before is None or after is None:
                continue
            ends = paired[name] if paired else _independent(before, after)
            if ends is None or ends[0] <= 0 <= ends[1]:
                continue
            rises = after["value"] > before["value"]
            basis = "paired" if paired else "intervals"
            changes.append(
                Change(
                    kind,
                    subject,
                    place,
                    name,
                    before["value"],
                    after["value"],
                    *ends,
                    rises == metric.higher_is_better,
                    basis,
                )
            )
    return changes


def time_change(kind: str, subject: str, place: str, old: tuple[dict, dict], new: tuple[dict, dict]) -> Change | None:
    """The change of a time against a reference, or None.

    Args:
        kind: Kind of the change.
        subject: Subject of the change.
        place: Place of the change.
        old: (row of the subject, row of the reference) with "ms" and perhaps "samples_ms".
        new: The same of the new report.
    """
    before, after = (pair[0]["ms"]["median"] / pair[1]["ms"]["median"] for pair in (old, new))
    factor = after / before
    ends, basis = _factor_ends([*new, *old])
    if abs(math.log(factor)) <= math.log1p(RUN_TO_RUN) or (ends and ends[0] <= 1 <= ends[1]):
        return None
    return Change(kind, subject, place, "ms", before, after, *(ends or (None, None)), factor < 1, basis)


def amount_change(kind: str, subject: str, measure: str, old: dict, new: dict, tolerance: float) -> Change | None:
    """The change of a size, better when smaller, by more than a share of the old one; None where one is not known."""
    before, after = old.get(measure), new.get(measure)
    if before is None or after is None or abs(after - before) <= tolerance * before:
        return None
    return Change(kind, subject, "", measure, before, after, better=after < before, basis="tolerance")


def same_images(old: dict, new: dict) -> bool:
    """Whether two rows have counts of the same images in the same order."""
    first, second = old.get("counts"), new.get("counts")
    return bool(first and second) and all(first[part] == second[part] for part in ("images", "columns"))


def _paired(
    old: dict, new: dict, subject: str, place: str, comparable: Callable[[str], bool]
) -> dict[str, tuple[float, float] | None] | None:
    """Intervals of the paired differences of all metrics; None where the images are not known to be the same."""
    sets = _sets_of(old, subject) if place == _ALL else [place]
    if place == _ALL and sets != _sets_of(new, subject):
        return None
    keys = [(subject, name) for name in sets]
    if not keys or not all(comparable(name) for name in sets) or not all(same_images(old[k], new[k]) for k in keys):
        return None
    if any(old[key]["counts"]["columns"] != list(quality.COLUMNS) for key in keys):
        return None
    counts = [[_as_array(rows[key]["counts"]) for key in keys] for rows in (old, new)]
    found = differences(*counts, *quality.ratios())
    return {name: None if d is None else (d.low, d.high) for name, d in zip(quality.METRICS, found, strict=True)}


def _sets_of(rows: Iterable[tuple[str, str]], subject: str) -> list[str]:
    return sorted(name for owner, name in rows if owner == subject and name != _ALL)


def _as_array(counts: dict) -> np.ndarray:
    return np.array([[np.nan if value is None else value for value in row] for row in counts["rows"]], np.float64)


def _independent(old: dict, new: dict) -> tuple[float, float] | None:
    """Interval of the difference of two independent figures; None where one has no interval."""
    if any(figure[end] is None for figure in (old, new) for end in ("low", "high")):
        return None
    difference = new["value"] - old["value"]
    down = math.hypot(new["value"] - new["low"], old["high"] - old["value"])
    up = math.hypot(new["high"] - new["value"], old["value"] - old["low"])
    return difference - down, difference + up


def _factor_ends(rows: list[dict]) -> tuple[tuple[float, float] | None, str]:
    """Interval of (new / its reference) / (old / its reference), rows in that order, and what it was made of."""
    if all(len(row.get("samples_ms") or ()) >= _FEWEST_SAMPLES for row in rows):
        medians = [_drawn_medians(row["samples_ms"], index) for index, row in enumerate(rows)]
        factors = medians[0] / medians[1] / (medians[2] / medians[3])
        low, high = np.percentile(factors, [2.5, 97.5])
        return (float(low), float(high)), "samples"
    spreads = [(row["ms"].get("low"), row["ms"].get("high")) for row in rows]
    if any(not low or not high for low, high in spreads):
        return None, "tolerance"
    (new, new_base, old, old_base) = spreads
    return (new[0] / new_base[1] / (old[1] / old_base[0]), new[1] / new_base[0] / (old[0] / old_base[1])), "spread"


def _drawn_medians(samples: list[float], index: int) -> np.ndarray:
    rng = np.random.default_rng((SEED, index))
    return np.median(rng.choice(samples, (RESAMPLES, len(samples))), axis=1)
