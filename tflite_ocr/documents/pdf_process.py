"""PDFs rendered in a process of its own, which a page that takes too much time or memory, or crashes PDFium, ends.

Requests and answers are lines of JSON; after the first request the file's bytes follow, if it is no path, and after the
answer to "page" its pixels.
"""

import json
import os
import platform
import sys
import warnings
from typing import Any, BinaryIO

from tflite_ocr import errors, isolation, journal
from tflite_ocr.documents.document import DocumentOptions, PageImage
from tflite_ocr.documents.pdf import PdfDocument
from tflite_ocr.errors import ImageReadError, OcrError, OcrWarning
from tflite_ocr.page import Page

# Of a page, in seconds of the processor; small computers take several times as long.
MOST_CPU_S = 36 if platform.machine().lower().startswith(("arm", "aarch")) else 9


class IsolatedPdf(PdfDocument):
    """A PDF file as PdfDocument gives it; threads wait for one another."""

    def __init__(self, name: str, source: bytes | str | os.PathLike, options: DocumentOptions):
        """Opens it; see PdfDocument for the arguments and errors."""
        self.name, self.source, self.options = name, source, options
        self._worker: isolation.Worker | None = isolation.Worker(__name__, MOST_CPU_S)
        self.count = self._ask("count", 0)[0]

    def page(self, number: int) -> PageImage:
        """See Document.page."""
        (dpi, plain), picture = self._ask("page", number)
        return PageImage(number, picture, dpi, journal.from_plain(plain).lines if plain else None)

    def frame(self, number: int) -> tuple[float, float, float, float, int]:
        """See PdfDocument.frame."""
        left, bottom, right, top, turn = self._ask("frame", number)[0]
        return left, bottom, right, top, turn

    def has_text(self, number: int) -> bool:
        """See PdfDocument.has_text."""
        return self._ask("has_text", number)[0]

    def close(self) -> None:
        """See Document.close."""
        worker, self._worker = self._worker, None
        if worker is not None:
            with worker.lock:
                worker.stop()

    def _ask(self, what: str, number: int) -> tuple[Any, Any]:
        """The value of an answer, and its pixels."""
        worker = self._worker
        if worker is None:
            raise ValueError("expected an open document, found one that was closed")
        with worker.lock:
            try:
                if worker.start():
                    self._send_document(worker)
                answer, picture = self._answer(worker, what, number)
            except (OSError, ValueError):
                raise ImageReadError(self._ended(worker.stop(), number)) from None
            except BaseException:  # interrupted between request and answer
                worker.stop()
                raise
        for message in answer["warnings"]:
            warnings.warn(OcrWarning(message), stacklevel=3)
        if answer["error"]:
            kind, message = answer["error"]
            raise getattr(errors, kind)(message)
        return answer["value"], picture

    def _send_document(self, worker: isolation.Worker) -> None:
        data = self.source if isinstance(self.source, bytes) else b""
        path = None if isinstance(self.source, bytes) else os.path.abspath(os.fsdecode(self.source))
        options = (self.options.dpi, self.options.password, self.options.skip_text)
        worker.send(_line([self.name, path, len(data), *options]), data)

    @staticmethod
    def _answer(worker: isolation.Worker, what: str, number: int) -> tuple[dict, Any]:
        worker.send(_line([what, number]))
        answer = json.loads(worker.answers.readline())
        return answer, worker.pixels(tuple(answer["shape"])) if answer["shape"] else None

    def _ended(self, ending: str, number: int) -> str:
        place = f"{self.name}, page {number}" if number else self.name
        return (
            f"{place}: expected a page that takes at most {MOST_CPU_S} s of the processor and 1 GB of memory, found "
            f"one that ended the process which tried it ({ending}); do not trust this file"
        )


def serve(most_cpu_s: int) -> None:
    """Answers until standard input ends."""
    requests, answers = isolation.limited_streams(1.0)
    isolation.limit_time(most_cpu_s)
    document: PdfDocument | None = None
    name, path, size, dpi, password, skip_text = json.loads(requests.readline())
    source = path if path is not None else requests.read(size)
    while line := requests.readline():
        what, number = json.loads(line)
        isolation.limit_time(most_cpu_s)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            answer: dict[str, Any] = {"error": None, "value": None, "shape": None}
            picture = None
            try:
                if document is None:
                    options = DocumentOptions(dpi=dpi, password=password, skip_text=skip_text)
                    document = PdfDocument(name, source, options)
                answer["value"], picture = _value(document, what, number)
            except OcrError as error:
                answer["error"] = type(error).__name__, str(error)
        answer["warnings"] = [str(item.message) for item in caught if isinstance(item.message, OcrWarning)]
        _write(answers, answer, picture)


def _value(document: PdfDocument, what: str, number: int) -> tuple[Any, Any]:
    if what == "count":
        return document.count, None
    if what != "page":
        return getattr(document, what)(number), None
    page = document.page(number)
    picture = page.picture()
    lines = Page(page.lines, picture.shape[1], picture.shape[0], {}) if page.lines else None
    return (page.dpi, journal.to_plain(lines) if lines else None), picture


def _write(answers: BinaryIO, answer: dict, picture: Any) -> None:
    if picture is not None:
        answer["shape"] = picture.shape
    answers.write(_line(answer))
    if picture is not None:
        answers.write(isolation.plain_bytes(picture))
    answers.flush()


def _line(plain: Any) -> bytes:
    return json.dumps(plain).encode("ascii") + b"\n"


if __name__ == "__main__":
    serve(int(sys.argv[1]))
