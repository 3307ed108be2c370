"""Text as a picture: in a font of the computer that knows its characters, or in strokes with accents set on them."""

import unicodedata

import cv2
import numpy as np

from tflite_ocr import truetype

_STROKES = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL, _ROOM = 21, 34  # pixels of a capital of this font at scale 1, and of a line with accents and descenders
_SHARPER = 4  # outlines are filled so many times as large, and made smaller
# Marks by their place in a box of 1 x 1 above or below a letter, as strokes.
_ABOVE = {
    "\u0300": [[(0.3, 0.2), (0.6, 0.8)]],
    "\u0301": [[(0.7, 0.2), (0.4, 0.8)]],
    "\u0302": [[(0.2, 0.8), (0.5, 0.2), (0.8, 0.8)]],
    "\u0303": [[(0.1, 0.7), (0.3, 0.3), (0.6, 0.7), (0.9, 0.3)]],
    "\u0304": [[(0.2, 0.5), (0.8, 0.5)]],
    "\u0306": [[(0.2, 0.2), (0.4, 0.7), (0.6, 0.7), (0.8, 0.2)]],
    "\u0307": [[(0.5, 0.5), (0.52, 0.5)]],
    "\u0308": [[(0.25, 0.5), (0.27, 0.5)], [(0.75, 0.5), (0.77, 0.5)]],
    "\u030a": [[(0.5, 0.1), (0.75, 0.5), (0.5, 0.9), (0.25, 0.5), (0.5, 0.1)]],
    "\u030b": [[(0.5, 0.2), (0.3, 0.8)], [(0.9, 0.2), (0.7, 0.8)]],
    "\u030c": [[(0.2, 0.2), (0.5, 0.8), (0.8, 0.2)]],
}
_BELOW = {
    "\u0326": [[(0.5, 0.3), (0.4, 0.9)]],
    "\u0327": [[(0.5, 0.0), (0.5, 0.3), (0.7, 0.6), (0.4, 0.9)]],
    "\u0328": [[(0.6, 0.0), (0.4, 0.5), (0.7, 0.9)]],
}


def draw(text: str, height: int) -> np.ndarray | None:
    """A line of text of any script, uint8 [height, W], 255 where there is ink; None where no font here knows all of it.

    The height in pixels is from the tops of accents to the ends of descenders.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not text or height < 1:
        return None
    for font in truetype.installed():
        if all(font.knows(character) for character in text):
            return _filled(font, text, height)
    return _stroked(text, height)


def _filled(font: truetype.Font, text: str, height: int) -> np.ndarray:
    size = _SHARPER * height / (font.ascent + font.descent)
    base, position = font.ascent * size, 0.0
    shapes = []
    for character in text:
        contours, advance = font.outline(character)
        # fillPoly counts in sixteenths of a pixel.
        shapes.append([np.rint((c * (size, -size) + (position, base)) * 16).astype(np.int32) for c in contours])
        position += advance * size
    canvas = np.zeros((_SHARPER * height, max(_SHARPER, int(np.ceil(position)) + _SHARPER)), np.uint8)
    for shape in filter(None, shapes):
        cv2.fillPoly(canvas, shape, (255,), shift=4)
    return cv2.resize(canvas, (max(1, canvas.shape[1] // _SHARPER), height), interpolation=cv2.INTER_AREA)


def _stroked(text: str, height: int) -> np.ndarray | None:
    """OpenCV's letters of ASCII, with accents in strokes of the same width."""
    thick, position, letters = 2, 2, []
    for character in text:
        plain, *marks = list(unicodedata.normalize("NFD", character))
        if not " " <= plain <= "~" or any(mark not in _ABOVE and mark not in _BELOW for mark in marks):
            return None
        (width, _), _ = cv2.getTextSize(plain, _STROKES, 1.0, thick)
        letters.append((plain, marks, position, width))
        position += width
    base = (_ROOM + _CAPITAL) // 2 + 2
    canvas = np.zeros((_ROOM, position + 2), np.uint8)
    for plain, marks, left, width in letters:
        cv2.putText(canvas, plain, (left, base), _STROKES, 1.0, (255,), thick, cv2.LINE_AA)
        for mark in marks:
            small = plain.islower() and plain not in "bdfhklt"
            top = base - (_CAPITAL - 6 if small else _CAPITAL) - 7 if mark in _ABOVE else base + 1
            for stroke in _ABOVE.get(mark) or _BELOW[mark]:
                points = np.array(stroke) * (0.7 * width, 6) + (left + 0.15 * width, top)
                cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, (255,), thick, cv2.LINE_AA)
    return cv2.resize(canvas, (max(1, round(canvas.shape[1] * height / _ROOM)), height), interpolation=cv2.INTER_AREA)
