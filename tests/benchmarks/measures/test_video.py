"""The video reader's speed: drawn clips, the command's own figures, the table; and its memory."""

import subprocess
import sys
import types

import numpy as np
import pytest

pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed (the [video] extra brings it)")

from benchmarks.__main__ import main
from benchmarks.measures import video, video_memory
from synthetic.builtin import video_clips
from tflite_ocr.errors import OcrError
from tflite_ocr.video import ffmpeg
from tflite_ocr.video.decode import VideoDecoder
from tflite_ocr.video.source import resolve


def test_drawn_clips_move_and_stand_still(tmp_path):
    first, second = video_clips.moving(2 / video_clips.RATE)
    share = (np.abs(first.astype(int) - second).max(axis=2) > 20).mean()
    assert 0.005 < share < 0.2
    slides = list(video_clips.slides(1.1))
    assert len(slides) == 33 and all(np.array_equal(slides[0], slide) for slide in slides[:30])
    differing = np.argwhere((slides[29] != slides[30]).any(axis=2))
    assert len(differing) and differing[:, 0].min() > 650  # the clock alone
    path = tmp_path / "slides.mp4"
    video_clips.write(ffmpeg.executable(), path, iter(slides[:5]))
    frames = list(VideoDecoder(ffmpeg.executable(), resolve(path)).frames())
    assert [round(frame.time_s * video_clips.RATE, 3) for frame in frames] == [0, 1, 2, 3, 4]
    assert np.abs(frames[0].picture.bgr().astype(int) - slides[0]).mean() < 3


def test_the_figures_are_those_that_the_command_says(monkeypatch, tmp_path):
    said = "300 frames in 7.5 s (40.0 FPS): 45 searched whole, 15 in part; 120 crops read for 2187 lines of text\n"
    commands = []

    def run(line, **_):
        commands.append(line)
        return types.SimpleNamespace(returncode=0, stderr=f"INFO: some delegate\n{said}")

    monkeypatch.setattr(subprocess, "run", run)
    timing = video.ClipTiming("written (-o)")
    video.command(tmp_path / "a.mp4", "model", 2, "-o", "b.mp4")(timing)
    assert timing.fps == [40.0] and timing.searched == 0.2 and timing.crops == 0.4
    assert commands[0][1:6] == ["-m", "tflite_ocr", "video", str(tmp_path / "a.mp4"), "--model"]
    assert commands[0][-2:] == ["-o", "b.mp4"]
    slow = video.ClipTiming("as EasyOCR reads", [0.5, 0.25, 0.1], crops=6, cpu_ms=[8000, 9000, 7000])
    rows = video.table("a.mp4", [timing, slow]).splitlines()
    assert rows[2].split()[2:] == ["40.00", "40.00", "to", "40.00", "0.0", "20%", "0.40", "x", "1.0"]
    assert "0.10 to 0.50" in rows[3] and rows[3].endswith("x 160.0")


def test_a_command_that_fails_says_why(tmp_path, capsys):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(OcrError, match="expected a model"):
        video.command(tmp_path / "empty.mp4", str(tmp_path), 1)(video.ClipTiming(""))
    assert main(["video", "--model", str(tmp_path / "none")]) == 4
    assert "error: " in capsys.readouterr().err


def test_memory_is_watched_to_the_end_of_a_command():
    looks = video_memory.watch([sys.executable, "-c", "import time; kept = bytearray(64 << 20); time.sleep(1.5)"])
    assert len(looks) >= 2 and max(looks) > 64 << 20
    assert video_memory.quarters([1, 1, 2, 2, 3, 3, 4, 4]) == [1, 2, 3, 4]
    with pytest.raises(OcrError, match="exit code 3"):
        video_memory.watch([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(ValueError, match="at least 4 looks"):
        video_memory.quarters([1, 2, 3])


@pytest.mark.parametrize(("last", "code"), [(104, 0), (106, 1)])
def test_more_than_five_percent_of_growth_is_a_failure(last, code, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(video_memory, "repeat", lambda *_: None)
    monkeypatch.setattr(video_memory.models, "find", lambda _: tmp_path)
    monkeypatch.setattr(video_memory, "watch", lambda _: [90 << 20, 100 << 20, 101 << 20, last << 20])
    assert main(["video-memory", str(tmp_path / "a.mp4")]) == code
    assert f"90, 100, 101, {last}" in capsys.readouterr().out


def test_a_clip_is_repeated(tmp_path):
    clip = tmp_path / "clip.mp4"
    video_clips.write(ffmpeg.executable(), clip, video_clips.slides(0.5))
    video_memory.repeat(clip, 0.05, tmp_path / "film.mkv")
    count = sum(1 for _ in VideoDecoder(ffmpeg.executable(), resolve(tmp_path / "film.mkv")).frames())
    assert 88 <= count <= 94  # packets are copied, up to a reordering or two around the end
