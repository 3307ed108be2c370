"""What the ink of a crop tells beside what was read: drawn digits and letters, of which places are known."""

import cv2
import numpy as np
import pytest

from tflite_ocr.recognition import ctc, gaps


def drawn(text, gap=10, scale=1.2, font=cv2.FONT_HERSHEY_SIMPLEX, step=None, background=240, ink=20, read=None):
    """A crop of single characters, and the text that was read of it with its places; "_" is a blank nobody reads.

    Args:
        gap: Pixels of a blank.
        step: Pixels from character to character; None for what the font says.
        read: Characters that are read, the others are not known; None for all.
    """
    places, x = [], 8
    sizes = {character: cv2.getTextSize(character, font, scale, 2)[0] for character in text}
    crop = np.full(
        (48, 24 + sum(max(step or 0, width) + gap for width, _ in sizes.values()) * 3, 3), background, np.uint8
    )
    for character in text:
        if character == "_":
            x += gap
            continue
        cv2.putText(crop, character, (x, 38), font, scale, (ink,) * 3, 2, cv2.LINE_AA)
        if read is None or character in read:
            places.append((character, x + sizes[character][0] / 2))
        x += step or sizes[character][0]
    crop = crop[:, : x + 10]
    width = crop.shape[1]
    return "".join(character for character, _ in places), [at / width for _, at in places], crop


@pytest.mark.parametrize("colors", [(240, 20), (30, 220), (140, 90)])
@pytest.mark.parametrize("seed", range(4))
def test_two_numbers_get_their_blank(seed, colors):
    rng = np.random.default_rng(seed)
    first, second = ("".join(rng.choice(list("0123456789"), 6)) for _ in range(2))
    for gap, wanted in ((18, f"{first} {second}"), (0, first + second)):
        text, places, crop = drawn(f"{first}_{second}", gap, background=colors[0], ink=colors[1])
        assert text == first + second and gaps.restored(text, places, crop) == wanted


def test_wide_digits_and_points_make_no_blanks():
    for text in ("1111111", "11.11.2024", "1,111,111.00", "0101010"):
        read, places, crop = drawn(text, step=34)
        assert gaps.restored(read, places, crop) == read
    read, places, crop = drawn("12_34", 18)  # too few digits to tell their usual distance
    assert gaps.restored(read, places, crop) == "1234"


def test_letters_that_were_not_read_are_marked():
    text, places, crop = drawn("HEQXZTO", read="HETO")
    assert text == "HETO" and gaps.restored(text, places, crop) == "HE\ufffd\ufffd\ufffdTO"
    text, places, crop = drawn("XZEHT", read="EHT")
    assert gaps.restored(text, places, crop) == "\ufffd\ufffdEHT"
    text, places, crop = drawn("EHTXZ", read="EHT")
    assert gaps.restored(text, places, crop) == "EHT\ufffd\ufffd"


def test_two_letters_of_a_long_line_are_marked():
    """As of a sentence in a language of which the recogniser knows most letters."""
    text, places, crop = drawn("HEQTOLANDSZFURTHER", read="HETOLANDSFURTHER")
    assert text == "HETOLANDSFURTHER" and gaps.restored(text, places, crop) == "HE\ufffdTOLANDS\ufffdFURTHER"


def test_a_single_one_and_small_ones_are_not():
    text, places, crop = drawn("HEQTO", read="HETO")
    assert gaps.restored(text, places, crop) == text
    text, places, crop = drawn("HE..-TO", read="HETO")
    assert gaps.restored(text, places, crop) == text


@pytest.mark.parametrize("seed", range(3))
def test_what_was_read_whole_stays(seed):
    rng = np.random.default_rng(seed)
    text, places, crop = drawn("".join(rng.choice(list("ABCDEFGHKLMNOPRSTUVWXYZ0123456789"), 12)))
    jittered = np.sort(np.array(places) + rng.uniform(-3, 3, len(places)) / crop.shape[1])
    assert gaps.restored(text, jittered.tolist(), crop) == text


def test_nothing_is_told_by_noise_flat_crops_or_other_lengths():
    flat = np.full((48, 200, 3), 120, np.uint8)
    assert gaps.restored("12345678", np.linspace(0.1, 0.9, 8).tolist(), flat) == "12345678"
    assert gaps.restored("ab", [0.5], flat) == "ab" and gaps.restored("", [], flat) == ""


def test_emissions_are_where_characters_begin():
    path = np.array([0, 3, 3, 0, 3, 2, 2, 1, 0])
    logits = np.eye(4, dtype=np.float32)[path]
    assert ctc.emissions(logits).tolist() == [1, 4, 5, 7]
    assert len(ctc.emissions(logits)) == len(ctc.greedy(logits[None], ["", "a", "b", "c"])[0][0])
    assert ctc.emissions((logits * 100).astype(np.int8), blank=3).tolist() == [0, 3, 5, 7, 8]
