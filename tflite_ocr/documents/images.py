"""Image files as documents: of one page, or of as many as a TIFF, GIF, WebP or PNG file holds."""

import os
import struct

import numpy as np

from tflite_ocr import image_read, image_tiff
from tflite_ocr.documents.animation import Animation
from tflite_ocr.documents.document import Document, PageImage
from tflite_ocr.documents.resolution import dots_per_inch
from tflite_ocr.errors import ImageReadError
from tflite_ocr.image_read import ImageSource

_ANIMATED = ("GIF", "WebP", "PNG")


class PixelDocument(Document):
    """An array or a Pillow image: one page."""

    def __init__(self, name: str, source: ImageSource):
        self.name, self.count, self._source = name, 1, source

    def page(self, number: int) -> PageImage:
        """See Document.page."""
        return PageImage(1, self._source)


class ImageDocument(Document):
    """An encoded image.

    Attributes:
        data: The file.
    """

    def __init__(self, name: str, data: bytes, path: str | os.PathLike | None = None):
        """Reads the header; decodes nothing.

        Args:
            name: For messages.
            data: The file.
            path: Where it lies, if it does: a page that is the whole file is then read from there.
        """
        self.name, self.data = name, data
        self._path, self._animation = path, None
        self._starts: list[int] = []
        self.count = 1
        try:
            header = image_read.checked_header(name, data)
        except ImageReadError:
            return  # what is wrong with its only page, reading it says
        if header.format == "TIFF":
            self._starts = image_tiff.page_starts(data)
            self.count = len(self._starts)
        elif header.format in _ANIMATED and header.pages > 1:
            self._animation = Animation(name, data)
            self.count = len(self._animation)

    def page(self, number: int) -> PageImage:
        """See Document.page."""
        if self.count == 1:
            return PageImage(1, self._path if self._path is not None else self.data, dots_per_inch(self.data))
        named = f"{self.name}, page {number}"
        if self._animation:
            return PageImage(number, self._animation.frame(number - 1))
        return PageImage(number, *self._of_tiff(named, self._starts[number - 1]))

    def _of_tiff(self, named: str, start: int) -> tuple[np.ndarray, float | None]:
        try:
            page = image_tiff.beginning_at(self.data, start)
        except struct.error:
            raise ImageReadError(
                f"{named}: expected a page, found that the file ends before it; copy it again"
            ) from None
        return image_read.decode_first(named, page)[0], dots_per_inch(page)
