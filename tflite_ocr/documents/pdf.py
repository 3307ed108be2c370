"""PDF files, rendered page by page with PDFium: pypdfium2, which the [pdf] extra brings."""

import contextlib
import logging
import math
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from tflite_ocr import files, forks
from tflite_ocr.documents import text_layer
from tflite_ocr.documents.document import Document, DocumentOptions, PageImage
from tflite_ocr.documents.frame import Frame
from tflite_ocr.errors import ImageReadError, MissingDecoderError, OcrWarning, printable
from tflite_ocr.image_limits import decoding_bytes

POINTS = 72.0  # of an inch
_USUAL_DPI, _MOST_OWN_DPI, _LEAST_DPI = 200.0, 300.0, 72.0
# An image that covers this share of a page is the page: a scan. Smaller ones than the other share are logos.
_SCAN, _LOGO = 0.7, 0.05
# A rendered page, and what the detector and the drawing of results make of it.
_MOST_PIXELS, _PIXEL_BYTES = 120_000_000, 6
_MOST_IMAGES = 500
_PASSWORD_ERROR = 4
# PDFium keeps fonts, colours and parsed objects of the pages that it has seen; opening anew frees them.
_REOPEN_AFTER = 50
_LOCK = threading.RLock()  # PDFium may be used by one thread at a time
forks.guard(_LOCK)
_LOG = logging.getLogger(__name__)


