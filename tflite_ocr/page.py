"""The results of reading: a page of blocks of lines of words."""

from dataclasses import dataclass, field

from tflite_ocr import calls

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Place:
    """Where a character was read in a crop.

    Attributes:
        x: Middle of the character as a share of the crop's width, in [0, 1].
        confidence: Confidence in [0, 1].
    """

    x: float
    confidence: float


@dataclass(frozen=True)
class Recognition:
    """Text of one crop.

    Attributes:
        confidence: Confidence in [0, 1]; the model's manifest says how it is computed.
        places: Places of the characters of the text, ascending; empty unless they were asked for.
    """

    text: str
    confidence: float
    places: tuple[Place, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class _Located:
    """A text in an image.

    Attributes:
        confidence: Confidence in [0, 1].
        quad: Four (x, y) corners in pixels of the upright image, clockwise from the corner that is
            top-left for a reader of the text.
    """

    text: str
    confidence: float
    quad: Quad


@dataclass(frozen=True)
class Character(_Located):
    """One character of a word, with its text, confidence and quad; made on request only."""


@dataclass(frozen=True)
class Word(_Located):
    """One word of a line, the text between blanks, with its text, confidence and quad.

    Attributes:
        characters: Characters in order; empty unless they were asked for.
    """

    characters: tuple[Character, ...] = ()


@dataclass(frozen=True)
class TextLine(_Located):
    """One line of text found in an image, with its text, confidence and quad.

    Attributes:
        words: Words in the order of the text; empty unless they were asked for.
    """

    words: tuple[Word, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Block:
    """Lines that belong together: a paragraph or several of one column, a heading, a listing, or a table.

    Attributes:
        kind: "text", "heading", "code" or "table".
        paragraphs: The same lines by paragraph, of a listing by row; empty for a table.
        rows: Rows of a table from the top, each with the same number of cells; a cell is its lines in reading order,
            () if it is empty. Empty for other kinds.
    """

    kind: str
    lines: tuple[TextLine, ...]
    paragraphs: tuple[tuple[TextLine, ...], ...] = ()
    rows: tuple[tuple[tuple[TextLine, ...], ...], ...] = ()


@dataclass(frozen=True)
class TrackedLine(TextLine):
    """One line of text in a frame of a video.

    Attributes:
        track: Number of its track, from 1: the same in all frames that show this text, or a number that changes.
    """

    track: int


@dataclass(frozen=True)
class Page:
    """All lines of one image, in reading order, with its size and the time spent.

    Attributes:
        width: Width of the upright image in pixels.
        height: Height of the upright image in pixels.
        timing_ms: Milliseconds by stage: decode, detect, recognize, total.
        blocks: The same lines by block, in reading order; empty where no layout was asked for.
        angle: Rotation of the text in the image in degrees clockwise, in (-180, 180]; 0.0 for an upright page.
        language: Code of the language that the page is in; None unless known.
    """

    lines: tuple[TextLine, ...]
    width: int
    height: int
    timing_ms: dict[str, float]
    blocks: tuple[Block, ...] = ()
    angle: float = 0.0
    language: str | None = None

    @property
    def text(self) -> str:
        """All lines in reading order, joined by newlines."""
        return "\n".join(line.text for line in self.lines)

    def paragraphs(self, join_hyphens: bool = True) -> list[str]:
        """The texts of its paragraphs in reading order; a row of a table is one.

        Args:
            join_hyphens: Whether words that are hyphenated at the end of a line become one.
        """
        from tflite_ocr import layout  # here: it is made of what stands above

        return [layout.paragraph_text(lines, join_hyphens) for lines in layout.paragraphs_of(self)]


@calls.explained
@dataclass(frozen=True)
class PageOptions:
    """The parts of a page beside the text of its lines.

    Attributes:
        characters: Whether words have characters; with `words` alone.
        layout: Whether lines are put in the order in which people read them, in blocks, with the page's angle; without
            it they stand in rows from the top, and a page has no blocks.
    """

    words: bool = False
    characters: bool = False
    layout: bool = True
