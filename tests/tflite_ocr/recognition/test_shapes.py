"""Lines along arcs and stacked letters, drawn here by bending and cutting straight ones."""

import math

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.page import Place, Recognition
from tflite_ocr.recognition import shapes

PAPER, INK = (60, 200, 235), (30, 20, 10)


def strip(text, height=48):
    """A straight line of text, BGR uint8 [height, w, 3]."""
    scale = height / 34
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    picture = np.full((height, width + 16, 3), PAPER, np.uint8)
    cv2.putText(picture, text, (8, round(0.75 * height)), cv2.FONT_HERSHEY_DUPLEX, scale, INK, 2, cv2.LINE_AA)
    return picture


def bent(line, degrees, crown=True):
    """The line along an arc of so many degrees, above its centre or below it."""
    height, width = line.shape[:2]
    radius, half = width / math.radians(degrees), math.radians(degrees) / 2
    outer = radius + height / 2
    across = math.ceil(2 * outer * math.sin(min(half, math.pi / 2))) + 4
    tall = math.ceil(outer - (radius - height / 2) * math.cos(half)) + 4
    x, y = np.meshgrid(np.arange(across) + 0.5 - across / 2, np.arange(tall) + 0.5)
    y = outer + 2 - y if crown else y - (tall - outer - 2)
    angle, away = np.arctan2(x, y), np.hypot(x, y)
    column = (angle / (2 * half) + 0.5) * width
    row = outer - away if crown else away - (radius - height / 2)
    maps = (column - 0.5).astype(np.float32), (row - 0.5).astype(np.float32)
    return cv2.remap(line, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=PAPER)


def in_a_stack(word, size=48):
    """Letters one below the other, and the rows at which they begin."""
    cells = [strip(letter, size) for letter in word]
    width = max(cell.shape[1] for cell in cells) + 8
    stack = [
        cv2.copyMakeBorder(c, 0, 0, (width - c.shape[1]) // 2, -((c.shape[1] - width) // 2), 0, value=PAPER)
        for c in cells
    ]
    return np.concatenate(stack), [i * size for i in range(len(word))]


def dark(picture):
    return np.abs(picture.astype(int) - PAPER).sum(2) > 200


@pytest.mark.parametrize("crown", [True, False])
@pytest.mark.parametrize("degrees", [50, 90, 150])
def test_a_bent_line_becomes_the_straight_one(degrees, crown):
    line = strip("GRAND HOTEL")
    straight = shapes.along_arc(bent(line, degrees, crown))
    found, wanted = dark(straight.image_bgr), dark(line)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    there = np.flatnonzero(wanted.any(1))
    assert len(rows) == pytest.approx(there[-1] - there[0] + 1, abs=6)
    same = cv2.resize(found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8) * 255, (200, 30))
    at = np.flatnonzero(wanted.any(0))
    other = cv2.resize(wanted[there[0] : there[-1] + 1, at[0] : at[-1] + 1].astype(np.uint8) * 255, (200, 30))
    alike = np.corrcoef(same.ravel(), other.ravel())[0, 1]
    assert alike > 0.75
    assert alike > 0.15 + np.corrcoef(same[::-1].ravel(), other.ravel())[0, 1]  # a mirrored line is another one


def test_places_along_an_arc_are_those_in_the_crop():
    crop = bent(strip("OOOOOOOOO"), 140)
    back = shapes.along_arc(crop).back(Recognition("ab", 1.0, places=(Place(0.5, 1.0), Place(0.98, 1.0))))
    assert back.places[0].x == pytest.approx(0.5, abs=0.02)
    assert 0.85 < back.places[1].x <= 1


def test_straight_lines_and_empty_crops_have_no_arc():
    assert shapes.along_arc(strip("STRAIGHT AHEAD")) is None
    assert shapes.along_arc(strip("plain")) is None
    assert shapes.along_arc(np.full((40, 90, 3), 255, np.uint8)) is None
    assert shapes.along_arc(bent(strip("GRAND HOTEL"), 90)[:8]) is None


def test_stacked_letters_stand_in_a_row_afterwards():
    picture, begins = in_a_stack("HOTEL")
    straight = shapes.stacked(picture)
    found = dark(straight.image_bgr).any(0)
    runs = np.flatnonzero(np.diff(np.concatenate(([0], found, [0])).astype(int))).reshape(-1, 2)
    assert len(runs) == 5
    widths = [np.flatnonzero(dark(picture[at : at + 48]).any(0)) for at in begins]
    assert (runs[:, 1] - runs[:, 0]).tolist() == pytest.approx([int(w[-1] - w[0] + 1) for w in widths], abs=2)
    middles = (runs.mean(1) / len(found)).tolist()
    back = straight.back(Recognition("HOTEL", 1.0, places=tuple(Place(x, 1.0) for x in middles)))
    rows = [place.x * len(picture) for place in back.places]
    assert all(at <= row <= at + 48 for at, row in zip(begins, rows, strict=True))


def test_a_line_of_two_letters_or_without_gaps_is_no_stack():
    assert shapes.stacked(in_a_stack("NO")[0]) is None
    assert shapes.stacked(np.full((200, 30, 3), 255, np.uint8)) is None


def test_only_doubtful_lines_are_read_again_and_only_the_likelier_text_counts():
    arc, line, stack = bent(strip("GRAND HOTEL"), 90), strip("plain"), np.rot90(in_a_stack("HOTEL")[0])
    down = np.array([(0, 0), (60, 0), (60, 240), (0, 240)], np.float32)
    sure, unsure = Recognition("ok", 0.99), Recognition("noise", 0.4)
    crops, quads, results = [arc, arc, line, stack], [None, None, None, down], [unsure, sure, unsure, unsure]
    asked = []

    def read(again):
        asked.extend(again)
        return [Recognition("GRAND HOTEL", 0.95), Recognition("HOTEL", 0.85)]

    assert shapes.reread(crops, quads, results, read) == {0: (Recognition("GRAND HOTEL", 0.95), False)}
    assert len(asked) == 2
    assert shapes.reread(crops[1:3], quads[1:3], results[1:3], read) == {}


@pytest.mark.parametrize(
    ("quad", "quarters"),
    [("0 0 90 0 90 30 0 30", 0), ("0 0 30 0 30 90 0 90", 3), ("0 90 0 0 30 0 30 90", 1), ("30 0 30 90 0 90 0 0", 3)],
)
def test_how_often_a_crop_is_turned_to_stand_as_in_its_picture(quad, quarters):
    assert shapes.quarters_of(np.array(quad.split(), np.float32).reshape(4, 2)) == quarters


@pytest.mark.parametrize("word", ["GRAND HOTEL", "CITY BAKERY"])
@pytest.mark.parametrize("crown", [True, False])
def test_signs_along_an_arc_are_read(word, crown):
    page = cv2.copyMakeBorder(bent(strip(word, 64), 100, crown), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=PAPER)
    with Reader("edge") as reader:
        assert [line.text for line in reader.read(page)] == [word]


@pytest.mark.parametrize("word", ["HOTEL", "PARKING"])
def test_stacked_letters_are_read_from_the_top(word):
    page = cv2.copyMakeBorder(in_a_stack(word, 64)[0], 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=PAPER)
    with Reader("edge") as reader:
        (found,) = reader.read(page)
    assert found.text == word
