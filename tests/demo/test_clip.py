"""The clip: its texts agree with its pixels, whole or small, and it is the same every time."""

import json

import cv2
import numpy as np
import pytest

from demo.clip import render
from demo.clip.layer import ClipLayer, lettering
from demo.clip.street import Street
from demo.clip.writing import Credits, Slides
from synthetic.builtin.sheet import Sheet

SIZE = (640, 360)


@pytest.fixture(scope="module")
def small():
    return list(render.frames(render.SMALL))


def inside(quads, shape):
    mask = np.zeros(shape, np.uint8)
    for quad in quads:
        cv2.fillPoly(mask, [np.rint(quad).astype(np.int32)], 1)
    return mask.astype(bool)


def written(text="Wide", ink=(0, 0, 0), size=40):
    sheet = Sheet.plain(80, 200, (255, 255, 255))
    sheet.write(text, 20, 55, "sans", size, ink)
    return sheet


def test_a_layer_shows_its_line_where_its_pixels_are():
    frame = np.full((200, 300, 3), 255, np.uint8)
    layer = ClipLayer(written(), 7)
    (line,) = layer.lay(frame, layer.corners(30, 60))
    rows, columns = np.nonzero(frame[..., 0] < 128)
    (x0, y0), (x1, y1) = line.quad.min(axis=0), line.quad.max(axis=0)
    assert (line.id, line.text, line.ignore) == (7, "Wide", False)
    assert x0 <= columns.min() <= x0 + 8 and x1 - 8 <= columns.max() <= x1
    assert y0 <= rows.min() and rows.max() <= y1 and rows.max() > (y0 + y1) / 2


def test_a_layer_that_is_moved_twice_as_far_and_large_moves_its_line_so():
    frame = np.full((400, 600, 3), 255, np.uint8)
    layer = ClipLayer(written(), 1)
    (once,) = layer.lay(frame.copy(), layer.corners(10, 20))
    (twice,) = layer.lay(frame.copy(), layer.corners(20, 40, 2.0))
    np.testing.assert_allclose(twice.quad, 2 * once.quad, atol=1e-3)


@pytest.mark.parametrize(
    ("left", "opacity", "expected"),
    [(50, 1.0, [False]), (-40, 1.0, [True]), (50, 0.4, [True]), (50, 0.0, []), (-400, 1.0, [])],
)
def test_lines_that_are_cut_or_faint_are_not_asked_for(left, opacity, expected):
    frame = np.full((200, 300, 3), 255, np.uint8)
    layer = ClipLayer(written(), 1)
    assert [line.ignore for line in layer.lay(frame, layer.corners(left, 60), opacity)] == expected


def test_letters_alone_leave_the_ground_as_it_is():
    frame = np.full((100, 220, 3), (10, 200, 30), np.uint8)
    layer = lettering(written(), (250, 250, 250), 1)
    (line,) = layer.lay(frame, layer.corners(5, 5))
    mask = inside([line.quad], frame.shape[:2])
    assert (frame[~mask] == (10, 200, 30)).all()
    assert (frame[mask] > 240).all(axis=1).any()


def test_an_outline_is_dark_around_light_letters():
    frame = np.full((100, 220, 3), 160, np.uint8)
    layer = lettering(written(), (255, 255, 255), 1, outline=3)
    layer.lay(frame, layer.corners(5, 5))
    assert frame.max() > 245 and frame.min() < 30


def test_all_ink_of_the_credits_lies_in_their_quads_and_every_quad_has_ink():
    scene = Credits(np.random.default_rng(1), SIZE, 1)
    background = scene._background.astype(np.uint8)
    for share in (0.2, 0.45, 0.8):
        frame, lines = scene.draw(share)
        ink = np.abs(frame.astype(int) - background).max(axis=2) > 40
        assert lines and not (ink & ~inside([line.quad for line in lines], ink.shape)).any()
        for line in lines:
            if not line.ignore:
                assert 0.08 < ink[inside([line.quad], ink.shape)].mean() < 0.6


def test_a_quad_that_is_wrong_by_a_line_would_be_noticed():
    scene = Credits(np.random.default_rng(1), SIZE, 1)
    frame, lines = scene.draw(0.45)
    ink = np.abs(frame.astype(int) - scene._background.astype(np.uint8)).max(axis=2) > 40
    moved = [line.quad + (0, 25) for line in lines]
    assert (ink & ~inside(moved, ink.shape)).any()


def test_signs_move_with_the_wall_and_the_van_against_it():
    scene = Street(np.random.default_rng(0), SIZE, 1)
    (_, before), (_, after) = scene.draw(0.40), scene.draw(0.42)
    places = {line.id: line.quad.mean(axis=0) for line in before}
    moves = {line.text: line.quad.mean(axis=0)[0] - places[line.id][0] for line in after if line.id in places}
    signs = {move for text, move in moves.items() if "0800" not in text and not text.isupper()}
    assert moves["call 0800 4417"] < 0 and max(signs) < 0
    # Perspective changes their widths a little; their pace is the camera's.
    assert max(signs) - min(signs) < 0.2 * abs(min(signs))


def test_points_of_a_slide_come_one_after_the_other():
    scene = Slides(np.random.default_rng(0), SIZE, 1)
    counts = [len(scene.draw(share)[1]) for share in (0.001, 0.05, 0.09, 0.2)]
    assert counts == sorted(counts) and counts[0] <= 1 and counts[-1] == 4


def test_the_small_clip_has_every_scene_and_text_in_it(small):
    assert len(small) == render.SMALL.frames == 90
    assert [frame.index for frame in small] == list(range(90))
    assert {frame.image.shape for frame in small} == {(360, 640, 3)}
    by_scene = {
        scene: {line.text for f in small if f.scene == scene for line in f.lines if not line.ignore}
        for scene in ("street", "slides", "credits", "board", "subtitles")
    }
    assert min(map(len, by_scene.values())) >= 6
    assert "Departures" in by_scene["board"] and "CHANNEL 9" in by_scene["subtitles"]


def test_an_id_is_one_text_and_lines_that_are_asked_for_lie_in_the_frame(small):
    texts = {}
    for frame in small:
        assert len({line.id for line in frame.lines}) == len(frame.lines)
        for line in frame.lines:
            assert texts.setdefault(line.id, line.text) == line.text
            if not line.ignore:
                assert (line.quad >= 0).all() and (line.quad <= SIZE).all()
                assert np.linalg.norm(line.quad[3] - line.quad[0]) >= 14


def test_equal_seeds_give_equal_clips_and_other_seeds_others(small):
    again = next(frame for frame in render.frames(render.SMALL) if frame.index == 20)
    assert (again.image == small[20].image).all()
    other = render.ClipOptions(640, 360, 15, 1.2, seed=7)
    assert {line.text for line in next(render.frames(other)).lines} != {line.text for line in small[0].lines}


def test_a_rendered_clip_has_its_frames_and_a_line_of_texts_for_each(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    options = render.ClipOptions(320, 180, 10, 0.4)
    seen = []
    texts = render.render(tmp_path / "clip.mp4", options, seen.append)
    records = [json.loads(line) for line in texts.read_text(encoding="utf-8").splitlines()]
    assert seen == list(range(1, 21)) and len(records) == 20
    assert records[7]["frame"] == 7 and records[7]["time_s"] == pytest.approx(0.7)
    assert all(np.shape(line["quad"]) == (4, 2) for record in records for line in record["lines"])
    assert ffmpeg.count_frames_and_secs(str(tmp_path / "clip.mp4")) == (20, pytest.approx(2.0, abs=0.11))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.jsonl", "clip.mp4"]
