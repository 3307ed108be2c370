"""The OCR engine of OCRmyPDF 17: `ocrmypdf --plugin tflite_ocr.plugins.ocrmypdf`, or `ocrmypdf --tflite-ocr`.

With --plugin OCRmyPDF reads with tflite-ocr wherever its own choice is left open. The entry point, which is there as
soon as both packages are installed, changes nothing by itself: it adds the options --tflite-ocr and --tflite-ocr-model.
Nothing but OCRmyPDF's own interface is imported before a page is read.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from ocrmypdf import hookimpl
from ocrmypdf.models.ocr_element import Baseline, BoundingBox, OcrClass, OcrElement
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence

from tflite_ocr import __version__, geometry
from tflite_ocr.page import Page, PageOptions, Quad, TextLine
from tflite_ocr.plugins.page_facts import ThreadReaders

# OCRmyPDF turns a page from 14 on (--rotate-pages-threshold); this is what a page of some lines gets.
_CERTAIN = 20.0
_MOST_THREADS = 4
_STEEP = 45.0
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

        turn, sure = page_facts.quarter_turn(page_facts.longest_lines(_reader(options), input_file))
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
    from tflite_ocr.formats.result import words_apart

    box, angle = _box(line.quad), float(geometry.angles(line.quad))
    words = [
        OcrElement(
            OcrClass.WORD, bbox=_box(word.quad), poly=list(word.quad), text=word.text, confidence=word.confidence
        )
        for word in words_apart(line)
    ]
    made = OcrElement(OcrClass.LINE, bbox=box, poly=list(line.quad), confidence=line.confidence, children=words)
    if abs(angle) < _STEEP:
        (right, bottom), (near, base) = line.quad[2:]
        slope = (bottom - base) / max(1.0, right - near)
        made.baseline = Baseline(slope, base + slope * (box.left - near) - box.bottom)
    else:
        made.textangle = -angle
    return made


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


class _Hooks:
    """What OCRmyPDF calls, see its pluginspec; all of it counts only where the engine is the one that was asked for."""

    def __init__(self, always: bool):
        """With `always` the engine is taken wherever no other is named, else where --tflite-ocr asks for it."""
        self._always = always

    @hookimpl
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds ours."""
        ours = parser.add_argument_group("tflite-ocr", "Read with tflite-ocr instead of Tesseract")
        # The entry point and --plugin may both be there; the second finds the options in their place.
        with contextlib.suppress(argparse.ArgumentError):
            ours.add_argument("--tflite-ocr", action="store_true", help="Read with tflite-ocr.")
            ours.add_argument("--tflite-ocr-model", metavar="NAME|DIR", help="An installed model, or its folder.")

    @hookimpl
    def check_options(self, options) -> None:
        """Lets the engine write the text of pages as PDF: the host's own way takes .2 s a page more."""
        if self.get_ocr_engine(options) and options.pdf_renderer == "auto":
            options.pdf_renderer = "sandwich"

    @hookimpl
    def validate(self, pdfinfo, options) -> None:
        """Shares out threads: pages are read side by side, one thread each; a short document leaves threads over."""
        from tflite_ocr.processors import cores

        TfliteOcrEngine.threads = max(1, min(_MOST_THREADS, (options.jobs or cores()) // max(1, len(pdfinfo))))

    @hookimpl
    def get_ocr_engine(self, options):
        """The engine, unless another one is wanted."""
        if options is None:
            return TfliteOcrEngine() if self._always else None
        wanted = options.ocr_engine == "auto" if self._always else options.extra_attrs.get("tflite_ocr")
        return TfliteOcrEngine() if wanted else None


entry = _Hooks(always=False)
_asked_for = _Hooks(always=True)
add_options, check_options = _asked_for.add_options, _asked_for.check_options
validate, get_ocr_engine = _asked_for.validate, _asked_for.get_ocr_engine
