"""The cold start is measured in a fresh process, and what is wrong with the model is said in a line."""

import io

import cv2

from benchmarks.__main__ import main
from benchmarks.engines import ours
from benchmarks.measures import coldstart
from benchmarks.running.cells import Cells
from benchmarks.running.eta import CallProgress
from benchmarks.running.lanes import Lane


def test_a_fresh_process_reads_and_tells_its_memory(tiny_model, spotted_image, tmp_path):
    image = tmp_path / "spots.png"
    cv2.imwrite(str(image), spotted_image)
    found = coldstart.measure(ours.default_variant(tiny_model, 1), image)
    assert found.seconds > 0 and found.lines >= 0
    assert 20e6 < found.peak_bytes < 2000e6


def test_engines_start_in_turns_and_finished_starts_are_kept(fake, log, tmp_path):
    variants = [fake("echo", name="x", log=log.path), fake("raising"), fake("echo", name="no", skipped="why")]
    lanes = [Lane(variant, {"engine": variant.id, "rounds": 3}) for variant in variants]
    cells, progress = Cells(tmp_path / "cells"), CallProgress(io.StringIO())
    found = coldstart.starts(lanes, tmp_path / "a.png", 30, cells, progress)
    assert log.lines() == ["echo a.png"] * 3 and len(found["x"]["ms"]) == 3
    assert all(time > 10 for time in found["x"]["ms"])  # a Python has started
    assert found["raising"]["status"] == "failed" and "no such model" in found["raising"]["reason"]
    assert found["no"] == {"status": "skipped", "reason": "why"}
    assert progress.left == 0
    again = coldstart.starts(lanes, tmp_path / "a.png", 30, cells, progress)
    assert again["x"] == found["x"] and len(log.lines()) == 3


def test_figures_are_printed_as_a_table(tiny_model, spotted_image, tmp_path, capsys):
    image = tmp_path / "spots.png"
    cv2.imwrite(str(image), spotted_image)
    assert main(["coldstart", str(image), "--model", str(tiny_model), "--runs", "1"]) == 0
    shown = capsys.readouterr().out
    assert "cold start" in shown and "peak resident memory" in shown and "lines of text" in shown


def test_an_absent_model_and_an_unreadable_image_are_errors(tiny_model, tmp_path, capsys):
    assert main(["coldstart", "--model", str(tmp_path / "absent")]) == 4
    assert "manifest.json" in capsys.readouterr().err
    assert main(["coldstart", str(tmp_path / "absent.png"), "--model", str(tiny_model), "--runs", "1"]) == 1
    assert "absent.png" in capsys.readouterr().err


def test_the_drawn_photo_has_the_size_that_is_promised(tmp_path):
    coldstart.draw_photo(tmp_path / "photo.png")
    assert cv2.imread(str(tmp_path / "photo.png")).shape == (720, 1280, 3)
