"""Frames per second of `tflite-ocr video`, end to end, against reading every frame anew.

    python -m benchmarks video [CLIP ...] [--model MODEL] [--threads N] [--rounds N]

Without a clip, two are drawn: text that moves, and slides on which little changes. Each is read with and without -o,
with --exact, and as EasyOCR reads: its detector on every frame, and its recogniser on every line that we find in it.
EasyOCR's networks are its own, with seeded weights, because the time does not depend on them; so no texts come of
it. A figure of ours is that of the whole command: decoding, reading, drawing and encoding, and the loading of models.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.engines import easyocr_networks
from benchmarks.engines.installed import require
from benchmarks.running import machine
from benchmarks.running.protocol import Skipped
from synthetic.builtin import video_clips
from tflite_ocr import image, models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError
from tflite_ocr.manifest import TensorSpec
from tflite_ocr.reader import Reader
from tflite_ocr.video import ffmpeg
from tflite_ocr.video.decode import VideoDecoder
from tflite_ocr.video.source import resolve

_REPORT = re.compile(r"^(\d+) frames in ([\d.]+) s .*: (\d+) searched whole, (\d+) in part; (\d+) crops read", re.M)
_CLIP_S, _EXACT_S = 20.0, 3.0  # seconds of a drawn clip, and of what --exact reads
_REAL = TensorSpec("", (), "float32", 0.0, 0)
_EASYOCR_FRAMES = 2  # a round; each takes seconds


@dataclass
class ClipTiming:
    """Timings of one mode of reading a clip."""

    name: str  # For the table
    fps: list[float] = field(default_factory=list)  # Frames per second of every round
    searched: float = 1.0  # Share of the frames that was searched, whole or in part
    crops: float = 0.0  # Crops read a frame
    # Processor time a frame in every round, of all threads and programs together, in milliseconds
    cpu_ms: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Frames per second, the median of the rounds."""
        return statistics.median(self.fps)


def command(clip: Path, model: str, threads: int, *more: str) -> Callable[[ClipTiming], None]:
    """`tflite-ocr video` as a user runs it; notes its own figures."""

    def run(timing: ClipTiming) -> None:
        line = [sys.executable, "-m", "tflite_ocr", "video", str(clip), "--model", model, "--threads", str(threads)]
        before = _children_cpu_s()
        done = subprocess.run([*line, "--jsonl", os.devnull, *more], capture_output=True, text=True)
        if done.returncode != 0:
            raise OcrError(f"{clip}: {done.stderr.strip().splitlines()[-1]}")
        frames, seconds, whole, part, crops = map(float, _REPORT.search(done.stderr).groups())
        timing.fps.append(frames / seconds)
        timing.cpu_ms.append(1000 * (_children_cpu_s() - before) / frames)
        timing.searched, timing.crops = (whole + part) / frames, crops / frames

    return run


def easyocr(clip: Path, model: str, threads: int) -> Callable[[ClipTiming], None]:
    """EasyOCR's networks, quantized as it does on a CPU, frame by frame."""
    require("easyocr", ">=1.7,<2", "convert")
    require("torch", ">=2.4", "convert")
    craft_facts, crnn_facts = (network.input for network in easyocr_networks.networks())
    craft, crnn = (easyocr_networks.create(part, "dynamic", threads) for part in ("craft", "crnn"))
    decoder = VideoDecoder(ffmpeg.executable(), resolve(clip))
    frames = [frame.picture.bgr() for frame in decoder.frames() if frame.index % 97 == 0][: 2 * _EASYOCR_FRAMES]
    counts = [len(Reader(model, threads=threads).read(frame)) for frame in frames]

    def run(timing: ClipTiming) -> None:
        chosen = [(number + len(timing.fps) * _EASYOCR_FRAMES) % len(frames) for number in range(_EASYOCR_FRAMES)]
        began, before = time.perf_counter(), time.process_time()
        for number in chosen:
            rows, columns = (-side % 32 for side in frames[number].shape[:2])
            padded = np.pad(frames[number], ((0, rows), (0, columns), (0, 0)))
            craft.prepare(image.to_tensor(padded, craft_facts, _REAL))
            craft.run()
            for _ in range(counts[number]):  # one crop a call, its default
                crnn.prepare(image.to_tensor(np.ascontiguousarray(padded[:64, :320]), crnn_facts, _REAL))
                crnn.run()
        timing.fps.append(_EASYOCR_FRAMES / (time.perf_counter() - began))
        timing.cpu_ms.append(1000 * (time.process_time() - before) / _EASYOCR_FRAMES)
        timing.crops = statistics.fmean(counts)

    return run


