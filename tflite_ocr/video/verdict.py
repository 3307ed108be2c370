"""What a new reading says about a text that is known already."""

import enum
import re

from tflite_ocr.page import TextLine
from tflite_ocr.video.tracks import Track, has_grown, is_piece, similarity

_OTHER_TEXT = 0.5  # similarity below which two readings are two texts
_MISREAD = 0.8  # similarity of readings that differ by a misread letter
_WEAK = 0.8  # of the best confidence: a reading below it does not outdo the text known by itself
_SURE = 0.85  # a reading below it does not make another text of one that is alike
_RESTLESS = 0.5
_HABIT = 0.3  # how fast `unrest` learns
_END_MARKS = frozenset(".!?…,;:")
_NUMBER = re.compile(r"[+\-−]?\d(?:[\d.,:]*\d)?")


class Verdict(enum.Enum):
    """What becomes of a track."""

    SAME = "the text goes on"
    GROWN = "the text goes on, and there is more of it"
    OTHER = "another text has taken its place"
    UNSURE = "the text goes on until another reading says the same"
    GONE = "there is no text any more"


def judge(
    track: Track, line: TextLine | None, verified: bool, whole: bool, outgrown: bool, moving: bool = False
) -> Verdict:
    """Judges a reading.

    Args:
        track: The text, with its earlier readings.
        line: The reading; None when there was nothing to read.
        verified: Whether it still looks as it did when it was read: another reading is then a misreading.
        whole: Whether all of it was in the picture, or what is outside stays there.
        outgrown: Whether the detector found more of it than was read before.
        moving: Whether the text or its ground moves, which changes letters of readings, but seldom the text.
    """
    if line is None:
        return Verdict.SAME if verified or not track.text else Verdict.GONE
    old, new = track.text, line.text
    near, told = similarity(old, new), tells_the_same(old, new)
    if not old or (near == 1 and (told or verified)):
        return Verdict.SAME
    if track.doubt == new and whole:
        return Verdict.OTHER
    better = line.confidence >= _WEAK * track.confidence
    alike = near >= _OTHER_TEXT
    counted = is_value(old, new) and whole and track.whole  # 9 does not grow to 95, it becomes it
    more = outgrown and better and (alike if whole else not track.whole and len(new) > len(old))
    if (has_grown(old, new) and not counted) or more:
        return Verdict.GROWN
    if (verified and not outgrown and track.doubt is None) or not whole:
        return Verdict.SAME
    if moving and near >= _MISREAD and told:
        return Verdict.SAME
    # Of a mark at a text's end that flickers over a moving ground a second reading must say the same.
    unsettled = line.confidence < _SURE or track.unrest > _RESTLESS or (moving and near == 1)
    doubtful = not better or has_grown(new, old) or (alike and unsettled)
    return Verdict.UNSURE if doubtful else Verdict.OTHER


def may_be_misread(track: Track, line: TextLine) -> bool:
    """Whether a reading is near to what the text says, and no number and no mark at its end has changed."""
    return similarity(track.text, line.text) >= _OTHER_TEXT and tells_the_same(track.text, line.text)


def is_value(old: str, new: str) -> bool:
    """Whether two texts differ by the numbers in them alone, as a clock or a score does from moment to moment."""
    return old != new and _NUMBER.sub("0", old) == _NUMBER.sub("0", new)


def tells_the_same(old: str, new: str) -> bool:
    """Whether two texts have the same digits, and not two different marks at their ends."""
    ends = {text.rstrip()[-1:] for text in (old, new)}
    return _digits(old) == _digits(new) and not (len(ends) == 2 and ends <= _END_MARKS)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


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
