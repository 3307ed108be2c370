"""What every keyword of EasyOCR's does here, through every method that takes it, and the shapes of results."""

import itertools
import re
import sys
import warnings
from unittest import mock

import cv2
import numpy as np
import pytest

from tests.tflite_ocr.test_easyocr import EDGE, OTHER_VALUES, ROOT, TEXTS, drawn, signatures, tight
from tflite_ocr import easyocr, easyocr_reading
from tflite_ocr.easyocr_options import Detecting, Recognizing, split

PAGE = drawn(*TEXTS)
WORDS = drawn("Left|Right", gap=260)


def on_paper(words, place, size, *more):
    """White paper, much larger than the text on it."""
    paper = np.full((720, 1300, 3), 255, np.uint8)
    cv2.putText(paper, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, *more, cv2.LINE_AA)
    return paper


SMALL = on_paper("Total 4711", (20, 60), 0.5, (0, 0, 0), 1)
PALE = on_paper("Total 4711", (40, 80), 0.8, (228, 228, 228), 1)[:400, :900]
PALE = np.clip(PALE + np.random.default_rng(0).normal(0, 9, PALE.shape), 0, 255).astype(np.uint8)
FAINT = (200 + tight("Total 4711").astype(float) * 4 / 255).round().astype(np.uint8)
UNEVEN = drawn("Left")
cv2.putText(UNEVEN, "Right", (280, 67), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2, cv2.LINE_AA)
SIZES = drawn("Left", scale=0.7)
cv2.putText(SIZES, "Right", (250, 57), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2, cv2.LINE_AA)
UPSIDE_DOWN = np.ascontiguousarray(np.rot90(tight("Total 4711"), 2))


@pytest.fixture(scope="module")
def reader():
    return easyocr.Reader(["en"], model=EDGE, threads=2)


def texts(reader, image, **keywords):
    return reader.readtext(image, detail=0, **keywords)


def height(reader, **keywords):
    return np.ptp(np.array(reader.readtext(PAGE, **keywords)[0][0])[:, 1])


def confidence(reader, **keywords):
    return reader.recognize(FAINT, **keywords)[0][2]


def same(**keywords):
    return lambda reader: reader.readtext(PAGE, **keywords) == reader.readtext(PAGE)


def joins(image, keyword, apart, together, **others):
    """Whether two texts are one with a value of a keyword, and two with another."""
    return lambda reader: (
        [len(texts(reader, image, **{keyword: value}, **others)) for value in (apart, together)] == [2, 1]
    )


def decodes(**keywords):
    def effect(reader):
        made = easyocr_reading.decoding_of(reader.reader, Recognizing(**keywords))
        return (made.decoder, made.beam_width) == (keywords["decoder"], keywords.get("beamWidth", 5))

    return effect


def warns(keyword, value):
    def effect(reader):
        with pytest.warns(UserWarning, match=keyword) as caught:
            return texts(reader, PAGE, **{keyword: value}) == TEXTS and len(caught) == 1

    return effect


EFFECTS = {
    "decoder": decodes(decoder="beamsearch"),
    "beamWidth": decodes(decoder="beamsearch", beamWidth=7),
    "batch_size": same(batch_size=8),
    "workers": same(workers=2),
    "allowlist": lambda r: "".join(texts(r, PAGE, allowlist="0123456789", blocklist="7")) == "47112024",
    "blocklist": lambda r: "7" not in "".join(texts(r, PAGE, blocklist=["7"])),
    "detail": lambda r: r.readtext(PAGE, detail=0) == TEXTS,
    "rotation_info": lambda r: r.recognize(UPSIDE_DOWN, rotation_info=[90, 180], detail=0) == TEXTS[:1],
    "paragraph": lambda r: [len(item) for item in r.readtext(PAGE, paragraph=True)] == [2, 2],
    "x_ths": joins(WORDS, "x_ths", 0.1, 20.0, paragraph=True),
    "y_ths": joins(PAGE, "y_ths", 0.1, 3.0, paragraph=True),
    "min_size": lambda r: texts(r, PAGE, min_size=400) == [],
    "contrast_ths": lambda r: confidence(r, contrast_ths=1.0) >= confidence(r),
    "adjust_contrast": lambda r: confidence(r, contrast_ths=1.0, adjust_contrast=0.9) >= confidence(r),
    "filter_ths": lambda r: texts(r, PAGE, filter_ths=0.9999) == [],
    "text_threshold": lambda r: texts(r, PALE) == TEXTS[:1] and texts(r, PALE, text_threshold=1.0) == [],
    "low_text": lambda r: height(r, low_text=0.05) > height(r, low_text=1.0),
    "link_threshold": warns("link_threshold", 0.2),
    "canvas_size": lambda r: texts(r, SMALL) == TEXTS[:1] and texts(r, SMALL, canvas_size=160) == [],
    "mag_ratio": lambda r: texts(r, SMALL, mag_ratio=1.5) == TEXTS[:1] and texts(r, SMALL, mag_ratio=0.2) == [],
    "slope_ths": lambda r: [len(r.detect(turned(), slope_ths=value)[0][0]) for value in (0.1, 0.5)] == [0, 1],
    "ycenter_ths": joins(UNEVEN, "ycenter_ths", 0.1, 0.9, width_ths=20.0),
    "height_ths": joins(SIZES, "height_ths", 0.05, 2.0, width_ths=20.0),
    "width_ths": joins(WORDS, "width_ths", 0.6, 20.0),
    "add_margin": lambda r: height(r, add_margin=0.2) > height(r) > height(r, add_margin=0.05),
    "threshold": lambda r: height(r, threshold=0.05) > height(r, threshold=0.95),
    "bbox_min_score": lambda r: texts(r, PAGE, bbox_min_score=0.99) == [],
    "bbox_min_size": lambda r: texts(r, PAGE, bbox_min_size=100) == [],
    "max_candidates": lambda r: len(texts(r, PAGE, max_candidates=1)) == 1,
    "output_format": lambda r: (
        {tuple(item) for item in r.readtext(PAGE, output_format="dict")} == {("boxes", "text", "confident")}
    ),
}


