"""Writes the comparison's video: 1920x1080, as long as the clip."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.engines.installed import digest
from benchmarks.running import machine
from converters import cache
from demo.comparison import agreement, picture
from demo.comparison.records import Record
from demo.encoding import VideoWriter
from demo.film import fonts, frames
from demo.film.stage import Stage
from tflite_ocr.video.decode import VideoDecoder
from tflite_ocr.video.ffmpeg import executable
from tflite_ocr.video.source import resolve


def render(
    clip: Path,
    found: dict[str, Record],
    target: Path,
    width: int = 1920,
    on_frame: Callable[[int], object] = lambda count: None,
) -> bool:
    """Draws every frame of the clip with what was read by then.

    Returns:
        Whether it was drawn now; False when the target was made of the same before.
    """
    key = {
        "made of": repr((cache.digest_file(clip), found, width, fonts.describe())),
        "code": digest(Path(__file__).parent, Path(frames.__file__).parent),
    }
    truth = agreement.read_truth(clip, found["original"].frames)
    return cache.build(target, key, lambda path: _draw(clip, found, truth, path, width, on_frame))


def _draw(
    clip: Path,
    found: dict[str, Record],
    truth: list[dict] | None,
    target: Path,
    width: int,
    on_frame: Callable[[int], object],
) -> None:
    steps, reached = list(agreement.follow(found, truth)), 0
    decoder, size = VideoDecoder(executable(), resolve(clip)), frames.scaled(width)
    pane_size = tuple(round(side * width / 1920) // 2 * 2 for side in (picture.PANE_WIDTH, picture.PANE_HEIGHT))
    stage = Stage(*size)
    try:
        with VideoWriter(target, *size, round(found["original"].fps), "rgba") as video:
            for frame in decoder.frames():
                while reached < len(steps) and steps[reached].done_s <= frame.time_s:
                    reached += 1
                step = steps[reached - 1] if reached else None
                pane = cv2.resize(frame.picture.bgr(), pane_size, interpolation=cv2.INTER_AREA)
                pane = np.dstack([pane[..., ::-1], np.full(pane.shape[:2], 255, np.uint8)])
                picture.draw(stage, pane, frame.picture.width, frame.time_s, found, step, machine.cores())
                video.write(stage.pixels)
                on_frame(frame.index + 1)
    finally:
        decoder.stop()
