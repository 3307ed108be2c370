"""The document parser of paperless-ngx 3: text, searchable archive copies and thumbnails of PDFs and images.

paperless-ngx finds it by its entry point as soon as tflite-ocr[paperless] is installed beside it. Pages that hold text
keep it. Nothing of paperless-ngx is imported but its error, where one is raised.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from tflite_ocr import __version__
from tflite_ocr.plugins.page_facts import ThreadReaders

MIME_TYPES = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
}
# paperless-ngx's own parser has 10; who installs another one wants it.
_SCORE = 20
_THUMBNAIL_WIDTH, _THUMBNAIL_DPI = 500, 100.0
_READERS = ThreadReaders()


class TfliteOcrParser:
    """See paperless.parsers.ParserProtocol."""

    name = "tflite-ocr"
    version = __version__
    author = "tflite-ocr"
    url = "https://pypi.org/project/tflite-ocr/"

    def __init__(self, logging_group: object = None, progress_callback: object = None):
        """Makes a folder for what is written; it goes when the parser is left or deleted."""
        self._folder = tempfile.TemporaryDirectory(prefix="tflite-ocr-")
        self._text: str | None = None
        self._archive: Path | None = None

    @classmethod
    def supported_mime_types(cls) -> dict[str, str]:
        """MIME type to suffix."""
        return dict(MIME_TYPES)

    @classmethod
    def score(cls, mime_type: str, filename: str, path: Path | None = None) -> int | None:
        """More than the parser that comes with paperless-ngx."""
        return _SCORE if mime_type in MIME_TYPES else None

    @property
    def can_produce_archive(self) -> bool:
        """Whether searchable PDFs are made; always."""
        return True

    @property
    def requires_pdf_rendition(self) -> bool:
        """That browsers show these documents as they are."""
        return False

    def configure(self, context: Any) -> None:
        """Nothing of the source matters here."""

    def parse(
        self, document_path: Path, mime_type: str, file_name: str | None = None, *, produce_archive: bool = True
    ) -> None:
        """Reads a document.

        Args:
            document_path: The file.
            mime_type: Its kind.
            file_name: Its name as the user knows it.
            produce_archive: Whether a searchable PDF is made too.

        Raises:
            documents.parsers.ParseError: It cannot be read.
        """
        from tflite_ocr import documents
        from tflite_ocr.errors import OcrError
        from tflite_ocr.formats import find

        archive = Path(self._folder.name, "archive.pdf") if produce_archive else None
        options = documents.DocumentOptions(skip_text=True, isolate=True)
        texts = []
        try:
            with (
                documents.open_document(document_path, options, file_name) as document,
                contextlib.ExitStack() as stack,
            ):
                made = find("pdf")(stack.enter_context(archive.open("wb")), "edge") if archive else None
                for result in _results(document):
                    texts.append(result.page.text)
                    if made:
                        made.add(result)
                if made:
                    made.finish()
        except (OcrError, OSError) as error:
            raise _parse_error()(f"tflite-ocr: {error}") from error
        self._text, self._archive = "\n\n".join(text for text in texts if text) or None, archive

    def get_text(self) -> str | None:
        """The text of all pages; None where there is none."""
        return self._text

    def get_date(self) -> None:
        """None: paperless-ngx looks for dates in the text itself."""

    def get_archive_path(self) -> Path | None:
        """The searchable PDF, where one was made."""
        return self._archive

    def get_thumbnail(self, document_path: Path, mime_type: str, file_name: str | None = None) -> Path:
        """A WebP picture of the first page, 500 pixels wide.

        Raises:
            documents.parsers.ParseError: It cannot be made.
        """
        import cv2

        from tflite_ocr import documents
        from tflite_ocr.errors import OcrError

        try:
            with documents.open_document(
                document_path, documents.DocumentOptions(dpi=_THUMBNAIL_DPI, isolate=True)
            ) as document:
                picture = document.page(1).picture()
        except OcrError as error:
            raise _parse_error()(f"tflite-ocr: {error}") from error
        height, width = picture.shape[:2]
        size = _THUMBNAIL_WIDTH, max(1, min(5000, round(height * _THUMBNAIL_WIDTH / width)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        path = Path(self._folder.name, "thumbnail.webp")
        path.write_bytes(cv2.imencode(".webp", small)[1].tobytes())
        return path

    def get_page_count(self, document_path: Path, mime_type: str) -> int | None:
        """How many pages there are; None where the file cannot be opened."""
        from tflite_ocr import documents
        from tflite_ocr.errors import OcrError

        try:
            with documents.open_document(document_path) as document:
                return document.count
        except OcrError:
            return None

    def extract_metadata(self, document_path: Path, mime_type: str) -> list:
        """None are looked for."""
        return []

    def __enter__(self) -> TfliteOcrParser:
        return self

    def __exit__(self, *_) -> None:
        self._folder.cleanup()


def _results(document):
    """Each page with its image; one that cannot be read ends it."""
    from tflite_ocr import documents
    from tflite_ocr.formats import Result
    from tflite_ocr.page import PageOptions

    for image in document:
        kept = documents.kept(image)
        page = kept or _READERS.reader().read_page(image.source, options=PageOptions(words=True))
        facts = image.number, document.count, image.dpi, lambda image=image: image
        yield Result(document.name, page, *facts, document, kept is not None)


def _parse_error() -> type[Exception]:
    try:
        from documents.parsers import ParseError
    except ImportError:  # nobody is there to catch it
        return RuntimeError
    return ParseError
