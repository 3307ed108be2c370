"""The known texts: those visible now, those just lost, and summaries of the finished ones."""

from collections.abc import Iterable

import numpy as np

from tflite_ocr.geometry import corners_of
from tflite_ocr.page import TextLine
from tflite_ocr.video.follow import Template
from tflite_ocr.video.matching import stands_still
from tflite_ocr.video.tracks import Track, TrackSummary, is_piece, similarity
from tflite_ocr.video.verdict import has_same_marks

_FORGOTTEN_S = 1.0  # a text that reappears after this time is a new one
_BLINK_S = 0.3  # after this time, if it reappears at the same place: it was removed, not only hidden
_IN_PLACE = 0.3  # line heights
_SPECK_SURE, _SPECK_S = 0.9, 1.0  # a single character is listed if it was read with this confidence and seen this long
_ALIKE = 0.8  # similarity of readings of one text
_STANDING = 1.0  # pixels a frame
_BRIEF_S = 0.5  # moving tracks always clipped by the frame and shorter than this are dropped


class KnownTexts:
    """Begins, numbers, loses and revives tracks; those present are visible, some perhaps not readable yet."""

    def __init__(self) -> None:
        self.present: list[Track] = []
        self._lost: list[Track] = []
        self._finished: list[TrackSummary] = []
        self._last_id = 0

    def begin(self, luma: np.ndarray, quad: np.ndarray, now_s: float) -> Track:
        """A new track for a quad [4, 2] of a picture, uint8 [H, W]; it is not added to `present`."""
        return Track(0, quad, Template(luma, quad), quad, quad, first_s=now_s, last_s=now_s)

    def say(self, track: Track, line: TextLine | None, whole: bool) -> None:
        """Records a reading, None for nothing readable; `whole` if all of the text was in the picture."""
        if line is not None:
            track.vote(line, whole)
            self.name(track)

    def name(self, track: Track) -> None:
        """Gives a track its number when it has its first text."""
        if track.text and not track.id:
            self._last_id += 1
            track.id = self._last_id

    def lose(self, track: Track) -> None:
        """Marks a track as not visible; for a while it may come back."""
        self._lost.append(track)

    def come_back(self, track: Track, line: TextLine, width: int, cut: bool) -> Track | None:
        """Revives the nearest lost track with the same text as a new one, if it can have moved there.

        The picture is so many pixels wide; a track that is cut by the frame border may be a piece of a text.
        """
        near = 3 * track.height + width / 20
        distances = []
        for number, lost in enumerate(self._lost):
            alike = similarity(lost.text, line.text) >= _ALIKE and has_same_marks(lost.text, line.text)
            if lost.id and (alike or (cut and is_piece(line.text, lost.text))):
                distances.append((float(np.linalg.norm(lost.quad.mean(axis=0) - track.quad.mean(axis=0))), number))
        distance, number = min(distances, default=(np.inf, -1))
        if distance > near:
            return None
        away_s = track.first_s - self._lost[number].last_s
        if away_s > _BLINK_S and distance < _IN_PLACE * track.height:
            return None
        back = self._lost.pop(number)
        back.template, back.template_quad, back.quad = track.template, track.quad, track.quad
        back.velocity, back.misses = track.velocity, 0
        return back

    def forget(self, now_s: float) -> None:
        """Finishes the tracks that have been lost for long."""
        forgotten = [track for track in self._lost if not track.id or now_s - track.last_s > _FORGOTTEN_S]
        self._finished += _summaries(forgotten)
        self._lost = [track for track in self._lost if track not in forgotten]

    def finish(self) -> None:
        """Finishes all tracks."""
        self._finished += _summaries((*self.present, *self._lost))
        self.present, self._lost = [], []

    def texts(self) -> list[TrackSummary]:
        """All texts so far in the order of their first appearance, including those still visible."""
        shown = _summaries((*self.present, *self._lost))
        return sorted(_without_specks([*self._finished, *shown]), key=lambda text: (text.start_s, text.id))


def _summaries(tracks: Iterable[Track]) -> list[TrackSummary]:
    """Summaries of the tracks that have a text."""
    return [
        TrackSummary(track.id, track.text, track.confidence, track.first_s, track.last_s, corners_of(track.quad))
        for track in tracks
        if track.id and (track.whole or track.last_s - track.first_s >= _BRIEF_S or _has_stood(track))
    ]


def _has_stood(track: Track) -> bool:
    """Whether a text has not moved since it was found: near the border, but not on its way through it."""
    return stands_still(track.first_quad, track.quad) and bool(np.abs(track.velocity).max() < _STANDING)


def _without_specks(texts: list[TrackSummary]) -> list[TrackSummary]:
    """The texts without single characters that are seldom text: of low confidence, brief, or punctuation alone.

    The values of one track are judged together: a digit of a score may be shown for a moment.
    """
    shown_s: dict[int, float] = {}
    surest: dict[int, float] = {}
    for text in texts:
        shown_s[text.id] = shown_s.get(text.id, 0.0) + text.end_s - text.start_s
        surest[text.id] = max(surest.get(text.id, 0.0), text.confidence)
    return [
        text
        for text in texts
        if sum(map(str.isalnum, text.text)) > 1
        or (any(map(str.isalnum, text.text)) and surest[text.id] >= _SPECK_SURE and shown_s[text.id] >= _SPECK_S)
    ]
