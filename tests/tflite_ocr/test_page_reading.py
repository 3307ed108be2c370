"""What is read of a picture beside the lines that its detector finds."""

import zlib

import numpy as np
import pytest

from synthetic.everyday.kinds import KINDS
from tflite_ocr import Reader, page_reading
from tflite_ocr.page import PageOptions, Recognition
from tflite_ocr.page_reading import FoundQuads, PageReading, Wanted, cut_out

QUAD = np.float32([[10, 5], [50, 5], [50, 55], [10, 55]])


class Recognizer:
    """Reads crops by their sizes (height, width)."""

    def __init__(self, texts):
        self.texts, self.seen = texts, []

    def recognize(self, crops, decoding=None):
        self.seen += [crop.shape[:2] for crop in crops]
        return [Recognition(*self.texts.get(crop.shape[:2], ("", 0.0))) for crop in crops]

    def foreign(self, texts):
        return [False] * len(texts)


def found_in(size, quads, doubts=None):
    """Quads of a white picture [h, w]."""
    picture = np.full((*size, 3), 255, np.uint8)
    seconds = {"decode": 0.0, "detect": 0.0}
    return FoundQuads(picture, list(quads), doubts or [0.0] * len(quads), cut_out(picture, quads), seconds)


def read(recognizer, found):
    """The pages of what was found."""
    wanted = Wanted(0.5, None, PageOptions(layout=False))
    return list(PageReading(None, recognizer, None, "mean").pages(found, wanted))


def pages(recognizer, *pictures):
    """The lines of pictures [h, w] with their quads, as pairs of texts and quads."""
    found = [found_in(size, quads) for size, quads in pictures]
    return [[(line.text, np.array(line.quad).tolist()) for line in page.lines] for page in read(recognizer, found)]


@pytest.mark.parametrize(
    ("piece", "whole", "text"),
    [
        (("5", 0.6), ("$", 0.9), "$"),
        (("l", 0.2), ("P", 0.72), "P"),
        (("l", 0.2), ("P", 0.6), None),  # not likely enough
        (("5", 0.7), ("$", 0.73), "5"),  # hardly likelier
        (("5", 0.85), ("$", 0.99), "5"),  # sure
    ],
)
def test_a_small_picture_that_a_line_fills_is_read_whole(piece, whole, text):
    recognizer = Recognizer({(50, 40): piece, (60, 60): whole})
    quad = [[0, 0], [60, 0], [60, 60], [0, 60]] if text == whole[0] else QUAD.tolist()
    assert pages(recognizer, ((60, 60), [QUAD])) == [[(text, quad)] if text else []]


@pytest.mark.parametrize(
    ("size", "quads"),
    [((200, 200), [QUAD * 3]), ((100, 128), [QUAD]), ((60, 120), [QUAD, QUAD + [60, 0]])],
    ids=["large", "little of it", "two lines"],
)
def test_other_pictures_are_not(size, quads):
    recognizer = Recognizer({size: ("no", 1.0)})
    assert pages(recognizer, (size, quads)) == [[]] and size not in recognizer.seen


def test_pictures_of_one_call_do_not_exchange_their_lines():
    recognizer = Recognizer({(50, 40): ("l", 0.2), (60, 60): ("P", 0.9), (70, 60): ("Q", 0.9), (200, 200): ("no", 1.0)})
    large = ((200, 200), [QUAD, QUAD + [60, 0]])
    found = pages(recognizer, large, ((60, 60), [QUAD]), large, ((70, 60), [QUAD]))
    assert [[text for text, _ in page] for page in found] == [[], ["P"], [], ["Q"]]


def test_a_line_loses_as_much_confidence_as_the_detector_doubts_its_quad():
    recognizer = Recognizer({(50, 40): ("sure", 0.9)})
    beside = [QUAD + [60 * i, 0] for i in range(4)]
    (page,) = read(recognizer, [found_in((200, 300), beside, [0.0, 0.25, 0.45, 1.0])])
    assert [line.confidence for line in page.lines] == pytest.approx([0.9, 0.65])


def test_doubt_and_a_foreign_script_add_up():
    recognizer = Recognizer({(50, 40): ("sure", 1.0)})
    recognizer.foreign = lambda texts: [False, True, True]
    beside = [QUAD + [60 * i, 0] for i in range(3)]
    (page,) = read(recognizer, [found_in((200, 300), beside, [0.0, 0.0, 0.1])])
    assert [line.confidence for line in page.lines] == [1.0, 0.5]


@pytest.mark.slow
def test_single_characters_are_read(monkeypatch):
    drawn = []
    for number in range(80):
        sheet = KINDS["single character"].draw(np.random.default_rng((99, zlib.crc32(b"character"), number)), number)
        drawn.append((np.clip(np.rint(sheet.image), 0, 255).astype(np.uint8), sheet.lines[0].words[0].text))
    reader = Reader("edge", threads=1)

    def right():
        return sum([line.text for line in reader.read(picture)] == [text] for picture, text in drawn)

    found = right()
    monkeypatch.setattr(page_reading, "_SMALL", 0)
    assert found >= 76 and right() < found
