"""The OCR engine of OCRmyPDF 17: `ocrmypdf --plugin tflite_ocr.plugins.ocrmypdf`, or `ocrmypdf --tflite-ocr`.

With --plugin OCRmyPDF reads with tflite-ocr wherever its own choice is left open. The entry point, which is there as
soon as both packages are installed, changes nothing by itself: it adds the options --tflite-ocr and --tflite-ocr-model.
Nothing but OCRmyPDF's own interface is imported before a page is read.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import math
from pathlib import Path

from ocrmypdf import hookimpl
from ocrmypdf.models.ocr_element import Baseline, BoundingBox, OcrClass, OcrElement
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence

from tflite_ocr import __version__
from tflite_ocr.page import Page, PageOptions, Quad, TextLine
from tflite_ocr.plugins.page_facts import ThreadReaders

# OCRmyPDF turns a page from 14 on (--rotate-pages-threshold); this is what a page of some lines gets.
_CERTAIN = 20.0
_MOST_THREADS = 4
_STEEP = 45.0
_LEAST_GAP, _MOST_OF_WORD = 0.25, 0.15  # heights of the line; the share of a word that it may lose at one end
_READERS = ThreadReaders()
_DEFAULT_DPI = 300.0


class TfliteOcrEngine(OcrEngine):
    """Reads pages with the embedded model, or with the one that --tflite-ocr-model names."""

    threads = 1

    @staticmethod
    def version() -> str:
        """Version of the package."""
        return __version__

    @staticmethod
    def creator_tag(options) -> str:
        """The engine's name and version in the metadata of the PDF."""
        return f"tflite-ocr {__version__}"

    def __str__(self) -> str:
        return f"tflite-ocr {__version__}"

    @staticmethod
    def languages(options) -> set[str]:
        """The codes of all languages that the model reads, in the form in which they were asked for too."""
        from tflite_ocr.languages import usual

        known = set(_reader(options).languages)
        return known | {code for code in options.languages if usual(code) in known}

    @staticmethod
    def get_orientation(input_file: Path, options) -> OrientationConfidence:
        """How far the page is turned clockwise, and how sure that is: 14 is enough to turn it."""
        from tflite_ocr.plugins import page_facts

        turn, sure = page_facts.quarter_turn(_reader(options).read_page(input_file))
        return OrientationConfidence(angle=turn, confidence=_CERTAIN * sure)

    @staticmethod
    def get_deskew(input_file: Path, options) -> float:
        """By how many degrees the image must be turned counterclockwise, as Pillow turns, to be straight."""
        from tflite_ocr.plugins import page_facts

        return page_facts.skew(_reader(options).detect(input_file).tolist())

    @staticmethod
    def supports_generate_ocr() -> bool:
        """That generate_ocr is there."""
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options, page_number: int = 0) -> tuple[OcrElement, str]:
        """The page as OCRmyPDF's tree of areas, paragraphs, lines and words, and its plain text."""
        page, dpi = _read(input_file, options)
        return to_tree(page, dpi, page_number), page.text + "\n" if page.lines else ""

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options) -> None:
        """Writes the page as hOCR, and its plain text."""
        from tflite_ocr.formats import find, to_text
        from tflite_ocr.formats.result import Result

        page, dpi = _read(input_file, options)
        made = find("hocr")(_reader(options).name)
        body = made.body(Result(str(input_file), page, dpi=dpi))
        output_hocr.write_text(made.head() + body + made.tail(), encoding="utf-8")
        output_text.write_text(to_text(page), encoding="utf-8")

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options) -> None:
        """Writes a PDF of the image's size that holds the page's text, and nothing to be seen; and its plain text."""
        from tflite_ocr.formats import to_text
        from tflite_ocr.formats.pdf import text_only

        page, dpi = _read(input_file, options)
        output_pdf.write_bytes(text_only(page, dpi))
        output_text.write_text(to_text(page), encoding="utf-8")


def to_tree(page: Page, dpi: float, number: int = 0) -> OcrElement:
    """A page as OCRmyPDF's tree; its first page has the number 0."""
    from tflite_ocr.formats.result import blocks_of, paragraphs_of

    areas = []
    for block in blocks_of(page):
        paragraphs = [
            OcrElement(OcrClass.PARAGRAPH, bbox=_box(*(line.quad for line in lines)), children=[*map(_line, lines)])
            for lines in paragraphs_of(block)
        ]
        box = _box(*(line.quad for line in block.lines))
        areas.append(OcrElement(OcrClass.CAREA, bbox=box, children=paragraphs))
    whole = BoundingBox(0, 0, page.width, page.height)
    return OcrElement(OcrClass.PAGE, bbox=whole, children=areas, dpi=dpi, page_number=number)


