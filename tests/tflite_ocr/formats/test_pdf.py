"""Searchable PDFs: pages look as before, and words come back in order from where they stand."""

import io
import shutil
import subprocess

import cv2
import numpy as np
import pytest

from tests.tflite_ocr.formats import drawn
from tflite_ocr import documents, formats
from tflite_ocr.documents import DocumentOptions
from tflite_ocr.errors import OcrWarning
from tflite_ocr.formats import glyphless
from tflite_ocr.page import Page

pypdfium2 = pytest.importorskip("pypdfium2", reason="the [pdf] extra reads PDFs")
pikepdf = pytest.importorskip("pikepdf", reason="the [pdf] extra writes PDFs")

# PDFium gives a ligature as its letters.
WORDS = [word.text.replace("ﬁ", "fi") for line in drawn.page().lines for word in line.words]


def written(*results, many=False):
    out = io.BytesIO()
    made = formats.find("pdf")(out, "edge", many)
    for result in results:
        made.add(result)
    made.finish()
    return out.getvalue()


def result_of(source, page, name="a", number=1, **options):
    document = documents.open_document(source, DocumentOptions(**options))
    image = document.page(number)
    return formats.Result(name, page, number, document.count, image.dpi, lambda: image, document)


def picture(height=480, width=640, seed=0):
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 256, (8, 8, 3), np.uint8), (width, height))


def lines_in(data, number=1, dpi=72.0, password=None):
    options = DocumentOptions(skip_text=True, dpi=dpi, password=password)
    return documents.open_document(data, options).page(number).lines


def words_in(data, number=1):
    return [word.text for line in lines_in(data, number) or () for word in line.words]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".webp", ".bmp"])
def test_an_image_becomes_a_page_with_its_text(suffix):
    shown = picture()
    data = cv2.imencode(suffix, shown)[1].tobytes()
    made = written(result_of(data, drawn.page()))
    (page,) = documents.open_document(made)
    again = cv2.resize(page.picture(), (640, 480), interpolation=cv2.INTER_AREA)
    assert np.abs(again.astype(int) - shown).mean() < 4
    assert words_in(made) == WORDS


