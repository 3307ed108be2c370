"""The texts that are known: those in sight, those just lost, and what remains of the others."""

from collections.abc import Iterable

import numpy as np

from tflite_ocr.page import TextLine
from tflite_ocr.video.follow import Template
from tflite_ocr.video.tracks import Track, TrackSummary, is_piece, similarity, summary
from tflite_ocr.video.verdict import tells_the_same

_FORGOTTEN_S = 1.0  # after this time out of sight a text that comes back is a new one
_BLINK_S = 0.3  # after this time, if it comes back where it was: it had been taken away, and not only been hidden
_IN_PLACE = 0.3  # line heights
_SPECK_SURE, _SPECK_S = 0.9, 1.0  # a single character is listed if it was read so surely and seen so long
_ALIKE = 0.8  # similarity of readings of one text
_BRIEF_S = 0.5  # what was cut by the picture's edge all the time and gone after this was never a text to be read


class KnownTexts:
    """Begins, names, loses and finds again.

    Attributes:
        present: The tracks in sight; some may not have been readable yet.
    """

    def __init__(self):
        self.present: list[Track] = []
        self._lost: list[Track] = []
        self._finished: list[TrackSummary] = []
        self._last_id = 0

    def begin(self, luma: np.ndarray, quad: np.ndarray, now_s: float) -> Track:
        """A track for a quad [4, 2] of a picture, uint8 [H, W]; it is not among the present ones yet."""
        return Track(0, quad, Template(luma, quad), quad, first_s=now_s, last_s=now_s)

    def say(self, track: Track, line: TextLine | None, whole: bool) -> None:
        """Notes what was read, None for nothing; `whole` when all of the text was in the picture."""
        if line is not None:
            track.vote(line, whole)
            self.name(track)

    def name(self, track: Track) -> None:
        """Gives a track its number with its first text."""
        if track.text and not track.id:
            self._last_id += 1
            track.id = self._last_id

    def lose(self, track: Track) -> None:
        """A track is out of sight; for a while it may come back."""
        self._lost.append(track)

    def come_back(self, track: Track, line: TextLine, width: int, cut: bool) -> Track | None:
        """The lost text nearest to a new one that says the same, if it may have come from there.

        Args:
            track: The new one.
            line: What it says.
            width: Of the picture, in pixels.
            cut: Whether it touches the picture's edge, so that it may be a piece of a text.

        Returns:
            The lost track, now in the new one's place and no longer lost; None if there is none.
        """
        near = 3 * track.height + width / 20
        distances = [
            (float(np.linalg.norm(lost.quad.mean(axis=0) - track.quad.mean(axis=0))), number)
            for number, lost in enumerate(self._lost)
            if lost.id and _says_the_same(lost.text, line.text, cut)
        ]
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
        """Finishes the texts that have been out of sight for long."""
        gone = [track for track in self._lost if not track.id or now_s - track.last_s > _FORGOTTEN_S]
        self._finished += _summaries(gone)
        self._lost = [track for track in self._lost if track not in gone]

    def finish(self) -> None:
        """Finishes all."""
        self._finished += _summaries((*self.present, *self._lost))
        self.present, self._lost = [], []

    def texts(self) -> list[TrackSummary]:
        """All texts so far by the time of their coming, also those still in sight."""
        shown = _summaries((*self.present, *self._lost))
        return sorted(_without_specks([*self._finished, *shown]), key=lambda text: (text.start_s, text.id))


def _summaries(tracks: Iterable[Track]) -> list[TrackSummary]:
    """Of the tracks that have said something."""
    return [
        summary(track) for track in tracks if track.id and (track.whole or track.last_s - track.first_s >= _BRIEF_S)
    ]


def _without_specks(texts: list[TrackSummary]) -> list[TrackSummary]:
    """Without single characters that are seldom text: an unsure one, a brief one, a mark alone."""
    shown_s: dict[int, float] = {}
    for text in texts:
        shown_s[text.id] = shown_s.get(text.id, 0.0) + text.end_s - text.start_s
    return [
        text
        for text in texts
        if sum(map(str.isalnum, text.text)) > 1
        or (any(map(str.isalnum, text.text)) and text.confidence >= _SPECK_SURE and shown_s[text.id] >= _SPECK_S)
    ]


def _says_the_same(known: str, found: str, cut: bool) -> bool:
    alike = similarity(known, found) >= _ALIKE and tells_the_same(known, found)
    return alike or (cut and is_piece(found, known))
