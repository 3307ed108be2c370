"""Each engine that reads images says what it lacks, and where it lacks nothing reads a word."""

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from benchmarks.engines import easyocr, installed, ours, rapidocr, tesseract
from benchmarks.running.protocol import MeasurementChoice, Skipped
from tflite_ocr import manifest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "tests" / "golden" / "page.png"


@pytest.fixture
def choice(tmp_path):
    return MeasurementChoice((), 2, False, tmp_path, weights=tmp_path)


def test_a_package_that_is_absent_or_of_another_version_is_named_with_what_brings_it(monkeypatch):
    assert installed.require("numpy", ">=1", "bench").count(".") == 2
    with pytest.raises(Skipped, match=r"no-such-package is not installed: pip install -e '.\[bench\]'"):
        installed.require("no-such-package", ">=1", "bench")
    with pytest.raises(Skipped, match="does not fit, expected >=99"):
        installed.require("numpy", ">=99", "bench")
    assert installed.versions("numpy", "no-such-package").startswith("numpy 1.")


def test_ours_in_every_precision_and_at_one_and_all_threads(tiny_model):
    found = ours.variants(MeasurementChoice((tiny_model,), 2, False, Path()))
    assert [variant.id for variant in found] == [
        "ours-tiny-int8-t2",
        "ours-tiny-int8-t1",
        "ours-tiny-float32-t2",
        "ours-tiny-float32-t1",
    ]
    stored = {file.path for file in manifest.load(tiny_model).files() if file.precision == "int8"}
    assert found[0].artifact_bytes == sum((tiny_model / path).stat().st_size for path in stored)
    assert found[0].environment["OMP_NUM_THREADS"] == "2" and found[1].environment["OMP_NUM_THREADS"] == "1"
    quick = ours.variants(MeasurementChoice((tiny_model,), 2, True, Path()))
    assert [variant.info.threads for variant in quick] == [2, 2]


def test_ours_reads_pages_and_words(tiny_model, spotted_image, tmp_path):
    cv2.imwrite(str(tmp_path / "spots.png"), spotted_image)
    engine = ours.create(str(tiny_model), "float32", 1)
    lines = engine.read(tmp_path / "spots.png")
    assert lines and all(len(line.quad) == 4 and type(line.quad[0][0]) is float for line in lines)
    assert len(engine.recognize([tmp_path / "spots.png"] * 3)) == 3


def test_tesseract_s_words_become_lines():
    heading = "level page_num block_num par_num line_num word_num left top width height conf text".split()
    words = [
        (1, 1, 0, 0, 0, 0, 0, 0, 100, 100, -1, ""),
        (5, 1, 1, 1, 1, 1, 10, 20, 30, 10, 90, "Gate"),
        (5, 1, 1, 1, 1, 2, 45, 18, 10, 14, 70, "5"),
        (5, 1, 1, 1, 2, 1, 10, 40, 30, 10, 50, '"Exit"'),
        (5, 1, 1, 1, 2, 2, 50, 40, 30, 10, 95, " "),
    ]
    tsv = "\n".join("\t".join(map(str, row)) for row in (heading, *words))
    first, second = tesseract.lines_of(tsv)
    assert (first.text, first.confidence) == ("Gate 5", pytest.approx(0.8))
    assert first.quad == ((10, 18), (55, 18), (55, 32), (10, 32))
    assert (second.text, second.confidence) == ('"Exit"', 0.5)


def test_tesseract_is_skipped_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(tesseract.shutil, "which", lambda name: None)
    tesseract._version.cache_clear()
    try:
        assert "apt-get install tesseract-ocr" in tesseract.variant(1).skipped
    finally:
        tesseract._version.cache_clear()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_reads(monkeypatch):
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    variant = tesseract.variant(None)
    assert variant.skipped is None and variant.artifact_bytes > 1e6 and variant.environment == {}
    assert tesseract.variant(1).environment == {"OMP_THREAD_LIMIT": "1"}
    engine = tesseract.create()
    assert "markers" in " ".join(line.text for line in engine.read(PAGE))
    assert len(engine.recognize([PAGE, PAGE])) == 2


def test_rapidocr_reads_a_line_and_then_a_page(tmp_path):
    pytest.importorskip("rapidocr", reason="rapidocr is not installed (the [bench] extra brings it)")
    variant = rapidocr.variant("onnxruntime", 2)
    assert variant.skipped is None and variant.artifact_bytes > 1e7
    engine = rapidocr.create("onnxruntime", 2)
    cv2.imwrite(str(tmp_path / "line.png"), cv2.imread(str(PAGE))[8:42, 60:300])
    assert "segmentation" in engine.recognize([tmp_path / "line.png"])[0]
    lines = engine.read(PAGE)
    assert any("segmentation" in line.text for line in lines) and len(lines[0].quad) == 4


def test_rapidocr_of_another_version_is_skipped(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.0.1")
    assert "rapidocr 2.0.1 does not fit, expected >=3.10,<4" in rapidocr.variant("openvino", 2).skipped


def test_easyocr_without_weights_says_where_they_are_looked_for(choice):
    pytest.importorskip("torch")
    for variant in easyocr.variants(choice):
        assert "craft_mlt_25k.pth and english_g2.pth" in variant.skipped and "WEIGHTS" in variant.skipped


def test_easyocr_with_other_weights_says_which_it_takes(choice, tmp_path):
    for name in ("craft_mlt_25k.pth", "english_g2.pth"):
        (tmp_path / name).write_bytes(b"no weights")
    assert "EasyOCR takes a file of md5 " in easyocr.variants(choice)[0].skipped


def test_workers_import_nothing_that_an_engine_does_not_need():
    code = (
        "import sys, benchmarks.running.worker, benchmarks.engines.tesseract, benchmarks.engines.ours, "
        "benchmarks.engines.rapidocr\nprint(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert not {"numpy", "cv2", "psutil", "packaging", "importlib.metadata", "torch"} & set(loaded.split())
