"""What is written of the pages that were read: one file a format, chosen by its name in FORMATS."""

import importlib
from typing import Protocol

from tflite_ocr.formats.easyocr import PARAGRAPH_X, PARAGRAPH_Y, to_easyocr
from tflite_ocr.formats.json import JSON_VERSION, frame_to_dict, to_dict
from tflite_ocr.formats.result import Result
from tflite_ocr.formats.text import to_layout, to_rows, to_text

__all__ = [
    "FORMATS",
    "JSON_VERSION",
    "PARAGRAPH_X",
    "PARAGRAPH_Y",
    "WITHOUT_WORDS",
    "Format",
    "Result",
    "find",
    "frame_to_dict",
    "to_dict",
    "to_easyocr",
    "to_layout",
    "to_rows",
    "to_text",
]


class Format(Protocol):
    """Makes text of pages: head(), body() of each page, tail()."""

    suffix: str

    def __init__(self, model: str, many: bool = False): ...

    def head(self) -> str:
        """What stands before the first page."""

    def body(self, result: Result) -> str:
        """What stands for a page."""

    def tail(self) -> str:
        """What stands after the last page."""


# Name to the module and class that write it, loaded when it is asked for.
FORMATS = {
    "text": "text.Text",
    "rows": "text.Rows",
    "layout": "text.Layout",
    "json": "json.Json",
    "jsonl": "json.JsonLines",
    "tsv": "tsv.Tsv",
    "hocr": "hocr.Hocr",
    "alto": "alto.Alto",
    "page-xml": "page_xml.PageXml",
    "markdown": "markdown.Markdown",
    "csv": "tables.Tables",
    "html": "html.Html",
    "pdf": "pdf.SearchablePdf",
}

# Those that do not say where words stand.
WITHOUT_WORDS = frozenset({"text", "rows", "markdown", "csv"})


def find(name: str) -> type:
    """The class that writes a format.

    Raises:
        KeyError: There is none of this name.
    """
    module, _, kind = FORMATS[name].partition(".")
    return getattr(importlib.import_module(f"{__name__}.{module}"), kind)