def measure(clip: Path, model: str, threads: int, rounds: int, folder: Path) -> list[ClipTiming]:
    """Reads a clip in all modes, interleaved, so that a busy machine affects all of them."""
    runs = {
        "read": command(clip, model, threads),
        "read and written (-o)": command(clip, model, threads, "-o", str(folder / "out.mp4")),
        "every frame read afresh (--exact)": command(clip, model, threads, "--exact", "--to", str(_EXACT_S)),
    }
    try:
        runs["as EasyOCR reads"] = easyocr(clip, model, threads)
    except Skipped as reason:
        print(f"as EasyOCR reads: {reason}", file=sys.stderr)
    timings = {name: ClipTiming(name) for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            print(f"{clip.name}: round {number + 1} of {rounds}, {name}", file=sys.stderr, flush=True)
            run(timings[name])
    return list(timings.values())


def table(clip: str, timings: Sequence[ClipTiming]) -> str:
    """The figures, processor time and crops for each frame; the last column says how many times faster -o is."""
    written = next(timing for timing in timings if timing.name.endswith("(-o)"))
    head = f"  {'mode':<28}{'FPS':>8}{'slowest to fastest':>20}{'CPU ms':>9}{'searched':>10}{'crops':>8}{'-o is':>9}"
    lines = [clip, head]
    for timing in timings:
        spread = f"{min(timing.fps):.2f} to {max(timing.fps):.2f}"
        times = f"x {written.median / timing.median:.1f}"
        cpu_ms = statistics.median(timing.cpu_ms)
        lines.append(
            f"  {timing.name:<28}{timing.median:>8.2f}{spread:>20}{cpu_ms:>9.1f}{timing.searched:>10.0%}"
            f"{timing.crops:>8.2f}{times:>9}"
        )
    return "\n".join(lines)


def _children_cpu_s() -> float:
    """Processor seconds of programs that have ended, and of those that they ran."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def arguments(add: Callable) -> None:
    add("clips", nargs="*", type=Path, metavar="CLIP", help="videos (two that are drawn)")
    add("--model", help="model name or folder (the Reader's own)")
    add("--threads", type=positive, default=2, help="processor threads (2)")
    add("--rounds", type=positive, default=3, help="how often each mode is measured (3)")
    add("--out", type=Path, help="write the figures as JSON to this file")


def run(options: argparse.Namespace) -> int:
    """Measures and prints; returns the exit code."""
    found, model = {}, os.fspath(models.find(options.model))
    with tempfile.TemporaryDirectory() as name:
        folder, clips = Path(name), options.clips
        for kind, images in video_clips.CLIPS.items() if not clips else ():
            print(f"drawing {kind}.mp4", file=sys.stderr, flush=True)
            video_clips.write(ffmpeg.executable(), folder / f"{kind}.mp4", images(_CLIP_S))
        for clip in clips or sorted(folder.glob("*.mp4")):
            timings = measure(clip, model, options.threads, options.rounds, folder)
            print(table(clip.name, timings), flush=True)
            found[clip.name] = [asdict(timing) for timing in timings]
    if options.out:
        report = {"machine": machine.describe(), "model": model, "threads": options.threads, "clips": found}
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0
