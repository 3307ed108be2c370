"""Whether the memory of `tflite-ocr video` stays flat: reads a long film and watches.

    python -m benchmarks video-memory [CLIP] [--minutes 10] [--model MODEL] [--threads N]

The clip (one that is drawn, when none is given) is repeated for so long. Resident memory, of FFmpeg too, is looked at
every half second; the exit code is 1 when the mean of the film's last quarter is over 5 % above that of its second.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.running import resources
from synthetic.builtin import video_clips
from tflite_ocr import models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError
from tflite_ocr.video import ffmpeg

GROWTH = 1.05
_LOOK_S = 0.5
_CLIP_S = 20.0


def repeat(clip: Path, minutes: float, path: Path) -> None:
    """Copies a clip's packets over and over."""
    done = ffmpeg.run(
        ffmpeg.executable(),
        ["-stream_loop", "-1", "-i", str(clip), "-t", str(60 * minutes), "-c", "copy", "-y", str(path)],
    )
    if done.popen.returncode != 0:
        raise OcrError(f"{clip}: cannot be repeated: {done.complaint()}")


def watch(command: list[str]) -> list[int]:
    """Runs a command; its resident bytes, with those of the programs that it runs, at every look."""
    looks = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                looks.append(resources.usage(process.pid).rss_bytes)
            except psutil.NoSuchProcess:
                break
            time.sleep(_LOOK_S)
    if process.returncode != 0:
        raise OcrError(f"tflite-ocr video ended with exit code {process.returncode}")
    return looks


def quarters(looks: list[int]) -> list[float]:
    """Mean bytes of each quarter of the time."""
    if len(looks) < 4:
        raise ValueError(f"expected at least 4 looks at the memory, found {len(looks)}")
    bounds = [round(len(looks) * share / 4) for share in range(5)]
    return [statistics.fmean(looks[start:end]) for start, end in zip(bounds, bounds[1:], strict=False)]


def arguments(add: Callable) -> None:
    add("clip", nargs="?", type=Path, metavar="CLIP", help="a short video (one that is drawn)")
    add("--minutes", type=positive, default=10, help="length of the film (10)")
    add("--model", help="model name or folder (the Reader's own)")
    add("--threads", type=positive, default=2, help="processor threads (2)")


def run(options: argparse.Namespace) -> int:
    """Measures and prints; returns the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = options.clip or folder / "clip.mp4"
        if not options.clip:
            video_clips.write(ffmpeg.executable(), clip, video_clips.moving(_CLIP_S))
        repeat(clip, options.minutes, folder / "film.mkv")
        line = [sys.executable, "-m", "tflite_ocr", "video", str(folder / "film.mkv"), "-o", str(folder / "out.mp4")]
        line += ["--jsonl", str(folder / "out.jsonl"), "--srt", str(folder / "out.srt")]
        line += ["--model", os.fspath(models.find(options.model)), "--threads", str(options.threads)]
        looks = watch(line)
    means = quarters(looks)
    growth = means[3] / means[1]
    words = ", ".join(f"{mean / resources.MIB:.0f}" for mean in means)
    print(
        f"{options.minutes} minutes in {len(looks) * _LOOK_S:.0f} s; MiB in each quarter: {words}; "
        f"last against second: {growth:.3f}"
    )
    return 0 if growth <= GROWTH else 1
