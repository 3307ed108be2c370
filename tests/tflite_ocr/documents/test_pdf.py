"""PDFs in: pages as they look, their resolution, and what is wrong with damaged ones."""

import io

import cv2
import numpy as np
import pytest

from tflite_ocr import documents
from tflite_ocr.documents import pdf
from tflite_ocr.errors import ImageReadError, MissingDecoderError, OcrError, OcrWarning

pytest.importorskip("pypdfium2", reason="the [pdf] extra reads PDFs")
pikepdf = pytest.importorskip("pikepdf", reason="the [pdf] extra writes PDFs")
fpdf = pytest.importorskip("fpdf", reason="fpdf2 draws the documents of these tests")


def made(*pages, size=(210, 297), unit="mm"):
    """A PDF of pages that are texts or pictures (BGR), or lists of (picture, left, top, width)."""
    document = fpdf.FPDF(unit=unit, format=size)
    document.set_font("helvetica", size=14)
    for page in pages:
        document.add_page()
        if isinstance(page, str):
            document.text(20, 40, page)
        for picture, left, top, width in page if isinstance(page, list) else []:
            data = io.BytesIO(cv2.imencode(".png", picture)[1].tobytes())
            document.image(data, x=left, y=top, w=width)
    return bytes(document.output())


def scan(rng, height=1100, width=850):
    return cv2.resize(rng.integers(0, 256, (height // 10, width // 10, 3), np.uint8), (width, height))


def opened(data, **options):
    return documents.open_document(data, documents.DocumentOptions(**options))


def test_a_scan_is_rendered_with_its_own_pixels():
    """A page of 8.5 x 11 inches that is one image of 100 dpi."""
    picture = scan(np.random.default_rng(0))
    data = made([(picture, 0, 0, 612)], size=(612, 792), unit="pt")
    (page,) = opened(data)
    assert page.dpi == pytest.approx(100) and page.picture().shape == picture.shape
    assert np.abs(page.picture().astype(int) - picture).mean() < 2


@pytest.mark.parametrize(
    ("width", "share", "dpi"),
    [(850, 1, 100), (3400, 1, 300), (200, 1, 72), (850, 0.1, 200), (850, 0.4, 250), (20, 0.02, 200)],
)
def test_resolution_is_that_of_the_images(width, share, dpi):
    """A full page, a page with a picture, a page with a logo alone; at most 300."""
    picture = np.full((width * 11 // 8, width, 3), 200, np.uint8)
    data = made([(picture, 50, 50, 612 * share)], size=(612, 850), unit="pt")
    assert opened(data).page(1).dpi == pytest.approx(dpi, rel=0.03)


def test_dpi_that_is_asked_for():
    data = made("Hello", size=(72, 144), unit="pt")
    assert opened(data, dpi=150).page(1).picture().shape == (300, 150, 3)
    for dpi in (0.5, 0, -1, 1e9, float("nan")):
        with pytest.raises(OcrError, match="expected a resolution"):
            opened(data, dpi=dpi)


def test_large_pages_are_rendered_as_large_as_memory_allows(monkeypatch):
    monkeypatch.setattr(pdf, "_MOST_PIXELS", 1_000_000)
    with pytest.warns(OcrWarning, match="200 x 200 inches, and rendered with 5 dpi instead of 200"):
        page = opened(made("Poster", size=(14_400, 14_400), unit="pt")).page(1)
    height, width = page.picture().shape[:2]
    assert 900_000 < height * width <= 1_000_000 and page.dpi == pytest.approx(width / 200, rel=0.01)


def encrypted(data, **options):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(out, encryption=pikepdf.Encryption(**options))
    return out.getvalue()


def test_passwords():
    data = encrypted(made("Secret"), owner="owner", user="käse")
    with pytest.raises(ImageReadError, match="needs a password; give it: --password"):
        opened(data)
    with pytest.raises(ImageReadError, match="found another one"):
        opened(data, password="wrong")
    for password in ("käse", "owner"):
        assert opened(data, password=password).count == 1
    assert opened(encrypted(made("Open"), owner="owner", user="")).page(1).picture().min() < 100


def test_a_broken_cross_reference_table_is_repaired():
    data = made("One", "Two")
    at = data.rindex(b"startxref")
    for broken in (data[:at] + b"startxref\n99999999\n%%EOF", data[:at], data.replace(b"xref\n0 ", b"xrEf\n0 ")):
        with opened(broken) as document:
            assert document.count == 2 and document.page(2).picture().min() < 100


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\n" + bytes(1000), made("x")[:200]])
def test_damaged_documents(data):
    with pytest.raises(ImageReadError, match="expected a whole PDF|expected a PDF with pages"):
        opened(data)


def test_a_document_without_pages():
    out = io.BytesIO()
    pikepdf.new().save(out)
    for before in (b"%PDF-1.7\n", encrypted(made("x"), owner="o", user="u")):  # PDFium remembers what was wrong
        with pytest.raises(ImageReadError):
            opened(before)
        with pytest.raises(ImageReadError, match="expected a PDF with pages, found none"):
            opened(out.getvalue())


def test_a_page_that_is_no_page_is_said_and_others_are_read():
    with pikepdf.open(io.BytesIO(made("One", "Two", "Three"))) as document:
        kids = document.Root.Pages.Kids
        kids[1] = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=[0, 0, 0, 0]))
        kids[1].Parent = document.Root.Pages
        out = io.BytesIO()
        document.save(out)
    with opened(out.getvalue()) as found:
        assert found.count == 3
        shapes = [found.page(number).picture().shape for number in (1, 3)]
        assert shapes[0] == shapes[1]


def test_pages_that_are_not_there():
    with opened(made("One", "Two")) as document:
        assert document.chosen("2-9") == [2] and document.chosen(None) == [1, 2]
        with pytest.raises(ImageReadError, match="expected the pages 3-, found 2 in it"):
            document.chosen("3-")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("cropped", [False, True])
def test_the_text_that_a_page_holds_lies_on_its_ink(turn, cropped):
    with pikepdf.open(io.BytesIO(made("Word and another", size=(300, 400)))) as document:
        document.pages[0].Rotate = turn
        if cropped:
            left, bottom, right, top = (float(value) for value in document.pages[0].mediabox)
            document.pages[0].CropBox = [left + 31, bottom + 57, right - 11, top - 5]
        out = io.BytesIO()
        document.save(out)
    page = opened(out.getvalue(), skip_text=True).page(1)
    (line,) = page.lines
    assert line.text == "Word and another" and [word.text for word in line.words] == line.text.split()
    dark = page.picture().min(axis=2) < 128
    ys, xs = np.nonzero(dark)
    corners = np.array(line.quad)
    assert corners[:, 0].min() - 3 <= xs.min() and xs.max() <= corners[:, 0].max() + 3
    assert corners[:, 1].min() - 3 <= ys.min() and ys.max() <= corners[:, 1].max() + 3
    for word in line.words:
        (left, top), _, (right, bottom), _ = word.quad
        assert dark[int(top) : int(bottom) + 1, int(left) : int(right) + 1].mean() > 0.05


def test_pages_without_text_have_none_to_keep():
    data = made([(scan(np.random.default_rng(1)), 0, 0, 210)], "Text")
    found = list(opened(data, skip_text=True))
    assert found[0].lines is None and found[1].lines[0].text == "Text"
    assert [page.lines for page in opened(data)] == [None, None]


def test_a_file_is_opened_by_its_path_and_closed(tmp_path):
    path = tmp_path / "ä b.pdf"
    path.write_bytes(b"\n\n" + made("Text"))
    document = documents.open_document(path)
    assert document.page(1).picture().min() < 100
    document.close()
    document.close()
    with pytest.raises(ValueError, match="closed"):
        document.page(1)


def test_reopening_changes_nothing(monkeypatch):
    monkeypatch.setattr(pdf, "_REOPEN_AFTER", 2)
    data = made("One", "Two", "Three", "Four", "Five")
    with opened(data) as document:
        again = [document.page(number).picture() for number in range(1, 6)]
    monkeypatch.undo()
    for page, picture in zip(opened(data), again, strict=True):
        np.testing.assert_array_equal(page.picture(), picture)


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    with pytest.raises(MissingDecoderError, match=r"tflite-ocr\[pdf\]") as error:
        opened(made("x"))
    assert error.value.exit_code == 6 and isinstance(error.value, ImageReadError)