@pytest.mark.parametrize("kind", ["colour", "grey", "two values"])
def test_pixels_stay_as_they_are(kind):
    shown = picture()
    if kind != "colour":
        shown = cv2.cvtColor(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if kind == "two values":
        shown = np.where(shown > 120, np.uint8(255), np.uint8(0))
    made = written(result_of(shown, drawn.page()))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        image = pdf.pages[0].obj.Resources.XObject["/Im0"]
        assert image.BitsPerComponent == (1 if kind == "two values" else 8)
        pixels = np.asarray(pikepdf.PdfImage(image).as_pil_image().convert("RGB"))[..., ::-1]
    np.testing.assert_array_equal(pixels, shown)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_and_its_jpeg_kept(orientation):
    image_library = pytest.importorskip("PIL.Image", reason="Pillow writes EXIF")
    exif, out = image_library.Exif(), io.BytesIO()
    exif[0x112] = orientation
    image_library.fromarray(picture()[..., ::-1]).save(out, "JPEG", quality=95, exif=exif, dpi=(72, 72))
    upright = documents.open_document(out.getvalue()).page(1).picture()
    height, width = upright.shape[:2]
    made = written(result_of(out.getvalue(), Page((), width, height, drawn.TIMING)))
    shown = documents.open_document(made, DocumentOptions(dpi=72)).page(1).picture()
    assert shown.shape == upright.shape and np.abs(shown.astype(int) - upright).mean() < 3
    with pikepdf.open(io.BytesIO(made)) as pdf:
        kept = bytes(pdf.pages[0].obj.Resources.XObject["/Im0"].read_raw_bytes()) == out.getvalue()
    assert kept == (orientation in (1, 3, 6, 8))


@pytest.mark.parametrize("angle", [0, 7, -12, 30])
def test_words_lie_on_their_quads(angle):
    page = drawn.page(angle=angle)
    made = written(result_of(picture(), page))
    scale = documents.open_document(made, DocumentOptions(dpi=72)).page(1).picture().shape[1] / 640
    found = {word.text.replace("fine", "ﬁne"): word.quad for line in lines_in(made) for word in line.words}
    for line in page.lines:
        for word in line.words:
            wanted, quad = np.array(word.quad) * scale, np.array(found[word.text])
            np.testing.assert_allclose(quad.min(axis=0), wanted.min(axis=0), atol=1.5)
            np.testing.assert_allclose(quad.max(axis=0), wanted.max(axis=0), atol=1.5)


def given(*turns, crop=False):
    """A PDF with a page of 200 x 300 points for each turn, with something drawn on it, and an outline."""
    pdf = pikepdf.new()
    for turn in turns:
        pdf.add_blank_page(page_size=(200, 300))
        page = pdf.pages[-1]
        # The coordinates stay altered at the end: what is added behind them would be misplaced.
        page.Contents = pdf.make_stream(b"0.5 0 0 0.5 10 20 cm 1 0 0 rg 20 30 100 200 re f q 0 1 0 rg 0 0 9 9 re f")
        page.Rotate = turn
        if crop:
            page.CropBox = [20, 40, 190, 280]
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Chapter", 0))
    pdf.docinfo["/Title"] = "Given"
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_text_is_grafted_behind_given_pages(turn, crop):
    data = given(0, turn, crop=crop)
    shown = documents.open_document(data, DocumentOptions(dpi=144)).page(2)
    height, width = shown.picture().shape[:2]
    line = drawn.line("grafted text", 30, 60, 24)
    made = written(result_of(data, Page((line,), width, height, drawn.TIMING), number=2, dpi=144))
    after = documents.open_document(made, DocumentOptions(dpi=144, skip_text=True))
    np.testing.assert_array_equal(after.page(2).picture(), shown.picture())
    assert after.page(1).lines is None
    (found,) = after.page(2).lines
    assert found.text == "grafted text"
    np.testing.assert_allclose(np.array(found.quad), np.array(line.quad), atol=1.5)
    with pikepdf.open(io.BytesIO(made)) as new, pikepdf.open(io.BytesIO(data)) as old:
        assert bytes(new.pages[1].Contents[-1].read_bytes()) == bytes(old.pages[1].Contents.read_bytes())
        assert str(new.docinfo["/Title"]) == "Given" and "/Outlines" in new.Root


def test_pages_that_keep_their_text_stay_as_they_are():
    data = written(result_of(picture(), drawn.page()))
    result = result_of(data, drawn.page(), skip_text=True)
    kept = formats.Result(
        *(getattr(result, name) for name in ("name", "page", "number", "pages", "dpi", "image")), result.document, True
    )
    assert words_in(written(kept)) == WORDS
    with pytest.warns(OcrWarning, match="gets it a second time"):
        twice = written(result)
    assert len(words_in(twice)) == 2 * len(WORDS)


def test_many_documents_become_one():
    data = given(0, 90)
    results = [result_of(data, drawn.page(), "a", number) for number in (1, 2)]
    results[1] = formats.Result("a", results[1].page, 2, 2, None, results[1].image, results[0].document)
    made = written(
        *results, result_of(picture(), drawn.page(), "b"), result_of(given(180), drawn.page(), "c"), many=True
    )
    assert documents.open_document(made).count == 4
    assert [words_in(made, number) for number in range(1, 5)] == [WORDS] * 4


def test_an_encrypted_file_stays_encrypted():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(given(0))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    made = written(result_of(out.getvalue(), drawn.page(), password="u"))
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(made))
    assert [word.text for line in lines_in(made, password="u") for word in line.words] == WORDS


def test_pages_without_text_and_files_without_pages():
    empty = Page((), 640, 480, drawn.TIMING)
    assert lines_in(written(result_of(picture(), empty))) is None
    with pikepdf.open(io.BytesIO(written())) as pdf:
        assert len(pdf.pages) == 0


def test_poppler_gives_the_words_back(tmp_path):
    pdftotext = shutil.which("pdftotext")
    if pdftotext is None:
        pytest.skip("poppler-utils is not installed: pypdfium2 alone reads the text back")
    (tmp_path / "a.pdf").write_bytes(written(result_of(picture(), drawn.page()), result_of(picture(), drawn.page())))
    said = subprocess.run([pdftotext, tmp_path / "a.pdf", "-"], capture_output=True, check=True)
    assert said.stdout.decode().replace("ﬁ", "fi").split() == 2 * WORDS and not said.stderr


def test_the_font_is_a_font():
    fonttools = pytest.importorskip("fontTools.ttLib", reason="fontTools reads fonts")
    font = fonttools.TTFont(io.BytesIO(glyphless.font_program()), checkChecksums=2)
    assert font["maxp"].numGlyphs == 2 and set(font["hmtx"].metrics.values()) == {(glyphless.ADVANCE, 0)}
    assert font["head"].unitsPerEm == 1000 and font["glyf"][".notdef"].numberOfContours == 0
    glyph = font["glyf"]["glyph00001"]
    points, _, _ = glyph.getCoordinates(font["glyf"])
    assert list(points) == [(0, 0), (500, 1000), (0, 0)]
    assert (glyph.xMin, glyph.yMin, glyph.xMax, glyph.yMax) == (0, 0, 500, 1000)
