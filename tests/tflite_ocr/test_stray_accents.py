"""Specks above letters are no accents on a page that has no others."""

import cv2
import numpy as np
import pytest

from synthetic.everyday.lists import listed
from tflite_ocr import PageOptions, Reader, page_reading

ENGLISH = [
    "I am pleased to send the enclosed",
    "information you requested for your",
    "insurance coverage and the rest of",
    "your questions about this plan",
    "which we have answered in the letter",
    "that follows on the second page and",
    "in the table of the last one there",
]
FRENCH = [
    "Le café est fermé depuis l'été dernier",
    "et la clé du grenier est à côté de là",
    "où il était déjà caché avant la fête",
]


@pytest.fixture(scope="module")
def reader():
    with Reader("edge", threads=1) as made:
        yield made


def page(texts):
    return listed(texts, "slab", 24, 1.0).image.round().clip(0, 255).astype(np.uint8)


def specked(picture, lines, rng):
    """The picture with a speck of ink above one of its vowels."""
    words = lines[int(rng.integers(len(lines)))].words
    vowels = [character for word in words for character in word.characters if character.text in "aeou"]
    quad = np.array(vowels[int(rng.integers(len(vowels)))].quad)
    top, bottom = quad[:, 1].min(), quad[:, 1].max()
    at = int(quad[:, 0].mean() + rng.normal()), int(top + (bottom - top) * 0.28 + rng.normal())
    size = int(rng.integers(2, 4)), int(rng.integers(1, 3))
    drawn = picture.copy()
    return cv2.ellipse(drawn, at, size, float(rng.uniform(-40, 40)), 0, 360, (60, 60, 60), -1, cv2.LINE_AA)


def accented(reader, pictures):
    texts = ["".join(line.text for line in reader.read(picture)) for picture in pictures]
    return sum(not text.isascii() for text in texts)


@pytest.mark.slow
def test_specks_are_read_as_accents_half_as_often_as_line_by_line(reader, monkeypatch):
    picture, rng = page(ENGLISH), np.random.default_rng(8)
    lines = reader.read_page(picture, options=PageOptions(words=True, characters=True)).lines
    pictures = [specked(picture, lines, rng) for _ in range(24)]
    with_rule = accented(reader, pictures)
    monkeypatch.setattr(page_reading, "stray", lambda texts: [])
    assert accented(reader, pictures) >= max(4, 2 * with_rule)


def test_a_french_page_keeps_its_accents(reader):
    assert [line.text for line in reader.read(page(FRENCH * 2))] == FRENCH * 2
