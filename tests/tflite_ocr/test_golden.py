"""Every line of every golden page, read by the embedded model; what it does not read yet is marked line by line."""

from functools import cache
from pathlib import Path

import cv2
import pytest

from tflite_ocr import Reader

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PAGES = ("page.png", "photo.jpg", "receipt.jpg", "screenshot.png", "turned.jpg", "plate.jpg")
# Lines that today's embedded model does not read exactly. A model that reads one has its mark taken out.
NOT_YET = {
    ("page.png", ">>> markers = np.zeros_like(coins)")  # cut in two
}


def true_lines(page: str) -> list[str]:
    return (GOLDEN / page).with_suffix(".txt").read_text(encoding="utf-8").splitlines()


def cases():
    for page in PAGES:
        for line in true_lines(page):
            marks = [pytest.mark.xfail(strict=True)] if (page, line) in NOT_YET else []
            yield pytest.param(page, line, marks=marks, id=f"{page}: {line}")


@cache
def reader() -> Reader:
    return Reader("edge")


@cache
def found_lines(page: str) -> list[str]:
    return [" ".join(line.text.split()) for line in reader().read(GOLDEN / page)]


@pytest.mark.parametrize(("page", "line"), cases())
def test_every_line_is_read_exactly(page, line):
    assert line in found_lines(page)


def test_the_marks_are_of_lines_that_exist():
    assert NOT_YET <= {(page, line) for page in PAGES for line in true_lines(page)}


def test_pages_list_every_golden_picture():
    assert {path.name for path in GOLDEN.iterdir() if path.suffix in (".png", ".jpg")} == set(PAGES)


def test_the_drawn_pages_have_the_texts_that_were_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    from tests.golden import draw

    draw.main(tmp_path)
    assert len(draw.PAGES) == 5
    for page in draw.PAGES:
        (name,) = (name for name in PAGES if name.startswith(f"{page.__name__}."))
        assert (tmp_path / name).with_suffix(".txt").read_text(encoding="utf-8").splitlines() == true_lines(name)
        drawn, kept = cv2.imread(str(tmp_path / name)), cv2.imread(str(GOLDEN / name))
        assert drawn.shape == kept.shape
        assert cv2.absdiff(drawn, kept).mean() < 6  # other versions of the libraries set letters a little otherwise