def turned():
    flat = drawn("Total 4711 2024")
    return cv2.warpAffine(flat, cv2.getRotationMatrix2D((210, 50), -12, 1), (420, 220), borderValue=(255,) * 3)


@pytest.mark.slow
@pytest.mark.parametrize("keyword", EFFECTS)
def test_every_keyword_does_what_the_table_says(reader, keyword):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert EFFECTS[keyword](reader)


def test_no_keyword_is_missing():
    assert set(EFFECTS) == set(signatures()["readtext"]) - {"image"}


@pytest.mark.parametrize("method", ["readtext", "readtextlang", "readtext_batched", "detect", "recognize"])
def test_every_method_passes_on_every_keyword(reader, method, monkeypatch):
    asked = []
    monkeypatch.setattr(easyocr_reading, "readtext", lambda _, __, *wanted: asked.append(wanted) or [])
    monkeypatch.setattr(easyocr_reading, "find", lambda _, __, wanted: asked.append((wanted, None)) or np.zeros((0,)))
    monkeypatch.setattr(easyocr_reading, "recognize", lambda *wanted: asked.append((None, wanted[-1])) or [])
    fixed = {"detail", "paragraph", "output_format"} if method == "readtextlang" else set()
    values = OTHER_VALUES | {"optimal_num_chars": 5}
    for keyword in (set(signatures()[method]) & set(values)) - fixed:
        getattr(reader, method)(PAGE, **{keyword: values[keyword]})
        detecting, recognizing = asked.pop()
        wanted = split({keyword: values[keyword]})
        assert (detecting or wanted[0], recognizing or wanted[1]) == wanted and wanted != (Detecting(), Recognizing())
    for keyword in fixed:
        with pytest.warns(UserWarning, match=f"no equivalent: {keyword};"):
            getattr(reader, method)(PAGE, **{keyword: values[keyword]})


def test_the_table_names_what_the_signatures_have():
    page = (ROOT / "docs" / "easyocr.md").read_text(encoding="utf-8")
    tables = {
        part.splitlines()[0]: {
            name for row in re.findall(r"^\| (`.*?) \|", part, re.M) for name in row.split("`")[1::2]
        }
        for part in page.split("\n## ")
    }
    theirs = signatures()
    assert tables["Reader"] == set(theirs["__init__"]) | {"model", "threads"}
    assert tables["Calls"] == {"readtext", "readtext_batched", "readtextlang", "detect", "recognize"}
    of_calls = {name for method in tables["Calls"] for name in theirs[method]}
    inputs = {"image", "img", "img_cv_grey", "horizontal_list", "free_list", "n_width", "n_height"}
    assert tables["Keywords"] == of_calls - inputs


@pytest.mark.slow
@pytest.mark.parametrize("detail", [0, 1])
@pytest.mark.parametrize("paragraph", [False, True])
def test_results_have_the_shapes_of_easyocrs_own_code(reader, detail, paragraph, monkeypatch):
    """EasyOCR's own `recognize`, with our texts in place of what its network reads."""
    for name in ("torchvision", "torchvision.models", "torchvision.models._utils", "torchvision.transforms"):
        monkeypatch.setitem(
            sys.modules, name, mock.MagicMock()
        )  # networks alone need it, and a build that fits PyTorch
    their_code = pytest.importorskip("easyocr.easyocr", reason="easyocr is not installed")
    grey = cv2.cvtColor(PAGE, cv2.COLOR_BGR2GRAY)
    horizontal, free = [[12, 175, 27, 64]], [[[12, 87], [175, 87], [175, 124], [12, 124]]]
    read = {str(box): (text, value) for box, text, value in reader.recognize(grey, horizontal, free)}
    theirs = object.__new__(their_code.Reader)
    theirs.character = theirs.lang_char = "abc"
    theirs.model_lang, theirs.device = "latin", "cpu"
    theirs.recognizer = theirs.converter = None
    monkeypatch.setattr(their_code, "get_text", lambda *given: [(box, *read[str(box)]) for box, _ in given[5]])
    for output_format in ("standard", "dict", "json", "free_merge"):
        keywords = {"detail": detail, "paragraph": paragraph, "output_format": output_format, "y_ths": 0.1}
        turned = [] if output_format == "free_merge" else free  # theirs fails with fewer than two rows
        wanted = theirs.recognize(grey, horizontal, turned, **keywords)
        found = reader.recognize(grey, horizontal, turned, **keywords)
        assert found == wanted and list(map(type, found)) == list(map(type, wanted))
        for item, other in itertools.zip_longest(found, wanted):
            if isinstance(item, (tuple, list)):
                assert [type(part) for part in item] == [type(part) for part in other]
