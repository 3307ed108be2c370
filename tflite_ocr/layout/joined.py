"""Lines that a detector joined across a narrow gutter, split between the words on its two sides."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.layout.columns import CLOSE, INTO, JOINED_HEIGHT, MOST_HEIGHT, Gutter
from tflite_ocr.layout.straight import Straight, straighten
from tflite_ocr.page import TextLine, Word

# Of the usual height: so far from the left side of a column its words may begin.
_ASIDE = 0.5
# A line above or below the columns that only seem to be whole: its gap at the gutter is so many times as wide as the
# others between its words; lines of a paragraph over both columns have one of the usual width there, or none.
_WIDER = 1.3

# A space between words is so many times as wide as the widest blank that is none.
_CLEARLY = 1.3

WordsOf = Callable[[TextLine], Sequence[Word]]
# Where a line has no ink, from and to, as shares of its length; float64 [N, 2].
BlanksOf = Callable[[TextLine], np.ndarray]


@dataclass(frozen=True)
class WordSource:
    """Where the words of lines stand, which not all lines know.

    Attributes:
        words: Gives the words of a line that has none, which takes time; None where they cannot be told.
        blanks: Gives where a line has no ink; None where that cannot be told.
    """

    words: WordsOf | None = None
    blanks: BlanksOf | None = None

    def blanks_of(self, line: TextLine) -> np.ndarray:
        """Where a line has no ink, see BlanksOf: before, between and after its words where it has any."""
        if not line.words:
            return self.blanks(line) if self.blanks else np.zeros((0, 2))
        quad = np.array(line.quad, np.float64)
        start, along = quad[0], quad[1] - quad[0]
        sides = np.array([(word.quad[0], word.quad[1]) for word in line.words]) - start
        shares = sides @ along / max(float(along @ along), 1e-6)
        return np.stack([np.append(0, shares[:, 1]), np.append(shares[:, 0], 1)], axis=1)

    def words_of(self, line: TextLine) -> Sequence[Word]:
        """The words of a line: its own; what its widest blanks part, if these are clearly spaces; as `words` has it."""
        if line.words:
            return line.words
        return _between(line, self.blanks_of(line)) or (self.words(line) if self.words else ())


def _between(line: TextLine, blanks: np.ndarray) -> list[Word]:
    """What as many blanks part as a line has spaces; [] where others are as wide."""
    texts = line.text.split()
    inner = blanks[(blanks[:, 0] > 0) & (blanks[:, 1] < 1)]
    widths = inner[:, 1] - inner[:, 0]
    order = np.argsort(-widths, kind="stable")
    spaces = len(texts) - 1
    if len(inner) < spaces or (
        len(inner) > spaces > 0 and widths[order[spaces - 1]] < _CLEARLY * widths[order[spaces]]
    ):
        return []
    chosen = inner[np.sort(order[:spaces])]
    first, last = max([0.0, *blanks[blanks[:, 0] <= 0, 1]]), min([1.0, *blanks[blanks[:, 1] >= 1, 0]])
    begins, ends = [first, *chosen[:, 1]], [*chosen[:, 0], last]
    return [
        Word(text, line.confidence, geometry.part(line.quad, float(begin), float(end)))
        for text, begin, end in zip(texts, begins, ends, strict=True)
    ]


def split(lines: Straight, gutters: Iterable[Gutter], angle: float, source: WordSource) -> list[TextLine]:
    """The lines of a page, those that two columns share by mistake in pieces; others stay what they are.

    Args:
        lines: Of the page.
        gutters: Between its columns.
        angle: Of the page, in degrees clockwise.
        source: Of the words of lines.
    """
    if not len(lines.lines):
        return []
    usual = float(np.median(lines.height))
    own: dict[int, tuple[Sequence[Word], Straight]] = {}
    places: dict[int, set[int]] = {}

    def part(i: int, gutter: Gutter, wider: float) -> bool:
        """Notes between which words a line is split; False where it is whole."""
        if i not in own:
            line = lines.lines[i]
            found = source.words_of(line)
            own[i] = found, straighten(found, angle)
        at = _gap_at(own[i][1], gutter, _ASIDE * usual, wider)
        if at:
            places.setdefault(i, set()).add(at)
        return bool(at)

    for gutter in gutters:
        inside, above, below = _across(lines, gutter, usual)
        for i in inside:
            part(i, gutter, 0.0)
        for run, end in ((above, gutter.top), (below, gutter.bottom)):
            for i in run:
                if abs(lines.middle[i] - end) > CLOSE * usual or not part(i, gutter, _WIDER):
                    break
                end = float(lines.middle[i])
    found = []
    for i, line in enumerate(lines.lines):
        found += pieces(line, own[i][0], sorted(places[i])) if i in places else [line]
    return found


def _across(lines: Straight, gutter: Gutter, usual: float) -> tuple[list[int], list[int], list[int]]:
    """Indices of the lines across a gutter: between its ends, above it from there up, and below it downwards."""
    into = INTO * usual
    across = (lines.left < gutter.x - into) & (lines.right > gutter.x + into)
    between = (lines.middle >= gutter.top) & (lines.middle <= gutter.bottom)
    across &= lines.height < np.where(between, MOST_HEIGHT, JOINED_HEIGHT) * usual
    found = np.flatnonzero(across)
    found = found[np.argsort(lines.middle[found], kind="stable")]
    above, below = lines.middle[found] < gutter.top, lines.middle[found] > gutter.bottom
    return found[~above & ~below].tolist(), found[above][::-1].tolist(), found[below].tolist()


def _gap_at(words: Straight, gutter: Gutter, aside: float, wider: float) -> int:
    """Index of the word that begins the second column; 0 where none does, or the gap before it is not so wide."""
    if len(words.lines) < 2:
        return 0
    gaps = words.left[1:] - words.right[:-1]
    at = int(np.abs(words.left[1:] - gutter.right).argmin())
    if abs(words.left[at + 1] - gutter.right) > aside:  # columns that are set to the right, or centred
        over = (words.right[:-1] < gutter.right) & (words.left[1:] > gutter.left)
        at = int(np.where(over, gaps, -np.inf).argmax())
        if not over[at]:
            return 0
    others = np.delete(gaps, at)
    wide = gaps[at] > 0 and (not len(others) or gaps[at] >= wider * np.median(others))
    return at + 1 if wide else 0


def pieces(line: TextLine, words: Sequence[Word], places: Sequence[int]) -> list[TextLine]:
    """A line in pieces that begin with the words of these indices, and with its first one."""
    quad = np.array(line.quad, np.float64)
    start = (quad[0] + quad[3]) / 2
    along = (quad[1] + quad[2]) / 2 - start
    made = []
    for begin, end in zip([0, *places], [*places, len(words)], strict=True):
        corners = np.array([words[begin].quad, words[end - 1].quad]) - start
        shares = corners @ along / max(float(along @ along), 1e-6)
        first = float(shares[0, [0, 3]].mean()) if begin else 0.0
        last = float(shares[1, [1, 2]].mean()) if end < len(words) else 1.0
        own = tuple(words[begin:end])
        text = " ".join(word.text for word in own)
        made.append(
            dataclasses.replace(
                line, text=text, quad=geometry.part(line.quad, first, last), words=own if line.words else ()
            )
        )
    return made
