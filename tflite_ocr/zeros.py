"""O and 0 in codes, told by the dot or bar of a zero, or by their widths.

Networks read a plain 0 among capitals as O and are sure of it. In half of the fonts of fixed width a zero has a mark in
its middle; in the others the letters and digits of a line say how wide each of the two is to be expected.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tflite_ocr import letter_widths, strokes
from tflite_ocr.page import Recognition
from tflite_ocr.strokes import Stroke

# Part numbers, serials and keys: capitals and digits, of which one is no O or 0.
_CODE = re.compile(r"(?=\S*[O0])(?=\S*[A-NP-Z])(?=\S*[\dO]\S*[\dO])(?=\S*[1-9])[A-Z\d]+(?:[-/.][A-Z\d]+)*")
_LEAST_SIGNS = 5
# So much likelier must it be by its width that a sign is a 0, or that it is an O, of which codes have fewer.
_ZERO, _LETTER = 1.5, 3.0
_ERROR = 0.35  # Pixels of the crop by which widths are measured wrong


def corrected(result: Recognition, crop: np.ndarray) -> Recognition:
    """A line with 0 in place of each O of a code that is a 0 by its looks, and O in place of a 0 as wide as letters.

    Args:
        crop: BGR uint8 [h, w, 3], the line alone, upright.
    """
    codes = [match for match in re.finditer(r"\S+", result.text) if _is_code(match[0])]
    if not codes:
        return result
    places = [place for place, sign in enumerate(result.text) if not sign.isspace()]
    signs = [result.text[place] for place in places]
    owned = strokes.by_sign(signs, strokes.found(crop))
    if any(stroke and stroke.marked and sign in "O0" for sign, stroke in zip(signs, owned, strict=True)):
        instead = {place: "0" for place, stroke in zip(places, owned, strict=True) if stroke and stroke.marked}
    elif strokes.are_of_fixed_width(signs, places, owned):
        return result
    else:
        instead = _by_width(signs, places, owned, _ERROR * strokes.HEIGHT / crop.shape[0])
    text = list(result.text)
    for code in codes:
        for place in range(*code.span()):
            if text[place] in "O0":
                text[place] = instead.get(place, text[place])
    return replace(result, text="".join(text))


def _is_code(word: str) -> bool:
    return len(word) >= _LEAST_SIGNS and _CODE.fullmatch(word) is not None


def _by_width(
    signs: Sequence[str], places: Sequence[int], owned: Sequence[Stroke | None], error: float
) -> dict[int, str]:
    """What O and 0 at each place must be by their widths; nothing where the font does not tell."""
    widths = [(sign, place, stroke.width) for sign, place, stroke in zip(signs, places, owned, strict=True) if stroke]
    others = [(sign, width) for sign, _, width in widths if sign not in "O0"]
    found = {}
    for sign, place, width in widths:
        if sign in "O0":
            zero, letter = (letter_widths.log_likelihood(kind, width, others, error) for kind in "0O")
            if zero - letter > _ZERO:
                found[place] = "0"
            elif letter - zero > _LETTER:
                found[place] = "O"
    return found
