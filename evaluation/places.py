"""Read text against the labels of the place where it was read.

Found regions and labels of which one lies in the other by half its area belong together, in groups that are as large
as the engine's and the set's divisions of the text into lines and words make them. In each group the texts are joined
in reading order and compared. A label in no group counts all its characters as missed, a found text in no group as
inserted. A don't-care label in a group costs nothing: insertions are free there, as its text is not known. Found text
of which half the area lies on don't-cares and that belongs to no other label is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evaluation import texts
from evaluation.labels import Label
from evaluation.quads import LYING_SHARE, Overlaps
from tflite_ocr.geometry import reading_order


class FoundText(Protocol):
    """What is asked of a line that an engine found: its text, and four corners [4, 2] in pixels or None."""

    text: str
    quad: np.ndarray | None


@dataclass(frozen=True)
class PlaceCounts:
    """Counts of one image."""

    edits: int  # Least number of characters to insert, delete or replace
    characters: int  # True characters; equal for all engines
    exact: int  # Labels whose letters and digits were read exactly
    exact_asked: int  # Labels that have letters or digits


def place_counts(
    found: Sequence[FoundText], labels: Sequence[Label], table: Overlaps, excused: np.ndarray
) -> PlaceCounts:
    """Compares what was read in an image with its labels, place by place.

    Args:
        found: Lines that were read, all with quads.
        labels: Labels with quads, the don't-cares among them.
        table: Overlaps of both.
        excused: bool [found], which of them lie on don't-cares by half their area.
    """
    edits = characters = exact = exact_asked = 0
    for regions, members in _groups(np.maximum(table.of_found, table.of_labels) >= LYING_SHARE):
        asked = [label for label in members if not labels[label].ignore]
        if not asked and (members or all(excused[region] for region in regions)):
            continue
        upright = _turned([labels[label].quad for label in asked] or [found[region].quad for region in regions])
        read = [found[region].text for region in _in_order(regions, [found[i].quad for i in regions], upright)]
        true = [labels[label].text for label in _in_order(asked, [labels[i].quad for i in asked], upright)]
        joined = [texts.normalized(" ".join(parts)) for parts in (true, read)]
        edits += texts.edit_distance(*joined, free_insertions=len(asked) < len(members))
        # Without the blanks that join labels, so that engines are measured by equal numbers.
        characters += sum(len(texts.normalized(text)) for text in true)
        right, of = texts.exact_texts(read, true)
        exact, exact_asked = exact + right, exact_asked + of
    return PlaceCounts(edits, characters, exact, exact_asked)


def _groups(linked: np.ndarray) -> list[tuple[list[int], list[int]]]:
    """Connected parts of a graph between regions and labels, given as bool [regions, labels]; lone ones too."""
    from scipy.sparse.csgraph import connected_components

    regions, labels = linked.shape
    if not regions + labels:
        return []
    graph = np.zeros((regions + labels,) * 2, bool)
    graph[:regions, regions:] = linked
    count, group = connected_components(graph, directed=False)
    parts = group[:regions], group[regions:]
    return [tuple(np.flatnonzero(part == number).tolist() for part in parts) for number in range(count)]


def _turned(quads: Sequence[np.ndarray]) -> np.ndarray:
    """[2, 2] rotation that makes the mean direction of reading of quads horizontal; points are rows times it."""
    corners = np.array(quads, np.float64).reshape(-1, 4, 2)
    x, y = (corners[:, 1] - corners[:, 0] + corners[:, 2] - corners[:, 3]).sum(axis=0)
    length = np.hypot(x, y)
    return np.array([[x, -y], [y, x]]) / length if length else np.eye(2)


def _in_order(indices: list[int], quads: list[np.ndarray], turn: np.ndarray) -> list[int]:
    corners = np.array(quads, np.float64).reshape(-1, 4, 2)
    return [indices[i] for i in reading_order(corners @ turn)]
