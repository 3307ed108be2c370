"""Pages: what is written lies in its quad, every quad holds ink, the same seed gives the same page."""

import cv2
import numpy as np
import pytest

from synthetic.faults import degradations
from synthetic.layouts import marks
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.pictures import pages
from synthetic.surfaces import backgrounds, scene
from synthetic.surfaces.sheet import Placed, Surface, joined
from tests.synthetic.ink_checks import check_quads, covered, without_ink

SEEDS = range(14)


@pytest.fixture(autouse=True)
def drawn_grounds(plain_fonts, monkeypatch):
    """No photographs of this machine, so that the tests are quick and equal everywhere."""
    monkeypatch.setattr(backgrounds, "photographs", lambda: ())
    typesetting._families.cache_clear()


@pytest.fixture
def clean(monkeypatch):
    """No degradations and no marks of pens, so that all that changes without text is text."""
    monkeypatch.setattr(degradations, "degrade", lambda rng, image, *rest: image.copy())
    monkeypatch.setattr(marks, "add", lambda rng, plan: None)
    monkeypatch.setattr(marks, "hatched", lambda rng, page, box, color: None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_quads_cover_the_ink_and_hold_ink(seed, clean, monkeypatch):
    with_text = pages.render_page(np.random.default_rng(seed), 256, 320)
    check_quads(with_text, 256, 320)
    without_ink(monkeypatch)
    monkeypatch.setattr(scene, "unread", lambda clean, seen, quads: [False] * len(quads))
    bare = pages.render_page(np.random.default_rng(seed), 256, 320)
    changed = np.abs(with_text.image_bgr.astype(int) - bare.image_bgr).max(axis=2) > 40
    inside = covered(with_text.quads, changed.shape)
    assert (changed & ~inside).sum() <= 0.01 * changed.sum() + 3
    for quad, ignored in zip(with_text.quads, with_text.ignore, strict=True):
        if not ignored:
            assert (changed & covered([quad], changed.shape)).sum() >= 4


def test_the_check_of_ink_notices_shifted_quads(clean, monkeypatch):
    made = pages.render_page(np.random.default_rng(1), 256, 320)
    without_ink(monkeypatch)
    bare = pages.render_page(np.random.default_rng(1), 256, 320)
    changed = np.abs(made.image_bgr.astype(int) - bare.image_bgr).max(axis=2) > 40
    outside = (changed & ~covered(made.quads + 9, changed.shape)).sum()
    assert changed.sum() > 100 and outside > 0.05 * changed.sum()


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_same_seed_gives_the_same_page(seed):
    first, again = (pages.render_page(np.random.default_rng(seed), 160, 200) for _ in range(2))
    other = pages.render_page(np.random.default_rng(seed + 100), 160, 200)
    assert np.array_equal(first.image_bgr, again.image_bgr) and np.array_equal(first.quads, again.quads)
    assert first.texts == again.texts and np.array_equal(first.ignore, again.ignore)
    assert not np.array_equal(first.image_bgr, other.image_bgr)


@pytest.mark.slow
@pytest.mark.parametrize("kind", pages._KINDS, ids=lambda kind: kind.draw.__name__)
def test_every_layout_is_drawn_with_text(kind, monkeypatch):
    monkeypatch.setattr(pages, "_KINDS", (kind,))
    monkeypatch.setattr(pages, "_SHARES", np.ones(1))
    made = [pages.render_page(np.random.default_rng(seed), 256, 256) for seed in (0, 1, 2)]
    for page in made:
        check_quads(page, 256, 256)
    assert sum(len(page.quads) for page in made) >= 3


def style(size=20, **changes):
    return Style(typesetting.pick_font(np.random.default_rng(0), "document"), size, **changes)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_written_line_lies_tight_in_its_quad_and_starts_at_its_first_corner(turns):
    page = Surface(np.full((300, 300, 3), 255, np.uint8))
    page.write(np.random.default_rng(0), "Light....", style(), 150, 150, turns=turns)
    quad = page.lines[0].quad
    ys, xs = np.nonzero(page.image.min(axis=2) < 128)
    low, high = quad.min(axis=0), quad.max(axis=0)
    assert low[0] <= xs.min() <= low[0] + 4 and low[1] <= ys.min() <= low[1] + 4
    assert high[0] - 5 <= xs.max() <= high[0] and high[1] - 5 <= ys.max() <= high[1]
    # Most ink is at the beginning of this text, so it is nearer to the first corner than to the second.
    centre = np.array([xs.mean(), ys.mean()])
    begin, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    assert np.linalg.norm(centre - begin) < np.linalg.norm(centre - end)
    # Dots stand at the foot of the line, which is on the side of the last two corners.
    last = np.stack([xs, ys], axis=1)[np.argsort([np.hypot(*(point - end)) for point in np.stack([xs, ys], 1)])[:6]]
    assert np.linalg.norm(last.mean(0) - quad[2]) < np.linalg.norm(last.mean(0) - quad[1])


@pytest.mark.parametrize(("anchor", "where"), [("left", 0), ("middle", 0.5), ("right", 1)])
def test_anchors(anchor, where):
    page = Surface(np.full((60, 300, 3), 255, np.uint8))
    page.write(np.random.default_rng(0), "HHHH", style(), 150, 40, anchor)
    left, right = page.lines[0].quad[:, 0].min(), page.lines[0].quad[:, 0].max()
    assert abs(left + where * (right - left) - 150) <= 4


def box(left, top, right, bottom):
    return np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])


