"""Searchable PDFs: the given pages as they are, with the text that was read invisible behind; by pikepdf.

Text is laid behind what a page shows, so that nothing of its content is touched: its streams stay byte for byte.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import cv2
import numpy as np

from tflite_ocr import __version__, image_header
from tflite_ocr.documents.frame import Frame, points_of_pixels
from tflite_ocr.documents.images import ImageDocument
from tflite_ocr.documents.pdf import PdfDocument
from tflite_ocr.errors import ImageReadError, MissingDependencyError, OcrWarning, printable
from tflite_ocr.formats import glyphless
from tflite_ocr.formats.careful import CarefulStream
from tflite_ocr.formats.result import Result, words_apart
from tflite_ocr.page import Page, Point, TextLine, Word

POINTS = 72.0
# An image that says no resolution is laid out on this height in inches, A4's, unless that makes too few dots.
_PAPER_INCHES, _LEAST_DPI, _MOST_POINTS = 11.69, 72.0, 14_400.0
_JPEG_QUALITY = 92
_LOSSY = ("WebP", "AVIF", "JPEG 2000")
# Of a JPEG with this EXIF orientation, where the unit square of its pixels is laid.
_TURNS = {1: (1, 0, 0, 1, 0, 0), 3: (-1, 0, 0, -1, 1, 1), 6: (0, -1, 1, 0, 0, 1), 8: (0, 1, -1, 0, 1, 0)}


class SearchablePdf:
    """Collects pages; the file is written by finish()."""

    suffix = ".pdf"

    def __init__(self, stream: BinaryIO, model: str, many: bool = False):
        """Checks that pikepdf is there.

        Args:
            stream: What the file is written to; seeking is not needed.
            model: Name of the model, for the file's facts.
            many: Whether several documents may come; with one PDF alone the file keeps all of its parts.

        Raises:
            MissingDependencyError: pikepdf is not installed.
        """
        try:
            import pikepdf
        except ImportError:
            raise MissingDependencyError(
                "a searchable PDF needs pikepdf, found none; pip install 'tflite-ocr[pdf]'"
            ) from None
        self._pikepdf, self._stream, self._model, self._many = pikepdf, stream, model, many
        self._pdf: Any = None
        self._font: glyphless.GlyphlessFont | None = None
        self._document: Any = None
        self._warned: Any = None
        self._first = 0  # index in the file of the present document's first page
        self._base: Any = None

    def add(self, result: Result) -> None:
        """Lays the text of a page behind it; a page whose own text was kept stays as it is.

        Raises:
            ImageReadError: The page cannot be taken over.
        """
        try:
            page, place = self._page_of(result)
            if not result.kept:
                self._warn_of_text(result)
                self._write_text(page, result.page.lines, place)
        except self._pikepdf.PdfError as error:
            raise ImageReadError(
                f"{result.title}: expected a page that can be written again, found that {error}"
            ) from None

    def _warn_of_text(self, result: Result) -> None:
        """Says once for each document that text will stand in it twice."""
        document = result.document
        if isinstance(document, PdfDocument) and document is not self._warned and document.has_text(result.number):
            self._warned = document
            message = f"{printable(result.title)}: it has text already, and gets it a second time; --skip-text keeps it"
            warnings.warn(OcrWarning(message), stacklevel=3)

    def finish(self) -> None:
        """Writes the file.

        Raises:
            OSError: It cannot be written.
            ImageReadError: The given file is damaged in a way that forbids it.
        """
        pdf = self._open(None)
        if self._font is not None:
            self._font.finish()
        if self._base is None:  # of a given file the facts stay its own
            pdf.docinfo["/Producer"] = f"tflite-ocr {__version__}, {self._model}"
        stream = CarefulStream(self._stream)
        try:
            # An identity made of the content: a run that was resumed gives the same bytes.
            pdf.save(stream, encryption=True if pdf.is_encrypted else None, deterministic_id=not pdf.is_encrypted)
        except self._pikepdf.PdfError as error:
            raise ImageReadError(f"expected a PDF that can be written again, found that {error}") from None
        finally:
            pdf.close()
        stream.check()

    def _open(self, base: Any) -> Any:
        if self._pdf is None:
            self._base = base
            self._pdf = base if base is not None else self._pikepdf.new()
        return self._pdf

    def _page_of(self, result: Result) -> tuple[Any, Callable[[Point], Point]]:
        """The page in the file, and where points of its image lie on it."""
        document: Any = result.document
        if not isinstance(document, PdfDocument):
            pdf = self._open(None)
            return self._add_image(pdf, result)
        if document is not self._document:
            self._document = document
            self._take(document)
        page = self._pdf.pages[self._first + result.number - 1]
        return page, placing(document.frame(result.number), result.page)

    def _take(self, document: Any) -> None:
        """All pages of a PDF; those that are not read are in the file too."""
        source = io.BytesIO(document.source) if isinstance(document.source, bytes) else document.source
        given = self._pikepdf.open(source, password=document.password or "")
        if self._pdf is None and not self._many:
            self._open(given)
            return
        pdf = self._open(None)
        self._first = len(pdf.pages)
        pdf.pages.extend(given.pages)

    def _add_image(self, pdf: Any, result: Result) -> tuple[Any, Callable[[Point], Point]]:
        page = result.page
        dpi = result.dpi or max(max(page.width, page.height) / _PAPER_INCHES, _LEAST_DPI)
        dpi = max(dpi, max(page.width, page.height) * POINTS / _MOST_POINTS)
        width, height = page.width * POINTS / dpi, page.height * POINTS / dpi
        image, turn = _embedded(pdf, result)
        a, b, c, d, e, f = (value * size for value, size in zip(turn, (width, height) * 3, strict=True))
        content = f"q {a:.4f} {b:.4f} {c:.4f} {d:.4f} {e:.4f} {f:.4f} cm /Im0 Do Q\n".encode("ascii")
        added = pdf.add_blank_page(page_size=(width, height))
        added.obj.Resources = self._pikepdf.Dictionary(XObject=self._pikepdf.Dictionary(Im0=image))
        added.obj.Contents = pdf.make_stream(content)
        return added, placing((0.0, 0.0, width, height, 0), page)

    def _write_text(self, page: Any, lines: Sequence[TextLine], place: Callable[[Point], Point]) -> None:
        if not lines:
            return
        if self._font is None:
            self._font = glyphless.GlyphlessFont(self._pdf)
        name = page.add_resource(self._font.object, self._pikepdf.Name.Font, self._pikepdf.Name(glyphless.NAME))
        page.contents_add(text_content(lines, place, self._font, str(name)), prepend=True)


def text_only(page: Page, dpi: float) -> bytes:
    """A PDF of one page of the image's size that holds its text and shows nothing.

    Raises:
        ImportError: pikepdf is not installed.
    """
    import pikepdf

    pdf, out = pikepdf.new(), io.BytesIO()
    width, height = page.width * POINTS / dpi, page.height * POINTS / dpi
    made = pdf.add_blank_page(page_size=(width, height))
    font = glyphless.GlyphlessFont(pdf)
    # OCRmyPDF takes over the font of this name.
    name = made.add_resource(font.object, pikepdf.Name.Font, pikepdf.Name("/F1"))
    place = placing((0.0, 0.0, width, height, 0), page)
    made.obj.Contents = pdf.make_stream(text_content(page.lines, place, font, str(name)))
    font.finish()
    pdf.save(out)
    return out.getvalue()


def placing(frame: Frame, page: Page) -> Callable[[Point], Point]:
    """From pixels of a page's picture to the coordinates of the page in the file; see documents.frame."""
    (a, b, c), (d, e, f), _ = points_of_pixels(frame, page.width, page.height).tolist()
    return lambda point: (a * point[0] + b * point[1] + c, d * point[0] + e * point[1] + f)


