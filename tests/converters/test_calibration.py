"""Calibration images: drawn ones are reproducible and varied, folders are read with care."""

import logging

import cv2
import numpy as np
import pytest

from converters.calibration import default_images, load_images, photographed_words, rendered_lines
from converters.errors import ConversionError
from synthetic.calibration import scenes

KINDS = 8


@pytest.fixture(scope="module")
def images():
    return default_images(KINDS, seed=5)


def test_images_have_the_promised_form_and_several_sizes(images):
    assert len(images) == KINDS
    for image in images:
        assert image.dtype == np.uint8
        assert image.ndim == 3 and image.shape[2] == 3
        assert 240 <= min(image.shape[:2]) and max(image.shape[:2]) <= 1280
        assert image.std() > 3
    assert len({image.shape for image in images}) >= 5


def test_images_are_dark_and_light(images):
    means = [image.mean() for image in images]
    assert min(means) < 110 < 160 < max(means)


def test_equal_seeds_give_equal_images_and_others_do_not():
    first, again, other = default_images(3, seed=1), default_images(3, seed=1), default_images(3, seed=2)
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.shape != c.shape or np.abs(a.astype(int) - c).mean() > 1


def test_a_longer_set_begins_with_the_shorter_one(images):
    np.testing.assert_array_equal(default_images(2, seed=5)[1], images[1])


def test_streets_are_the_streets_among_the_images(images):
    for street, place in zip(scenes.streets(2, seed=5), (1, 5), strict=True):
        np.testing.assert_array_equal(street, images[place])


def test_lines_come_with_their_text():
    lines = rendered_lines(30, seed=3)
    again = rendered_lines(30, seed=3)
    assert [text for _, text in lines] == [text for _, text in again]
    assert len({text for _, text in lines}) > 20
    for (crop, text), (same, _) in zip(lines, again, strict=True):
        np.testing.assert_array_equal(crop, same)
        assert crop.dtype == np.uint8 and crop.shape[2] == 3
        assert 14 <= crop.shape[0] <= 95
        assert text == text.strip() and text.isascii()


def test_words_of_photographs_are_small_single_and_poor():
    words, again = photographed_words(30, seed=3), photographed_words(30, seed=3)
    for (crop, text), (same, _) in zip(words, again, strict=True):
        np.testing.assert_array_equal(crop, same)
        assert crop.dtype == np.uint8 and crop.shape[2] == 3 and 13 <= crop.shape[0] <= 47
        assert text and " " not in text
    assert not {text for _, text in words} & {text for _, text in photographed_words(30, seed=4)}
    contrasts = [np.mean([np.ptp(crop) for crop, _ in drawn]) for drawn in (words, rendered_lines(30, seed=3))]
    assert contrasts[0] < 0.9 * contrasts[1]


def test_longer_texts_are_drawn_wider():
    aspect = [(len(text), crop.shape[1] / crop.shape[0]) for crop, text in rendered_lines(60, seed=4)]
    length, ratio = np.array(aspect).T
    assert np.corrcoef(length, ratio)[0, 1] > 0.85


def test_folder_is_read_in_order_and_bad_files_are_named(tmp_path, caplog):
    for name, value in (("b.png", 200), ("a.jpg", 50)):
        cv2.imwrite(str(tmp_path / name), np.full((20, 30, 3), value, np.uint8))
    (tmp_path / "broken.png").write_text("not an image")
    (tmp_path / "notes.txt").write_text("left alone")
    with caplog.at_level(logging.WARNING):
        images = load_images(tmp_path)
    assert [round(image.mean()) for image in images] == [50, 200]
    assert "broken.png" in caplog.text
    assert "notes.txt" not in caplog.text


@pytest.mark.parametrize("make", ["absent", "empty", "unreadable"])
def test_a_folder_without_images_is_refused(tmp_path, make):
    folder = tmp_path / "images"
    if make != "absent":
        folder.mkdir()
    if make == "unreadable":
        (folder / "x.png").write_bytes(b"")
    with pytest.raises(ConversionError) as caught:
        load_images(folder)
    assert caught.value.exit_code == 7
    assert str(folder) in str(caught.value)
