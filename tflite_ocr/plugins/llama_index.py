"""A reader of images and PDFs for LlamaIndex, by itself or in SimpleDirectoryReader; [llama-index] brings its core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from tflite_ocr.plugins.page_texts import PageTexts


class TfliteOcrReader(BaseReader):
    """Makes a Document of each page of a file."""

    def __init__(self, **options: Any):
        """Takes the arguments of page_texts.PageTexts: form, skip_text, and those of tflite_ocr.Reader."""
        self._texts = PageTexts(**options)

    def lazy_load_data(
        self, file: str | os.PathLike, extra_info: dict | None = None, fs: Any = None
    ) -> Iterator[Document]:
        """Reads a file or an address.

        Args:
            file: Its path.
            extra_info: Goes to the metadata, beside "file_name", "page_label", and "confidence".
            fs: The file system of fsspec where the file lies; None for this machine's.

        Raises:
            OcrError: It cannot be read.
        """
        name = os.fspath(file)
        source: str | bytes = name
        if fs is not None:
            with fs.open(name, "rb") as stream:
                source = stream.read()
        for text, facts in self._texts.read(source):
            known = {"file_name": os.path.basename(name), "page_label": str(facts.pop("page")), **facts}
            yield Document(text=text, metadata={**known, **(extra_info or {})})
