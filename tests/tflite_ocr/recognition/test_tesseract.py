"""Tesseract as a recogniser: how it is called, and what its answers become."""

import csv
import io
import shutil
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.errors import ArtifactError, MissingDependencyError
from tflite_ocr.recognition import tesseract
from tflite_ocr.recognition.recognizer import Decoding

HEADING = (
    "level",
    "page_num",
    "block_num",
    "par_num",
    "line_num",
    "word_num",
    "left",
    "top",
    "width",
    "height",
    "conf",
    "text",
)


def table(*rows):
    """Tesseract's TSV: rows of (level, page, conf, text)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
    writer.writerow(HEADING)
    for level, page, confidence, text in rows:
        writer.writerow([level, page, 1, 1, 1, 1, 0, 0, 9, 9, confidence, text])
    return out.getvalue()


def word(text, height=48):
    """A drawn word, black on white."""
    picture = np.full((height, 30 * len(text) + 20, 3), 255, np.uint8)
    cv2.putText(picture, text, (8, height - 14), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (0, 0, 0), 2, cv2.LINE_AA)
    return picture


@pytest.fixture
def without_library(monkeypatch):
    """No tesserocr, whatever is installed."""
    real = tesseract.importlib.util.find_spec
    monkeypatch.setattr(tesseract.importlib.util, "find_spec", lambda name: None if name == "tesserocr" else real(name))


@pytest.fixture
def program(tmp_path, monkeypatch, without_library):
    """A program `tesseract` that writes down how it was called and reads the sizes of its images as text."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "tesseract"
    script.write_text(f"""#!{sys.executable}
import os, sys
if sys.argv[1] == "--list-langs":
    print('List of available languages in "/data/" (2):\\neng\\ndeu')
    sys.exit()
open({str(tmp_path / "calls")!r}, "a").write(" ".join(sys.argv[2:]) + " " + os.environ["OMP_THREAD_LIMIT"] + "\\n")
print({chr(9).join(HEADING)!r})
for page, name in enumerate(open(sys.argv[1]).read().split(), 1):
    _, width, height, *_ = open(name, "rb").read(40).split()
    print(*[5, page, 1, 1, 1, 1, 0, 0, 9, 9, 80, width.decode()], sep="\\t")
    print(*[5, page, 1, 1, 1, 2, 0, 0, 9, 9, 60, height.decode()], sep="\\t")
""")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return tmp_path / "calls"


def test_words_of_a_page_are_joined():
    tsv = table((1, 1, -1, ""), (5, 1, 90, "two"), (5, 1, 70, "words"), (5, 3, 50.5, "one"), (5, 3, 95, " "))
    first, second, third = tesseract.read_table(tsv, 3)
    assert (first.text, first.confidence) == ("two words", pytest.approx(0.8))
    assert (second.text, second.confidence) == ("", 0.0)
    assert (third.text, third.confidence) == ("one", pytest.approx(0.505))


def test_languages_get_tesseracts_names():
    assert tesseract.language_codes(None) == tesseract.language_codes([]) == "eng"
    assert tesseract.language_codes(["en", "de", "chi_sim"]) == "eng+deu+chi_sim"


def test_the_program_gets_the_crops_and_no_threads_of_its_own(program):
    crops = [np.zeros((40, 100, 3), np.uint8), np.zeros((50, 60, 3), np.uint8), np.zeros((44, 44, 3), np.uint8)]
    with ThreadPoolExecutor(2) as executor:
        found = tesseract.TesseractRecognizer("eng+deu", executor).recognize(crops)
        assert tesseract.TesseractRecognizer("eng", executor).recognize([]) == []
    border = 2 * tesseract._BORDER
    assert [r.text for r in found] == [f"{w + border} {h + border}" for h, w in ((40, 100), (50, 60), (44, 44))]
    assert [r.confidence for r in found] == [pytest.approx(0.7)] * 3
    assert program.read_text().splitlines() == ["stdout -l eng+deu --psm 7 tsv 1"] * 2  # two threads, two groups


def test_low_crops_are_enlarged(program):
    with ThreadPoolExecutor(1) as executor:
        (found,) = tesseract.TesseractRecognizer("eng", executor).recognize([np.zeros((18, 50, 3), np.uint8)])
    border = 2 * tesseract._BORDER
    assert found.text == f"{100 + border} {tesseract._LEAST_HEIGHT + border}"


def test_other_decodings_are_refused(program, tiny_model):
    with ThreadPoolExecutor(1) as executor:
        recognizer = tesseract.TesseractRecognizer("eng", executor)
        for decoding in (Decoding("beamsearch"), Decoding(ignored=frozenset("a"))):
            with pytest.raises(ValueError, match="decodes by itself"):
                recognizer.recognize([word("a")], decoding)
    with pytest.raises(ValueError, match="no allowlist"):
        Reader(tiny_model, recognizer="tesseract").readtext(word("a"), allowlist="abc")


