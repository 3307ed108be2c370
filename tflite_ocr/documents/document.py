"""What every kind of document gives: its pages, one after another, as images."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tflite_ocr import image_read
from tflite_ocr.documents import selection
from tflite_ocr.errors import ImageReadError, OcrError
from tflite_ocr.image_read import ImageSource
from tflite_ocr.page import TextLine

MOST_DPI = 2400.0


@dataclass(frozen=True)
class DocumentOptions:
    """How documents are opened.

    Attributes:
        pages: Which pages, as "2-5" or "1,3,7-"; None for all.
        dpi: Dots per inch that pages of a PDF are rendered with; None for what the images on a page have, at most 300.
        password: Of encrypted PDFs.
        skip_text: Whether pages of a PDF that have text keep it: they are not read but give what they hold.
        addresses: Whether http and https addresses are fetched.
        isolate: Whether a PDF is rendered in a process of its own, whose time and memory are limited.

    Raises:
        OcrError: dpi is out of range.
    """

    pages: str | None = None
    dpi: float | None = None
    password: str | None = None
    skip_text: bool = False
    addresses: bool = False
    isolate: bool = False

    def __post_init__(self) -> None:
        if self.dpi is not None and not 1 <= self.dpi <= MOST_DPI:
            raise OcrError(f"expected a resolution of 1 to {MOST_DPI:g} dpi, found {self.dpi:g}")


@dataclass(frozen=True)
class PageImage:
    """One page of a document as an image.

    Attributes:
        number: From 1.
        source: What Reader.read_page takes.
        dpi: Pixels an inch, None where nothing tells.
        lines: The text that the page holds already, in pixels of the image, where it is to be kept; None otherwise.
    """

    number: int
    source: ImageSource
    dpi: float | None = None
    lines: tuple[TextLine, ...] | None = field(default=None, compare=False)

    def picture(self) -> np.ndarray:
        """BGR uint8 [H, W, 3], upright.

        Raises:
            ImageReadError: It cannot be decoded.
        """
        return image_read.read(self.source)


class Document:
    """A file or an address that is open. Pages are made when they are asked for, and not kept.

    Attributes:
        name: As the user gave it.
        count: How many pages it has.
    """

    name: str
    count: int

    def page(self, number: int) -> PageImage:
        """Makes one page.

        Args:
            number: From 1 to `count`.

        Raises:
            ImageReadError: This page cannot be read; others may.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Frees what is open."""

    def chosen(self, pages: str | None) -> list[int]:
        """The numbers of the pages that a selection names.

        Raises:
            OcrError: The selection names no pages.
            ImageReadError: None of them is in the document.
        """
        ranges = selection.parse(pages) if pages else None
        numbers = selection.chosen(ranges, self.count)
        if not numbers:
            raise ImageReadError(f"{self.name}: expected the pages {pages}, found {self.count} in it")
        return numbers

    def __enter__(self) -> "Document":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[PageImage]:
        return (self.page(number) for number in range(1, self.count + 1))
