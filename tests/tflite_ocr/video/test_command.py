"""`tflite-ocr video`: what it writes, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.tflite_ocr.video.clips import PROGRAM, StandIn, encode, page, run_ffmpeg
from tflite_ocr import reader
from tflite_ocr.__main__ import main
from tflite_ocr.recognition.recognizer import Decoding
from tflite_ocr.video.decode import VideoDecoder
from tflite_ocr.video.reading import VideoOptions, VideoReading
from tflite_ocr.video.search import ReaderParts
from tflite_ocr.video.source import resolve

ROOT = Path(__file__).parents[3]


class Stub:
    threads = 2

    def __init__(self, *_, **__):
        pass

    def decoding(self, allowlist, blocklist):
        if allowlist == "refused":
            raise ValueError("expected no allowlist")
        return Decoding(ignored=frozenset(blocklist or ""))

    def read_video(self, source, *arguments):
        options = VideoOptions(*arguments)
        return VideoReading(self, source, options, StandIn("HELLO", "WORLD"))


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(reader, "Reader", Stub)


def test_the_command_writes_everything(still, tmp_path, capsys):
    out, lines, srt = tmp_path / "out.mp4", tmp_path / "out.jsonl", tmp_path / "out.srt"
    assert main(["video", str(still), "-o", str(out), "--jsonl", str(lines), "--srt", str(srt), "--every", "2"]) == 0
    objects = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [item["frame"] for item in objects] == list(range(0, 40, 2))
    assert {line["text"] for item in objects for line in item["lines"]} == {"HELLO", "WORLD"}
    assert srt.read_text(encoding="utf-8").startswith("1\n00:00:00,000 --> 00:00:02,000\nHELLO\n")
    assert "40 frames" in capsys.readouterr().err
    drawn = list(VideoDecoder(PROGRAM, resolve(out)).frames())
    assert len(drawn) == 40
    plain = next(VideoDecoder(PROGRAM, resolve(still)).frames()).picture.bgr()
    assert np.abs(drawn[0].picture.bgr().astype(int) - plain).max() > 100


def test_without_files_the_texts_are_said(still, capsys):
    assert main(["video", str(still), "--from", "0:00.5", "--to", "1.5"]) == 0
    assert capsys.readouterr().out == "00:00:00.500 00:00:01.500 HELLO\n00:00:00.500 00:00:01.500 WORLD\n"


def test_limits_and_lists_reach_the_recogniser(still, monkeypatch, capsys):
    asked = []

    class Noting(Stub):
        def read_video(self, *arguments):
            asked.append(arguments[-2:])
            return super().read_video(*arguments)

        def read_quads(self, image, quads, decoding, min_confidence):
            asked.append((min_confidence, decoding))
            return [None] * len(quads)

    monkeypatch.setattr(reader, "Reader", Noting)
    assert main(["video", str(still), "--min-confidence", "0.25", "--blocklist", "xy", "--to", "0.1"]) == 0
    wanted = (0.25, Decoding(ignored=frozenset("xy")))
    ReaderParts(Noting(), wanted[1], wanted[0]).read_quads(np.zeros((8, 8, 3), np.uint8), [])
    assert asked == [wanted, wanted]
    assert main(["video", str(still), "--allowlist", "refused"]) == 1
    assert "expected no allowlist" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_leaves_a_video_that_plays_and_whole_lines(tmp_path, stop):
    source = encode(tmp_path / "in.mp4", [page(("HELLO", 10 + i, 60)) for i in range(160)])
    out, lines, srt = tmp_path / "out.mp4", tmp_path / "out.jsonl", tmp_path / "out.srt"
    command = [
        sys.executable,
        str(Path(__file__).with_name("slow_reading.py")),
        "video",
        str(source),
        "--exact",
        "-o",
        str(out),
        "--jsonl",
        str(lines),
        "--srt",
        str(srt),
    ]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    waited_until = time.monotonic() + 60
    while not lines.exists() or lines.read_bytes().count(b"\n") < 5:
        assert process.poll() is None and time.monotonic() < waited_until
        time.sleep(0.01)
    process.send_signal(stop)
    message = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 128 + stop and "Traceback" not in message
    objects = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert 5 <= len(objects) < 160 and [item["frame"] for item in objects] == list(range(len(objects)))
    assert len(list(VideoDecoder(PROGRAM, resolve(out)).frames())) == len(objects)
    assert srt.read_text(encoding="utf-8").startswith("1\n00:00:00,000 --> ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.jsonl", "out.mp4", "out.srt"]


def test_a_film_that_breaks_off_gives_what_came_before(still, tmp_path, capsys):
    whole, cut, lines = tmp_path / "whole.mkv", tmp_path / "cut.mkv", tmp_path / "out.jsonl"
    run_ffmpeg("-i", still, "-c", "copy", whole)
    cut.write_bytes(whole.read_bytes()[:-2000])
    out = tmp_path / "out.mp4"
    assert main(["video", str(cut), "--jsonl", str(lines), "-o", str(out)]) == 3
    assert "breaks off after" in capsys.readouterr().err
    count = len(lines.read_text(encoding="utf-8").splitlines())
    assert 2 < count < 40 and len(list(VideoDecoder(PROGRAM, resolve(out)).frames())) == count


def test_exit_codes_and_messages(still, tmp_path, capsys):
    sound, empty = tmp_path / "sound.m4a", tmp_path / "empty.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=0.2", sound)
    empty.touch()
    video, target = str(still), str(tmp_path / "out.mp4")
    for arguments, code, message in (
        ([str(tmp_path / "absent.mp4")], 3, "found no such file"),
        ([str(empty), "-o", target], 3, "found an empty file"),
        ([str(sound), "-o", target], 3, "found sound only"),
        ([video, "-o", str(tmp_path / "out.xyz")], 1, "expected a name ending in .mp4"),
        ([video, "-o", video], 1, "expected another name than the source's"),
        ([video, "-o", str(tmp_path / "absent" / "out.mp4")], 1, "does not exist"),
        ([video, "--ffmpeg", str(tmp_path / "ffmpeg")], 6, "expected the program ffmpeg, found none"),
        ([video, "--from", "5", "--jsonl", target], 3, "it ends before"),
        ([video, "--to", "0"], 1, "expected a time after --from"),
    ):
        assert main(["video", *arguments]) == code, arguments
        error = capsys.readouterr().err
        assert message in error and "Traceback" not in error
    for arguments in (["--every", "0"], ["--from", "soon"]):
        with pytest.raises(SystemExit, match="2"):
            main(["video", video, *arguments])
    assert not Path(target).exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("option", ["--output", "--jsonl", "--srt", "--vtt"])
def test_a_full_disk(still, option, capsys):
    assert main(["video", str(still), option, "/dev/full"]) == 1
    error = capsys.readouterr().err
    assert "No space left" in error and "/dev/full" in error
