"""What a run of `tflite-ocr read` goes through: files and folders, their documents, pages, and results."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from tflite_ocr import documents, files
from tflite_ocr.errors import ImageReadError, OcrError, printable
from tflite_ocr.formats.result import Result
from tflite_ocr.image_limits import decoding_bytes
from tflite_ocr.image_read import ImageSource
from tflite_ocr.journal import Journal
from tflite_ocr.overlay import draw
from tflite_ocr.page import Page
from tflite_ocr.progress import Progress

STDIN = "-"
# From so many pages on a run is kept in a journal, whether or not it was asked for.
LONG_RUN = 50
_LOG = logging.getLogger(__name__)
_DRAWING_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class JobFile:
    """One document, the folder that was named for it, and where its drawing goes."""

    path: str
    base: Path
    drawing: Path | None

    @property
    def name(self) -> str:
        """For output: a file name need not be UTF-8, JSON must."""
        return os.fsencode(self.path).decode("utf-8", "replace")

    def open(self, options: documents.DocumentOptions) -> documents.Document:
        """Opens the document; see documents.open_document for the errors."""
        if self.path != STDIN:
            return documents.open_document(self.path, options)
        try:
            data = files.read_limited(sys.stdin.buffer, decoding_bytes(), "standard input")
        except OSError as error:
            raise ImageReadError(f"standard input: expected an image, found that {error.strerror}") from None
        return documents.open_document(data, options)


@dataclass
class Job:
    """The documents of a run.

    Attributes:
        many: Whether more than one document was asked for, or may be.
        progress: What counts pages; None where there is one.
        arranged: Whether text that documents hold is laid out as text that was read.
        total: Pages and documents so far, with those that failed.
    """

    items: list[JobFile]
    failures: list[str]
    many: bool
    options: documents.DocumentOptions = field(default_factory=documents.DocumentOptions)
    read_page: Callable[[ImageSource], Page] | None = None
    progress: Progress | None = None
    quiet: bool = False
    arranged: bool = True
    total: int = 0

    def clear(self) -> None:
        """Takes the progress bar from the terminal."""
        if self.progress:
            self.progress.clear()


def collect(sources: Sequence[str], many: bool, target: str | None) -> Job:
    """Lists the documents to read: paths, addresses, or - for standard input; directories are searched.

    `many` says whether they may stand for more than one document, `target` where drawings go, if any.

    Raises:
        OcrError: Standard input is named twice, or drawings cannot go there.
        ImageReadError: The only source is a directory without images.
    """
    job = Job([], [], many)
    taken: set[Any] = set()
    if target and not many and Path(target).suffix.lower() not in _DRAWING_SUFFIXES:
        raise OcrError(f"--draw {target}: expected a name ending in {', '.join(_DRAWING_SUFFIXES)}")
    if target:
        _check_target(Path(target), many)
    if sources.count(STDIN) > 1:
        raise OcrError(f"expected {STDIN} (standard input) once, found it {sources.count(STDIN)} times")
    for source in sources:
        folder = Path(source)
        if source == STDIN or not os.path.isdir(source):
            found, base = [source], folder.parent
        else:
            try:
                found = [str(path) for path in files.images_in(folder, files.DOCUMENT_SUFFIXES)]
                base = folder
            except ImageReadError as error:
                if len(sources) == 1:
                    raise
                job.failures.append(str(error))
                continue
        job.items += [JobFile(path, base, _drawing(path, base, target, many, taken)) for path in found]
    job.total = len(job.items) + len(job.failures)
    return job


def results(job: Job, journal: Journal | None) -> Iterator[tuple[JobFile, Result]]:
    """Reads one page after another; if there are several, reports and skips unreadable ones.

    Raises:
        ImageReadError: The only page, or the only document, cannot be read.
        OcrError: Another option is wrong.
    """
    if job.many:
        job.progress = Progress(len(job.items), quiet=job.quiet)
    for index, item in enumerate(job.items):
        try:
            document = item.open(job.options)
            with document:
                numbers = document.chosen(job.options.pages)
                _expect(job, len(numbers))
                yield from _of_document(job, journal, index, document, numbers)
        except ImageReadError as error:
            if not job.many:
                raise
            _note(job, item.name, error)


def _expect(job: Job, pages: int) -> None:
    """A document has so many pages, where one was counted."""
    job.total += pages - 1
    if job.progress:
        job.progress.total += pages - 1
    elif pages > 1:
        job.progress = Progress(pages, quiet=job.quiet)


def _of_document(
    job: Job, journal: Journal | None, index: int, document: documents.Document, numbers: list[int]
) -> Iterator[tuple[JobFile, Result]]:
    item, good = job.items[index], 0
    for number in numbers:
        name = f"{item.name}, page {number}" if len(numbers) > 1 else item.name
        try:
            result = _page(job, journal, index, document, number)
            if item.drawing:
                place, stem = item.drawing, files.beginning(item.drawing.stem, 230)
                if len(numbers) > 1:
                    place = place.with_name(f"{stem}-{number:04d}{place.suffix}")
                _write_drawing(place, job.many, draw(result.picture(), result.page.lines, result.page.blocks))
        except ImageReadError as error:
            if job.progress is None or (good == 0 and number == numbers[-1] and not job.many):
                raise
            _note(job, name, error)
            continue
        if job.progress:
            job.progress.advance(printable(name))
        good += 1
        yield item, result


def _page(job: Job, journal: Journal | None, index: int, document: documents.Document, number: int) -> Result:
    name = job.items[index].name
    known = journal.find(index, number) if journal is not None else None
    if known is not None:
        page, dpi, kept = known
        return Result(name, page, number, document.count, dpi, lambda: document.page(number), document, kept)
    image = document.page(number)
    page = documents.kept(image, job.arranged) or cast(Any, job.read_page)(image.source)
    times = ", ".join(f"{stage} {value:.0f} ms" for stage, value in page.timing_ms.items())
    _LOG.info("%s: %d x %d pixels, %d lines; %s", name, page.width, page.height, len(page.lines), times)
    if journal is not None and (journal.resumes or job.total >= LONG_RUN):
        journal.add(index, number, (page, image.dpi, image.lines is not None))
    return Result(name, page, number, document.count, image.dpi, lambda: image, document, image.lines is not None)


def _note(job: Job, name: str, error: ImageReadError) -> None:
    job.failures.append(str(error))
    if job.progress:
        job.progress.advance(printable(f"{name}: unreadable"))


def _drawing(path: str, base: Path, target: str | None, many: bool, taken: set[Path]) -> Path | None:
    """Where the drawing of an image goes; with several images, below a folder as they lie below `base`."""
    if not target or not many:
        return Path(target) if target else None
    inside = Path("stdin") if path == STDIN else Path(path).relative_to(base)
    if ".." in inside.parts:  # nothing is drawn outside
        inside = Path(inside.name)
    name, number = files.beginning(inside.stem, 240), 1
    place = Path(target, inside.parent, name + ".png")
    while place in taken:
        number += 1
        place = place.with_name(f"{name}-{number}.png")
    taken.add(place)
    return place


def _check_target(target: Path, many: bool) -> None:
    """A folder for several drawings may have to be made; nothing is made around a target."""
    if many and target.exists() and not target.is_dir():
        raise OcrError(f"--draw {target}: expected a directory for the drawings of several images, found a file")
    if not target.parent.is_dir():
        raise OcrError(f"--draw {target}: expected the directory {target.parent}, found none; make it first")


def _write_drawing(path: Path, in_folder: bool, drawing: np.ndarray) -> None:
    _, encoded = cv2.imencode(path.suffix.lower(), drawing)
    if in_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as stream:
        stream.write(encoded.tobytes())
