"""Scenes: text lies in its quads in any pose, pasted words lie where the quads say, seeds repeat."""

import cv2
import numpy as np
import pytest

from synthetic.faults import degradations
from synthetic.layouts import boards, overlays, screens
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.pictures import preview, scenes
from synthetic.surfaces import backgrounds, blocks, placing, rooms, scene
from synthetic.surfaces.placing import PictureView, Pose
from synthetic.surfaces.sheet import Placed, Surface
from tests.synthetic.ink_checks import check_quads, covered, without_ink


@pytest.fixture(autouse=True)
def drawn_grounds(plain_fonts, monkeypatch):
    """No photographs of this machine, so that the tests are quick and equal everywhere."""
    monkeypatch.setattr(backgrounds, "photographs", lambda: ())
    typesetting._families.cache_clear()


def only(monkeypatch, draw):
    kinds = [kind for kind in scenes._KINDS if kind[0] is draw]
    monkeypatch.setattr(scenes, "_KINDS", kinds)
    monkeypatch.setattr(scenes, "_SHARES", np.ones(1))


def style(size=24, seed=0):
    return Style(typesetting.pick_font(np.random.default_rng(seed), "scene"), size)


def words(count, seed=0):
    """Stand-ins for crops of real words: noise in one channel, so that they are found again in a scene."""
    rng = np.random.default_rng(seed)
    crops = []
    for index in range(count):
        crop = np.zeros((int(rng.integers(18, 40)), int(rng.integers(40, 110)), 3), np.uint8)
        crop[..., 2] = rng.integers(200, 256, crop.shape[:2])
        crops.append((crop, f"word{index}"))
    return crops


@pytest.mark.slow
@pytest.mark.parametrize("draw", [kind[0] for kind in scenes._KINDS], ids=lambda draw: draw.__name__)
def test_quads_cover_the_ink_and_hold_ink(draw, monkeypatch):
    only(monkeypatch, draw)
    monkeypatch.setattr(degradations, "degrade", lambda rng, image, *rest: image.copy())
    monkeypatch.setattr(placing, "_lit", lambda rng, patch, window: patch)  # light depends on what is there already
    made = [scenes.render_scene(np.random.default_rng(seed), 256, 320) for seed in range(4)]
    without_ink(monkeypatch)
    bare = [scenes.render_scene(np.random.default_rng(seed), 256, 320) for seed in range(4)]
    outside = total = 0
    for with_text, without in zip(made, bare, strict=True):
        check_quads(with_text, 256, 320)
        changed = np.abs(with_text.image_bgr.astype(int) - without.image_bgr).max(axis=2) > 40
        outside += (changed & ~covered(with_text.quads, changed.shape, 2)).sum()
        total += changed.sum()
        for quad, ignored in zip(with_text.quads, with_text.ignore, strict=True):
            if not ignored:
                assert (np.abs(with_text.image_bgr.astype(int) - without.image_bgr).max(axis=2) > 8)[
                    covered([quad], changed.shape)
                ].sum() >= 4
    # Shadows, glows and depth of letters reach out of the quads a little.
    assert outside <= 0.06 * total + 5
    assert total > 50 or draw is scenes._empty


def test_the_same_seed_gives_the_same_scene():
    crops = words(5)
    for seed in range(6):
        first, again = (scenes.render_scene(np.random.default_rng(seed), 128, 192, crops) for _ in range(2))
        assert np.array_equal(first.image_bgr, again.image_bgr) and np.array_equal(first.quads, again.quads)
        assert first.texts == again.texts and np.array_equal(first.ignore, again.ignore)
        check_quads(first, 128, 192)


def test_seeds_give_different_scenes():
    images = {scenes.render_scene(np.random.default_rng(seed), 96, 96).image_bgr.tobytes() for seed in range(8)}
    assert len(images) == 8


def test_some_scenes_are_empty_and_streets_are_not(monkeypatch):
    only(monkeypatch, scenes._empty)
    assert all(not len(scenes.render_scene(np.random.default_rng(seed), 96, 96).quads) for seed in range(4))


