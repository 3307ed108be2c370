"""Words that were cut out along the axes of a picture in which they do not lie along them."""

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.recognition.ctc import likelihood

WORDS = ["Saturday Market", "HARBOUR STREET", "Photography", "Coffee and Cake", "CENTRAL STATION", "Public Library"]
PAPER, INK = (70, 190, 230), (30, 20, 20)


@pytest.fixture(scope="module")
def reader():
    with Reader("edge", threads=1) as reader:
        yield reader


def word(text):
    """BGR uint8 [60, w, 3]."""
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.4, 3)
    picture = np.full((60, width + 16, 3), PAPER, np.uint8)
    cv2.putText(picture, text, (8, 44), cv2.FONT_HERSHEY_DUPLEX, 1.4, INK, 3, cv2.LINE_AA)
    return picture


def slanted(text, degrees):
    """The box along the axes of a word that is turned counter-clockwise."""
    straight = word(text)
    height, width = straight.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    across, down = np.abs(turn[:, :2]) @ (width, height)
    turn[:, 2] += across / 2 - width / 2, down / 2 - height / 2
    return cv2.warpAffine(straight, turn, (int(across), int(down)), flags=cv2.INTER_LINEAR, borderValue=PAPER)


def share_right(results):
    return np.mean([result.text == text for result, text in zip(results, WORDS, strict=True)])


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [-40, -30, 30, 40])
def test_slanted_words_are_read_along_their_line(reader, degrees):
    crops = [slanted(text, degrees) for text in WORDS]
    as_they_are = reader._loaded().recognizer.recognize(crops)
    assert share_right(as_they_are) < 0.2 and share_right(reader.recognize(crops)) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 3])
def test_words_that_run_up_or_down_are_read(reader, quarters):
    crops = [np.ascontiguousarray(np.rot90(word(text), quarters)) for text in WORDS]
    assert share_right(reader.recognize(crops)) == 1


def test_words_that_stand_on_their_heads_are_read(reader):
    assert share_right(reader.recognize([cv2.rotate(word(text), cv2.ROTATE_180) for text in WORDS])) > 0.8


def test_what_is_read_well_is_not_searched(reader, monkeypatch):
    monkeypatch.setattr(reader._loaded().detector, "detect", None)
    results = reader.recognize([word(text) for text in WORDS])
    assert share_right(results) == 1 and min(map(likelihood, results)) > 0.8


@pytest.mark.slow
def test_a_single_pixel_and_an_empty_surface_give_no_text(reader):
    blank = [np.full((height, width, 3), 128, np.uint8) for height, width in ((1, 1), (1, 90), (90, 1), (40, 160))]
    assert [result.text for result in reader.recognize(blank)] == [""] * 4


def test_the_page_of_a_crop_tells_where_its_line_lies(reader):
    crop = slanted("Saturday Market", 25)
    page = reader.read_crop(crop)
    (line,) = page.lines
    (right, down) = np.subtract(line.quad[1], line.quad[0])
    assert page.text == "Saturday Market" and (page.height, page.width) == crop.shape[:2]
    assert np.degrees(np.arctan2(-down, right)) == pytest.approx(25, abs=4)
