"""What the command line does: read images, list models."""

import contextlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np

from tflite_ocr import files, formats, image, manifest, models
from tflite_ocr.arguments import decoding_of
from tflite_ocr.errors import ArtifactError, ImageReadError, OcrError, printable
from tflite_ocr.image import ImageSource
from tflite_ocr.image_limits import decoding_bytes
from tflite_ocr.image_read import quiet_opencv
from tflite_ocr.overlay import draw
from tflite_ocr.page import Page
from tflite_ocr.progress import Progress

STDIN = "-"
_LOG = logging.getLogger(__name__)
_DRAWING_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class ReadOptions:
    """Arguments of `tflite-ocr read`, as typed."""

    sources: tuple[str, ...]
    format: str = "text"
    output: str | None = None
    model: str | None = None
    precision: str | None = None
    threads: int | None = None
    draw: str | None = None
    engine: str = "tflite"
    recognizer: str | None = None
    language_model: bool = True
    min_confidence: float | None = None
    allowlist: str | None = None
    blocklist: str | None = None
    crops: bool = False
    quiet: bool = False
    verbose: int = 0

    @property
    def many(self) -> bool:
        """Whether the arguments stand for more than one image, or may."""
        return len(self.sources) > 1 or Path(self.sources[0]).is_dir()


@dataclass(frozen=True)
class _Item:
    """One image and where its drawing goes."""

    path: str
    drawing: Path | None

    @property
    def name(self) -> str:
        return os.fsencode(self.path).decode("utf-8", "replace")  # a file name need not be UTF-8, JSON must

    def source(self) -> str | bytes:
        if self.path != STDIN:
            return self.path
        try:
            return files.read_limited(sys.stdin.buffer, decoding_bytes(), "standard input")
        except OSError as error:
            raise ImageReadError(f"standard input: expected an image, found that {error.strerror}") from None


@dataclass
class _Job:
    """The images of a run, and the messages of those that failed so far."""

    items: list[_Item] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def read(options: ReadOptions) -> int:
    """Reads images and writes their text; goes on past unreadable ones when there are several.

    Returns:
        Exit code: 0, or that of ImageReadError when some image could not be read.

    Raises:
        OcrError: The only image, or the model, cannot be read.
        OSError: A result cannot be written.
    """
    quiet_opencv()
    job = _job(options)
    total = len(job.items) + len(job.failures)
    with _output(options.output) as stream:
        from tflite_ocr.reader import Reader  # here: listing models needs no LiteRT

        reader = Reader(
            options.model,
            precision=options.precision,
            threads=options.threads,
            engine=options.engine,
            recognizer=options.recognizer,
            language_model=options.language_model,
        )
        progress = Progress(len(job.items), quiet=options.quiet) if options.many else None
        pages = _pages(_page_reader(reader, options), job, progress)
        for piece in formats.WRITERS[options.format](pages, reader.name, options.many):
            if progress and stream.isatty():
                progress.clear()
            stream.write(piece)
            stream.flush()
    if progress:
        progress.clear()
    if job.failures:
        print(f"{len(job.failures)} of {total} could not be read:", file=sys.stderr)
        for failure in job.failures:
            print(f"  {failure}", file=sys.stderr)
        return ImageReadError.exit_code
    return 0


