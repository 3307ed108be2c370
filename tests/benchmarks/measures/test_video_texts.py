"""What was read in a video against what stands in it."""

import contextlib
import json
from collections import Counter

import pytest

from benchmarks.__main__ import main
from benchmarks.measures import video_texts
from tflite_ocr.page import TrackedLine


def quad(left, top=10, width=100, height=20):
    return ((left, top), (left + width, top), (left + width, top + height), (left, top + height))


def true(number, text, left, ignore=False):
    return {"id": number, "text": text, "quad": quad(left), "ignore": ignore}


def line(text, left, track, width=100):
    return TrackedLine(text, 0.9, quad(left, width=width), track)


TRUTH = [
    {"frame": 0, "lines": [true(1, "Gate 7", 0), true(2, "Line 4", 200, ignore=True)]},
    {"frame": 1, "lines": [true(1, "Gate 7", 0), true(2, "Line 4", 200), true(3, "Open", 400)]},
]


def test_texts_are_compared_where_they_are():
    read = [
        (0, [line("gate 7!", 2, 1), line("Line", 200, 2)]),
        (1, [line("GATE", 0, 3, width=45), line("7", 60, 1, width=40), line("Line 4", 400, 2)]),
    ]
    found = video_texts.score(TRUTH, read)
    counts = {number: (text.frames, text.found) for number, text in found.items()}
    assert counts == {1: (2, 2), 2: (1, 0), 3: (1, 0)}
    said = video_texts.summary(found.values(), Counter())
    assert "50.00% of 4 true texts" in said and "33.33% in half their frames" in said
    assert found[1].tracks == {1}


def test_a_text_listed_twice_is_told():
    read = [(1, [line("Gate 7", 0, 1), line("Gate 7", 4, 5), line("Line 4", 200, 2), line("Open", 400, 3)])]
    found = video_texts.score(TRUTH, read)
    assert (found[1].found, found[1].twice, found[1].tracks) == (1, 1, {1, 5})
    words = video_texts.summary(found.values(), Counter())
    assert "75.00% of 4 true texts" in words
    assert "1 times a text was listed twice in a frame; 1 texts in several tracks" in words
    assert "Gate 7 (1 of 2)" in words


@pytest.mark.parametrize(
    "content", [None, "no JSON\n", '{"frame": 0}\n', '{"frame": 0, "lines": [{"id": 1}]}\n', "[1]\n"]
)
def test_a_truth_that_cannot_be_used_is_refused(tmp_path, capsys, content):
    if content is not None:
        (tmp_path / "clip.jsonl").write_text(content)
    with pytest.raises(video_texts.TruthError, match=r"clip\.jsonl: expected .*; .*demo clip|render the clip again"):
        video_texts.read_truth(tmp_path / "clip.jsonl", 1)


def test_the_command_says_what_was_found(tmp_path, monkeypatch, capsys):
    class Frames(list):
        def texts(self):
            return [type("Text", (), {"text": text}) for text in ("Gate 7", "Gate 1", "Line 4")]

    lines = [line("Gate 7", 0, 1)], [line("Gate 7", 0, 1), line("Line 4", 200, 2), line("Open", 400, 3)]
    frames = Frames(type("Frame", (), {"index": i, "lines": found}) for i, found in enumerate(lines))
    reading = type("Reading", (), {"read_video": lambda self, clip: contextlib.nullcontext(frames)})()
    monkeypatch.setattr(video_texts, "Reader", lambda model, threads: reading)
    monkeypatch.setattr(video_texts.models, "find", lambda name: "model")
    (tmp_path / "clip.jsonl").write_text("".join(json.dumps(record) + "\n" for record in TRUTH))
    assert main(["video-texts", str(tmp_path / "clip.mp4")]) == 0
    said = capsys.readouterr().out
    assert "100.00% of 4 true texts" in said and "1 subtitles without a true text: Gate 1 (1)" in said
    frames.pop()
    assert main(["video-texts", str(tmp_path / "clip.mp4")]) == 9
    assert "expected the texts of 1 frames, found 2" in capsys.readouterr().err
