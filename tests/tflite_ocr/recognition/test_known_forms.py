"""Roman numerals against a second way of writing them, and addresses."""

import numpy as np
import pytest

from tflite_ocr.recognition import known_forms
from tflite_ocr.recognition.ctc import UNKNOWN

ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


def roman(number):
    """By the digits: tens, hundreds and thousands are ones in other letters."""
    made = ""
    for power, letters in ((1000, "M__"), (100, "CDM"), (10, "XLC"), (1, "IVX")):
        made += ONES[number // power % 10].translate(str.maketrans("IVX", letters))
    return made


def test_every_numeral_of_three_letters_or_more_is_one_and_shorter_ones_are_not():
    for number in range(1, 4000):
        word = roman(number)
        assert known_forms.are_roman(UNKNOWN * len(word), word) == (len(word) >= 3), word


def test_numerals_with_a_letter_too_much_or_changed_are_none():
    rng, valid = np.random.default_rng(5), {roman(number) for number in range(1, 4000)}
    for _ in range(500):
        word = list(roman(int(rng.integers(1, 4000))) + "I")
        word[rng.integers(len(word))] = "MDCLXVIO"[rng.integers(8)]
        word = "".join(word)
        if len(word) >= 3:
            assert known_forms.are_roman(UNKNOWN * 2, word) == (word in valid), word


@pytest.mark.parametrize(
    ("unknown", "known", "expected"),
    [
        (f"Louis {UNKNOWN * 3}", "Louis XIV", True),
        (f"Louis {UNKNOWN * 3}", "Louis XIVA", False),
        (f"{UNKNOWN * 2} {UNKNOWN * 3}", "MOCK XIV", False),
        (f"{UNKNOWN * 3}", "X IV", False),
        ("Louis XIV", "Louis XIV", False),
        (f"{UNKNOWN * 3}", "xiv", False),
    ],
)
def test_all_words_with_unknown_signs_have_to_be_numerals(unknown, known, expected):
    assert known_forms.are_roman(unknown, known) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https:/www.a.org//b", "https://www.a.org//b"),
        ("see HTTP:/a.org or ftp:/b.org", "see HTTP://a.org or ftp://b.org"),
        ("0xdOdf3674, at 0xlF.", "0xd0df3674, at 0x1F."),
        ("island _ 34.txt", "island_34.txt"),
        ("m = np.zeros _like(np.a_ b(c))", "m = np.zeros_like(np.a_b(c))"),
        ("C:\\demo\\file _16.pdf, a_ b.png", "C:\\demo\\file_16.pdf, a_b.png"),
        ("git commit -m 'fix 11’", "git commit -m 'fix 11'"),
        ("git commit -m 'fix 11′", "git commit -m 'fix 11'"),
        ("#4DOB1B; #aabbcO #112233", "#4D0B1B; #aabbcO #112233"),
        ("at 86cOcf46e4 and dOlIa91", "at 86c0cf46e4 and d011a91"),
        ("kettle_61..txt, saddle_ 40..txt", "kettle_61.txt, saddle_40.txt"),
        ("pencil_8 1.txt", "pencil_81.txt"),
        ("14/3/2021,11:11 or 2004-02-18,9:58", "14/3/2021, 11:11 or 2004-02-18, 9:58"),
        ("v13.16.5-rcl, 2.0-beta.I", "v13.16.5-rc1, 2.0-beta.1"),
        ("vO.16.5-rc4, V1.O.5", "v0.16.5-rc4, V1.0.5"),
        ("O.16 avO.1 vO 1.O", "O.16 avO.1 vO 1.O"),
        ("517o7 km, 1oo0; 12.5o9", "51707 km, 1000; 12.509"),
        ("2o3x a2o3 20o o20 3 o 4 1O2", "2o3x a2o3 20o o20 3 o 4 1O2"),
        ("a-rcl 1.0-rclone 1.0-rc2", "a-rcl 1.0-rclone 1.0-rc2"),
        ("¿ Tienes años? ;Sí!", "¿Tienes años? ¡Sí!"),
        ("¡jAdiós, pingüino!", "¡Adiós, pingüino!"),
        ("$işli otobüsü, 1şığı sönük", "Şişli otobüsü, ışığı sönük"),
    ],
)
def test_what_a_form_leaves_no_choice_about(text, expected):
    assert known_forms.spelt(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://www.a.org/b",
        "file:/etc/hosts",
        "https:/",
        "xhttp:/a",
        "5l",
        "33cl",
        "All 5",
        "2 XLl",
        "Al2O3",
        "0x",
        "Oxlip",
        "read _notes.txt",
        "for _ in rows",
        "return _made(x.y, _z)",
        "x _ 3.text",
        "don’t",
        "‘it's’",
        "it's 5 10′ long",
        "#follow #FOODIE",
        "Flood12l coffee deadbeef 2000000 1OOOOOO O1l2345",
        "wait..pyx 1..10",
        "photo_1 2",
        "1,12:30 and 3.5,10:30",
        "a; b! ;c",
        "¡japón!",
        "1st $ab",
        "1 ışık, 1a, 21st $5",
    ],
)
def test_other_texts_stay(text):
    assert known_forms.spelt(text) == text
