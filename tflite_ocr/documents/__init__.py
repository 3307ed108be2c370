"""Documents in: image files of one or many pages, PDFs, addresses of the web; each gives its pages in order."""

import os

from tflite_ocr import fetch, files, image_read, layout
from tflite_ocr.documents.document import Document, DocumentOptions, PageImage
from tflite_ocr.documents.images import ImageDocument, PixelDocument
from tflite_ocr.image_read import ImageSource
from tflite_ocr.page import Page

__all__ = ["Document", "DocumentOptions", "PageImage", "kept", "open_document"]

_PDF = b"%PDF-"
_PDF_WITHIN = 1024  # bytes; what stands before is left aside, ISO 32000-1, annex H.3.4.1


def open_document(source: ImageSource, options: DocumentOptions | None = None, name: str | None = None) -> Document:
    """Opens what can be read.

    Args:
        source: Path, encoded bytes, binary file object, array or Pillow image; and, where the options allow it, an
            address of http or https.
        options: See DocumentOptions; None for its defaults.
        name: For messages; None for the path, or what the source is.

    Raises:
        ImageReadError: The source is missing, damaged as a whole, encrypted, or too large.
        MissingDecoderError: It is a PDF, and the [pdf] extra is not installed.
        OcrError: An option is out of range.
    """
    options = options or DocumentOptions()
    if not image_read.is_encoded(source):
        return PixelDocument(name or type(source).__name__, source)
    if options.addresses and fetch.is_address(source):
        address = str(source)
        return _of_bytes(name or address, fetch.fetch(address), options)
    if isinstance(source, (str, os.PathLike)):
        if _beginning(source).find(_PDF) >= 0:
            return _pdf(name or os.fspath(source), source, options)
        named, data = image_read.load(source)
        return ImageDocument(name or named, data, source)
    named, data = image_read.load(source)
    return _of_bytes(name or named, data, options)


def kept(image: PageImage, arranged: bool = True) -> Page | None:
    """The page that a document's own text makes, which is not read; None where it is to be read.

    Args:
        image: A page of a document.
        arranged: Whether its lines are laid out: in reading order and blocks.
    """
    if image.lines is None:
        return None
    height, width = image.picture().shape[:2]
    page = Page(image.lines, width, height, dict.fromkeys(("decode", "detect", "recognize", "total"), 0.0))
    return layout.arranged(page) if arranged else page


def _of_bytes(name: str, data: bytes, options: DocumentOptions) -> Document:
    if data[:_PDF_WITHIN].find(_PDF) >= 0:
        return _pdf(name, data, options)
    return ImageDocument(name, data)


def _pdf(name: str, source: bytes | str | os.PathLike, options: DocumentOptions) -> Document:
    from tflite_ocr.documents.pdf import PdfDocument  # here: images need no PDF
    from tflite_ocr.documents.pdf_process import IsolatedPdf

    return (IsolatedPdf if options.isolate else PdfDocument)(name, source, options)


def _beginning(path: str | os.PathLike) -> bytes:
    """The first bytes of a regular file; of others none, what is wrong with them is said where they are read."""
    try:
        return files.first_bytes(path, _PDF_WITHIN)
    except (OSError, ValueError):
        return b""
