"""O and 0 in codes, told by their widths where the letters of a font are wider than its digits.

Networks read a plain 0 among capitals as O and are sure of it. In most fonts that are not of fixed width O is 1.3 times
as wide as a digit, and as wide as other round letters; in the others nothing is changed.
"""

import re
from dataclasses import replace

import cv2
import numpy as np

from tflite_ocr.ink import Paper
from tflite_ocr.page import Recognition

# Part numbers, serials and keys: capitals and digits, one of which is as wide as a 0.
_CODE = re.compile(r"(?=\S*[O0])(?=\S*[A-NP-Z])(?=\S*\d\S*[\dO])(?=\S*[2-9])[A-Z\d]+(?:[-/.][A-Z\d]+)*")
_LEAST_SIGNS = 5
_HEIGHT = 64  # pixels to which a line is brought: its letters are measured to parts of their own
# Widths by those of the digits 2 to 9, medians of 622 fonts that are not of fixed width.
_WIDTHS = {
    sign: width
    for width, signs in (
        (1.06, "S"),
        (1.13, "EP"),
        (1.18, "BCTZ"),
        (1.24, "RUY"),
        (1.27, "DGK"),
        (1.3, "VHAN"),
        (1.35, "XQ"),
        (1.67, "M"),
    )
    for sign in signs
}
_O = 1.32
# Letters must be so much wider than digits. Up to so much of the way from a digit to what is expected of an O (both as
# logarithms) a sign is a 0, and from so much on an O, of which numbers have fewer: more letters must say so.
_WIDER, _BETWEEN = 1.2, (0.45, 0.75)
_FEWEST_LETTERS = (2, 3)


def corrected(result: Recognition, crop: np.ndarray) -> Recognition:
    """A line with 0 in place of each O of a code that is as narrow as the line's digits, and O in place of a wide 0.

    Args:
        crop: BGR uint8 [h, w, 3], the line alone, upright.
    """
    if not any(map(_is_code, result.text.split())):
        return result
    signs = [sign for sign in result.text if not sign.isspace()]
    widths = _widths(crop)
    if len(widths) != len(signs):
        return result  # touching or broken letters
    digits = [width for sign, width in zip(signs, widths, strict=True) if sign in "23456789"]
    letters = [width / _WIDTHS[sign] for sign, width in zip(signs, widths, strict=True) if sign in _WIDTHS]
    if not digits or len(letters) < _FEWEST_LETTERS[0]:
        return result
    digit, expected = float(np.median(digits)), _O * float(np.median(letters))
    if expected < _WIDER * digit:
        return result
    narrow, wide = (digit * (expected / digit) ** share for share in _BETWEEN)
    if len(letters) < _FEWEST_LETTERS[1]:
        wide = float("inf")

    def corrected_sign(sign: str, width: float) -> str:
        return "0" if sign == "O" and width < narrow else "O" if sign == "0" and width > wide else sign

    found, place = [], 0
    for word in result.text.split(" "):
        own = widths[place : place + len(word)]
        place += len(word)
        found.append("".join(map(corrected_sign, word, own)) if _is_code(word) else word)
    return replace(result, text=" ".join(found))


def _is_code(word: str) -> bool:
    return len(word) >= _LEAST_SIGNS and _CODE.fullmatch(word) is not None


def _widths(crop: np.ndarray) -> list[float]:
    """Widths of what stands apart from each other in a line, from left to right."""
    if 0 in crop.shape:
        return []
    scale = _HEIGHT / crop.shape[0]
    large = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    columns = Paper.measured(large).has_ink(large).any(axis=0)
    edges = np.flatnonzero(np.diff(columns, prepend=False, append=False))
    return [float(end - start) for start, end in edges.reshape(-1, 2)]
