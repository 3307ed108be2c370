"""The text that a page of a PDF holds already, as lines of words."""

import ctypes
import itertools
import unicodedata
from typing import Any

import numpy as np

from tflite_ocr.documents.frame import points_of_pixels
from tflite_ocr.geometry import corners_of
from tflite_ocr.page import Quad, TextLine, Word

_MOST_CHARACTERS = 200_000
# Of two words of a line, in heights: how much they overlap, how far apart they stand at most, and in a table at least.
_LEVEL, _NEAR, _FAR = 0.5, 1.0, 2.0
_SOFT_HYPHEN = "\ufffe"  # how PDFium writes a hyphen at the end of a line


def has_text(page: Any) -> bool:
    """Whether a page of pypdfium2 holds a character that is no blank."""
    text = page.get_textpage()
    try:
        count = min(text.count_chars(), _MOST_CHARACTERS)
        return bool(text.get_text_range(0, count).strip()) if count > 0 else False
    finally:
        text.close()


def read(page: Any, scale: float) -> tuple[TextLine, ...]:
    """Lines in the order of the file, certain (confidence 1.0), with the upright boxes of their words.

    Args:
        page: Of pypdfium2.
        scale: Pixels a point of the rendered page.
    """
    text = page.get_textpage()
    try:
        words = [part for line in _rejoined(_words(text, page, scale)) for part in _parted(line)]
    finally:
        text.close()
    return tuple(
        TextLine(" ".join(word.text for word in line), 1.0, _around([word.quad for word in line]), words=tuple(line))
        for line in words
    )


def _rejoined(lines: list[list[Word]]) -> list[list[Word]]:
    """Lines that PDFium has taken apart although they run on: on pages that are shown turned it does."""
    out: list[list[Word]] = []
    for line in filter(None, lines):
        if out:
            (_, top), _, (right, bottom), _ = out[-1][-1].quad
            (left, upper), _, (_, lower), _ = line[0].quad
            height = min(bottom - top, lower - upper)
            level = min(bottom, lower) - max(top, upper) > _LEVEL * height
            if level and -_LEVEL * height < left - right < _NEAR * height:
                out[-1] += line
                continue
        out.append(line)
    return out


def _parted(line: list[Word]) -> list[list[Word]]:
    """A line in pieces where cells of a table or columns stand far apart in it."""
    pieces = [[line[0]]]
    for before, word in itertools.pairwise(line):
        (_, top), (right, _), (_, bottom), _ = before.quad
        if word.quad[0][0] - right > _FAR * (bottom - top):
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _words(text: Any, page: Any, scale: float) -> list[list[Word]]:
    import pypdfium2.raw as raw

    left, bottom, right, top = frame = page.get_bbox()
    turn = page.get_rotation()
    shown = (right - left, top - bottom) if turn % 180 == 0 else (top - bottom, right - left)
    to_pixels = np.linalg.inv(points_of_pixels((*frame, turn), shown[0] * scale, shown[1] * scale))
    lines: list[list[Word]] = [[]]
    letters: list[str] = []
    boxes: list[Quad] = []

    def finish() -> None:
        if letters and boxes:
            lines[-1].append(Word(unicodedata.normalize("NFC", "".join(letters)), 1.0, _around(boxes)))
        letters.clear()
        boxes.clear()

    half = 0
    edges = [ctypes.c_double() for _ in range(4)]
    for index in range(min(text.count_chars(), _MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(text, index)
        if 0xD800 <= code < 0xDC00:  # the first half of a pair; its box comes with the second
            half = code
            continue
        if 0xDC00 <= code < 0xE000 and half:
            code = 0x10000 + ((half - 0xD800) << 10) + code - 0xDC00
        half = 0
        letter = _letter(code)
        if letter.isspace() or not letter:
            finish()
            if letter in ("\r", "\n") and lines[-1]:
                lines.append([])
            continue
        letters.append("-" if letter == _SOFT_HYPHEN else letter)
        if raw.FPDFText_GetCharBox(text, index, *edges):
            x0, x1, y0, y1 = (edge.value for edge in edges)
            boxes.append(
                corners_of((np.array([(x0, y1, 1), (x1, y1, 1), (x1, y0, 1), (x0, y0, 1)]) @ to_pixels.T)[:, :2])
            )
    finish()
    return lines


def _letter(code: int) -> str:
    """Of a code point; "" for what cannot stand in a text, as halves of pairs and control characters."""
    letter = chr(code) if 0 < code < 0x110000 else ""
    blank = letter in ("\r", "\n", "\t")
    return (
        letter if blank or (letter and unicodedata.category(letter) not in ("Cc", "Cs", "Cn")) or code == 0xFFFE else ""
    )


def _around(quads: list[Quad]) -> Quad:
    """The upright rectangle around quads."""
    corners = np.array(quads, np.float64).reshape(-1, 2)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return ((left, top), (right, top), (right, bottom), (left, bottom))
