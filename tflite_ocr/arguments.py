"""Types of arguments that several command lines share; of wrong ones argparse says what was expected."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflite_ocr import processors
from tflite_ocr.errors import OcrError

if TYPE_CHECKING:
    from tflite_ocr.reader import Reader
    from tflite_ocr.recognition.recognizer import Decoding

FORMATS = (
    *("text", "rows", "json", "jsonl", "tsv", "hocr", "alto", "page-xml", "markdown", "csv", "html", "pdf"),
    "layout",
)


def formats(text: str) -> str:
    """Names of formats, separated by commas."""
    for name in text.split(","):
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(f"expected formats of {', '.join(FORMATS)}, found {name!r}")
    return text


def positive(text: str) -> int:
    """An argument that counts something: a whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {value}")
    return value


def thread_count(text: str) -> int:
    """An argument for a number of threads."""
    value = int(text)
    try:
        return processors.checked(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def share(text: str) -> float:
    """An argument between 0 and 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected 0 to 1, found {text}")
    return value


def seconds(word: str) -> float:
    """A time as typed: seconds, mm:ss or hh:mm:ss."""
    try:
        total = 0.0
        for part in word.split(":"):
            value = float(part)
            if not 0 <= value < 1e7:
                raise ValueError(word)
            total = total * 60 + value
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected seconds or hh:mm:ss, found {word}") from None
    return total


@dataclass(frozen=True, kw_only=True)
class ReaderArguments:
    """Arguments of every command line that reads; see tflite_ocr.Reader."""

    model: str | None = None
    language_model: bool = True
    precision: str | None = None
    threads: int | None = None
    min_confidence: float | None = None
    allowlist: str | None = None
    blocklist: str | None = None
    quiet: bool = False

    @property
    def chosen(self) -> dict[str, Any]:
        """Those of tflite_ocr.Reader beside the model."""
        return {"precision": self.precision, "threads": self.threads, "language_model": self.language_model}

    def decoding(self, reader: "Reader") -> "Decoding":
        """The Decoding that the command line asks for.

        Raises:
            OcrError: The reader's recogniser cannot be restricted.
        """
        try:
            return reader.decoding(self.allowlist, self.blocklist)
        except ValueError as error:
            raise OcrError(str(error)) from None
