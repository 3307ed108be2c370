"""Which parts of a picture are searched, and how."""

import types
from concurrent.futures import Future

import numpy as np
import pytest

from tests.tflite_ocr.video.clips import StandIn, page
from tflite_ocr.geometry import Box
from tflite_ocr.page import TextLine
from tflite_ocr.video.changes import ChangeMeter
from tflite_ocr.video.frames import Counts, Picture
from tflite_ocr.video.known import KnownTexts
from tflite_ocr.video.plan import Step
from tflite_ocr.video.search import KeySearch, Search, parts_to_search
from tflite_ocr.video.segment import Segment, TrackPath

SIZE = 640, 320


@pytest.fixture
def search():
    pool = Search(stand_in := StandIn("HELLO"), 1)
    yield pool, stand_in
    pool.close()


def picture(*texts):
    return Picture.from_bgr(page(*texts, width=SIZE[0], height=SIZE[1]))


def test_quads_of_parts_lie_where_they_are_in_the_picture(search):
    pool, stand_in = search
    whole = pool.submit(picture(("HELLO", 300, 200))).result()
    quads, areas = pool.parts(picture(("HELLO", 300, 200)), [Box(256, 150, 448, 230)])
    assert areas == [Box(256, 150, 448, 230)]
    np.testing.assert_allclose(np.array(quads), whole)
    assert (stand_in.searches, stand_in.parts) == (1, 1)


def test_a_part_that_cuts_a_text_is_widened_once(search):
    pool, stand_in = search
    quads, areas = pool.parts(picture(("HELLO", 300, 200)), [Box(330, 150, 394, 214)])
    assert areas == [Box(138, 102, 586, 262)] and stand_in.parts == 2
    np.testing.assert_allclose(np.array(quads), pool.submit(picture(("HELLO", 300, 200))).result())


def test_a_text_in_two_parts_that_were_widened_is_found_once(search):
    pool, stand_in = search
    quads, _ = pool.parts(picture(("HELLO", 300, 200)), [Box(256, 150, 320, 214), Box(330, 150, 394, 214)])
    assert stand_in.parts == 4
    np.testing.assert_allclose(np.array(quads), pool.submit(picture(("HELLO", 300, 200))).result())


def test_a_text_too_long_for_that_asks_for_the_whole_picture(search):
    pool, _ = search
    assert pool.parts(picture(("HELLO HELLO HELLO HELLO HELLO", 20, 200)), [Box(256, 150, 320, 230)]) is None


def test_a_reader_without_parts_asks_for_the_whole_picture():
    class Fixed(StandIn):
        def part(self, width, height):
            return None

    pool = Search(Fixed("HELLO"), 1)
    assert pool.parts(picture(("HELLO", 300, 200)), [Box(256, 150, 448, 230)]) is None
    pool.close()


def luma(*boxes):
    values = np.full(SIZE[::-1], 90, np.uint8)
    for box in boxes:
        values[box.top : box.bottom, box.left : box.right] = 200
    return values


def test_what_changed_under_a_known_text_alone_needs_no_search():
    text = Box(100, 100, 200, 130)
    assert parts_to_search([Box(96, 96, 208, 144)], [text], luma(text), luma(), 12) == []


def test_parts_hold_whole_texts_and_do_not_overlap():
    text, new, far = Box(100, 100, 200, 130), Box(190, 120, 260, 150), Box(480, 250, 520, 270)
    changed = [Box(176, 112, 272, 160), Box(464, 240, 528, 288)]
    parts = parts_to_search(changed, [text], luma(new, far), luma(), 12)
    assert len(parts) == 2 and not parts[0].overlap(parts[1])
    for whole in (text, new, far):
        assert any(part.overlap(whole) == whole.area for part in parts)
    near = parts_to_search(
        [Box(176, 112, 272, 160), Box(288, 112, 320, 160)], [], luma(new, Box(300, 120, 310, 150)), luma(), 12
    )
    assert len(near) == 1


@pytest.mark.parametrize("changed_at", [None, 0])
def test_a_text_that_looks_different_is_searched_where_it_may_have_become_longer(changed_at):
    """Ink appears a few pixels behind the quad: noise of a text that looks as before, else perhaps a letter."""
    luma = np.full((320, 640), 90, np.uint8)
    quad = np.float32([(100, 100), (200, 100), (200, 140), (100, 140)])
    luma[110:130, 110:190:8] = 250
    known = KnownTexts()
    track = known.begin(luma, quad, 0.0)
    known.say(track, TextLine("AT 9", 0.9, ()), True)
    segment = Segment(640, 320)
    segment.paths[id(track)] = TrackPath(quad, [quad], changed_at)
    asked = []
    searching = types.SimpleNamespace(
        parts=lambda picture, areas: asked.append(areas) or ([], []), submit=lambda picture: Future()
    )
    keys = KeySearch(searching, Counts(), exact=False)
    first, longer = Future(), luma.copy()
    first.set_result([])
    longer[110:130, 203:207] = 250
    fresh = ChangeMeter().changed(luma, longer)
    for number, seen in enumerate((luma, longer)):
        frame = types.SimpleNamespace(picture=types.SimpleNamespace(luma=seen, width=640, height=320))
        step = Step(frame, True, True, fresh, fresh, 12.0)
        keys.quads(segment, step, [track], first if number == 0 else None)
    assert len(asked) == (0 if changed_at is None else 1)
