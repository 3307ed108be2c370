"""Renders the clip, and writes what is in every frame as JSON lines."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.clip.layer import ShownLine
from demo.clip.street import Street
from demo.clip.subtitles import Subtitles
from demo.clip.writing import Board, Credits, Slides
from demo.encoding import VideoWriter

SCENES = (Street, Slides, Credits, Board, Subtitles)


@dataclass(frozen=True)
class ClipOptions:
    """What is rendered.

    Attributes:
        width: Width in pixels, even; text is scaled with the height.
        height: Height in pixels, even.
        fps: Frames a second.
        seconds: Seconds of each of the five scenes.
        seed: Chooses names, numbers and grounds.
    """

    width: int = 1280
    height: int = 720
    fps: int = 30
    seconds: float = 12.0
    seed: int = 6

    @property
    def frames(self) -> int:
        """Of the whole clip."""
        return round(self.seconds * self.fps) * len(SCENES)


# For tests: every scene, few pixels.
SMALL = ClipOptions(640, 360, 15, 1.2)


@dataclass(frozen=True)
class ClipFrame:
    """A frame and its text.

    Attributes:
        index: From 0.
        time_s: Since the clip's beginning.
        scene: Name of its scene.
        image: uint8 BGR [height, width, 3].
        lines: What is in it.
    """

    index: int
    time_s: float
    scene: str
    image: np.ndarray
    lines: list[ShownLine]


def frames(options: ClipOptions) -> Iterator[ClipFrame]:
    """Draws frame after frame; equal options and libraries give equal frames."""
    each = round(options.seconds * options.fps)
    first_id = 1
    for number, scene_type in enumerate(SCENES):
        rng = np.random.default_rng((options.seed, number))
        scene = scene_type(rng, (options.width, options.height), first_id)
        first_id = scene.next_id
        for step in range(each):
            image, lines = scene.draw(step / each)
            index = number * each + step
            yield ClipFrame(index, index / options.fps, scene.name, image, lines)


def render(target: Path, options: ClipOptions, on_frame: Callable[[int], object] = lambda count: None) -> Path:
    """Writes the clip, and its texts beside it in a file of the same name ending in .jsonl.

    Args:
        target: Ends in .mp4.
        options: What is rendered.
        on_frame: Called with the number of frames written so far.

    Returns:
        The path of the texts.

    Raises:
        VideoWriteError: FFmpeg has failed; nothing new is left behind.
    """
    texts = target.with_suffix(".jsonl")
    unfinished = texts.with_name(f".{texts.name}.part")
    try:
        with (
            VideoWriter(target, options.width, options.height, options.fps) as video,
            unfinished.open("w", encoding="utf-8") as listing,
        ):
            for frame in frames(options):
                video.write(frame.image)
                listing.write(json.dumps(record(frame), ensure_ascii=False) + "\n")
                on_frame(frame.index + 1)
        os.replace(unfinished, texts)
    finally:
        unfinished.unlink(missing_ok=True)
    return texts


def record(frame: ClipFrame) -> dict:
    """What the JSON lines say of a frame; corners in pixels with two digits behind the point."""
    return {
        "frame": frame.index,
        "time_s": round(frame.time_s, 6),
        "scene": frame.scene,
        "lines": [
            {"id": line.id, "text": line.text, "quad": np.round(line.quad, 2).tolist(), "ignore": bool(line.ignore)}
            for line in frame.lines
        ],
    }