def test_near_words_are_joined_and_columns_are_not():
    lines = [Placed(box(60, 0, 90, 20), "two"), Placed(box(0, 1, 55, 19), "one"), Placed(box(110, 0, 150, 20), "far")]
    lines += [Placed(box(0, 30, 50, 50), "below"), Placed(box(53, 0, 58, 20), "no", True)]
    made = {line.text: line.quad for line in joined(lines)}
    assert set(made) == {"one two", "far", "below", "no"}
    assert np.array_equal(made["one two"], box(0, 0, 90, 20))


def test_lines_outside_of_the_window_are_forgotten():
    page = Surface(np.full((50, 100, 3), 255, np.uint8), origin=(300, 300))
    page.write(np.random.default_rng(0), "gone", style(), 0, 320)
    page.write(np.random.default_rng(0), "seen", style(), 320, 330)
    assert [line.text for line in page.lines] == ["seen"]
    assert page.image[:, 20:].min() < 60


def test_a_quad_that_the_edge_cuts_loses_its_text_and_what_is_too_short_is_ignored():
    image = np.zeros((100, 100, 3), np.uint8)
    quads = [box(10, 10, 60, 30), box(40, 40, 160, 60), box(90, 70, 200, 90), box(10, 88, 90, 112), box(150, 0, 190, 9)]
    made = scene.from_parts(image, quads, list("abcde"), [False] * 5)
    assert made.texts == ("a", "", "", "")
    assert made.ignore.tolist() == [False, False, True, True]
    assert np.allclose(made.quads[1], box(40, 40, 100, 60), atol=2)
    assert made.quads.max() <= 100


def test_small_and_blurred_lines_are_ignored():
    image = np.zeros((100, 100, 3), np.uint8)
    quads = [box(0, 0, 50, 4), box(0, 10, 50, 18), box(0, 30, 50, 60)]
    assert scene.from_parts(image, quads, list("abc"), [False] * 3).ignore.tolist() == [True, False, False]
    assert scene.from_parts(image, quads, list("abc"), [False] * 3, 40).ignore.tolist() == [True, True, False]


def test_lines_that_were_erased_are_unread():
    page = Surface(np.full((120, 200, 3), 255, np.uint8))
    for index, color in enumerate(((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (253.0, 253.0, 253.0))):
        page.write(np.random.default_rng(0), "some text", style(color=color), 10, 30 + 35 * index)
    seen = cv2.GaussianBlur(page.image, (0, 0), 0.8)
    seen[40:75] = 255
    assert scene.unread(page.image, seen, [line.quad for line in page.lines]) == [False, True, True]


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.5, 3.0, -2.0])
def test_the_enclosing_quad_keeps_the_order_of_the_corners(angle):
    quad = box(0, 0, 80, 20)
    turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    found = scene.enclosing(scene.outline(quad) @ turn + 200)
    assert np.allclose(found, quad @ turn + 200, atol=0.1)