def _line(line: TextLine) -> OcrElement:
    from tflite_ocr.formats.result import angle_of, words_of

    box, angle = _box(line.quad), angle_of(line.quad)
    words = [
        OcrElement(
            OcrClass.WORD, bbox=_box(word.quad), poly=list(word.quad), text=word.text, confidence=word.confidence
        )
        for word in words_of(line)
    ]
    made = OcrElement(OcrClass.LINE, bbox=box, poly=list(line.quad), confidence=line.confidence, children=words)
    if abs(angle) < _STEEP:
        (right, bottom), (near, base) = line.quad[2:]
        slope = (bottom - base) / max(1.0, right - near)
        made.baseline = Baseline(slope, base + slope * (box.left - near) - box.bottom)
        _part(
            [word.bbox for word in words if word.bbox],
            math.hypot(line.quad[3][0] - line.quad[0][0], base - line.quad[0][1]),
        )
    else:
        made.textangle = -angle
    return made


def _part(boxes: list[BoundingBox], height: float) -> None:
    """Moves words apart that all but touch: readers of PDFs know words by the gaps between them."""
    for before, after in itertools.pairwise(boxes):
        lacking = _LEAST_GAP * height - (after.left - before.right)
        if lacking > 0:
            before.right -= min(lacking / 2, _MOST_OF_WORD * before.width)
            after.left += min(lacking / 2, _MOST_OF_WORD * after.width)


def _box(*quads: Quad) -> BoundingBox:
    xs, ys = [x for quad in quads for x, _ in quad], [y for quad in quads for _, y in quad]
    return BoundingBox(min(xs), min(ys), max(xs), max(ys))


def _read(path: Path, options) -> tuple[Page, float]:
    from tflite_ocr import documents

    with documents.open_document(path) as document:
        dpi = document.page(1).dpi or _DEFAULT_DPI
    return _reader(options).read_page(path, options=PageOptions(words=True)), dpi


def _reader(options):
    return _READERS.reader(options.extra_attrs.get("tflite_ocr_model"), TfliteOcrEngine.threads)


def _add_options(parser: argparse.ArgumentParser) -> None:
    ours = parser.add_argument_group("tflite-ocr", "Read with tflite-ocr instead of Tesseract")
    # The entry point and --plugin may both be there; the second finds the options in their place.
    with contextlib.suppress(argparse.ArgumentError):
        ours.add_argument("--tflite-ocr", action="store_true", help="Read with tflite-ocr.")
        ours.add_argument("--tflite-ocr-model", metavar="NAME|DIR", help="An installed model, or its folder.")


def _share_threads(pdfinfo, options) -> None:
    """Pages are read side by side, one thread each; a short document leaves threads over."""
    from tflite_ocr.processors import cores

    TfliteOcrEngine.threads = max(1, min(_MOST_THREADS, (options.jobs or cores()) // max(1, len(pdfinfo))))


@hookimpl
def add_options(parser):
    """See OCRmyPDF's pluginspec."""
    _add_options(parser)


@hookimpl
def validate(pdfinfo, options):
    """See OCRmyPDF's pluginspec."""
    _share_threads(pdfinfo, options)


@hookimpl
def get_ocr_engine(options):
    """The engine, unless another one was asked for by its name."""
    if options is not None and options.ocr_engine != "auto":
        return None
    return TfliteOcrEngine()


class EntryPoint:
    """What OCRmyPDF finds by itself: the options, and the engine where they ask for it."""

    @hookimpl
    def add_options(self, parser):
        """See OCRmyPDF's pluginspec."""
        _add_options(parser)

    @hookimpl
    def validate(self, pdfinfo, options):
        """See OCRmyPDF's pluginspec."""
        _share_threads(pdfinfo, options)

    @hookimpl
    def get_ocr_engine(self, options):
        """The engine, where it was asked for."""
        return TfliteOcrEngine() if options is not None and options.extra_attrs.get("tflite_ocr") else None


entry = EntryPoint()
