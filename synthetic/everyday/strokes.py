"""Chinese characters, Japanese kana and Korean syllables of a few strokes each: no font that is at hand has them."""

import cv2
import numpy as np

from synthetic.builtin.sheet import Color, Line, PlacedWord, Sheet, rectangle
from synthetic.everyday.wording import TEXTS

# Strokes by character: points of two digits, x and y on a grid of 0 to 9, y downwards.
_GLYPHS, _CONSONANTS = (
    dict(entry.split(" ", maxsplit=1) for entry in TEXTS[section]) for section in ("glyphs", "consonants")
)
_INITIALS = "ㄱ?ㄴㄷ?ㄹㅁㅂ?ㅅ?ㅇㅈ?ㅊㅋㅌㅍㅎ"
_FINALS = " ㄱ??ㄴ??ㄷㄹ???????ㅁㅂ?ㅅ?ㅇㅈㅊㅋㅌㅍㅎ"
# Unicode's order: ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ... ㅛ ㅜ ... ㅠ ㅡ ㅢ ㅣ; those beside the consonant stand upright.
_UPRIGHT = {
    0: "2029 2595",
    1: "2029 7079 2575",
    2: "2029 2393 2696",
    4: "7079 0575",
    5: "5059 0555 9099",
    6: "7079 0373 0676",
    20: "5059",
}
_LYING = {8: "0999 5059", 12: "0999 3039 6069", 13: "0090 5059", 17: "0090 3039 6069", 18: "0595"}
WORDS = {script: TEXTS[f"strokes {script}"] for script in ("han", "kana", "hangul")}


def write(sheet: Sheet, text: str, left: float, top: float, size: int, ink: Color) -> float:
    """Writes a line in strokes on a sheet, and keeps its place; returns x of its right end.

    Args:
        text: Of characters in WORDS, and blanks.

    Raises:
        KeyError: A character has no strokes here.
    """
    x = left
    for character in text:
        if character != " ":
            for stroke in strokes(character):
                points = np.round((stroke * size + (x, top)) * 16).astype(np.int32)
                cv2.polylines(sheet.image, [points], False, ink, max(1, round(size / 11)), cv2.LINE_AA, shift=4)
        x += size * (1.12 if character != " " else 0.5)
    room = size * 0.1
    quad = rectangle(left - room, top - room, x - size * 0.12 + room, top + size + room)
    sheet.lines.append(Line((PlacedWord(text, quad),), quad))
    return x


def strokes(character: str) -> list[np.ndarray]:
    """The strokes of a character: points [n, 2], x and y in [0, 1].

    Raises:
        KeyError: It has none here.
    """
    if character in _GLYPHS:
        return _lines(_GLYPHS[character], (0.04, 0.04, 0.96, 0.96))
    code = ord(character) - 0xAC00
    if not 0 <= code < 11172:
        raise KeyError(character)
    initial, vowel, final = _INITIALS[code // 588], code // 28 % 21, _FINALS[code % 28]
    bottom = 0.96 if final == " " else 0.58
    if vowel in _UPRIGHT:
        found = _lines(_CONSONANTS[initial], (0.06, 0.1, 0.5, bottom - 0.08))
        found += _lines(_UPRIGHT[vowel], (0.6, 0.04, 0.96, bottom))
    else:
        found = _lines(_CONSONANTS[initial], (0.22, 0.04, 0.78, bottom * 0.5))
        found += _lines(_LYING[vowel], (0.06, bottom * 0.64, 0.94, bottom * 0.96))
    return found if final == " " else found + _lines(_CONSONANTS[final], (0.2, 0.68, 0.84, 0.96))


def _lines(described: str, box: tuple[float, float, float, float]) -> list[np.ndarray]:
    """Described strokes in a box (left, top, right, bottom); "o" is a ring in its lower part."""
    low, high = np.array(box[:2]), np.array(box[2:])
    found = []
    for stroke in described.split():
        if stroke == "o":
            angles = np.linspace(0, 2 * np.pi, 25)
            top = 0.3 if " " in described else 0.0
            ring = np.stack([0.5 + 0.45 * np.cos(angles), (1 + top) / 2 + (1 - top) / 2 * np.sin(angles)], axis=1)
            found.append(low + ring * (high - low))
        else:
            points = np.array([int(digit) for digit in stroke], np.float64).reshape(-1, 2) / 9
            found.append(low + points * (high - low))
    return found
