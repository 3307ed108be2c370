"""Pages as documents of LangChain and LlamaIndex, by their own base classes and loaders where they are installed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import ImageReadError
from tflite_ocr.plugins.page_texts import PageTexts

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "tests" / "golden" / "page.png"
TEXT = (ROOT / "tests" / "golden" / "page.txt").read_text(encoding="utf-8").split()


def told(text):
    return len(set(TEXT) & set(text.split())) > 0.7 * len(set(TEXT))


def two_pages(tmp_path):
    """A TIFF of the golden page and an empty one."""
    path = tmp_path / "two.tif"
    page = cv2.imread(str(PAGE))
    assert cv2.imwritemulti(str(path), [page, np.full_like(page, 255)])
    return path


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "markdown", "layout"])
def test_each_page_is_a_text(tmp_path, form):
    (first, facts), (second, others) = PageTexts(form, threads=1).read(two_pages(tmp_path))
    assert told(first) and facts["page"] == 1 and 0.5 < facts["confidence"] <= 1
    assert (second, others) == ("", {"page": 2, "confidence": None})


def test_what_cannot_be_read_is_an_error():
    with pytest.raises(ImageReadError, match="no data"):
        list(PageTexts().read(b""))
    with pytest.raises(ValueError, match="expected the form text, markdown, layout, found 'html'"):
        PageTexts("html")


@pytest.mark.slow
def test_text_of_a_pdf_is_kept_or_read(tmp_path, new_pdf):
    document = new_pdf(24)
    document.text(20, 30, "Exact words")
    data = bytes(document.output())
    ((text, facts),) = PageTexts().read(data)
    assert text == "Exact words" and facts["confidence"] == 1.0
    ((text, facts),) = PageTexts(skip_text=False).read(data)
    assert text == "Exact words" and facts["confidence"] < 1.0


def test_langchain(tmp_path):
    pytest.importorskip("langchain_core", reason="LangChain is the host (the [langchain] extra brings its core)")
    from langchain_core.document_loaders import Blob

    from tflite_ocr.plugins.langchain import TfliteOcrBlobParser, TfliteOcrLoader

    path = two_pages(tmp_path)
    found = TfliteOcrLoader([path, str(PAGE)], threads=1).load()
    assert [(one.metadata["source"], one.metadata["page"]) for one in found] == [
        (str(path), 1),
        (str(path), 2),
        (str(PAGE), 1),
    ]
    assert told(found[0].page_content) and found[2].page_content == found[0].page_content
    blob = Blob.from_data(PAGE.read_bytes(), mime_type="image/png", metadata={"owner": "nobody", "source": "mail"})
    (made,) = TfliteOcrBlobParser(form="markdown").parse(blob)
    assert told(made.page_content) and (made.metadata["owner"], made.metadata["source"]) == ("nobody", "mail")


def test_llama_index(tmp_path):
    pytest.importorskip("llama_index.core", reason="LlamaIndex is the host (the [llama-index] extra brings its core)")
    from llama_index.core import SimpleDirectoryReader

    from tflite_ocr.plugins.llama_index import TfliteOcrReader

    two_pages(tmp_path)
    found = SimpleDirectoryReader(str(tmp_path), file_extractor={".tif": TfliteOcrReader(threads=1)}).load_data()
    assert [one.metadata["page_label"] for one in found] == ["1", "2"] and told(found[0].text)
    assert found[0].metadata["file_name"].endswith("two.tif") and found[0].metadata["file_size"] > 0
