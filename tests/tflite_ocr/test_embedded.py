"""The model that is in the repository: whole, small, and good for reading with nothing else installed."""

import hashlib
from pathlib import Path

import pytest

from tflite_ocr import manifest, models

ROOT = Path(__file__).resolve().parents[2]
EDGE = ROOT / "artifacts" / "edge"
LARGEST = 12e6


@pytest.fixture(scope="module")
def facts():
    return manifest.load(EDGE)


def test_the_manifest_is_of_the_committed_files(facts):
    files = list(facts.files())
    assert facts.default_precision == "int8" and {file.precision for file in files} == {"int8"}
    for file in files:
        assert hashlib.sha256((EDGE / file.path).read_bytes()).hexdigest() == file.sha256
    language_model = facts.recognizers[0].language_model
    data = (EDGE / language_model.path).read_bytes()
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (language_model.sha256, language_model.size_bytes)


def test_it_was_made_of_the_committed_weights(facts):
    weights = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in EDGE.glob("*.pt")}
    assert weights == facts.source.sha256


def test_weights_and_files_are_small():
    files = [path for kind in ("*.pt", "*_int8.tflite", "*.npz") for path in EDGE.glob(kind)]
    assert len(files) == 5
    assert sum(path.stat().st_size for path in files) < LARGEST


def test_xnnpack_runs_each_network_in_one_piece(facts):
    assert {file.delegation.partitions for file in facts.files()} == {1}


def test_it_is_found_without_a_conversion(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(models.ENVIRONMENT, raising=False)
    assert models.find("edge") == EDGE
