"""Detection by the protocol of ICDAR 2015, made indifferent to whether words or lines are labelled and found.

The protocol (Karatzas et al., "ICDAR 2015 competition on robust reading", challenge 4): a found region and a label
match, one to one, when their intersection over union is at least 0.5; labels marked as don't care are not asked for;
a found region of which at least half the area lies on don't-cares is not counted.

Engines find lines, words or parts of lines, and sets label words (FUNSD, ICDAR) or lines (receipts). One to one, a
perfect line over five labelled words would be one wrong region and five misses. So besides single pairs these match:
- one found region with all labels that lie in it by half their area, when these stand on one line, against the hull
  of these labels (a don't-care within the line takes part and is not counted);
- one label with all found regions that lie in it by half their area, when these stand on one line, against their hull.
The threshold stays 0.5, the best matches go first, and each region and each label matches once. A region over several
rows matches none of them. Nothing depends on the text that was read.

Everything is counted in labels, so that an engine gains or loses nothing by dividing its text as the set does: a
matched line over five labelled words is five found; an unmatched one over five words is five wrong, on none it is one
wrong; unmatched pieces of one missed label are together one wrong. Where regions and labels are divided alike this is
the protocol as published; where not, the figures are higher than its, and not to be set beside a leaderboard.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from evaluation.quads import LYING_SHARE, Overlaps, iou, on_one_line, overlaps
from evaluation.texts import MatchCounts

IOU_THRESHOLD = 0.5


class _Match(NamedTuple):
    iou: float
    regions: tuple[int, ...]
    labels: tuple[int, ...]


def detection_counts(
    found: Sequence[np.ndarray], asked: Sequence[np.ndarray], ignored: Sequence[np.ndarray] = ()
) -> MatchCounts:
    """Compares found regions with labels, counted in labels; see the module for the rules.

    Args:
        found: Quads [4, 2] in pixels of the regions that were found.
        asked: Quads of the labels that are asked for.
        ignored: Quads of the don't-care labels.
    """
    asked = list(asked)
    labels = asked + list(ignored)
    table = overlaps(found, labels)
    taken_regions: set[int] = set()
    taken_labels: set[int] = set()
    matches = (match for match in _matches(found, labels, table) if match.iou >= IOU_THRESHOLD)
    for match in sorted(matches, key=lambda match: (-match.iou, match.regions, match.labels)):
        if taken_regions.isdisjoint(match.regions) and taken_labels.isdisjoint(match.labels):
            taken_regions.update(match.regions)
            taken_labels.update(match.labels)
    matched = sum(label < len(asked) for label in taken_labels)
    wrong = _wrong(table, len(asked), taken_regions, taken_labels)
    return MatchCounts(matched, matched + wrong, len(asked))


def _matches(found: Sequence[np.ndarray], labels: Sequence[np.ndarray], table: Overlaps) -> Iterator[_Match]:
    """All matches, single and merged."""
    for region, label in np.argwhere(table.iou >= IOU_THRESHOLD).tolist():
        yield _Match(table.iou[region, label], (region,), (label,))
    for region, row in enumerate(table.of_labels >= LYING_SHARE):
        members = tuple(np.flatnonzero(row).tolist())
        yield _Match(_merged_iou([labels[label] for label in members], found[region]), (region,), members)
    for label, column in enumerate((table.of_found >= LYING_SHARE).T):
        members = tuple(np.flatnonzero(column).tolist())
        yield _Match(_merged_iou([found[region] for region in members], labels[label]), members, (label,))


def _merged_iou(parts: list[np.ndarray], whole: np.ndarray) -> float:
    """Intersection over union of the hull of two or more parts of a line with the whole; 0.0 for no such line."""
    if len(parts) < 2 or not on_one_line(parts, whole):
        return 0.0
    return iou(np.concatenate([np.asarray(part).reshape(-1, 2) for part in parts]), whole)


def _wrong(table: Overlaps, asked: int, taken_regions: set[int], taken_labels: set[int]) -> int:
    """Number of wrong regions, counted in labels."""
    covered = (table.of_labels[:, :asked] >= LYING_SHARE).sum(axis=1)
    on_ignored = table.of_found[:, asked:].sum(axis=1) >= LYING_SHARE
    on_asked = table.of_found[:, :asked]
    wrong, broken_labels = 0, set()
    for region in range(len(table.found_areas)):
        if region in taken_regions or on_ignored[region]:
            continue
        under = int(on_asked[region].argmax()) if asked else None
        if covered[region] > 1:
            wrong += int(covered[region])
        elif under is not None and on_asked[region, under] >= LYING_SHARE and under not in taken_labels:
            broken_labels.add(under)
        else:
            wrong += 1
    return wrong + len(broken_labels)