def text_content(
    lines: Sequence[TextLine], place: Callable[[Point], Point], font: glyphless.GlyphlessFont, name: str
) -> bytes:
    """Operators (ISO 32000-1, 9.4) that show lines invisibly, each word stretched over its quad, blanks between."""
    out = ["q BT 3 Tr"]
    for line in lines:
        words = words_apart(line)
        for index, word in enumerate(words):
            following = words[index + 1] if index + 1 < len(words) else None
            out += _word(word, following, place, font, name)
    return "\n".join([*out, "ET Q", ""]).encode("ascii")


def _word(
    word: Word, following: Word | None, place: Callable[[Point], Point], font: glyphless.GlyphlessFont, name: str
) -> list[str]:
    top_left, top_right, bottom_right, bottom_left = (np.array(place(corner)) for corner in word.quad)
    along = (bottom_right - bottom_left + top_right - top_left) / 2
    length = float(np.hypot(*along))
    size = float(np.hypot(*(top_left + top_right - bottom_left - bottom_right))) / 2
    if not word.text or length < 0.01 or size < 0.01:
        return []
    right, (x, y) = along / length, bottom_left
    cos, sin = (float(value) for value in right)
    out = [
        f"{name} {size:.3f} Tf {cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.3f} {y:.3f} Tm "
        f"{_stretch(length, len(word.text), size):.3f} Tz {font.encoded(word.text)} Tj"
    ]
    if following:
        gap = float(np.dot(np.array(place(following.quad[3])) - bottom_left, right)) - length
        out.append(f"{_stretch(max(gap, 0.05 * size), 1, size):.3f} Tz {font.encoded(' ')} Tj")
    return out


