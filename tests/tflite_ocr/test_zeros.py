"""O and 0 by their widths, in letters of known widths."""

import cv2
import numpy as np
import pytest

from tflite_ocr import letter_widths, zeros
from tflite_ocr.page import Place, Recognition


def line(text: str, drawn: str | None = None, fixed: bool = False, gap: int = 4, marked: bool = False) -> np.ndarray:
    """Frames in place of signs, as wide as these are in most fonts; zeros with a dot where `marked`."""
    page = np.full((30, 60 * len(text) + 40, 3), 255, np.uint8)
    left = 5
    for sign in drawn or text:
        width = round(25 * letter_widths.typical("0" if sign == "o" else sign))
        place = 40 if fixed else width + gap
        first = left + (place - width) // 2 if fixed else left
        if sign != " ":
            page[5:25, first : first + width] = 0
            page[8:22, first + 3 : first + width - 3] = 255
            if marked and sign == "0":
                page[12:18, first + width // 2 - 3 : first + width // 2 + 3] = 0
        left += place
    return page[:, : left + 5]


def corrected(text: str, drawn: str, **look) -> str:
    return zeros.corrected(Recognition(text, 0.9), line(text, drawn=drawn, **look)).text


@pytest.mark.parametrize("text", ["PHOM-DOSU-8WT6", "SN HY2CLORBHB", "U7ZX-AKTO-KGD5"])
def test_narrow_letters_o_of_codes_are_zeros(text):
    zero = "".join("0" if sign == "O" else sign for sign in text)
    assert corrected(text, zero) == zero
    assert corrected(zero, zero) == zero


@pytest.mark.parametrize("text", ["PHOM-DOSU-8WT6", "SN HY2CLORBHB", "U7ZX-AKTO-KGD5"])
def test_wide_zeros_of_codes_are_letters(text):
    zero = "".join("0" if sign == "O" else sign for sign in text)
    assert corrected(text, text) == text
    assert corrected(zero, text) == text


def test_other_sizes_and_colours_tell_the_same():
    for height, look in ((12, 255), (90, 0)):
        crop = cv2.resize(line("AB2KO7", drawn="AB2K07"), None, fx=height / 30, fy=height / 30)
        crop = crop if look else 255 - crop
        assert zeros.corrected(Recognition("AB2KO7", 0.9), crop).text == "AB2K07"


def test_fonts_of_fixed_width_say_nothing_but_for_marked_zeros():
    assert corrected("PHOM-2OSU", "PH0M-20SU", fixed=True) == "PHOM-2OSU"
    assert corrected("PHOM-2OSU", "PH0M-2OSU", fixed=True, marked=True) == "PH0M-2OSU"
    assert corrected("PHOM-2OSU", "PH0M-20SU", fixed=True, marked=True) == "PH0M-20SU"


def test_two_other_signs_say_nothing():
    assert corrected("AO2O0", "A0200") == "AO2O0"


def test_touching_letters_say_nothing_and_the_others_of_their_line_do():
    assert corrected("AB2KO7", "AB2K07", gap=0) == "AB2KO7"
    drawn = line("AB2KO7MXB", drawn="AB2K07MXB")
    ends = np.flatnonzero(np.diff((drawn < 128).any((0, 2)).astype(int)) == -1)
    drawn[10:14, ends[0] : ends[0] + 6] = 0  # A touches B
    assert zeros.corrected(Recognition("AB2KO7MXB", 0.9), drawn).text == "AB2K07MXB"


@pytest.mark.parametrize("text", ["", "HELLO", "100.50", "2O30", "0b2kO7", "ROOK 27", "0x00ff12", "A1O", "ABCDEO1"])
def test_only_codes_are_corrected(text):
    other = text.translate(str.maketrans("O0", "0O"))
    assert corrected(text, other) == text


def test_confidence_and_places_stay():
    places = tuple(Place(x / 6, 0.5) for x in range(6))
    found = zeros.corrected(Recognition("AB2KO7", 0.7, places=places), line("AB2KO7", drawn="AB2K07"))
    assert found == Recognition("AB2K07", 0.7, places=places)


def test_an_empty_crop_says_nothing():
    assert zeros.corrected(Recognition("AB2KO7", 0.7), np.zeros((0, 5, 3), np.uint8)).text == "AB2KO7"
