"""What a new reading says about a text that is known already."""

import enum

from tflite_ocr.results import TextLine
from tflite_ocr.video.tracks import Track, has_grown, is_piece, similarity

_OTHER_TEXT = 0.5  # similarity below which two readings are two texts
_WEAK = 0.8  # of the best confidence: a reading below it does not outdo the text known by itself
_SURE = 0.85  # a reading below it does not make another text of one that is alike
_RESTLESS = 0.5
_HABIT = 0.3  # how fast `unrest` learns


class Verdict(enum.Enum):
    """What becomes of a track."""

    SAME = "the text goes on"
    GROWN = "the text goes on, and there is more of it"
    OTHER = "another text has taken its place"
    UNSURE = "the text goes on until another reading says the same"
    GONE = "there is no text any more"


def judge(track: Track, line: TextLine | None, verified: bool, whole: bool, outgrown: bool) -> Verdict:
    """Judges a reading.

    Args:
        track: The text, with its earlier readings.
        line: The reading; None when there was nothing to read.
        verified: Whether it still looks as it did when it was read: another reading is then a misreading.
        whole: Whether all of it was in the picture, or what is outside stays there.
        outgrown: Whether the detector found it larger than before.
    """
    if line is None:
        return Verdict.SAME if verified or not track.text else Verdict.GONE
    old, new = track.text, line.text
    if not old or similarity(old, new) == 1:
        return Verdict.SAME
    if track.doubt == new and whole:
        return Verdict.OTHER
    better = line.confidence >= _WEAK * track.confidence
    alike = similarity(old, new) >= _OTHER_TEXT
    if has_grown(old, new) or (outgrown and whole and better and alike):
        return Verdict.GROWN
    if (verified and track.doubt is None) or not whole:
        return Verdict.SAME
    unsettled = line.confidence < _SURE or track.unrest > _RESTLESS
    doubtful = not better or has_grown(new, old) or (alike and unsettled)
    return Verdict.UNSURE if doubtful else Verdict.OTHER


def shrinks(track: Track, line: TextLine | None) -> bool:
    """Whether a reading is a piece of what the text says, as of one that leaves the picture."""
    return line is not None and is_piece(line.text, track.text)


def record(track: Track, line: TextLine | None, verdict: Verdict, verified: bool, whole: bool) -> None:
    """Notes a reading in its track, unless the track ends by it."""
    if line is None or verdict in (Verdict.OTHER, Verdict.GONE):
        return
    if verdict is Verdict.UNSURE:
        track.doubt = line.text
    elif verdict is Verdict.GROWN:
        track.restart(line, whole)
    else:
        track.vote(line, whole)
        # Over a moving ground a text looks other all the time; changes of such a one are believed late.
        track.unrest += _HABIT * ((0.0 if verified else 1.0) - track.unrest)