def test_a_pasted_word_lies_where_its_quad_says():
    ((crop, text),) = words(1)
    view = PictureView(np.full((200, 300, 3), 40, np.uint8))
    place = np.float32([[60, 50], [210, 70], [205, 130], [70, 120]])
    view.paste(np.random.default_rng(0), crop, text, place)
    assert np.array_equal(view.lines[0].quad, place) and view.lines[0].text == text
    rows, columns = crop.shape[:2]
    flat = np.float32([[0, 0], [columns, 0], [columns, rows], [0, rows]])
    back = cv2.warpPerspective(view.image, cv2.getPerspectiveTransform(place, flat), (columns, rows))
    inner = (slice(2, -2), slice(2, -2))
    assert np.abs(back[inner].astype(int) - crop[inner]).mean() < 12
    far = ~covered([place], view.image.shape[:2], 45)
    assert (view.image[far] == 40).all()


def test_the_seam_of_a_pasted_word_is_soft():
    view = PictureView(np.zeros((120, 200, 3), np.uint8))
    crop = np.full((30, 60, 3), 250, np.uint8)
    view.paste(np.random.default_rng(1), crop, "x", np.float32([[70, 45], [130, 45], [130, 75], [70, 75]]))
    column = view.image[:, 100, 0].astype(int)
    assert np.abs(np.diff(column)).max() < 130
    assert column[60] == 250 and column[5] == 0


def test_pasted_words_are_in_the_scene(monkeypatch):
    only(monkeypatch, scenes._street)
    found = set()
    for seed in range(8):
        made = scenes.render_scene(np.random.default_rng(seed), 256, 256, words(30))
        for quad, text in zip(made.quads, made.texts, strict=True):
            if text.startswith("word") and text[4:].isdigit():
                found.add(text)
                centre = made.image_bgr[tuple(np.clip(quad.mean(axis=0), 0, 255).astype(int)[::-1])].astype(int)
                assert centre[2] > centre[:2].max()  # red, as the crops are
    assert len(found) >= 5


@pytest.mark.parametrize("roll", [0.0, 0.4, 2.0, -2.8])
def test_hung_sheets_bring_their_lines_along(roll):
    sheet = Surface(np.full((60, 160, 3), 255, np.uint8))
    sheet.write(np.random.default_rng(0), "HANG", style(30), 20, 45)
    view = PictureView(np.full((400, 400, 3), 255, np.uint8))
    place = placing.corners(Pose(0.5, -0.3, roll, 2.0), 160, 60) + 200
    view.hang(np.random.default_rng(3), sheet, place)
    dark = view.image.max(axis=2) < 120
    assert dark.sum() > 100
    assert (dark & ~covered([view.lines[0].quad], dark.shape)).sum() == 0
    begin, end = view.lines[0].quad[[0, 3]].mean(axis=0), view.lines[0].quad[[1, 2]].mean(axis=0)
    assert np.dot(end - begin, (np.cos(roll), np.sin(roll))) > 0.6 * np.linalg.norm(end - begin)


def test_a_pose_from_the_front_leaves_the_size_and_yaw_narrows_it():
    front = placing.corners(Pose(0, 0, 0, 3), 100, 40)
    assert np.allclose(front, [[-50, -20], [50, -20], [50, 20], [-50, 20]], atol=1e-4)
    side = placing.corners(Pose(1.0, 0, 0, 3), 100, 40)
    assert np.ptp(side[:, 0]) < 75
    left, right = side[3, 1] - side[0, 1], side[2, 1] - side[1, 1]
    assert abs(left - right) > 5  # the nearer side is the longer one


def test_things_do_not_overlap():
    view = PictureView(np.zeros((256, 256, 3), np.uint8))
    shape = np.float32([[-30, -20], [30, -20], [30, 20], [-30, 20]])
    places = [view.place(np.random.default_rng(seed), shape) for seed in range(40)]
    masks = [covered([place], (256, 256), 0) for place in places if place is not None]
    assert 4 <= len(masks) < 40
    assert np.sum(masks, axis=0).max() == 1


