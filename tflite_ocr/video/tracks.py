"""A track: one text in one place, or on its way, from its first to its last moment; readings vote on what it says."""

import unicodedata
from dataclasses import dataclass, field

import numpy as np

from tflite_ocr.page import TextLine
from tflite_ocr.video.changes import Box
from tflite_ocr.video.follow import Template

# Of a text that runs through the picture: characters at each end of a reading that the picture's edge may have cut,
# characters that two readings must share, and characters of what is known that are compared.
_FRAYED, _SHARED, _REMEMBERED = 2, 6, 300
# What a reading counts when the text was cut by the picture's edge, against one of the whole text.
_CUT_WEIGHT = 0.1


@dataclass(eq=False)
class Track:
    """What is known of one text.

    Attributes:
        id: Its number, from 1, in the order of finding.
        quad: float32 [4, 2] (x, y) in pixels, in the frame that was looked at last.
        template: How it looked when it was found or read last, at `template_quad`.
        template_quad: Where that was.
        velocity: Pixels (x, y) a frame.
        votes: Weight of every text read.
        best: Confidence of the best reading of every text.
        first_s: When it was first seen, in seconds.
        last_s: Until when it was seen, in seconds.
        reads: How often it was read.
        misses: Key frames since it was last found by the detector.
        unrest: How often of late it looked otherwise and said the same, in [0, 1].
        doubt: What the last reading said, when it was another text than before but not believed yet.
        whole: Whether all of it was in the picture in some reading.
        touched: In how many frames, one after another up to now, the picture has changed where it is.
    """

    id: int
    quad: np.ndarray
    template: Template
    template_quad: np.ndarray
    first_s: float
    last_s: float
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))
    votes: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    reads: int = 0
    misses: int = 0
    unrest: float = 0.0
    doubt: str | None = None
    whole: bool = False
    touched: int = 0

    @property
    def box(self) -> Box:
        """The upright box around the quad."""
        return Box.around(self.quad)

    @property
    def height(self) -> float:
        """Of the line, in pixels: the mean of the quad's left and right side."""
        return line_height(self.quad)

    @property
    def text(self) -> str:
        """What most of the readings say."""
        return max(self.votes, key=self.votes.__getitem__) if self.votes else ""

    @property
    def confidence(self) -> float:
        """Of the best reading of `text`."""
        return self.best.get(self.text, 0.0)

    def vote(self, line: TextLine, whole: bool) -> None:
        """Counts a reading.

        Args:
            line: What was read.
            whole: Whether all of the text was in the picture.
        """
        weight = line.confidence * (1.0 if whole else _CUT_WEIGHT)
        self.votes[line.text] = self.votes.get(line.text, 0.0) + weight
        self.best[line.text] = max(self.best.get(line.text, 0.0), line.confidence)
        self.reads += 1
        self.doubt = None
        self.whole |= whole

    def restart(self, line: TextLine, whole: bool) -> None:
        """Forgets what was read: the text has grown since, and `line` holds all of it."""
        self.votes.clear()
        self.best.clear()
        self.whole = False
        self.vote(line, whole)

    def moved_by(self, dx: float, dy: float) -> np.ndarray:
        """The template's quad, moved; float32 [4, 2]."""
        return self.template_quad + np.float32([dx, dy])


@dataclass(frozen=True)
class TrackSummary:
    """A text with its time, for subtitles.

    Attributes:
        id: The track's number; a value that changes is one track with a summary for each text.
        text: What it says.
        confidence: In [0, 1].
        start_s: From this time of the source, in seconds.
        end_s: To this time.
        quad: Where it was last, four (x, y) in pixels.
    """

    id: int
    text: str
    confidence: float
    start_s: float
    end_s: float
    quad: tuple


def line_height(quad: np.ndarray) -> float:
    """Mean length of the left and right side of a quad [4, 2]."""
    return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2


def summary(track: Track) -> TrackSummary:
    """What remains of a track."""
    corners = tuple((float(x), float(y)) for x, y in track.quad)
    return TrackSummary(track.id, track.text, track.confidence, track.first_s, track.last_s, corners)


def similarity(first: str, second: str) -> float:
    """1 - Levenshtein's distance over the longer length, in [0, 1].

    Of the letters and digits in lower case and without accents, which are the first that is read wrongly.
    """
    first, second = ((_plain(text) or text) for text in (first, second))
    longest = max(len(first), len(second))
    if not longest:
        return 1.0
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return 1 - row[-1] / longest


def is_piece(part: str, whole: str) -> bool:
    """Whether the letters and digits of `part` stand in `whole` one after another, but are not all of it."""
    part, whole = _plain(part), _plain(whole)
    return 0 < len(part) < len(whole) and part in whole


def _plain(text: str) -> str:
    """Letters and digits alone, in lower case, without accents."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).lower()


def has_grown(old: str, new: str) -> bool:
    """Whether `new` is `old` with more before or behind it, as text that is typed or comes into the picture."""
    old, new = old.strip(), new.strip()
    return 2 <= len(old) < len(new) and (new.startswith(old) or new.endswith(old))


def stitched(known: str, seen: str) -> str | None:
    """What a text that runs through the picture says so far, when `seen` is what of it is in sight now.

    At both ends up to _FRAYED characters are taken as cut by the picture's edge and read wrongly.

    Returns:
        `known` with what `seen` has more behind or before it; None when they share less than _SHARED characters.
    """
    after = _joined(known[-_REMEMBERED:], seen)
    if after is not None:
        return known[:-_REMEMBERED] + after
    before = _joined(known[:_REMEMBERED][::-1], seen[::-1])
    return None if before is None else before[::-1] + known[_REMEMBERED:]


def _joined(known: str, seen: str) -> str | None:
    """`known` continued by what `seen` has behind the longest end of `known` (but for frayed characters) in it."""
    best, found = _SHARED - 1, None
    for lost in range(min(_FRAYED, len(known)) + 1):
        end = known[: len(known) - lost]
        for skipped in range(min(_FRAYED, len(seen)) + 1):
            rest = seen[skipped:]
            for length in range(min(len(end), len(rest)), best, -1):
                if end.endswith(rest[:length]):
                    best, found = length, end + rest[length:]
                    break
                if len(rest) == length and rest in end:  # nothing of it is new
                    best, found = length, known
                    break
    if found is None:
        return None
    return found if len(found) > len(known) else known