class PdfDocument(Document):
    """A PDF file. Rendering takes one thread at a time, whatever the number of documents."""

    def __init__(self, name: str, source: bytes | str | os.PathLike, options: DocumentOptions):
        """Opens it.

        Args:
            name: For messages.
            source: The file's bytes, or its path: then it is never in memory as a whole.
            options: Its dpi, password and skip_text.

        Raises:
            MissingDecoderError: pypdfium2 is not installed.
            ImageReadError: It is damaged, encrypted, has no pages, or the password is not its.
        """
        self.name, self.source, self.options = name, source, options
        self._pdfium = _library(name)
        self._pdf: Any = None
        self._made = 0
        with _LOCK:
            self._open()
            self.count = len(cast(Any, self._pdf))

    @property
    def password(self) -> str | None:
        """What it is opened with."""
        return self.options.password

    def page(self, number: int) -> PageImage:
        """See Document.page; renders it."""
        with _LOCK, self._asked(number) as page:
            width, height = page.get_size()
            if not (width > 0 and height > 0):
                raise ImageReadError(f"{self.name}, page {number}: expected a page with a size, found {width}x{height}")
            scale = self._scale(number, page, width, height)
            shape = max(1, math.ceil(width * scale)), max(1, math.ceil(height * scale))
            bitmap = page.render(scale=scale, limit_image_cache=True)
            try:
                # The bitmap's memory is freed with it; and OpenCV wants rows without padding.
                picture = np.array(bitmap.to_numpy(), order="C", copy=True)
            finally:
                bitmap.close()
            _LOG.debug(
                "%s, page %d: %g x %g points at %.0f dpi, %s", self.name, number, width, height, scale * 72, shape
            )
            lines = text_layer.read(page, picture.shape[1] / width) if self.options.skip_text else None
        return PageImage(number, picture, scale * POINTS, lines or None)

    def frame(self, number: int) -> Frame:
        """What is shown of a page.

        Raises:
            ImageReadError: The page is damaged.
        """
        with _LOCK, self._asked(number) as page:
            return *page.get_bbox(), page.get_rotation()

    def has_text(self, number: int) -> bool:
        """Whether a page holds text that can be selected.

        Raises:
            ImageReadError: The page is damaged.
        """
        with _LOCK, self._asked(number) as page:
            return text_layer.has_text(page)

    def close(self) -> None:
        """See Document.close."""
        with _LOCK:
            if self._pdf is not None:
                self._pdf.close()
                self._pdf = None

    def _open(self) -> None:
        self.close()
        source = self.source if isinstance(self.source, bytes) else Path(self.source)
        try:
            if not isinstance(source, bytes):
                files.require_regular(source)
            self._pdf = self._pdfium.PdfDocument(source, password=self.options.password)
        except self._pdfium.PdfiumError as error:
            raise ImageReadError(self._refusal(error)) from None
        except (OSError, ValueError) as error:
            raise ImageReadError(f"{self.name}: the file cannot be read: {getattr(error, 'strerror', error)}") from None
        self._made = 0

    def _refusal(self, error: Exception) -> str:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR and not self._has_no_pages():
            if self.options.password is None:
                return f"{self.name}: expected a PDF that is open, found one that needs a password; give it: --password"
            return f"{self.name}: expected its password, found another one; check it"
        if self._has_no_pages():
            return f"{self.name}: expected a PDF with pages, found none in it"
        return (
            f"{self.name}: expected a whole PDF, found a damaged one that cannot be repaired; copy or export it again"
        )

    def _has_no_pages(self) -> bool:
        """Whether it can be opened; PDFium then tells the error of another file, as it remembers the last one."""
        raw = self._pdfium.raw
        password = None if self.options.password is None else self.options.password.encode() + b"\0"
        if isinstance(self.source, bytes):
            opened = raw.FPDF_LoadMemDocument64(self.source, len(self.source), password)
        else:
            opened = raw.FPDF_LoadDocument(os.fsencode(self.source) + b"\0", password)
        if opened:
            raw.FPDF_CloseDocument(opened)
        return bool(opened)

    @contextlib.contextmanager
    def _asked(self, number: int) -> Iterator[Any]:
        if self._pdf is None:
            raise ValueError("expected an open document, found one that was closed")
        if self._made >= _REOPEN_AFTER:
            self._open()
        self._made += 1
        page = None
        try:
            page = self._pdf.get_page(number - 1)
            yield page
        except self._pdfium.PdfiumError as error:
            raise ImageReadError(f"{self.name}, page {number}: expected a whole page, found that {error}") from None
        finally:
            if page is not None:
                page.close()

    def _scale(self, number: int, page: Any, width: float, height: float) -> float:
        """Pixels a point."""
        scale = (self.options.dpi or _own_dpi(self._pdfium, page, width, height)) / POINTS
        most = min(_MOST_PIXELS, decoding_bytes() / _PIXEL_BYTES)
        if width * height * scale * scale <= most:
            return scale
        fitting = math.sqrt(most / (width * height)) * 0.999
        if fitting * POINTS < 1:
            raise ImageReadError(
                f"{self.name}, page {number}: expected a page of paper, found {width:g}x{height:g} points"
            )
        size = f"{width / POINTS:.0f} x {height / POINTS:.0f} inches"
        dpi = f"{fitting * POINTS:.0f} dpi instead of {scale * POINTS:.0f}"
        message = f"{printable(self.name)}, page {number}: it is {size}, and rendered with {dpi}"
        warnings.warn(OcrWarning(message), stacklevel=2)
        return fitting


def _own_dpi(pdfium: Any, page: Any, width: float, height: float) -> float:
    """What the images of a page have, at most 300: of a scan exactly that; beside text at least what text needs."""
    largest, finest = 0.0, 0.0
    raw = pdfium.raw
    for count, item in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4)):
        if count >= _MOST_IMAGES:
            break
        try:
            left, bottom, right, top = item.get_bounds()
            across, down = item.get_px_size()
        except pdfium.PdfiumError:
            continue
        wide, high = abs(right - left), abs(top - bottom)
        share = wide * high / (width * height)
        if share < _LOGO or not wide or not high:
            continue
        # Of an image that lies on its side the longer sides belong together.
        dpi = POINTS * max(max(across, down) / max(wide, high), min(across, down) / min(wide, high))
        finest = max(finest, dpi)
        largest = max(largest, share)
    if largest >= _SCAN:
        return min(max(finest, _LEAST_DPI), _MOST_OWN_DPI)
    return min(max(finest, _USUAL_DPI), _MOST_OWN_DPI)


def _library(name: str) -> Any:
    try:
        import pypdfium2
        import pypdfium2.raw
    except ImportError:
        raise MissingDecoderError(f"{name}: a PDF needs pypdfium2, found none; pip install 'tflite-ocr[pdf]'") from None
    return pypdfium2