def _stretch(length: float, characters: int, size: float) -> float:
    """Percent by which so many glyphs are stretched to be that long."""
    return 100 * length / (characters * size * glyphless.ADVANCE / 1000)


def _embedded(pdf: Any, result: Result) -> tuple[Any, tuple[int, ...]]:
    """The image of a page as an object of the file, and how it is turned: a JPEG as it is, others packed anew."""
    document: Any = result.document
    header = None
    if isinstance(document, ImageDocument) and document.count == 1:
        header = image_header.parse(document.data)
    if header is not None and header.format == "JPEG" and header.orientation in _TURNS:
        data = document.data
        components = _components(data)
        if components in (1, 3):
            size = header.width, header.height
            return _image(pdf, data, size, components, 8, "/DCTDecode"), _TURNS[header.orientation]
    picture = result.picture()
    height, width = picture.shape[:2]
    grey = not (
        cv2.absdiff(picture[..., 0], picture[..., 1]).any() or cv2.absdiff(picture[..., 1], picture[..., 2]).any()
    )
    if grey:
        picture = np.ascontiguousarray(picture[..., 0])
    if header is not None and header.format in _LOSSY:
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
        return _image(pdf, data, (width, height), 1 if grey else 3, 8, "/DCTDecode"), _TURNS[1]
    bits = 1 if grey and not ((picture != 0) & (picture != 255)).any() else 8
    packed = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_BILEVEL, 1] if bits == 1 else [])[1].tobytes()
    made = _image(pdf, _pixels_of_png(packed), (width, height), 1 if grey else 3, bits, "/FlateDecode")
    made.DecodeParms = {"/Predictor": 15, "/Colors": 1 if grey else 3, "/BitsPerComponent": bits, "/Columns": width}
    return made, _TURNS[1]


def _image(pdf: Any, data: bytes, size: tuple[int, int], components: int, bits: int, packing: str) -> Any:
    import pikepdf

    made = pdf.make_stream(data)
    made.Type, made.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    made.Width, made.Height = size
    made.ColorSpace = pikepdf.Name.DeviceGray if components == 1 else pikepdf.Name.DeviceRGB
    made.BitsPerComponent, made.Filter = bits, pikepdf.Name(packing)
    return made


def _pixels_of_png(data: bytes) -> bytes:
    """The packed rows of a PNG file, which a PDF takes as they are."""
    pieces, position = [], 8
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + 8] == b"IDAT":
            pieces.append(data[position + 8 : position + 8 + length])
        position += 12 + length
    return b"".join(pieces)


def _components(data: bytes) -> int:
    """Of a JPEG whose header was read already; 0 where no frame is found."""
    position = 2
    while position + 10 < len(data):
        if data[position] != 0xFF:
            return 0
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return data[position + 9]
        position += 1 if marker == 0xFF else 2 + length
    return 0
