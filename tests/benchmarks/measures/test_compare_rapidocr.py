"""The comparison, with engines made of fixed answers."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.measures import compare_rapidocr
from benchmarks.measures.compare_rapidocr import BagCounts, EngineResult, compare, count
from evaluation.labels import Label, Sample

LEFT = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
RIGHT = ((20.0, 0.0), (30.0, 0.0), (30.0, 10.0), (20.0, 10.0))
SAMPLE = Sample(Path("a.png"), (Label("Gate 5", LEFT), Label("", RIGHT, ignore=True)))


def test_lines_on_ignored_labels_are_excused_and_others_are_not():
    shifted = np.array(RIGHT) + [6, 0]
    assert count([("gate 5", np.array(LEFT)), ("xyz", np.array(RIGHT))], SAMPLE) == BagCounts(2, 2, 2)
    assert count([("gate 5", np.array(LEFT)), ("xyz", shifted)], SAMPLE) == BagCounts(2, 3, 2)


def test_true_words_on_an_ignored_label_still_count():
    assert count([("gate 6", np.array(RIGHT))], SAMPLE) == BagCounts(1, 1, 2)


def test_engines_take_turns_after_one_unmeasured_image():
    calls = []

    def engine(name, answer):
        def read(path):
            calls.append((name, path.name))
            return [(answer, np.array(LEFT))]

        return read

    samples = [SAMPLE, Sample(Path("b.png"), (Label("five", LEFT),))]
    results = compare(samples, {"one": engine("one", "gate 5"), "two": engine("two", "five")})
    assert calls[:2] == [("one", "a.png"), ("two", "a.png")]
    assert calls[2:] == [("one", "a.png"), ("two", "a.png"), ("two", "b.png"), ("one", "b.png")]
    assert results["one"].counts == BagCounts(2, 4, 3)
    assert results["two"].counts == BagCounts(1, 2, 3)
    assert results["one"].texts == {"a.png": ["gate 5"], "b.png": ["gate 5"]}


def test_speed_is_the_ratio_of_the_times():
    mine = EngineResult(BagCounts(9, 10, 10), (1.0, 1.0, 2.0), {})
    peer = EngineResult(BagCounts(8, 10, 10), (4.0, 5.0, 12.0), {})
    line = compare_rapidocr.speed_line(mine, peer)
    assert "5.25 times as fast over the set" in line
    assert "5.00 a page (median)" in line
    assert "+10.00 points" in line


@pytest.mark.parametrize("only", ["ours", "rapidocr"])
def test_a_missing_data_folder_is_an_error_of_one_line(tmp_path, capsys, only):
    assert compare_rapidocr.main([str(tmp_path), "--only", only]) == 9
    assert "labels.jsonl" in capsys.readouterr().err
