"""Lines of programs and addresses, and doubtful ones with accents, are read once more, wider."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.page import Recognition
from tflite_ocr.recognition import wider

EDGE = Path(__file__).resolve().parents[3] / "artifacts" / "edge"


@pytest.mark.parametrize(
    "text",
    [
        "https://www.a.example",
        "htps/ww.lama.example",
        "a.b@c.org",
        "--success==333",
        "y = f(ab, c)",
        "ls -la | grep a|b",
        "std::vector",
        "MCMXXXIII",
        "cat /var/log/a",
        'printf("%d", 3)',
        "if {a[1]}",
    ],
)
def test_lines_of_programs_and_addresses(text):
    assert wider.may_gain(Recognition(text, 0.9))
    assert not wider.may_gain(Recognition(text, 0.7)) and not wider.may_gain(Recognition(text, 0.99))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Total 4.20",
        "2026-11-30, 12:01",
        "50 % off!",
        "No. 5 & Co",
        "J. S. Bach",
        "XIV",
        "Tel/Fax: 1",
        "Sum (EUR)",
        "Item(s)",
        "**** __ --",
    ],
)
def test_other_lines(text):
    assert not wider.may_gain(Recognition(text, 0.9))


@pytest.mark.parametrize(("confidence", "expected"), [(0.5, False), (0.6, True), (0.94, True), (0.96, False)])
def test_doubtful_lines_with_accents(confidence, expected):
    assert wider.may_gain(Recognition("Où est la clé ?", confidence)) is expected
    assert not wider.may_gain(Recognition("5 € – 7 €", confidence))


@pytest.mark.parametrize(
    ("text", "again", "first", "expected"),
    [
        ("a==b", 0.95, 0.8, True),
        ("a==b", 0.95, 0.96, True),
        ("a==b", 0.94, 0.97, False),
        ("a==b", 0.89, 0.8, False),
        ("clé", 0.85, 0.8, True),
        ("clé", 0.89, 0.9, False),
        ("clé==b", 0.92, 0.93, True),
    ],
)
def test_which_reading_counts(text, again, first, expected):
    assert wider.counts(Recognition("other", again), Recognition(text, first)) is expected


@pytest.mark.slow
def test_equal_letters_of_an_address_are_all_read():
    """Of forty addresses in letters of 16 pixels, more are right than when lines are read once."""
    rng = np.random.default_rng(5)
    words = ["llama", "success", "mississippi", "committee", "bookkeeper", "zoom", "address", "balloon"]
    crops, texts = [], []
    for _ in range(40):
        first, second = rng.choice(words, 2)
        text = f"https://www.{first}.example//{second}"
        picture = np.full((26, 14 * len(text), 3), 255, np.uint8)
        scale = float(rng.uniform(0.45, 0.6))
        cv2.putText(picture, text, (4, 18), cv2.FONT_HERSHEY_SIMPLEX, scale, (30,) * 3, 1, cv2.LINE_AA)
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        picture = cv2.resize(picture[:, : width + 10], None, fx=0.78, fy=1.0, interpolation=cv2.INTER_AREA)
        crops.append(picture)
        texts.append(text)
    read = [line.text for line in Reader(EDGE, threads=1).recognize(crops)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wider, "may_gain", lambda _: False)
        once = [line.text for line in Reader(EDGE, threads=1).recognize(crops)]
    right = [sum(a == b for a, b in zip(found, texts, strict=True)) for found in (once, read)]
    assert right[0] + 10 < right[1] >= 25
