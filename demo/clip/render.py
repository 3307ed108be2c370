"""Renders the clip, and writes what is in every frame as JSON lines."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.clip.layer import ShownLine
from demo.clip.street import Street
from demo.clip.subtitles import Subtitles
from demo.clip.writing import Board, Credits, Slides
from demo.encoding import VideoWriter
from tflite_ocr.files import replacing

SCENES = (Street, Slides, Credits, Board, Subtitles)


@dataclass(frozen=True)
class ClipOptions:
    """What is rendered."""

    width: int = 1280  # Width in pixels, even; text is scaled with the height
    height: int = 720  # Height in pixels, even
    fps: int = 30  # Frames per second
    seconds: float = 12.0  # Seconds of each of the five scenes
    seed: int = 6  # Chooses names, numbers and grounds

    @property
    def frames(self) -> int:
        """Of the whole clip."""
        return round(self.seconds * self.fps) * len(SCENES)


# For tests: every scene, few pixels.
SMALL = ClipOptions(640, 360, 15, 1.2)


@dataclass(frozen=True)
class ClipFrame:
    """A frame and its text."""

    index: int  # From 0
    time_s: float  # Since the clip's beginning
    scene: str  # Name of its scene
    image: np.ndarray  # uint8 BGR [height, width, 3]
    lines: list[ShownLine]  # What is in it


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

    Returns:
        The path of the texts.

    Raises:
        VideoWriteError: FFmpeg has failed; nothing new is left behind.
    """
    texts = target.with_suffix(".jsonl")
    with VideoWriter(target, options.width, options.height, options.fps) as video, replacing(texts) as listing:
        for frame in frames(options):
            video.write(frame.image)
            listing.write((json.dumps(record(frame), ensure_ascii=False) + "\n").encode())
            on_frame(frame.index + 1)
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
