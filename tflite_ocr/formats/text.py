"""Plain text: the lines as they are read, in rows, or where they stand on the page."""

import numpy as np

from tflite_ocr.errors import printable
from tflite_ocr.formats.arranged import to_layout
from tflite_ocr.formats.result import Result
from tflite_ocr.page import Page

# Of a row of text, in line heights: how far middles differ at most, and how wide the gap within a column is.
_SAME_ROW, _WORD_GAP = 0.5, 0.7
_COLUMN_GAP = "   "
_NEW_PAGE = "\f"


class Text:
    """Writes the lines of pages; of several images each has its name above it, as in `head`."""

    suffix = ".txt"

    def __init__(self, model: str, many: bool = False):
        """With `many` there may be several images; else pages of one document are parted by form feeds."""
        self._many, self._begun = many, False

    def head(self) -> str:
        """Nothing."""
        return ""

    def tail(self) -> str:
        """Nothing."""
        return ""

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

    Rows are told in the direction in which most of the text runs, so that a page may be tilted or turned.
    """
    if not page.lines:
        return ""
    quads = np.array([line.quad for line in page.lines], np.float64)
    # Long lines tell the direction best; the sum of their upper and lower edges weighs them so.
    right = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]).sum(axis=0)
    right = right / (np.linalg.norm(right) or 1.0) if right.any() else np.array([1.0, 0.0])
    along, down = quads @ right, quads @ np.array([-right[1], right[0]])
    middles, heights = down.mean(axis=1), np.ptp(down, axis=1)
    rows: list[list[int]] = []
    for i in np.argsort(middles, kind="stable").tolist():
        # Pieces of a row do not lie over each other.
        fits = rows and all(_apart(along[i], along[j]) > -0.5 * min(heights[i], heights[j]) for j in rows[-1])
        if fits and abs(middles[i] - np.mean(middles[rows[-1]])) < _SAME_ROW * min(heights[i], heights[rows[-1][-1]]):
            rows[-1].append(i)
        else:
            rows.append([i])
    text = []
    for row in rows:
        row.sort(key=lambda i: along[i].min())
        pieces = [page.lines[row[0]].text]
        for before, i in zip(row, row[1:], strict=False):
            near = _apart(along[i], along[before]) < _WORD_GAP * min(heights[i], heights[before])
            pieces += [" " if near else _COLUMN_GAP, page.lines[i].text]
        text.append("".join(pieces) + "\n")
    return "".join(text)


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """The gap between two stretches of a line, each by the places of its points; negative where they overlap."""
    return max(first.min(), second.min()) - min(first.max(), second.max())
