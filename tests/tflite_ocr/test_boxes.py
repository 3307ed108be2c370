"""Boxes to tick are left out of lines; letters, digits and ticked boxes are not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader, boxes

EDGE = Path(__file__).resolve().parents[2] / "artifacts" / "edge"
FONT = cv2.FONT_HERSHEY_SIMPLEX


def line(words, side, seed=0, inner=""):
    """A line of words, "#" for a box of so many pixels, light or dark; its quad; (x, width) of the boxes."""
    rng = np.random.default_rng(seed)
    dark = bool(seed % 2)
    picture = np.full((70, 620, 3), 40 if dark else 240, np.uint8)
    ink = (235,) * 3 if dark else (20,) * 3
    x, y, drawn, thick = int(rng.integers(8, 30)), 35 - side // 2, [], int(rng.integers(1, 3))
    left = x - 3
    for word in words:
        if word == "#":
            cv2.rectangle(picture, (x, y), (x + side, y + side), (130,) * 3, thick)
            cv2.putText(picture, inner, (x + side // 4, y + side - side // 5), FONT, side / 32, ink, 1, cv2.LINE_AA)
            drawn.append((x, side))
            x += side + 9
        else:
            cv2.putText(picture, word, (x, 44), FONT, 0.8, ink, 2, cv2.LINE_AA)
            x += cv2.getTextSize(word, FONT, 0.8, 2)[0][0] + 12
    return picture, np.float32([[left, 22], [x, 22], [x, 50], [left, 50]]), drawn


@pytest.mark.parametrize("seed", range(12))
def test_a_quad_begins_behind_its_box(seed):
    picture, quad, [(x, side)] = line(["#", "Keep", "a", "copy"], 14 + 2 * seed, seed)
    quad[[0, 3], 0] += seed / 12 * side  # detectors begin anywhere in it
    crop, found = boxes.erased(picture, quad)
    assert x + side <= found[0, 0] <= x + side + 9 and found[0, 0] == found[3, 0]
    assert np.array_equal(found[1:3], quad[1:3])
    assert abs(crop.shape[1] - (found[1, 0] - found[0, 0])) <= 1


@pytest.mark.parametrize("seed", range(6))
def test_boxes_among_words_become_paper(seed):
    picture, quad, drawn = line(["Sex", "#", "Male", "#"], 16 + 2 * seed, seed)
    crop, found = boxes.erased(picture, quad)
    assert np.array_equal(found[[0, 3]], quad[[0, 3]]) and found[1, 0] < drawn[1][0]
    (x, side), begin = drawn[0], int(quad[0, 0])
    assert (crop[:, x - begin : x - begin + side] == picture[0, 0]).all()
    assert (crop != picture[0, 0]).any()


@pytest.mark.parametrize("words", [["O", "sole"], ["Do", "it"], ["Q", "17"], ["0", "of", "12"], ["[x]", "done"]])
def test_letters_and_brackets_are_no_boxes(words):
    for seed in range(4):
        picture, quad, _ = line(words, 20, seed)
        assert boxes.erased(picture, quad) is None


@pytest.mark.parametrize("inner", ["7", "A", "x"])
def test_what_stands_in_a_box_is_text(inner):
    picture, quad, _ = line(["#", "Gate"], 26, inner=inner)
    assert boxes.erased(picture, quad) is None


def test_turned_tiny_and_blank_quads_are_left():
    picture, quad, _ = line(["#", "Keep"], 20)
    assert boxes.erased(picture, quad[[1, 2, 3, 0]]) is None
    assert boxes.erased(picture, quad[0] + (quad - quad[0]) / 8) is None
    assert boxes.erased(np.full_like(picture, 90), quad) is None


def test_texts_that_may_have_a_box():
    assert all(
        map(boxes.may_have, ["] Show hidden files", "1 Use 7 threads", "\ufffd Yes", "[]Bold", "Yes O No D", "O"])
    )
    assert not any(map(boxes.may_have, ["Show hidden files", "100 apples", "", "A.B.C"]))


@pytest.mark.parametrize(
    ("shorter", "text", "expected"),
    [
        ("Yes No", "] Yes O No", True),
        ("Yes", "[]Yes D", True),
        ("", "O", True),
        ("Yes", "] Yet", False),
        ("Yes", "Yes", False),
        ("Yes", "Oui Yes", False),
        ("Yes No", "] Yes", False),
    ],
)
def test_nothing_but_boxes_goes(shorter, text, expected):
    assert boxes.is_without(shorter, text) is expected


@pytest.mark.parametrize("dark", [0, 1])
def test_a_form_is_read_without_its_boxes(dark):
    rows = [["#", "Show", "hidden", "files"], ["Sex:", "#", "Male", "#", "Female"], ["#", "Never"], ["Married", "#"]]
    page = np.concatenate([line(row, 20, 2 * i + dark)[0] for i, row in enumerate(rows)])
    found = [one.text for one in Reader(EDGE, threads=1).read(page)]
    assert found == [" ".join(word for word in row if word != "#") for row in rows]
