"""Plain text: the lines as they are read, in rows, or where they stand on the page."""

import numpy as np

from tflite_ocr import layout
from tflite_ocr.errors import printable
from tflite_ocr.formats.result import Result, Unframed, words_of
from tflite_ocr.layout.rows import rows_of
from tflite_ocr.layout.straight import straighten
from tflite_ocr.page import Page

_COLUMN_GAP = "   "
# Of the paper of to_layout: blank rows and columns at most.
_MOST_EMPTY_ROWS, _MOST_COLUMNS = 2, 400
_NEW_PAGE = "\f"


class Text(Unframed):
    """Writes the lines of pages; of several images each has its name above it, as in `head`."""

    suffix = ".txt"

    def __init__(self, model: str, many: bool = False):
        """With `many` there may be several images; else pages of one document are parted by form feeds."""
        self._many, self._begun = many, False

    def body(self, result: Result) -> str:
        """One page."""
        begun, self._begun = self._begun, True
        if self._many:
            return f"{chr(10) if begun else ''}==> {printable(result.title)} <==\n" + self.text(result.page)
        return (_NEW_PAGE if begun else "") + self.text(result.page)

    def text(self, page: Page) -> str:
        """What stands for a page."""
        return to_text(page)


class Rows(Text):
    """Writes what stands side by side on one line."""

    def text(self, page: Page) -> str:
        """What stands for a page."""
        return to_rows(page)


class Layout(Text):
    """Writes words where they stand."""

    def text(self, page: Page) -> str:
        """What stands for a page."""
        return to_layout(page)


def to_text(page: Page) -> str:
    """The lines of a page, each ended by a newline; "" for a page without text."""
    return "".join(line.text + "\n" for line in page.lines)


def to_rows(page: Page) -> str:
    """The lines of a page as rows: what stands beside each other is on one line, with three blanks between columns.

    Rows are found in the direction in which most of the text runs, so that a page may be tilted or turned.
    """
    rows = [[" ".join(page.lines[i].text for i in cell) for cell in row] for row in layout.rows(page)]
    return "".join(_COLUMN_GAP.join(row) + "\n" for row in rows)


def to_layout(page: Page) -> str:
    """The words of a page on a grid of letters of one width, as on squared paper; "" for a page without text.

    A tilted page is laid straight first: the direction of most of the text is across.
    """
    words = straighten([word for line in page.lines for word in words_of(line)], layout.angle_of(page.lines) or 0.0)
    if not words.lines:
        return ""
    left, right = words.left - words.left.min(), words.right - words.left.min()
    letters = (right - left) / [len(word.text) for word in words.lines]
    letter = max(float(np.median(letters)), right.max() / _MOST_COLUMNS, 0.1)
    rows = rows_of(words, range(len(words.lines)))
    height = float(np.median(words.height))
    steps = [step for step in np.diff([row.middle for row in rows]) if step > 0.5 * height]
    pitch = max(float(np.median(steps)) if steps else 0.0, height)
    out: list[str] = []
    for number, row in enumerate(rows):
        if number:
            out += [""] * min(max(round((row.middle - rows[number - 1].middle) / pitch) - 1, 0), _MOST_EMPTY_ROWS)
        text, end = "", -np.inf
        for i in row.members:
            # What stands close follows with one blank, whatever the grid says: a word must not fall apart.
            close = left[i] - end < 1.2 * letter + 0.25 * words.height[i]
            text += " " if close else " " * max(round(left[i] / letter) - len(text), 2 if text else 0)
            text, end = text + words.lines[i].text, right[i]
        out.append(text.rstrip())
    return "\n".join(out) + "\n"
