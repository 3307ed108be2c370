"""What every format is given: a page that was read, where it comes from, and its structure as far as it is known."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.documents import Document, PageImage
from tflite_ocr.page import Block, Page, Quad, TextLine, Word

# Words of a PDF: so many heights of their line lie between two, but each loses at most that share of itself at one end.
_LEAST_GAP, _MOST_OF_WORD = 0.25, 0.15


@dataclass(frozen=True)
class Result:
    """One page that was read.

    Attributes:
        name: Of the image or document, as the user gave it.
        page: What was read.
        number: Of the page in its document, from 1.
        pages: How many the document has.
        dpi: Pixels an inch; None where nothing tells.
        image: Gives the page as an image again; None where there is none.
        document: What it is a page of; None where that is not open.
        kept: Whether its text is the one that the document holds already.
    """

    name: str
    page: Page
    number: int = 1
    pages: int = 1
    dpi: float | None = None
    image: Callable[[], PageImage] | None = None
    document: Document | None = None
    kept: bool = False

    def picture(self) -> np.ndarray:
        """The page as BGR uint8 [H, W, 3], upright.

        Raises:
            ImageReadError: It cannot be decoded any more.
            ValueError: There is no image.
        """
        if self.image is None:
            raise ValueError("expected a page with its image, found one without")
        return self.image().picture()

    @property
    def title(self) -> str:
        """The name, with the page's number where there are several."""
        return f"{self.name}, page {self.number}" if self.pages > 1 else self.name


class Unframed:
    """A writer whose documents have nothing before their first page and after their last one."""

    def head(self) -> str:
        """Nothing."""
        return ""

    def tail(self) -> str:
        """Nothing."""
        return ""


def words_of(line: TextLine) -> tuple[Word, ...]:
    """The words of a line; where it has none, what stands between blanks, placed by counting characters."""
    if line.words:
        return line.words
    words, position, count = [], 0, max(1, len(line.text))
    for piece in line.text.split():
        start = line.text.index(piece, position)
        position = start + len(piece)
        words.append(Word(piece, line.confidence, geometry.part(line.quad, start / count, position / count)))
    return tuple(words)


def words_apart(line: TextLine) -> list[Word]:
    """The words of a line, moved apart where they all but touch: readers of PDFs know words by their gaps."""
    words = list(words_of(line))
    corners = np.array(line.quad, np.float64)
    along = corners[1] + corners[2] - corners[0] - corners[3]
    along /= np.linalg.norm(along) or 1.0
    quads = np.array([word.quad for word in words], np.float64).reshape(-1, 4, 2)
    begins, ends = quads[:, [0, 3]].mean(axis=1) @ along, quads[:, [1, 2]].mean(axis=1) @ along
    lengths = np.maximum(ends - begins, 1e-6)
    lacking = np.maximum(_LEAST_GAP * float(np.linalg.norm(corners[3] - corners[0])) - begins[1:] + ends[:-1], 0) / 2
    firsts = np.minimum(np.append(0, lacking) / lengths, _MOST_OF_WORD)
    lasts = 1 - np.minimum(np.append(lacking, 0) / lengths, _MOST_OF_WORD)
    return [
        dataclasses.replace(word, quad=geometry.part(word.quad, first, last)) if (first, last) != (0, 1) else word
        for word, first, last in zip(words, firsts.tolist(), lasts.tolist(), strict=True)
    ]


def blocks_of(page: Page) -> tuple[Block, ...]:
    """The blocks of a page; where none are known, one of all its lines."""
    if page.blocks or not page.lines:
        return page.blocks
    return (Block("text", page.lines, (page.lines,)),)


def paragraphs_of(block: Block) -> tuple[tuple[TextLine, ...], ...]:
    """The paragraphs of a block; of a table its rows."""
    if block.rows:
        return tuple(tuple(line for cell in row for line in cell) for row in block.rows)
    return block.paragraphs or (block.lines,)


def box_of(*quads: Quad) -> tuple[int, int, int, int]:
    """Left, top, right and bottom around quads in whole pixels, none below 0, at least one pixel wide and high."""
    xs = [x for quad in quads for x, _ in quad]
    ys = [y for quad in quads for _, y in quad]
    left, top = max(0, int(min(xs))), max(0, int(min(ys)))
    return left, top, max(left + 1, int(np.ceil(max(xs)))), max(top + 1, int(np.ceil(max(ys))))
