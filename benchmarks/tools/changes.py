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
from collections.abc import Callable, Iterator
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
    """Something that differs between two reports by more than noise."""

    kind: str  # "quality", "conversion", "speed", "network", "start", "memory", "size" or "engine"
    subject: str  # An engine's id, or a line that says which network, or which stage of a conversion
    place: str  # Name of the set, "all", or ""
    measure: str  # A metric's name, "ms", "peak_rss_mib", "artifact_bytes", "status", "version"
    old: float | str | None  # In the old report; times are ratios to the reference engine
    new: float | str | None  # In the new report
    # Lower end of the interval: of new - old for quality, of new / old for times; None where there is none
    low: float | None = None
    high: float | None = None  # Upper end
    better: bool | None = None  # Whether it is for the better; None where that cannot be said
    basis: str = ""  # How it was judged: "paired", "intervals", "samples", "spread" or "tolerance"


def quality_changes(
    kind: str,
    old: dict[tuple[str, str], dict],
    new: dict[tuple[str, str], dict],
    images: Callable[[str], int],
    comparable: Callable[[str], bool],
) -> Iterator[Change]:
    """Metrics that changed.

    Args:
        old: Rows with "metrics" and perhaps "counts", by (subject, set).
        images: Fewest images of a set, given by name, in either report.
        comparable: Whether a set, given by name, has the same images in both reports as far as the reports say.
    """
    for key in sorted(old.keys() & new.keys()):
        if images(key[1]) < FEWEST_IMAGES:
            continue
        paired = _paired(old, new, *key, comparable)
        for name, metric in quality.METRICS.items():
            before, after = (row[key]["metrics"].get(name) for row in (old, new))
            if before is None or after is None:
                continue
            ends = paired[name] if paired else _independent(before, after)
            if ends and not ends[0] <= 0 <= ends[1]:
                values = before["value"], after["value"]
                better = (values[1] > values[0]) == metric.higher_is_better
                yield Change(kind, *key, name, *values, *ends, better, "paired" if paired else "intervals")


def time_change(kind: str, subject: str, place: str, old: tuple[dict, dict], new: tuple[dict, dict]) -> Change | None:
    """The change of a time against a reference, or None.

    Args:
        old: (row of the subject, row of the reference) with "ms" and perhaps "samples_ms".
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
    sets, others = (
        sorted(name for owner, name in rows if owner == subject and name != _ALL) if place == _ALL else [place]
        for rows in (old, new)
    )
    keys = [(subject, name) for name in sets]
    if not keys or sets != others or not all(comparable(name) for name in sets):
        return None
    if not all(
        same_images(old[key], new[key]) and old[key]["counts"]["columns"] == list(quality.COLUMNS) for key in keys
    ):
        return None
    counts = [[np.array(rows[key]["counts"]["rows"], np.float64) for key in keys] for rows in (old, new)]
    found = differences(*counts, *quality.ratios())
    return {name: None if d is None else (d.low, d.high) for name, d in zip(quality.METRICS, found, strict=True)}


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
        draws = (np.random.default_rng((SEED, index)).choice for index in range(len(rows)))
        samples = [row["samples_ms"] for row in rows]
        medians = [np.median(draw(own, (RESAMPLES, len(own))), axis=1) for draw, own in zip(draws, samples)]
        factors = medians[0] / medians[1] / (medians[2] / medians[3])
        low, high = np.percentile(factors, [2.5, 97.5])
        return (float(low), float(high)), "samples"
    spreads = [(row["ms"].get("low"), row["ms"].get("high")) for row in rows]
    if any(not low or not high for low, high in spreads):
        return None, "tolerance"
    (new, new_base, old, old_base) = spreads
    return (new[0] / new_base[1] / (old[1] / old_base[0]), new[1] / new_base[0] / (old[0] / old_base[1])), "spread"
