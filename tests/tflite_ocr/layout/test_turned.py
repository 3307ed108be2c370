"""A page that lies on its side is what it is upright, turned; and it is read as well."""

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader, layout
from tflite_ocr.page import Block, Character, Page, PageOptions, TextLine, Word

ROWS = (
    "The parcel was sent on Monday",
    "and came back on Friday with",
    "a note that nobody was there",
    "to open the door at 9:30.",
)


@pytest.fixture(scope="module")
def reader():
    return Reader(threads=1)


@pytest.fixture(scope="module")
def sheet():
    picture = np.full((300, 620, 3), 255, np.uint8)
    for i, row in enumerate(ROWS):
        cv2.putText(picture, row, (40, 60 + 55 * i), cv2.FONT_HERSHEY_DUPLEX, 1.0, (30, 30, 30), 1, cv2.LINE_AA)
    return picture


def test_all_parts_of_a_page_are_turned():
    """Against the corner that OpenCV moves: a pixel of the picture is where the quad says."""
    rng = np.random.default_rng(4)
    for quarters in range(4):
        height, width = 50, 80
        x, y = int(rng.integers(5, 60)), int(rng.integers(5, 40))
        picture = np.zeros((height, width), np.uint8)
        picture[y, x] = 255
        quad = ((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1))
        line = TextLine("a", 0.9, quad, words=(Word("a", 0.9, quad, (Character("a", 0.9, quad),)),))
        blocks = (Block("text", (line,), ((line,),)), Block("table", (line,), rows=(((line,), ()),)))
        page = Page((line,), width, height, {}, blocks, 2.0)
        found = layout.turned(page, quarters)
        seen = np.rot90(picture, -quarters)
        assert (found.height, found.width) == seen.shape and found.angle == (2, 92, -178, -88)[quarters]
        quads = [found.lines[0].quad, found.lines[0].words[0].quad, found.lines[0].words[0].characters[0].quad]
        for corners in quads:
            (left, top), (right, bottom) = np.min(corners, axis=0).astype(int), np.max(corners, axis=0).astype(int)
            assert (right - left, bottom - top) == (1, 1) and seen[top, left] == 255
        # The first corner stays the one that is top-left for the reader.
        assert np.allclose(np.subtract(quads[0][1], quads[0][0]), ((1, 0), (0, 1), (-1, 0), (0, -1))[quarters])
        line = found.lines[0]
        assert found.blocks == (Block("text", (line,), ((line,),)), Block("table", (line,), rows=(((line,), ()),)))


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_sheets_are_read_whichever_way_they_lie(reader, sheet, quarters):
    upright, seen = reader.read_page(sheet), np.ascontiguousarray(np.rot90(sheet, -quarters))
    assert upright.angle == 0 and len(upright.lines) == len(ROWS)
    found = reader.read_page(seen)
    assert found.text == upright.text
    assert (found.angle - 90 * quarters + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert (found.height, found.width) == seen.shape[:2]
    wanted = layout.turned(upright, quarters)
    for line, same in zip(found.lines, wanted.lines, strict=True):
        assert np.abs(np.subtract(line.quad, same.quad)).max() < 3
    plain = reader.read_page(seen, options=PageOptions(layout=False))
    assert (plain.angle, plain.blocks) == (0, ())


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [-15, -6, 3, 11])
def test_tilted_sheets_say_how_far(reader, sheet, degrees):
    height, width = sheet.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    matrix[:, 2] += 100
    tilted = cv2.warpAffine(sheet, matrix, (width + 200, height + 200), borderValue=(255, 255, 255))
    assert reader.read_page(tilted).angle == pytest.approx(degrees, abs=0.5)
