"""Decides what a new reading means for a known text."""

import enum
import re

from tflite_ocr.page import TextLine
from tflite_ocr.video.tracks import Track, has_grown, similarity

_OTHER_TEXT = 0.5  # similarity below which two readings are two texts
_MISREAD = 0.8  # similarity of readings that differ by a misread letter
_WEAK = 0.8  # share of the best confidence; a reading below it does not replace the text on its own
_SURE = 0.85  # confidence; a reading below it does not replace a similar text
_RESTLESS = 0.5
_HABIT = 0.3  # weight of the newest reading in the running share `unrest`
_END_MARKS = frozenset(".!?…,;:")
_NUMBER = re.compile(r"[+\-−]?\d(?:[\d.,:]*\d)?")


class Verdict(enum.Enum):
    """What becomes of a track."""

    SAME = "the text continues"
    GROWN = "the text continues and has become longer"
    OTHER = "another text has replaced it"
    UNSURE = "the text continues until a second reading confirms the change"
    GONE = "the text has disappeared"


def judge(
    track: Track, line: TextLine | None, verified: bool, whole: bool, outgrown: bool, moving: bool = False
) -> Verdict:
    """Judges a reading, None when nothing was readable, by the earlier ones of its track.

    Args:
        verified: Whether the text looks as it did when it was read: a different reading is then a misreading.
        whole: Whether all of the text was in the picture, or the part outside does not move.
        outgrown: Whether the detector found more of the text than was read before.
        moving: Whether the text or its background moves, which changes letters of readings, but seldom the text.
    """
    if line is None:
        return Verdict.SAME if verified or not track.text else Verdict.GONE
    old, new = track.text, line.text
    near, same_marks = similarity(old, new), has_same_marks(old, new)
    if not old or (near == 1 and (same_marks or verified)):
        return Verdict.SAME
    if track.doubt == new and whole:
        return Verdict.OTHER
    better = line.confidence >= _WEAK * track.confidence
    alike = near >= _OTHER_TEXT
    # 9 does not grow to 95, it is replaced by it; cut by the border, it may.
    counted = is_value(old, new) and (len(old) == len(new) or (whole and track.whole))
    more = outgrown and better and (alike if whole else not track.whole and len(new) > len(old))
    if (has_grown(old, new) or more) and not counted:
        return Verdict.GROWN
    if (verified and not outgrown and track.doubt is None) or not whole:
        return Verdict.SAME
    if moving and near >= _MISREAD and same_marks:
        return Verdict.SAME
    # Punctuation at a text's end flickers over a moving background, so a second reading must confirm its change.
    unsettled = line.confidence < _SURE or track.unrest > _RESTLESS or (moving and near == 1)
    doubtful = not better or has_grown(new, old) or (alike and unsettled)
    return Verdict.UNSURE if doubtful else Verdict.OTHER


def may_be_misread(track: Track, line: TextLine) -> bool:
    """Whether a reading is similar to the text, and no number and no punctuation at its end has changed."""
    return similarity(track.text, line.text) >= _OTHER_TEXT and has_same_marks(track.text, line.text)


def is_value(old: str, new: str) -> bool:
    """Whether two texts differ in their numbers alone, as successive values of a clock or a score do."""
    return old != new and _NUMBER.sub("0", old) == _NUMBER.sub("0", new)


def has_same_marks(old: str, new: str) -> bool:
    """Whether two texts have the same digits, and no different punctuation marks at their ends."""
    ends = {text.rstrip()[-1:] for text in (old, new)}
    digits = {"".join(filter(str.isdigit, text)) for text in (old, new)}
    return len(digits) == 1 and not (len(ends) == 2 and ends <= _END_MARKS)


def record(track: Track, line: TextLine | None, verdict: Verdict, restless: bool, whole: bool) -> None:
    """Records a reading in its track, unless the verdict ends the track; `restless` while its look changes."""
    if line is None or verdict in (Verdict.OTHER, Verdict.GONE):
        return
    if verdict is Verdict.UNSURE:
        track.doubt = line.text
    elif verdict is Verdict.GROWN:
        track.restart(line, whole)
    else:
        track.vote(line, whole)
        # On a moving background appearance is unreliable, so more evidence is needed for a change.
        track.unrest += _HABIT * (restless - track.unrest)
