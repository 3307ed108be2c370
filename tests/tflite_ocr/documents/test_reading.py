"""Documents read by a Reader: pages in order, errors in their places, text that is kept."""

import io
import types
from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import ImageReadError, MissingDependencyError, Page, Reader
from tflite_ocr.page import PageOptions

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden" / "page.png"


@pytest.fixture(scope="module")
def reader():
    with Reader("edge", threads=1) as made:
        yield made


def test_pages_of_a_tiff_come_in_order_and_lazily(reader, tmp_path):
    picture, path = cv2.imread(str(GOLDEN)), tmp_path / "a.tif"
    cv2.imwritemulti(str(path), [picture, np.full((50, 60, 3), 255, np.uint8), picture])
    found = reader.read_document(path, options=PageOptions(words=True))
    assert isinstance(found, types.GeneratorType)
    first, second, third = found
    assert isinstance(first, Page) and first.lines and not second.lines and (second.width, second.height) == (60, 50)
    assert first.text == third.text == reader.read_page(picture).text and first.lines[0].words
    (alone,) = reader.read_document(path, pages="3")
    assert alone.text == third.text


def test_an_unreadable_page_is_an_error_in_its_place(reader, tmp_path):
    data = io.BytesIO()
    image = pytest.importorskip("PIL.Image", reason="Pillow writes animations")
    frames = [image.fromarray(np.full((30, 40, 3), value, np.uint8)) for value in (255, 10, 99)]
    frames[0].save(data, "PNG", save_all=True, append_images=frames[1:])
    data = data.getvalue()
    place = data.rindex(b"fdAT") + 12
    found = list(reader.read_document(data[:place] + bytes(20) + data[place + 20 :]))
    assert [type(page) for page in found] == [Page, Page, ImageReadError]


def test_what_cannot_be_opened_is_raised(reader, tmp_path, monkeypatch):
    with pytest.raises(ImageReadError, match="nothing at this path"):
        list(reader.read_document(tmp_path / "absent.pdf"))
    with pytest.raises(ImageReadError, match="expected the pages 7, found 1 in it"):
        list(reader.read_document(GOLDEN, pages="7"))
    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    with pytest.raises(MissingDependencyError, match=r"tflite-ocr\[pdf\]"):
        list(reader.read_document(b"%PDF-1.7 and more"))


def test_text_that_is_kept_has_a_layout(reader, new_pdf):
    made = new_pdf(11)
    for row, cells in enumerate((("Item", "Count", "Price"), ("Tea", "2", "1.50"), ("Sugar", "10", "12.00"))):
        for column, cell in enumerate(cells):
            made.text(20 + 60 * column, 30 + 8 * row, cell)
    data = bytes(made.output())
    (page,) = reader.read_document(data, skip_text=True)
    assert {line.text for line in page.lines} == {"Item", "Count", "Price", "Tea", "2", "1.50", "Sugar", "10", "12.00"}
    (table,) = page.blocks
    assert [[cell[0].text for cell in row] for row in table.rows][1] == ["Tea", "2", "1.50"]
    assert all(line.confidence == 1.0 and line.words for line in page.lines)
    (plain,) = reader.read_document(data, skip_text=True, options=PageOptions(layout=False))
    assert not plain.blocks
