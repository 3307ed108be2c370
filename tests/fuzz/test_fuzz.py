"""A short run of every fuzzer, the same inputs each time; `make fuzz` runs them as long as one likes."""

import argparse
import random
import tempfile
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz import targets
from tests.fuzz.mutations import damaged

# As many as take about a second.
INPUTS = {
    "image": 1500,
    "document": 400,
    "manifest": 250,
    "model": 25,
    "words": 400,
    "labels": 400,
    "table": 400,
    "checkpoint": 300,
    "keras": 150,
    "video": 30,
}


@pytest.mark.parametrize("name", targets.TARGETS)
def test_nothing_is_found(name, tmp_path):
    options = argparse.Namespace(seconds=60, inputs=INPUTS[name], seed=1, keep=tmp_path, coverage=False)
    result = fuzz.supervise(name, options)
    if "skipped" in result:
        pytest.skip(result["skipped"])
    assert result["findings"] == {}
    assert result["read"] and result["refused"], "inputs are neither all whole nor all damaged"


def test_a_fuzzer_finds_what_is_wrong(tmp_path, monkeypatch):
    """Errors of others and messages of several lines are findings, whose input is kept."""
    from tflite_ocr.errors import OcrError

    def read(data: bytes) -> None:
        if data.startswith(b"x"):
            raise KeyError("of somebody else")
        if data.startswith(b"y"):
            raise OcrError("fine")

        if data.startswith(b"l"):
            Path(tempfile.gettempdir(), "left").write_bytes(b"")

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setitem(targets.TARGETS, "image", targets.Target(lambda: [b"x"], read))
    judge = fuzz.Judge("image", tmp_path)
    assert [judge(data) for data in (b"x1", b"y", b"z", b"x2", b"left")] == [False, False, True, False, True]
    assert list(judge.findings) == ["KeyError", "left"] and (tmp_path / "image-0.bin").read_bytes() == b"x1"


def test_damage_is_drawn_anew_and_can_be_drawn_again():
    pool = targets.pool_of("image") + targets.pool_of("manifest")
    drawn = [[damaged(random.Random(seed), data, pool) for data in pool] for seed in (1, 2, 1)]
    assert drawn[0] == drawn[2] != drawn[1]
    assert sum(a != b for a, b in zip(drawn[0], pool, strict=True)) > 0.9 * len(pool)
