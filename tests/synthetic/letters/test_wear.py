"""What printers do to ink: the form stays, the letters stay, every use has its treatments."""

import numpy as np
import pytest

from synthetic.letters import fonts, lettering, wear

TREATMENTS = sorted({change for one in wear.BY_USE.values() for change, _ in one}, key=lambda change: change.__name__)


@pytest.fixture(scope="module")
def page(plain_fonts):
    face = fonts.face(str(plain_fonts / "DejaVuSans-Bold.ttf"), 40)
    return lettering.typeset(np.random.default_rng(0), "Invoice 5208", face)


@pytest.mark.parametrize("change", TREATMENTS, ids=lambda change: change.__name__)
def test_treatments_change_the_ink_and_leave_the_letters(change, page):
    original = page.coverage.copy()
    for seed in range(6):
        worn = change(np.random.default_rng(seed), page.coverage, page.em)
        assert worn.shape == page.coverage.shape and worn.dtype == np.uint8
        assert not np.array_equal(worn, page.coverage)
        assert np.corrcoef(worn.ravel(), page.coverage.ravel())[0, 1] > 0.45
        np.testing.assert_array_equal(worn, change(np.random.default_rng(seed), page.coverage, page.em))
    np.testing.assert_array_equal(page.coverage, original)


@pytest.mark.parametrize("use", wear.BY_USE)
def test_lines_are_treated_as_often_as_the_table_says(use, page):
    treated = [wear.treat(np.random.default_rng(seed), page.coverage, page.em, use) for seed in range(300)]
    share = sum(worn is not page.coverage for worn in treated) / 300
    wanted = sum(chance for _, chance in wear.BY_USE[use])
    assert 0.75 * wanted - 0.02 <= share <= wanted + 0.06  # some are taken back


def test_thin_letters_that_would_vanish_are_left_alone():
    thin = np.zeros((40, 120), np.uint8)
    thin[20, ::3] = 60  # too faint for needles
    for seed in range(60):
        worn = wear.treat(np.random.default_rng(seed), thin, 30, "document")
        assert worn.mean() > 0.4 * thin.mean()


def test_a_stencil_parts_wide_letters():
    ring = np.zeros((60, 60), np.uint8)
    ring[10:50, 10:50] = 255
    ring[20:40, 20:40] = 0
    cut = wear.stencil(np.random.default_rng(0), ring, 40)
    assert not cut[10:50, 30].any()
    assert cut[10:50, 12].all()
