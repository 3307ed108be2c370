"""Which of the detected quads belong to known texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tflite_ocr.geometry import Box

_SAME, _ALIKE = 0.5, 0.2  # intersection over union: surely the same place, and possibly
_COVERED = 0.6  # share of a box that lies on others: it is the same text in other pieces
_INSIDE = 0.85  # share of a quad that lies on one known text: the detector saw only a part of it


@dataclass(frozen=True)
class Matches:
    """Which quads belong to which tracks, by their numbers.

    Attributes:
        pairs: (track, quad); each at most once.
        new: Quads that belong to no track.
        missed: Tracks without a quad.
        absorbed: (track, quad): tracks that are now part of the larger text of a quad.
    """

    pairs: list[tuple[int, int]]
    new: list[int]
    missed: list[int]
    absorbed: list[tuple[int, int]]


def match(tracks: Sequence[Box], quads: Sequence[Box]) -> Matches:
    """Matches boxes of tracks and of quads by overlap, the best first."""
    scores = []
    for i, track in enumerate(tracks):
        for j, quad in enumerate(quads):
            if shared := track.overlap(quad):
                scores.append((shared / (track.area + quad.area - shared), i, j))
    scores.sort(key=lambda score: (-score[0], score[1], score[2]))
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for limit in (_SAME, _ALIKE):
        for score, i, j in scores:
            if score >= limit and i not in pairs and j not in used:
                pairs[i] = j
                used.add(j)
    new = [j for j in range(len(quads)) if j not in used]
    absorbed, missed = [], []
    for i in (i for i in range(len(tracks)) if i not in pairs):
        holder = max(range(len(quads)), key=lambda j: tracks[i].overlap(quads[j]), default=None)
        if holder is not None and tracks[i].overlap(quads[holder]) >= _COVERED * tracks[i].area:
            absorbed.append((i, holder))
        else:
            missed.append(i)
    return Matches(sorted(pairs.items()), new, missed, absorbed)


def is_inside(quad: Box, track: Box) -> bool:
    """Whether a quad is a known text or a part of one, so that it adds nothing."""
    return quad.overlap(track) >= _INSIDE * quad.area
