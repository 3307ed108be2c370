"""A track: one text, at rest or moving, from its first to its last frame; its readings vote on what it says."""

import unicodedata
from dataclasses import dataclass, field

import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.page import Quad, TextLine
from tflite_ocr.video.follow import Template

# Of a text that scrolls through the picture: characters at each end of a reading that the frame border may have cut,
# characters that two readings must share, and characters of the known text that are compared.
_FRAYED, _SHARED, _REMEMBERED = 2, 6, 300
# Weight of a reading of a text that was cut by the frame border; that of a whole text is 1.
_CUT_WEIGHT = 0.1


@dataclass(eq=False)
class Track:
    """One text and its history.

    Attributes:
        id: Number of the track, from 1, in the order of finding; 0 until it has a text.
        quad: float32 [4, 2] (x, y) in pixels, in the last frame in which it was followed.
        template: Appearance when it was found or read last, at `template_quad`.
        first_quad: Quad at which the text was found first.
        velocity: Movement in pixels (x, y) a frame.
        first_s: Time at which it was first seen, in seconds.
        last_s: Time until which it was seen, in seconds.
        misses: Number of key frames since the detector last found it.
        unrest: Running share of appearance changes that did not change the text, in [0, 1].
        doubt: A different text that the last reading gave and that no second reading has confirmed yet.
        whole: Whether all of it was in the picture in some reading.
        touched: Number of successive frames up to now in which the picture changed at its place.
    """

    id: int
    quad: np.ndarray
    template: Template
    template_quad: np.ndarray
    first_quad: np.ndarray
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
        """Height of the line in pixels: the mean of the quad's left and right side."""
        return line_height(self.quad)

    @property
    def text(self) -> str:
        """The text with the most votes; "" before the first reading."""
        return max(self.votes, key=self.votes.__getitem__) if self.votes else ""

    @property
    def confidence(self) -> float:
        """Confidence of the best reading of `text`."""
        return self.best.get(self.text, 0.0)

    def vote(self, line: TextLine, whole: bool) -> None:
        """Counts a reading; `whole` if all of the text was in the picture."""
        weight = line.confidence * (1.0 if whole else _CUT_WEIGHT)
        self.votes[line.text] = self.votes.get(line.text, 0.0) + weight
        self.best[line.text] = max(self.best.get(line.text, 0.0), line.confidence)
        self.reads += 1
        self.doubt = None
        self.whole |= whole

    def restart(self, line: TextLine, whole: bool) -> None:
        """Discards earlier readings: the text has become longer, and `line` has all of it."""
        self.votes.clear()
        self.best.clear()
        self.whole = False
        self.vote(line, whole)

    def moved_by(self, dx: float, dy: float) -> np.ndarray:
        """The template's quad, moved; float32 [4, 2]."""
        moved: np.ndarray = self.template_quad + np.array([dx, dy], np.float32)
        return moved


@dataclass(frozen=True)
class TrackSummary:
    """A text with its times, for subtitles.

    Attributes:
        id: The track's number; a value that changes is one track with a summary for each text.
        confidence: Confidence in [0, 1].
        start_s: First time in the source, in seconds.
        end_s: Last time in the source, in seconds.
        quad: Last place, four (x, y) corners in pixels.
    """

    id: int
    text: str
    confidence: float
    start_s: float
    end_s: float
    quad: Quad


def line_height(quad: np.ndarray) -> float:
    """Mean length of the left and right side of a quad [4, 2]."""
    return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2


def similarity(first: str, second: str) -> float:
    """1 - Levenshtein's distance over the longer length, in [0, 1].

    Ignores case, accents and punctuation, which are misread first.
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
    """Whether the letters and digits of `part` are a contiguous part of those of `whole`, but not all of them."""
    part, whole = _plain(part), _plain(whole)
    return 0 < len(part) < len(whole) and part in whole


def _plain(text: str) -> str:
    """The letters and digits of a text in lower case, without accents."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).lower()


def has_grown(old: str, new: str) -> bool:
    """Whether `new` is `old` with more before or behind it, as text that is typed or enters the picture."""
    old, new = old.strip(), new.strip()
    return 2 <= len(old) < len(new) and (new.startswith(old) or new.endswith(old))


def stitched(known: str, seen: str) -> str | None:
    """The whole of a text that scrolls through the picture: `known` so far continued at either end by `seen`.

    Up to _FRAYED characters at both ends are assumed to be misread because the frame border cuts them. None when they
    share less than _SHARED characters.
    """
    after = _joined(known[-_REMEMBERED:], seen)
    if after is not None:
        return known[:-_REMEMBERED] + after
    before = _joined(known[:_REMEMBERED][::-1], seen[::-1])
    return None if before is None else before[::-1] + known[_REMEMBERED:]


def _joined(known: str, seen: str) -> str | None:
    """`known` continued by the part of `seen` behind their longest overlap; None when that is too short."""
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
