"""Plain text: the lines as they are read, in rows, or where they stand on the page."""

from tflite_ocr import layout
from tflite_ocr.errors import printable
from tflite_ocr.formats.arranged import to_layout
from tflite_ocr.formats.result import Result, Unframed
from tflite_ocr.page import Page

_COLUMN_GAP = "   "
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
