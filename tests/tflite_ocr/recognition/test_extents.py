"""Extents of words: as far as the ink that was read; where none is seen, as far as characters usually reach."""

import cv2
import numpy as np
import pytest

from tflite_ocr.page import Place, Recognition
from tflite_ocr.recognition import extents, ink

HEIGHT = 40


def drawn(words, gap=20, margin=10, tall=True):
    """A crop of words made of boxes for letters, the text, its places, and the words' stretches in pixels."""
    x, letters, stretches, text, middles = margin, [], [], "", []
    for word in words:
        start = x
        for character in word:
            width = {"i": 4, "m": 20}.get(character, 12)
            letters.append((x, x + width, 8 if tall and character == "l" else 16))
            middles.append(x + width / 2)
            x += width + 3
        stretches.append((start, x - 3))
        text += word + " "
        middles.append(x + gap / 2)
        x += gap
    crop = np.full((HEIGHT, x - gap + margin, 3), 230, np.uint8)
    for left, right, top in letters:
        crop[top:32, left:right] = 20
    places = tuple(Place(middle / crop.shape[1], 0.9) for middle in middles[:-1])
    return crop, Recognition(text[:-1], 0.9, places=places), stretches


def columns(found, crop):
    return [(one.left * crop.shape[1], one.right * crop.shape[1]) for one in found]


@pytest.mark.parametrize("shift", [-4, 0, 4])
def test_words_reach_as_far_as_their_ink(shift):
    crop, result, stretches = drawn(["some", "il", "m", "limit"])
    moved = tuple(Place(place.x + shift / crop.shape[1], 0.9) for place in result.places)
    found = extents.words(Recognition(result.text, 0.9, places=moved), crop)
    assert [result.text[one.start : one.end] for one in found] == ["some", "il", "m", "limit"]
    assert np.abs(np.array(columns(found, crop)) - stretches).max() <= 1


def test_characters_reach_as_far_as_their_ink():
    crop, result, _ = drawn(["mil"])
    (word,) = extents.words(result, crop)
    assert np.abs(np.array(columns(word.parts, crop)) - [(10, 30), (33, 37), (40, 52)]).max() <= 1
    assert [(part.start, part.end) for part in word.parts] == [(0, 1), (1, 2), (2, 3)]


def test_a_words_height_lies_between_its_ink_and_the_line():
    crop, result, _ = drawn(["some", "tall"])
    low, high = extents.words(result, crop)
    own = extents._OWN
    assert low.top * HEIGHT == pytest.approx(own * 16, abs=1) and high.top * HEIGHT == pytest.approx(own * 8, abs=1)
    assert low.bottom * HEIGHT == high.bottom * HEIGHT == pytest.approx(HEIGHT - own * 8, abs=1)


def test_rules_and_borders_are_no_ink_of_words():
    crop, result, stretches = drawn(["some", "rule"])
    crop[35:37] = 20  # a line to write on
    crop[:, :2] = 20  # the edge of a box
    crop[:, 2:10] = 230
    wide = cv2.copyMakeBorder(crop, 0, 0, 30, 0, cv2.BORDER_CONSTANT, value=(230,) * 3)
    wide[:, :2] = 20
    wide[:, 2:32] = 230
    wide[35:37] = 20
    places = tuple(Place((place.x * crop.shape[1] + 30) / wide.shape[1], 0.9) for place in result.places)
    found = extents.words(Recognition(result.text, 0.9, places=places), wide)
    assert np.abs(np.array(columns(found, wide)) - np.array(stretches) - 30).max() <= 1
    assert found[0].bottom * HEIGHT < 36


def test_spaces_that_were_read_beside_their_gaps_find_them():
    """Frames that come late by most of a glyph, of a narrow letter before a wide one, as a network has them."""
    crop, result, stretches = drawn(["will", "mam", "i", "mi"], gap=9)
    late = [(x + 9) / crop.shape[1] for x in (np.array([place.x for place in result.places]) * crop.shape[1])]
    places = tuple(Place(min(1.0, x), 0.9) for x in late)
    found = extents.words(Recognition(result.text, 0.9, places=places), crop)
    assert np.abs(np.array(columns(found, crop)) - stretches).max() <= 1


def test_glyphs_that_touch_are_parted_where_they_were_read():
    crop, result, _ = drawn(["mm", "il"])
    crop[24:28, 10:60] = 20  # joins the first word and goes on into the gap behind it
    first, second = extents.words(result, crop)
    assert np.abs(np.array(columns([first], crop)) - [(10, 60)]).max() <= 1 and first.right <= second.left
    left, right = columns(first.parts, crop)
    assert left[1] == pytest.approx(right[0]) == pytest.approx(31, abs=3)


def test_faint_words_reach_as_far_as_characters_do():
    crop, result, stretches = drawn(["some", "word"])
    faint = np.full_like(crop, 200)
    found = extents.words(result, faint)
    assert np.abs(np.array(columns(found, crop)) - stretches).max() <= 12
    assert [(one.top, one.bottom) for one in found] == [(0, 1), (0, 1)]


def test_texts_without_words_or_places():
    crop, result, _ = drawn(["a"])
    assert extents.words(Recognition("", 0.0), crop) == extents.words(Recognition("a", 0.9), crop) == []
    assert extents.words(Recognition("  ", 0.9, places=(Place(0.2, 1), Place(0.4, 1))), crop) == []
    single = np.zeros((1, 1, 3), np.uint8)
    (word,) = extents.words(Recognition("a", 0.9, places=(Place(0.5, 0.9),)), single)
    assert 0 <= word.left <= 0.5 <= word.right <= 1


def test_large_crops_are_looked_at_small():
    crop, result, stretches = drawn(["some", "il", "limit"])
    large = cv2.resize(crop, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    found = extents.words(result, large)
    assert np.abs(np.array(columns(found, crop)) - stretches).max() <= 1.5


def test_the_strongest_contrast_is_numpys_percentile():
    rng = np.random.default_rng(3)
    for size in (1, 2, 7, 100, 101, 5000):
        values = rng.integers(0, 256, size, np.uint8)
        assert ink._percentile(values, 99) == pytest.approx(np.percentile(values, 99), abs=1e-9)
