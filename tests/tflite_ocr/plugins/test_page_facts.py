"""How a page is turned and skewed, from lines that are drawn."""

import numpy as np
import pytest

from tflite_ocr.page import Page, TextLine
from tflite_ocr.plugins import page_facts

TIMING = dict.fromkeys(("decode", "detect", "recognize", "total"), 0.0)


def page_of(rng, degrees, lines=10, noise=0.4, others=0):
    """Lines of text turned clockwise around the middle, some more degrees off, and a few that run across."""
    found = []
    for i in range(lines + others):
        turn = np.deg2rad(degrees + rng.normal(0, noise) + (90 if i >= lines else 0))
        length, height = rng.uniform(200, 400), 20
        corners = np.array([(0, 0), (length, 0), (length, height), (0, height)]) - (length / 2, height / 2)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        found.append(TextLine("twenty letters or so here", 0.9, tuple(map(tuple, (corners @ matrix + 500).tolist()))))
    return Page(tuple(found), 1000, 1000, TIMING)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("tilt", [-14, 0, 9])
def test_quarter_turns(turn, tilt):
    page = page_of(np.random.default_rng(turn), turn + tilt, others=1)
    found, sure = page_facts.quarter_turn(page.lines)
    assert found == turn and sure == 1.0
    assert page_facts.skew([line.quad for line in page.lines]) == pytest.approx(tilt, abs=0.5)


def test_little_text_and_lines_that_disagree_are_not_sure():
    assert page_facts.quarter_turn(()) == (0, 0.0)
    few = page_of(np.random.default_rng(0), 90, lines=1)
    assert 0 < page_facts.quarter_turn(few.lines)[1] < 0.5
    mixed = page_of(np.random.default_rng(1), 0, lines=5, others=5)
    assert page_facts.quarter_turn(mixed.lines)[1] == 0.0


@pytest.mark.parametrize("tilt", [-14.3, -2.2, 0.0, 6.8, 12.9])
def test_skew_of_a_table_whose_cells_seem_straighter(tilt):
    rng, turn, quads = np.random.default_rng(8), np.deg2rad(tilt), []
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for row in range(12):
        for column in range(4):
            seen = 0.9 * turn  # as regions of whole pixels are
            own = np.array([[np.cos(seen), np.sin(seen)], [-np.sin(seen), np.cos(seen)]])
            length = rng.uniform(40, 140)
            corners = np.array([(0, 0), (length, 0), (length, 20), (0, 20)]) - (length / 2, 10)
            middle = np.array([200 * column + length / 2, 40 * row + rng.normal(0, 1)])
            quads.append(tuple(map(tuple, (corners @ own + middle @ matrix + 300).tolist())))
    assert page_facts.skew(quads) == pytest.approx(tilt, abs=0.3)


def test_skew_of_short_lines_is_not_asked():
    assert page_facts.skew([]) == 0.0
    assert page_facts.skew([((0, 0), (20, 5), (17, 25), (-3, 20))]) == 0.0


def test_readers_are_one_a_thread(monkeypatch):
    import threading
    import types

    module = types.ModuleType("tflite_ocr.reader")
    module.Reader = lambda model, threads: (object(), model, threads)
    monkeypatch.setitem(__import__("sys").modules, "tflite_ocr.reader", module)
    readers, found = page_facts.ThreadReaders(), []
    thread = threading.Thread(target=lambda: found.append(readers.reader()))
    thread.start()
    thread.join()
    assert readers.reader() is readers.reader() and readers.reader() is not found[0]
    assert readers.reader("mine", 2)[1:] == ("mine", 2)


@pytest.mark.slow
def test_the_longest_lines_of_a_picture_tell_how_it_is_turned():
    from pathlib import Path

    import cv2

    from tflite_ocr import Reader

    picture = cv2.imread(str(Path(__file__).resolve().parents[2] / "golden" / "page.png"))
    reader = Reader(threads=1)
    for turn in range(4):
        lines = page_facts.longest_lines(reader, np.ascontiguousarray(np.rot90(picture, -turn)))
        assert page_facts.quarter_turn(lines) == (90 * turn, 1.0)
    assert page_facts.longest_lines(reader, np.full((200, 200, 3), 255, np.uint8)) == []