def test_a_missing_tesseract_names_the_package(tiny_model, tmp_path, monkeypatch, without_library):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="apt-get install tesseract-ocr$"):
        Reader(tiny_model, recognizer="tesseract")


def test_a_missing_language_names_its_package(tiny_model, program):
    with pytest.raises(MissingDependencyError, match="language fra .* found deu, eng; .*tesseract-ocr-fra"):
        Reader(tiny_model, recognizer="tesseract", languages=["en", "fr"])
    Reader(tiny_model, recognizer="tesseract", languages=["en", "de"])


def test_a_library_without_languages_says_so(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(tesseract.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="expected the language eng .* found none; apt-get install"):
        Reader(tiny_model, recognizer="tesseract")
    (tmp_path / "eng.traineddata").touch()
    Reader(tiny_model, recognizer="tesseract")


def test_the_library_is_used_where_it_is(monkeypatch, tmp_path):
    seen = []

    class Api:
        def __init__(self, **options):
            seen.append(options)

        def SetImageBytes(self, data, width, height, channels, line):  # noqa: N802 - tesserocr's spelling
            assert len(data) == width * height and (channels, line) == (1, width)
            self.size = f"{width}  {height}\n"

        def GetUTF8Text(self):  # noqa: N802
            return self.size

        def AllWordConfidences(self):  # noqa: N802
            return [90, 50]

    monkeypatch.setitem(sys.modules, "tesserocr", types.SimpleNamespace(PyTessBaseAPI=Api))
    monkeypatch.setattr(tesseract.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    (tmp_path / "eng.traineddata").touch()
    tesseract._library.cache_clear()
    with ThreadPoolExecutor(1) as executor:
        first, second = tesseract.TesseractRecognizer("eng", executor).recognize([np.zeros((40, 100, 3), np.uint8)] * 2)
    tesseract._library.cache_clear()
    border = 2 * tesseract._BORDER
    assert first == second and first.text == f"{100 + border} {40 + border}" and first.confidence == 0.7
    assert seen == [{"path": f"{tmp_path}/", "lang": "eng", "psm": 7}]  # one instance a thread


def test_a_reader_hands_its_crops_to_tesseract(tiny_model, program, spotted_image):
    own = Reader(tiny_model, precision="float32").read(spotted_image)
    found = Reader(tiny_model, precision="float32", recognizer="tesseract", threads=1).read(spotted_image)
    assert [line.quad for line in found] == [line.quad for line in own] and len(found) == 3
    widths = [round(max(np.ptp(np.array(line.quad), axis=0))) for line in own]
    heights = [round(min(np.ptp(np.array(line.quad), axis=0))) for line in own]
    factors = [max(1, tesseract._LEAST_HEIGHT / height) for height in heights]
    sizes = [[int(n) - 2 * tesseract._BORDER for n in line.text.split()] for line in found]
    for (width, height), w, h, factor in zip(sizes, widths, heights, factors, strict=True):
        assert (width, height) == (pytest.approx(w * factor, abs=2), pytest.approx(h * factor, abs=2))


def test_another_models_recogniser_may_read(tiny_model, tmp_path, spotted_image):
    import json

    folder = tmp_path / "detector"
    shutil.copytree(tiny_model, folder, ignore=shutil.ignore_patterns(".build"))
    data = json.loads((folder / "manifest.json").read_text())
    data["recognizers"] = []
    (folder / "manifest.json").write_text(json.dumps(data))
    with pytest.raises(ArtifactError, match="finds text but does not read it; name a recogniser"):
        Reader(folder)
    with pytest.raises(ArtifactError, match="expected a model with a recogniser, found a detector alone"):
        Reader(tiny_model, recognizer=folder)
    assert Reader(folder, recognizer=tiny_model).read(spotted_image) == Reader(tiny_model).read(spotted_image)
    data["read_by"] = "tesseract"
    (folder / "manifest.json").write_text(json.dumps(data))
    assert Reader(folder, recognizer=tiny_model).read(spotted_image)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract-ocr is not installed")
@pytest.mark.parametrize("inside", [True, False])
def test_the_real_tesseract_reads(monkeypatch, inside):
    if inside:
        pytest.importorskip("tesserocr", reason="needs the [tesseract] extra")
    else:
        real = tesseract.importlib.util.find_spec
        monkeypatch.setattr(
            tesseract.importlib.util, "find_spec", lambda name: None if name == "tesserocr" else real(name)
        )
    tesseract.require("eng")
    with ThreadPoolExecutor(2) as executor:
        found = tesseract.TesseractRecognizer("eng", executor).recognize([word("Invoice"), word("Total")])
    assert [result.text for result in found] == ["Invoice", "Total"]
    assert all(0.5 < result.confidence <= 1 for result in found)