def list_models() -> int:
    """Prints the installed models as a table.

    Raises:
        ArtifactError: No model is installed.
    """
    rows, broken = [], []
    for folder in models.installed():
        try:
            rows.append(_model_row(folder, manifest.load(folder)))
        except ArtifactError as error:
            broken.append(str(error))
    if rows:
        heading = ("MODEL", "FOLDER", "PRECISIONS", "LANGUAGES", "SOURCE", "LICENCE")
        widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
        for row in (heading, *rows):
            print(printable("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()))
    for message in broken:
        print(message, file=sys.stderr)
    if not rows and not broken:
        models.find(None)  # raises, and says where it looked
    return ArtifactError.exit_code if broken else 0


def _job(options: ReadOptions) -> _Job:
    """Lists the images to read; directories are searched."""
    job, taken = _Job(), set()
    if options.draw and not options.many and Path(options.draw).suffix.lower() not in _DRAWING_SUFFIXES:
        raise OcrError(f"--draw {options.draw}: expected a name ending in {', '.join(_DRAWING_SUFFIXES)}")
    if options.draw:
        _check_target(Path(options.draw), options.many)
    if options.sources.count(STDIN) > 1:
        raise OcrError(f"expected {STDIN} (standard input) once, found it {options.sources.count(STDIN)} times")
    for source in options.sources:
        folder = Path(source)
        if source == STDIN or not folder.is_dir():
            found, base = [source], folder.parent
        else:
            try:
                found, base = [str(path) for path in files.images_in(folder)], folder
            except ImageReadError as error:
                if len(options.sources) == 1:
                    raise
                job.failures.append(str(error))
                continue
        job.items += [_Item(path, _drawing(path, base, options, taken)) for path in found]
    return job


def _drawing(path: str, base: Path, options: ReadOptions, taken: set[Path]) -> Path | None:
    """Where the drawing of an image goes; with several images, below a folder as they lie below `base`."""
    if not options.draw or not options.many:
        return Path(options.draw) if options.draw else None
    inside = Path("stdin") if path == STDIN else Path(path).relative_to(base)
    if ".." in inside.parts:  # nothing is drawn outside
        inside = Path(inside.name)
    name, number = files.beginning(inside.stem, 240), 1
    target = Path(options.draw, inside.parent, name + ".png")
    while target in taken:
        number += 1
        target = target.with_name(f"{name}-{number}.png")
    taken.add(target)
    return target


def _page_reader(reader, options: ReadOptions) -> Callable[[ImageSource], Page]:
    """What makes a page of an image: finding and reading, or with --crops reading alone."""
    decoding = decoding_of(reader, options.allowlist, options.blocklist)
    if options.crops:
        return lambda source: reader.read_crop(source, options.min_confidence or 0.0, decoding)
    return lambda source: reader.read_page(source, options.min_confidence, decoding)


def _pages(
    read_page: Callable[[ImageSource], Page], job: _Job, progress: Progress | None
) -> Iterator[tuple[str, Page]]:
    """Reads one image after another; with a progress, notes the unreadable ones and goes on."""
    for item in job.items:
        try:
            source = item.source()
            page = read_page(source)
            times = ", ".join(f"{stage} {value:.0f} ms" for stage, value in page.timing_ms.items())
            _LOG.info("%s: %d x %d pixels, %d lines; %s", item.name, page.width, page.height, len(page.lines), times)
            if item.drawing:
                _write_drawing(item.drawing, progress is not None, draw(image.read(source), page.lines))
        except ImageReadError as error:
            if progress is None:
                raise
            job.failures.append(str(error))
            progress.advance(printable(f"{item.name}: unreadable"))
            continue
        if progress:
            progress.advance(printable(item.name))
        yield item.name, page


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


@contextlib.contextmanager
def _output(path: str | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears when all is written; UTF-8 either way."""
    if path is None:
        yield sys.stdout
        return
    with files.replacing(path) as stream:
        text = io.TextIOWrapper(stream, "utf-8", "backslashreplace", newline="\n", write_through=True)
        yield text
        text.detach()


def _model_row(folder: Path, model: manifest.Manifest) -> tuple[str, ...]:
    precisions = ", ".join(
        f"{precision}{'*' if precision == model.default_precision else ''} {model.size_bytes(precision) / 1e6:.1f} MB"
        for precision in model.precisions()
    )
    languages = sorted({language for recognizer in model.recognizers for language in recognizer.languages})
    shown = ",".join(languages[:6]) + (f",+{len(languages) - 6}" if len(languages) > 6 else "")
    source = f"{model.source.name} {model.source.version}".strip()
    return model.name, str(folder), precisions, shown, source, model.source.licence
