import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.page import Recognition
from tflite_ocr.recognition import turning
from tflite_ocr.recognition.ctc import likelihood

UP, DOWN = 10, 200  # grey levels of the upper half of a crop that stands as it should, and of one that does not


def crop(upright: bool, text: str, confidence: float, group=(0, False)):
    """A crop, its group and its reading."""
    picture = np.full((8, 20, 3), DOWN, np.uint8)
    picture[:4] = UP
    return picture if upright else picture[::-1, ::-1], group, Recognition(text, confidence)


def upright(crops, read):
    return turning.upright(*zip(*crops, strict=True), read)


class Reads:
    """Reads upright crops well, others badly; counts what it is asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, crops):
        self.asked += len(crops)
        return [
            Recognition("right text", 0.97) if one[0, 0, 0] == UP else Recognition("'qxw p!ou", 0.7) for one in crops
        ]


def test_well_read_lines_are_not_read_again():
    read = Reads()
    crops = [crop(True, "right text", 0.95), crop(True, "so is this", 0.92)]
    assert upright(crops, read) == [(result, False) for *_, result in crops] and read.asked == 0


def test_a_page_on_its_head_is_turned_whole():
    read = Reads()
    crops = [crop(False, f"gibberish {'x' * i}", 0.75) for i in range(9)] + [crop(False, "so", 0.99)]
    found = upright(crops, read)
    # A short line goes with the others although it was sure of itself: it is "os" for who turns the page.
    assert [turned for _, turned in found] == [True] * 10 and found[0][0].text == "right text"
    assert read.asked == 10


def test_badly_read_lines_that_stand_right_stay_at_the_price_of_a_few():
    read = Reads()
    crops = [crop(True, f"faint text {i}", 0.8) for i in range(30)]
    assert not any(turned for _, turned in upright(crops, read)) and read.asked == 4


def test_pages_and_ways_are_judged_apart():
    read = Reads()
    across, other = (0, True), (1, True)
    crops = [crop(True, "right text", 0.95), crop(False, "gibberish", 0.7, across), crop(True, "as is", 0.93, other)]
    assert [turned for _, turned in upright(crops, read)] == [False, True, False]


def test_unknown_characters_speak_against_a_text():
    assert likelihood(Recognition("\ufffd\ufffdab", 0.9)) == pytest.approx(0.45)
    assert likelihood(Recognition("", 0.0)) == 0
    read = Reads()
    crops = [crop(False, "\ufffd" * 8, 0.98)]
    assert upright(crops, read) == [(Recognition("right text", 0.97), True)]


LINES = ["Dear reader of pages", "this one may be turned", "any way that you like", "Total 1284.50 EUR"]


def page() -> np.ndarray:
    picture = np.full((420, 640, 3), 255, np.uint8)
    for index, text in enumerate(LINES):
        cv2.putText(picture, text, (40, 90 + 90 * index), cv2.FONT_HERSHEY_DUPLEX, 1.3, (20, 20, 20), 2, cv2.LINE_AA)
    return picture


@pytest.mark.slow
@pytest.mark.parametrize("rotation", [None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_page_is_read_in_order_however_it_lies(rotation):
    picture = page() if rotation is None else cv2.rotate(page(), rotation)
    read = [line.text for line in Reader("edge", threads=1).read(picture)]
    texts = [text for text in LINES if any(found in text for found in read)]
    places = [index for found in read for index, text in enumerate(LINES) if found in text]
    assert len(texts) >= 2 and places == sorted(places), read
