"""Documents for LangChain: a parser of blobs, and a loader of files with it; the [langchain] extra brings its core."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.document_loaders import BaseBlobParser, BaseLoader, Blob
from langchain_core.documents import Document

from tflite_ocr.plugins.page_texts import PageTexts


class TfliteOcrBlobParser(BaseBlobParser):
    """Makes a Document of each page of an image or a PDF, for LangChain's generic loaders."""

    def __init__(self, **options: Any):
        """Takes the arguments of page_texts.PageTexts: form, skip_text, and those of tflite_ocr.Reader."""
        self._texts = PageTexts(**options)

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """Reads a blob; metadata are its own, "source", "page" from 1, and "confidence".

        Raises:
            OcrError: It cannot be read.
        """
        source = blob.path if blob.data is None and blob.path is not None else blob.as_bytes()
        for text, facts in self._texts.read(source):
            yield Document(page_content=text, metadata={**blob.metadata, "source": blob.source, **facts})


class TfliteOcrLoader(BaseLoader):
    """Loads images and PDFs, files or addresses, page by page."""

    def __init__(self, paths: str | os.PathLike | Sequence[str | os.PathLike], **options: Any):
        """Takes one path or several, and the options of TfliteOcrBlobParser."""
        self._paths = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
        self._parser = TfliteOcrBlobParser(**options)

    def lazy_load(self) -> Iterator[Document]:
        """A Document a page.

        Raises:
            OcrError: A file cannot be read.
        """
        for path in self._paths:
            yield from self._parser.lazy_parse(Blob.from_path(os.fspath(path)))