@pytest.mark.parametrize("bend", [0.6, -0.6, 1.6])
def test_bent_letters_stay_within_their_outline(bend):
    block = blocks.bent(blocks.straight(["ROUND AND ROUND"], style(30)), bend)
    ink = block.coverage > 60
    assert ink.sum() > 500
    inside = covered([block.outlines[0]], ink.shape)
    assert (ink & ~inside).sum() < 0.01 * ink.sum()
    assert inside.mean() < 0.8  # the outline is bent too
    middle = block.outlines[0][len(block.outlines[0]) // 4]
    ends = block.outlines[0][[0, len(block.outlines[0]) // 2 - 1]].mean(axis=0)
    assert (middle[1] < ends[1]) == (bend > 0)


def test_stacked_letters_are_one_column():
    block = blocks.stacked("HOTEL", style(20))
    assert block.texts == ("HOTEL",) and block.coverage.shape[0] > 2 * block.coverage.shape[1]
    assert ((block.coverage > 60) & ~covered([block.outlines[0]], block.coverage.shape)).sum() == 0
    assert blocks.stacked("A", style(20)) is None and blocks.straight(["", " "], style()) is None


@pytest.mark.parametrize("make", boards._BOARDS, ids=lambda make: make.__name__)
def test_boards_keep_their_text_inside(make):
    for seed in range(3):
        sheet = make(np.random.default_rng(seed), 20)
        height, width = sheet.image.shape[:2]
        assert sheet.image.dtype == np.uint8 and (sheet.alpha is None or sheet.alpha.shape == (height, width))
        for line in sheet.lines:
            assert line.text and line.quad[:, 0].mean() < width and line.quad[:, 1].mean() < height


@pytest.mark.parametrize("draw", [overlays.subtitles, overlays.banner, overlays.corner, overlays.watermark])
def test_overlays_leave_each_other_room(draw):
    for seed in range(4):
        view = PictureView(np.full((240, 320, 3), 90, np.uint8))
        draw(np.random.default_rng(seed), view)
        first = len(view.lines)
        assert first and view.taken.any()
        view.taken[:] = 1
        draw(np.random.default_rng(seed), view)
        assert len(view.lines) == first


def test_a_window_hides_lines_and_leaves_the_ends_that_are_seen():
    def quad(left, right, top, bottom):
        return np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])

    sheet = Surface(np.zeros((100, 200, 3), np.uint8))
    sheet.lines += [
        Placed(quad(10, 190, 10, 20), "half"),
        Placed(quad(110, 150, 30, 40), "gone"),
        Placed(quad(10, 50, 50, 60), "free"),
        Placed(quad(110, 150, 75, 95), "below"),
    ]
    screens.cover(sheet, (100, 0, 200, 80))
    assert [(line.text, line.ignore) for line in sheet.lines] == [("", False), ("free", False), ("", True)]
    assert np.array_equal(sheet.lines[0].quad, quad(10, 100, 10, 20))
    assert np.array_equal(sheet.lines[2].quad, quad(110, 150, 80, 95))


def test_rooms_have_the_size_asked_for():
    assert rooms.room(np.random.default_rng(0), 90, 130).shape == (90, 130, 3)


def test_contact_sheets_show_the_quads(monkeypatch):
    image = np.zeros((40, 60, 3), np.uint8)
    quad = np.float32([[10, 10], [50, 10], [50, 30], [10, 30]])
    made = scene.from_parts(image, [quad, quad + 5], ["a", "b"], [False, True])
    monkeypatch.setattr(preview, "render_scene", lambda rng: made)
    sheet = preview.scene_sheet(0, 2, 3)
    assert sheet.shape == (2 * 44, 3 * 64, 3)
    for color in (preview._READ, preview._IGNORED):
        assert (np.abs(sheet.astype(int) - color).max(axis=2) <= 30).sum() > 6 * 50
    assert not image.any()
