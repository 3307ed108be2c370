"""Which of the detected quads belong to known texts, and how much of a text they show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.video.tracks import Track, line_height

_SAME, _ALIKE = 0.5, 0.2  # intersection over union: surely the same place, and possibly
_COVERED = 0.6  # share of a box that lies on others: it is the same text in other pieces
_INSIDE = 0.85  # share of a quad that lies on one known text: the detector saw only a part of it
_EDGE = 2  # pixels from the frame border: a text this near may continue outside
_NEAR_EDGE = 0.4  # line heights from its left and right side: the detector skips letters that are cut
_OUTGROWN = 0.6  # line heights by which a quad must be longer on some side to show more than the known text
_CUT_OUTGROWN = 0.15  # the same, while the text has never been wholly in the picture
_STILL = 0.08  # line heights by which the detector's quads of a text that does not move differ
_AS_HIGH = 0.5  # share of a text's height: a lower quad inside it is another text

_LACKING = 0.5  # line heights; by so much a quad is shorter than the known text of which an end was missed
_ROOM = 0.2  # line heights: crops of single digits that fit tightly are misread


@dataclass(frozen=True)
class Matches:
    """Which quads belong to which tracks, by their numbers.

    Attributes:
        pairs: (track, quad); each at most once.
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


def is_whole(quad: np.ndarray, width: int, height: int) -> bool:
    """Whether a quad is so far from the border of a picture of this size that all of its text is inside."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    margin = max(_EDGE, _NEAR_EDGE * line_height(quad))
    return bool(low[0] > margin and high[0] < width - 1 - margin and low[1] > _EDGE and high[1] < height - 1 - _EDGE)


def is_part(quad: np.ndarray, place: Box, track: Track) -> bool:
    """Whether a quad, in the box `place`, is a known text or a piece of it."""
    inside = place.overlap(track.box) >= _INSIDE * place.area
    return bool(track.text) and inside and line_height(quad) >= _AS_HIGH * track.height


def lacks_an_end(quad: np.ndarray, track: Track) -> bool:
    """Whether a quad lies within the place of a known text, and is shorter."""
    place, known = Box.around(quad), track.box
    shorter = (known.right - known.left) - (place.right - place.left)
    return is_part(quad, place, track) and shorter > _LACKING * track.height


def with_room(quad: np.ndarray) -> np.ndarray:
    """A quad [4, 2] with some room on all sides."""
    steps = [
        side * (_ROOM * line_height(quad) / max(1e-6, float(np.linalg.norm(side))))
        for side in (quad[1] - quad[0], quad[3] - quad[0])
    ]
    outwards = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
    grown: np.ndarray = quad + outwards @ np.stack(steps).astype(np.float32)
    return grown


def shows_more(quad: np.ndarray, place: Box, track: Track, width: int, height: int) -> bool:
    """Whether a quad, in the box `place` of a picture of this size, shows more of a known text than was ever read."""
    if track.whole or not track.text:
        return _outgrows(place, track, _OUTGROWN)
    margin = _CUT_OUTGROWN * track.height
    holds = place.left <= track.box.left + margin and place.right >= track.box.right - margin
    return _outgrows(place, track, _CUT_OUTGROWN) or (holds and is_whole(quad, width, height))


def stands_still(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether two quads [4, 2] of a text are at the same place."""
    return bool(np.abs(before.mean(axis=0) - now.mean(axis=0)).max() < max(1.0, _STILL * line_height(now)))


def _outgrows(place: Box, track: Track, heights: float) -> bool:
    """Whether a box extends past a known text by the given number of line heights, to its left or right."""
    margin = heights * track.height
    return place.left < track.box.left - margin or place.right > track.box.right + margin
