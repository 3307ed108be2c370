"""The engine inside OCRmyPDF itself: pages are read, turned, laid straight; other engines stay what they are."""

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("ocrmypdf", minversion="17", reason="OCRmyPDF 17 is the host (the [ocrmypdf] extra brings it)")
pikepdf = pytest.importorskip("pikepdf")
pypdfium2 = pytest.importorskip("pypdfium2")

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "tests" / "golden" / "page.txt").read_text(encoding="utf-8").split()
PLUGIN = ("--plugin", "tflite_ocr.plugins.ocrmypdf")


def scan(*turns, skew=0.0, text=""):
    """A PDF whose pages are the golden page, each turned clockwise; the first may have a text behind it."""
    import io

    from tflite_ocr.formats.pdf import SearchablePdf
    from tflite_ocr.formats.result import Result
    from tflite_ocr.page import Page, TextLine

    picture = cv2.imread(str(ROOT / "tests" / "golden" / "page.png"))
    picture = cv2.copyMakeBorder(picture, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    picture = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    if skew:
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -skew, 1)
        picture = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    out = io.BytesIO()
    made = SearchablePdf(out, "test")
    for turn in turns:
        turned = np.ascontiguousarray(np.rot90(picture, -turn // 90))
        lines = (TextLine(text, 0.9, ((90, 90), (400, 90), (400, 130), (90, 130))),) if text else ()
        page, text = Page(lines, turned.shape[1], turned.shape[0], {}), ""
        image = type("Image", (), {"picture": lambda self, shown=turned: shown})()
        made.add(Result("scan", page, dpi=200.0, image=lambda image=image: image))
    made.finish()
    return out.getvalue()


def run(tmp_path, data, *options):
    if shutil.which("tesseract") is None or shutil.which("gs") is None:
        pytest.skip("OCRmyPDF itself asks for Tesseract and Ghostscript")
    (tmp_path / "in.pdf").write_bytes(data)
    command = [sys.executable, "-m", "ocrmypdf", "-j", "1", "--output-type", "pdf", "--optimize", "0", *options]
    done = subprocess.run(
        [*command, tmp_path / "in.pdf", tmp_path / "out.pdf"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return (tmp_path / "out.pdf").read_bytes(), done.stderr


def words_of(data, number=0):
    return pypdfium2.PdfDocument(data)[number].get_textpage().get_text_range().split()


def share(found):
    return len(set(TEXT) & set(found)) / len(set(TEXT))


def test_pages_are_searchable(tmp_path):
    made, said = run(tmp_path, scan(0, 0), *PLUGIN, "--sidecar", str(tmp_path / "text.txt"), "-v", "1")
    assert "Grafting sandwich text layer" in said  # the engine's own PDF of the text
    assert share(words_of(made)) > 0.7 and share(words_of(made, 1)) > 0.7
    assert share((tmp_path / "text.txt").read_text(encoding="utf-8").split()) > 0.7
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert "tflite-ocr" in str(pdf.docinfo["/Creator"])


def test_pages_are_turned(tmp_path):
    _, said = run(tmp_path, scan(0, 90, 180, 270), *PLUGIN, "--rotate-pages", "-v", "1")
    facing = [line.split("facing ")[1][0] for line in said.splitlines() if "page is facing" in line]
    assert facing == ["⇧", "⇨", "⇩", "⇦"] and said.count("will rotate") == 3


def test_pages_are_laid_straight(tmp_path):
    made, _ = run(tmp_path, scan(0, skew=5.0), *PLUGIN, "--deskew")
    from tflite_ocr import Reader, documents
    from tflite_ocr.plugins import page_facts

    picture = documents.open_document(made, documents.DocumentOptions(dpi=200)).page(1).picture()
    assert abs(page_facts.skew(Reader().detect(picture).tolist())) < 0.5
    assert share(words_of(made)) > 0.7


@pytest.mark.parametrize("renderer", ["sandwich", "fpdf2"])
def test_renderers(tmp_path, renderer):
    made, _ = run(tmp_path, scan(0), *PLUGIN, "--pdf-renderer", renderer)
    assert share(words_of(made)) > 0.7


@pytest.mark.parametrize("option", ["--skip-text", "--redo-ocr", "--force-ocr"])
def test_pages_that_have_text(tmp_path, option):
    made, _ = run(tmp_path, scan(0, 0, text="formerly"), *PLUGIN, option, "--jobs", "2")
    first, second = words_of(made), words_of(made, 1)
    assert share(second) > 0.7
    assert first == ["formerly"] if option == "--skip-text" else share(first) > 0.7 and "formerly" not in first


def test_words_are_in_order(tmp_path):
    from evaluation.texts import words_in_order

    made, _ = run(tmp_path, scan(0), *PLUGIN)
    right, asked = words_in_order([" ".join(words_of(made))], [" ".join(TEXT)])
    assert asked > 0.7 * len(TEXT) and right > 0.95 * asked


def test_hocr_for_other_tools(tmp_path):
    from ocrmypdf._options import OcrOptions

    from tflite_ocr.plugins.ocrmypdf import TfliteOcrEngine

    options = OcrOptions(input_file="a", output_file="b", languages=["eng", "deu"])
    place = tmp_path / "page.hocr"
    TfliteOcrEngine.generate_hocr(ROOT / "tests/golden/page.png", place, tmp_path / "page.txt", options)
    assert "ocrx_word" in place.read_text(encoding="utf-8")
    assert share((tmp_path / "page.txt").read_text(encoding="utf-8").split()) > 0.7


def test_languages_are_known_by_their_usual_codes():
    from ocrmypdf._options import OcrOptions

    from tflite_ocr.plugins.ocrmypdf import TfliteOcrEngine

    options = OcrOptions(input_file="a", output_file="b", languages=["eng", "deu", "jpn"])
    known = TfliteOcrEngine.languages(options)
    assert {"eng", "deu", "en"} <= known and "jpn" not in known


def test_the_tree_is_what_the_hosts_renderer_takes():
    from ocrmypdf.models.ocr_element import OcrClass

    from tests.tflite_ocr.formats import drawn
    from tflite_ocr.plugins.ocrmypdf import to_tree

    page = drawn.page(angle=7)
    tree = to_tree(page, 300.0, 4)
    assert (tree.page_number, tree.dpi, tree.ocr_class) == (4, 300.0, OcrClass.PAGE)
    assert [word.text for word in tree.words] == [word.text for line in page.lines for word in line.words]
    assert {round(line.baseline.slope, 3) for line in tree.lines} == {0.123}
    steep = to_tree(drawn.page(angle=100), 300.0)
    assert {round(line.textangle) for line in steep.lines} == {-100}


def test_words_that_all_but_touch_are_moved_apart():
    import dataclasses

    from tests.tflite_ocr.formats import drawn
    from tflite_ocr.page import Page
    from tflite_ocr.plugins.ocrmypdf import to_tree

    line = drawn.line("one two", 10, 10, 20)
    first, second = line.words
    near = dataclasses.replace(
        first, quad=tuple((x + (9 if i in (1, 2) else 0), y) for i, (x, y) in enumerate(first.quad))
    )
    page = Page((dataclasses.replace(line, words=(near, second)),), 200, 60, {})
    left, right = to_tree(page, 300.0).words
    assert right.bbox.left - left.bbox.right == pytest.approx(5) and left.bbox.left == 10
    plain = to_tree(Page((line,), 200, 60, {}), 300.0).words
    assert [word.bbox.right for word in plain] == [40, 80]


def test_other_engines_stay():
    import argparse

    from ocrmypdf._options import OcrOptions

    from tflite_ocr.plugins import ocrmypdf as plugin

    options = {
        name: OcrOptions(input_file="a", output_file="b", ocr_engine=name) for name in ("auto", "tesseract", "none")
    }
    assert plugin.get_ocr_engine(options["auto"]) and not plugin.get_ocr_engine(options["tesseract"])
    assert not plugin.get_ocr_engine(options["none"]) and not plugin.entry.get_ocr_engine(options["auto"])
    for made in options.values():
        plugin.entry.check_options(made)
        assert made.pdf_renderer == "auto"  # of other engines nothing is changed
    options["auto"].extra_attrs["tflite_ocr"] = True
    assert plugin.entry.get_ocr_engine(options["auto"])
    plugin.entry.check_options(options["auto"])
    plugin.check_options(options["tesseract"])
    assert options["auto"].pdf_renderer == "sandwich" and options["tesseract"].pdf_renderer == "auto"
    parser = argparse.ArgumentParser()
    for add in (plugin.add_options, plugin.entry.add_options):  # the entry point and --plugin at once
        add(parser)
    assert parser.parse_args(["--tflite-ocr"]).tflite_ocr
