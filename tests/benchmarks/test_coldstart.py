"""The cold start is measured in a fresh process, and what is wrong with the model is said in a line."""

import cv2

from benchmarks import coldstart


def test_a_fresh_process_reads_and_tells_its_memory(tiny_model, spotted_image, tmp_path):
    image = tmp_path / "spots.png"
    cv2.imwrite(str(image), spotted_image)
    found = coldstart.measure({"model": str(tiny_model), "precision": "int8", "image": str(image)})
    assert found["cold_s"] > 0 and found["lines"] >= 0
    assert 20 < found["peak_mb"] < 2000


def test_figures_are_printed_as_a_table(tiny_model, spotted_image, tmp_path, capsys):
    image = tmp_path / "spots.png"
    cv2.imwrite(str(image), spotted_image)
    assert coldstart.main([str(image), "--model", str(tiny_model), "--runs", "1"]) == 0
    shown = capsys.readouterr().out
    assert "cold start" in shown and "peak resident memory" in shown and "lines of text" in shown


def test_an_absent_model_and_an_unreadable_image_are_errors(tiny_model, tmp_path, capsys):
    assert coldstart.main(["--model", str(tmp_path / "absent")]) == 4
    assert "manifest.json" in capsys.readouterr().err
    assert coldstart.main([str(tmp_path / "absent.png"), "--model", str(tiny_model), "--runs", "1"]) == 1
    assert "absent.png" in capsys.readouterr().err


def test_the_drawn_photo_has_the_size_that_is_promised(tmp_path):
    coldstart.draw_photo(tmp_path / "photo.png")
    assert cv2.imread(str(tmp_path / "photo.png")).shape == (720, 1280, 3)
