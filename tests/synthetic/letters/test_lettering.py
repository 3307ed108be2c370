"""Typesetting: boxes hold the ink, settings change what they name, bent lines stay whole."""

import cv2
import numpy as np
import pytest

from synthetic.letters import fonts, lettering


@pytest.fixture(scope="module")
def face(plain_fonts):
    return fonts.face(str(plain_fonts / "DejaVuSans.ttf"), 32)


def typeset(face, text="Hamburg 24", seed=0, **changes):
    return lettering.typeset(np.random.default_rng(seed), text, face, lettering.LineSetting(**changes))


def ink(page):
    rows, columns = np.flatnonzero(page.coverage.any(1)), np.flatnonzero(page.coverage.any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def test_the_box_is_the_ink_of_the_text(face):
    page = typeset(face)
    assert page.coverage.dtype == np.uint8 and page.coverage.ndim == 2 and page.em == 32
    assert page.box == ink(page)
    left, top, right, bottom = page.box
    margin = 0.6 * page.em
    assert min(left, top, page.coverage.shape[1] - right, page.coverage.shape[0] - bottom) > margin


def test_low_text_has_a_box_of_half_an_em_square(face):
    page = typeset(face, "...")
    assert page.box[3] - page.box[1] >= 16
    assert page.box[3] == page.baseline


def test_other_texts_and_blanks_give_other_pixels(face):
    pages = [typeset(face, text).coverage for text in ("Hamburg 24", "Hamburg 42", " ")]
    assert not np.array_equal(pages[0], pages[1])
    assert pages[0].any() and not pages[2].any()


def test_tracking_and_word_gaps_widen_the_line(face):
    plain, loose, gap = typeset(face), typeset(face, tracking=0.2), typeset(face, word_gap=0.5)
    width = [page.box[2] - page.box[0] for page in (plain, loose, gap)]
    assert width[1] - width[0] == pytest.approx(0.2 * 32 * 9, abs=8)
    assert width[2] - width[0] == pytest.approx(0.5 * 32, abs=8)


def test_bold_grows_strokes_by_fractions_of_pixels(face):
    sums = [int(typeset(face, bold=bold).coverage.sum()) for bold in (0, 0.01, 0.03, 0.06)]
    assert sums == sorted(set(sums))


@pytest.mark.parametrize("side", ["before", "after", "above", "below"])
def test_neighbours_are_outside_of_the_box(face, side):
    plain, crowded = typeset(face), typeset(face, around={side: "WORLD"})
    assert crowded.box == plain.box
    left, top, right, bottom = map(int, plain.box)
    added = crowded.coverage.astype(int) - plain.coverage
    assert added.any()
    part = {"before": added[:, :left], "after": added[:, right:], "above": added[:top], "below": added[bottom - 12 :]}[
        side
    ]
    assert np.abs(part).sum() == np.abs(added).sum()


@pytest.mark.parametrize(
    ("change", "rows"),
    [({"underline": 0.06}, slice(1, 9)), ({"strike": 0.03}, slice(-12, -4)), ({"rules": "below"}, slice(3, 9))],
)
def test_lines_lie_where_they_belong(face, change, rows):
    plain, ruled = typeset(face, "mm"), typeset(face, "mm", **change)
    added = np.flatnonzero((ruled.coverage.astype(int) - plain.coverage).any(1)) - ruled.baseline
    assert added.size and added.min() >= rows.start and added.max() < rows.stop
    assert ruled.box == plain.box


def test_frames_stand_around_the_box(face):
    page = typeset(face, rules="frame")
    left, top, right, bottom = ink(page)
    assert left < page.box[0] and top < page.box[1] and right > page.box[2] and bottom > page.box[3]


def test_wobble_follows_the_generator(face):
    first, same, other = (typeset(face, seed=seed, wobble=0.05).coverage for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("bend", [-1.0, -0.3, 0.3, 1.0])
def test_a_bent_line_keeps_its_ink_inside_the_box(face, bend):
    straight = typeset(face)
    bent = lettering.arch(straight, bend)
    left, top, right, bottom = bent.box
    assert bottom - top > straight.box[3] - straight.box[1] + 2
    outside = bent.coverage.astype(int)
    outside[int(top) : int(bottom), int(left) : int(right)] = 0
    assert outside.sum() < 0.002 * bent.coverage.sum()
    assert int(bent.coverage.sum()) == pytest.approx(int(straight.coverage.sum()), rel=0.2)


@pytest.mark.parametrize("bend", [0.0, -1.2, 0.5, 1.6])
def test_the_outline_holds_all_ink_and_little_else(face, bend):
    page = typeset(face, "H" * 9)
    page = lettering.arch(page, bend) if bend else page
    rows, columns = np.nonzero(page.coverage > 100)
    hull = cv2.convexHull(np.stack([columns, rows], 1).astype(np.float32))
    outline = cv2.convexHull(page.outline)
    distances = [cv2.pointPolygonTest(outline, (float(x), float(y)), True) for x, y in hull[:, 0]]
    assert min(distances) > -2
    assert cv2.contourArea(outline) < 1.25 * cv2.contourArea(hull)


def test_a_positive_bend_lets_the_ends_hang(face):
    for bend, hangs in ((0.8, True), (-0.8, False)):
        page = lettering.arch(typeset(face, "H" * 9), bend)
        middle = int((page.box[0] + page.box[2]) / 2)
        top_of = [np.flatnonzero(page.coverage[:, x - 9 : x + 9].any(1))[0] for x in (int(page.box[0]) + 12, middle)]
        assert (top_of[0] > top_of[1]) == hangs
