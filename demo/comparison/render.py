"""Writes the comparison's video: 1920x1080, as long as the clip."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.running import machine
from converters import cache
from demo.comparison import agreement, picture
from demo.comparison.records import Record
from demo.encoding import VideoWriter
from demo.film import fonts, frames
from demo.film.stage import Stage
from tflite_ocr.video.decode import Decoder
from tflite_ocr.video.ffmpeg import executable
from tflite_ocr.video.source import resolve

_FILM = Path(frames.__file__).resolve().parent


def render(
    clip: Path,
    found: dict[str, Record],
    target: Path,
    width: int = 1920,
    on_frame: Callable[[int], object] = lambda count: None,
) -> bool:
    """Draws every frame of the clip with what was read by then.

    Args:
        clip: The video that was read.
        found: Records by role.
        target: The .mp4.
        width: Width of the video in pixels.
        on_frame: Called with the number of frames written so far.

    Returns:
        Whether it was drawn now; False when the target was made of the same before.

    Raises:
        DemoError: The texts beside the clip are not its own.
        VideoReadError: The clip cannot be read.
        VideoWriteError: FFmpeg has failed.
    """
    stamp = target.parent / ".build" / f"{target.stem}.key"
    key = _key(clip, found, width)
    if target.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == key:
        return False
    truth = agreement.read_truth(clip, found["original"].frames)
    steps = list(agreement.follow(found, truth))
    decoder = Decoder(executable(), resolve(clip))
    size, cores, reached = frames.scaled(width), machine.cores(), 0
    stage = Stage(*size)
    pane_size = round(picture.PANE_WIDTH * width / 1920) // 2 * 2, round(picture.PANE_HEIGHT * width / 1920) // 2 * 2
    fps = round(found["original"].fps)
    try:
        with VideoWriter(target, *size, fps, "rgba") as video:
            for frame in decoder.frames():
                while reached < len(steps) and steps[reached].done_s <= frame.time_s:
                    reached += 1
                source = frame.picture
                pane = cv2.resize(source.bgr(), pane_size, interpolation=cv2.INTER_AREA)
                picture.draw(
                    stage,
                    np.dstack([pane[..., ::-1], np.full(pane.shape[:2], 255, np.uint8)]),
                    picture.Clip(source.width, source.height),
                    frame.time_s,
                    found,
                    steps[reached - 1] if reached else None,
                    cores,
                )
                video.write(stage.pixels)
                on_frame(frame.index + 1)
    finally:
        decoder.stop()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key, encoding="utf-8")
    return True


def _key(clip: Path, found: dict[str, Record], width: int) -> str:
    digest = hashlib.sha256(repr((cache.digest_file(clip), found, width, fonts.describe())).encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *sorted(_FILM.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()
