"""The texts of a document's pages with what is known of each, as loaders of documents give them."""

import threading
from collections.abc import Iterator
from typing import Any

from tflite_ocr.errors import ImageReadError
from tflite_ocr.formats import to_layout, to_text
from tflite_ocr.formats.markdown import to_markdown
from tflite_ocr.image_read import ImageSource
from tflite_ocr.page import Page, PageOptions
from tflite_ocr.reader import Reader

FORMS = {"text": to_text, "markdown": to_markdown, "layout": to_layout}


class PageTexts:
    """Reads documents page by page; to be used by one thread at a time or many."""

    def __init__(self, form: str = "text", skip_text: bool = True, **reader: Any):
        """Loads nothing yet.

        Args:
            form: "text", lines in reading order; "markdown", headings, paragraphs and tables; or "layout", words where
                they stand.
            skip_text: Whether pages of a PDF that hold text give it as it is, and are not read.
            reader: Arguments of tflite_ocr.Reader.

        Raises:
            ValueError: There is no such form.
        """
        if form not in FORMS:
            raise ValueError(f"expected the form {', '.join(FORMS)}, found {form!r}")
        self._form, self._skip_text, self._arguments = form, skip_text, reader
        self._reader: Reader | None = None
        self._lock = threading.Lock()

    def read(self, source: ImageSource) -> Iterator[tuple[str, dict[str, Any]]]:
        """The text of each page and {"page": its number from 1, "confidence": the mean of its lines, None without any}.

        Raises:
            OcrError: The document or a page cannot be read, or there is no such model.
        """
        with self._lock:
            self._reader = self._reader or Reader(**self._arguments)
        options = PageOptions(words=self._form == "layout")
        found = self._reader.read_document(source, skip_text=self._skip_text, options=options)
        for number, page in enumerate(found, 1):
            if isinstance(page, ImageReadError):
                raise page
            yield FORMS[self._form](page).rstrip("\n"), {"page": number, "confidence": _confidence(page)}


def _confidence(page: Page) -> float | None:
    sure = [line.confidence for line in page.lines]
    return round(sum(sure) / len(sure), 4) if sure else None
