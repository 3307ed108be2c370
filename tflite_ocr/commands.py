"""The commands of the command line: read documents, list models."""

import contextlib
import dataclasses
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tflite_ocr import documents, files, formats, manifest, models, reading_job
from tflite_ocr.arguments import ReaderArguments
from tflite_ocr.errors import ArtifactError, ImageReadError, OcrError, printable
from tflite_ocr.formats.output import Output
from tflite_ocr.image import ImageSource
from tflite_ocr.image_read import quiet_opencv
from tflite_ocr.journal import Journal
from tflite_ocr.page import Page, PageOptions

if TYPE_CHECKING:
    from tflite_ocr.reader import Reader

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ReadOptions(ReaderArguments):
    """Arguments of `tflite-ocr read`."""

    sources: Sequence[str]
    format: Sequence[str] | None = None
    output: str | None = None
    layout_text: bool = False
    draw: str | None = None
    engine: str = "tflite"
    recognizer: str | None = None
    pages: str | None = None
    dpi: float | None = None
    crops: bool = False
    password: str | None = None
    skip_text: bool = False
    resume: bool = False
    characters: bool = False
    layout: bool = True
    verbose: int = 0

    @property
    def many(self) -> bool:
        """Whether the arguments may mean more than one image."""
        return len(self.sources) > 1 or os.path.isdir(self.sources[0])

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats, each once; text with its layout where that is asked for."""
        names = tuple(dict.fromkeys(name for word in self.format or ["text"] for name in word.split(",")))
        return tuple("layout" if name == "text" and self.layout_text else name for name in names)


def read(options: ReadOptions) -> int:
    """Reads documents and writes their text; if there are several, unreadable pages are reported and skipped.

    Returns:
        Exit code: 0, or that of ImageReadError when some page could not be read.

    Raises:
        OcrError: The only page, or the model, cannot be read.
        OSError: A result cannot be written.
    """
    quiet_opencv()
    job = reading_job.collect(options.sources, options.many, options.draw)
    job.options = documents.DocumentOptions(
        options.pages, options.dpi, options.password, options.skip_text, True, isolate=True
    )
    job.quiet, job.arranged = options.quiet, options.layout
    with Output(options.formats, options.output, options.many, job.clear, options.resume) as output:
        from tflite_ocr.reader import Reader  # here: listing models needs no LiteRT

        reader = Reader(options.model, engine=options.engine, recognizer=options.recognizer, **options.chosen)
        job.read_page = _page_reader(reader, options)
        with _journal(options, job, reader) as journal:
            output.start(reader.name)
            for item, result in reading_job.results(job, journal):
                output.add(result, item.base)
            output.finish()
    job.clear()
    if job.failures:
        print(f"{len(job.failures)} of {job.total} could not be read:", file=sys.stderr)
        for failure in job.failures:
            print(f"  {failure}", file=sys.stderr)
        return ImageReadError.exit_code
    return 0


@contextlib.contextmanager
def _journal(options: ReadOptions, job: reading_job.Job, reader: "Reader") -> Iterator[Journal | None]:
    """The journal of a long run, or of --resume, beside the output; removed at the end, kept after an interruption."""
    if options.output is None or reading_job.STDIN in options.sources:
        if options.resume:
            raise OcrError("--resume: expected -o FILE and files to read, found none; pages are kept beside that file")
        yield None
        return
    target = Path(options.output).absolute()
    facts = dataclasses.asdict(dataclasses.replace(options, format=(), output=None, draw=None, password=None))
    for unrelated in ("threads", "quiet", "verbose", "pages", "layout_text", "resume"):
        del facts[unrelated]
    facts["words"] = _with_words(options)
    facts["model"], facts["precision"] = reader.name, options.precision
    facts["files"] = [(item.path, *_stamp(item.path)) for item in job.items]
    journal = Journal(target.parent / f".{files.beginning(target.name)}.journal", facts, options.resume)
    if len(journal):
        _LOG.info("%d pages were read before", len(journal))
    try:
        yield journal
    except KeyboardInterrupt:
        journal.close()
        if len(journal):
            job.clear()
            kept = "1 page is" if len(journal) == 1 else f"{len(journal)} pages are"
            print(f"{kept} kept; the same command with --resume continues", file=sys.stderr)
        raise
    except BaseException:
        if options.resume:
            journal.close()
        else:
            journal.remove()
        raise
    journal.remove()


def _with_words(options: ReadOptions) -> bool:
    return not formats.WITHOUT_WORDS.issuperset(options.formats)


def _stamp(path: str) -> tuple[int, int]:
    """Size and time of a file, by which another file of the same name is recognised."""
    try:
        found = os.stat(path)
        return found.st_size, found.st_mtime_ns
    except OSError:
        return 0, 0


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
        models.find(None)  # raises an error that names the searched folders
    return ArtifactError.exit_code if broken else 0


def _page_reader(reader: "Reader", options: ReadOptions) -> Callable[[ImageSource], Page]:
    """The function that makes a page of an image: detection and recognition, or with --crops recognition alone."""
    decoding = options.decoding(reader)
    words = _with_words(options)
    wanted = PageOptions(words=words, characters=options.characters, layout=options.layout)
    if options.crops:
        return lambda source: reader.read_crop(source, options.min_confidence or 0.0, decoding, wanted)
    return lambda source: reader.read_page(source, options.min_confidence, decoding, wanted)


def _model_row(folder: Path, model: manifest.Manifest) -> tuple[str, ...]:
    precisions = ", ".join(
        f"{precision}{'*' if precision == model.default_precision else ''} {model.size_bytes(precision) / 1e6:.1f} MB"
        for precision in model.precisions()
    )
    languages = sorted({language for recognizer in model.recognizers for language in recognizer.languages})
    shown = ",".join(languages[:6]) + (f",+{len(languages) - 6}" if len(languages) > 6 else "")
    source = f"{model.source.name} {model.source.version}".strip()
    return model.name, str(folder), precisions, shown, source, model.source.licence
