"""The parser by the contract of paperless-ngx 3, which has no package: its protocol, and what its pipeline calls."""

import inspect
import io
import sys
import types
from pathlib import Path

import cv2
import pytest

from tflite_ocr import image
from tflite_ocr.plugins.paperless import TfliteOcrParser

pypdfium2 = pytest.importorskip("pypdfium2", reason="the [paperless] extra reads PDFs")
pikepdf = pytest.importorskip("pikepdf", reason="the [paperless] extra writes PDFs")

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "tests" / "golden" / "page.png"
TEXT = (ROOT / "tests" / "golden" / "page.txt").read_text(encoding="utf-8").split()
# Of paperless.parsers.ParserProtocol and what the registry asks of a class.
CLASS_FACTS = ("name", "version", "author", "url")
METHODS = {
    "supported_mime_types": [],
    "score": ["mime_type", "filename", "path"],
    "configure": ["context"],
    "parse": ["document_path", "mime_type", "produce_archive"],
    "get_text": [],
    "get_date": [],
    "get_archive_path": [],
    "get_thumbnail": ["document_path", "mime_type"],
    "get_page_count": ["document_path", "mime_type"],
    "extract_metadata": ["document_path", "mime_type"],
}


class ParseError(Exception):
    """paperless-ngx's."""


@pytest.fixture
def host(monkeypatch):
    package, module = types.ModuleType("documents"), types.ModuleType("documents.parsers")
    module.ParseError = ParseError
    monkeypatch.setitem(sys.modules, "documents", package)
    monkeypatch.setitem(sys.modules, "documents.parsers", module)


def test_the_contract():
    for name in CLASS_FACTS:
        assert isinstance(getattr(TfliteOcrParser, name), str) and getattr(TfliteOcrParser, name)
    for name, arguments in METHODS.items():
        found = inspect.signature(getattr(TfliteOcrParser, name)).parameters
        assert set(arguments) <= set(found), name
    assert TfliteOcrParser.supported_mime_types()["application/pdf"] == ".pdf"
    assert TfliteOcrParser.score("image/png", "a.png") > 10 and TfliteOcrParser.score("text/plain", "a.txt") is None
    with TfliteOcrParser() as parser:
        assert parser.can_produce_archive and not parser.requires_pdf_rendition
        assert parser.configure(object()) is None and parser.get_date() is None
        assert parser.extract_metadata(PAGE, "image/png") == []


@pytest.mark.slow
@pytest.mark.parametrize("archive", [True, False])
def test_a_document_is_read(tmp_path, archive):
    with TfliteOcrParser() as parser:
        assert parser.get_text() is None and parser.get_archive_path() is None
        parser.parse(PAGE, "image/png", produce_archive=archive)
        assert len(set(TEXT) & set(parser.get_text().split())) > 0.7 * len(set(TEXT))
        place = parser.get_archive_path()
        assert (place is not None) == archive
        if archive:
            words = pypdfium2.PdfDocument(place.read_bytes())[0].get_textpage().get_text_range().split()
            assert len(set(TEXT) & set(words)) > 0.7 * len(set(TEXT))
            kept = place
    if archive:
        assert not kept.exists()  # its folder goes with it


def test_pages_that_have_text_keep_it():
    fpdf = pytest.importorskip("fpdf", reason="fpdf2 draws the document")
    document = fpdf.FPDF()
    document.set_font("helvetica", size=12)
    document.add_page()
    document.text(20, 30, "Exact words of its own")
    with TfliteOcrParser() as parser:
        path = Path(parser._folder.name, "a.pdf")
        path.write_bytes(bytes(document.output()))
        parser.parse(path, "application/pdf")
        assert parser.get_text() == "Exact words of its own"
        archive = pypdfium2.PdfDocument(parser.get_archive_path().read_bytes())
        assert archive[0].get_textpage().get_text_range().strip() == "Exact words of its own"
        assert parser.get_page_count(path, "application/pdf") == 1


def test_thumbnails():
    with TfliteOcrParser() as parser:
        place = parser.get_thumbnail(PAGE, "image/png")
        assert place.suffix == ".webp" and image.read(place).shape[1] == 500


def test_what_cannot_be_read_is_a_parse_error(tmp_path, host):
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    with TfliteOcrParser() as parser:
        for call in (parser.parse, parser.get_thumbnail):
            with pytest.raises(ParseError, match="tflite-ocr: .*expected a whole PDF"):
                call(path, "application/pdf")
        assert parser.get_page_count(path, "application/pdf") is None


@pytest.mark.slow
def test_two_pages(tmp_path):
    data = io.BytesIO()
    pdf = pikepdf.new()
    for _ in range(2):
        pdf.add_blank_page(page_size=(100, 100))
    pdf.save(data)
    (tmp_path / "a.pdf").write_bytes(data.getvalue())
    cv2.imwrite(str(tmp_path / "b.png"), cv2.imread(str(PAGE)))
    with TfliteOcrParser() as parser:
        parser.parse(tmp_path / "a.pdf", "application/pdf")
        assert parser.get_text() is None and parser.get_page_count(tmp_path / "a.pdf", "application/pdf") == 2
