"""Places of lines and words against the ink that was drawn there."""

import numpy as np
import pytest

from synthetic.builtin.sheet import FACES, Sheet, shrunken

WHITE = (255, 255, 255)


def inked(sheet):
    """(x, y) of the pixels with ink, [n, 2]."""
    return np.argwhere(sheet.image.mean(axis=2) < 200)[:, ::-1].astype(float)


def inside(points, quad):
    """bool [n]: which points lie in a convex quad given clockwise on the screen."""
    edges = np.roll(quad, -1, axis=0) - quad
    offsets = points[:, None] - quad[None]
    return (edges[:, 0] * offsets[..., 1] - edges[:, 1] * offsets[..., 0] >= -1).all(axis=1)


@pytest.mark.parametrize("face", sorted(FACES))
def test_all_ink_lies_in_the_words_and_every_word_has_ink(face):
    sheet = Sheet.plain(90, 700, WHITE)
    sheet.write("Whole Typography fits (24 gj)", 20, 55, face, 34)
    (line,) = sheet.lines
    assert line.text == "Whole Typography fits (24 gj)"
    points = inked(sheet)
    in_words = np.stack([inside(points + 0.5, word.quad) for word in line.words])
    assert in_words.any(axis=0).mean() > 0.998
    assert (in_words.sum(axis=1) > 30).all()
    assert inside(points + 0.5, line.quad).all()


@pytest.mark.parametrize(("align", "x"), [("left", 100), ("middle", 250), ("right", 400)])
def test_alignment(align, x):
    sheet = Sheet.plain(60, 500, WHITE)
    sheet.write("Exit", x, 40, "sans", 30, align=align)
    left, right = inked(sheet)[:, 0].min(), inked(sheet)[:, 0].max()
    assert {"left": left, "middle": (left + right) / 2, "right": right}[align] == pytest.approx(x, abs=4)


def test_a_sheet_laid_on_another_takes_its_places_along():
    sheet = Sheet.plain(100, 400, WHITE)
    sheet.write("Gate Seven", 40, 60, "slab", 40)
    table = Sheet.plain(300, 500, WHITE)
    table.lay(sheet, [[60, 80], [430, 20], [450, 150], [40, 190]])
    points = inked(table)
    assert len(points) > 500
    (line,) = table.lines
    assert inside(points + 0.5, line.quad).all()
    first, second = (inside(points + 0.5, word.quad) for word in line.words)
    assert first.sum() > 200 and second.sum() > 200 and (first | second).mean() > 0.99
    assert len(sheet.lines) == 1 and sheet.image.shape == (100, 400, 3)


def test_a_shrunken_sheet_keeps_its_text_in_its_places():
    sheet = Sheet.plain(100, 400, WHITE)
    sheet.write("Gate Seven", 40, 60, "sans bold", 40)
    small = shrunken(sheet, 0.5)
    assert small.image.shape == (50, 200, 3)
    np.testing.assert_allclose(small.lines[0].quad, sheet.lines[0].quad / 2)
    assert inside(inked(small) + 0.5, small.lines[0].quad).all() and len(inked(small)) > 100


def test_a_shadow_darkens_what_lies_around_a_sheet_alone():
    table = Sheet.plain(100, 100, WHITE)
    table.lay(Sheet.plain(40, 40, WHITE), [[30, 30], [70, 30], [70, 70], [30, 70]], shadow=0.5)
    assert table.image[40:60, 40:60].min() == 255
    assert table.image[50, 74].max() < 230
    assert table.image[5, 5].min() > 254


def test_a_paragraph_breaks_where_its_width_ends():
    sheet = Sheet.plain(300, 400, WHITE)
    text = "one two three four five six seven eight nine ten"
    end = sheet.paragraph(text, 20, 40, 200, "sans", 20, leading=1.5)
    assert " ".join(line.text for line in sheet.lines) == text
    assert len(sheet.lines) >= 3 and end == 40 + 30 * len(sheet.lines)
    assert all(line.quad[:, 0].max() <= 224 for line in sheet.lines)


def test_a_don_t_care_has_a_wide_margin():
    sheet = Sheet.plain(100, 300, WHITE)
    sheet.write("fine print", 60, 40, "sans", 10)
    sheet.write("fine print", 60, 80, "sans", 10, ignore=True)
    asked, ignored = sheet.lines
    assert (asked.ignore, ignored.ignore) == (False, True)
    np.testing.assert_allclose(np.ptp(ignored.quad, axis=0) - np.ptp(asked.quad, axis=0), [10, 10])


def test_a_text_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="'far too long'"):
        Sheet.plain(50, 60, WHITE).write("far too long", 5, 30, "sans", 20)
