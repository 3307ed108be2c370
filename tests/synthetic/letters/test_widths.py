"""Widths of letters: factors that were put in come out, fonts are measured by their ink."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from synthetic.errors import DrawingError
from synthetic.letters import fonts, widths
from tflite_ocr import letter_widths

COUNT = len(widths.SIGNS)


def covariance(loads):
    """What factors alone give, by the mean of all signs."""
    centered = loads - loads.mean(axis=0)
    return (centered @ centered.T).ravel()


def test_factors_that_were_put_in_come_out():
    rng = np.random.default_rng(3)
    means, loads = rng.normal(0, 0.3, COUNT), rng.normal(0, 0.1, (COUNT, 2))
    own = rng.uniform(0.03, 0.12, COUNT)
    factors = rng.normal(0, 1, (4000, 2))
    lines = means + factors @ loads.T + rng.normal(0, own, (4000, COUNT)) + rng.normal(5, 1, (4000, 1))
    found = widths.fitted(lines, 2)
    # What is common to all signs cannot be known, nor which factors turned among each other made a covariance.
    np.testing.assert_allclose(found[0] - np.median(found[0]), means - np.median(means), atol=0.02)
    assert np.corrcoef(covariance(found[1]), covariance(loads))[0, 1] > 0.95
    assert np.corrcoef(np.sqrt(found[2]), own)[0, 1] > 0.9


def test_the_table_has_what_was_fitted():
    means, loads, own = np.arange(COUNT) / 10, np.ones((COUNT, 2)) / 8, np.full(COUNT, 0.04)
    rows = widths.table(means, loads, own).splitlines()
    assert rows[:2] == ["A 0.000 0.200 0.125 0.125", "B 0.100 0.200 0.125 0.125"] and len(rows) == COUNT


def test_fonts_are_measured_by_their_ink(plain_fonts, monkeypatch):
    monkeypatch.setattr(widths, "_FEWEST", 1)
    found = fonts.inspect([plain_fonts / "DejaVuSans.ttf", plain_fonts / "DejaVuSansMono.ttf"])
    (logarithms,) = widths.measured(fonts.FontSet(found))
    for sign in "AW08":
        page = Image.new("L", (400, 400))
        ImageDraw.Draw(page).text((50, 50), sign, font=fonts.face(found[0].path, 200), fill=255)
        columns = np.flatnonzero(np.array(page).any(axis=0))
        assert np.exp(logarithms[widths.SIGNS.index(sign)]) == pytest.approx(columns[-1] - columns[0] + 1, abs=1)


def test_of_too_few_fonts_nothing_is_said(plain_fonts):
    with pytest.raises(DrawingError, match="expected 50 fonts at least, found 1"):
        widths.measured(fonts.FontSet(fonts.inspect([plain_fonts / "DejaVuSans.ttf"])))


@pytest.mark.parametrize("name", ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf"])
def test_o_and_0_of_a_font_are_told_beside_any_five_others(plain_fonts, name):
    face = fonts.face(str(plain_fonts / name), 40)
    inks = {sign: float(face.getmask(sign).getbbox()[2] - face.getmask(sign).getbbox()[0]) for sign in widths.SIGNS}
    rng, right = np.random.default_rng(1), 0
    for _ in range(100):
        others = [(sign, inks[sign]) for sign in rng.choice([sign for sign in widths.SIGNS if sign not in "O01J"], 5)]
        for sign, other in ("O0", "0O"):
            own, wrong = (letter_widths.log_likelihood(kind, inks[sign], others, 0.5) for kind in (sign, other))
            right += own > wrong
    assert right > 190
