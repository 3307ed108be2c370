"""One picture of the film: its scene, or the comparison's video, and the caption over it."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from demo.errors import DemoError
from demo.film import captions, easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.scenes.table import COMPARISON, SCENES
from demo.film.script import FilmScene
from demo.film.stage import Stage
from tflite_ocr.video.ffmpeg import Process, executable

_LEAVE_S = 0.3


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """Draws a time of a scene, in seconds since its beginning."""
    if scene.kind not in SCENES:
        raise DemoError(f"the script: expected a kind of {', '.join([*SCENES, COMPARISON])}, found {scene.kind!r}")
    stage.clear()
    leaving = easing.share(time_s, scene.seconds - _LEAVE_S, _LEAVE_S)
    with stage.faded(1 - leaving):
        if scene.kind != "title":
            parts.heading(stage, time_s, scene.heading)
        SCENES[scene.kind](stage, time_s, scene, facts)
    captions.draw(stage, scene.start_s + time_s, scene.sentences)


def drawn(stage: Stage, scene: FilmScene, fps: int, facts: FilmFacts, comparison: Path | None) -> Iterator[np.ndarray]:
    """All pictures of a scene, in the stage's memory: uint8 RGBA [h, w, 4].

    Raises:
        DemoError: The comparison is needed, and absent or too short.
    """
    count = round(scene.seconds * fps)
    if scene.kind != COMPARISON:
        for number in range(count):
            draw(stage, number / fps, scene, facts)
            yield stage.pixels
        return
    if comparison is None or not comparison.is_file():
        raise DemoError(f"expected the comparison's video, found none at {comparison}; run python -m demo compare")
    with contextlib.closing(_decoded(comparison, stage.pixels.shape, fps, scene.source_s)) as pictures:
        for number in range(count):
            picture = next(pictures, None)
            if picture is None:
                raise DemoError(f"{comparison}: expected {scene.source_s + scene.seconds} s, found it shorter")
            stage.texts = []
            stage.pixels[:] = picture
            captions.draw(stage, scene.start_s + number / fps, scene.sentences)
            yield stage.pixels


def _decoded(path: Path, shape: tuple[int, ...], fps: int, start_s: float) -> Iterator[np.ndarray]:
    size = f"scale={shape[1]}:{shape[0]}:flags=bicubic:in_color_matrix=bt709"
    arguments = ["-ss", f"{start_s:.6f}", "-i", f"file:{path}", "-vf", f"fps={fps},{size}"]
    process = Process(executable(), [*arguments, *"-f rawvideo -pix_fmt rgba pipe:1".split()], "error", stdout=True)
    try:
        pipe, length = io.BufferedReader(process.popen.stdout), shape[0] * shape[1] * 4
        while len(data := pipe.read(length)) == length:
            yield np.frombuffer(data, np.uint8).reshape(*shape[:2], 4)
    finally:
        process.stop()


def scaled(width: int) -> tuple[int, int]:
    """(width, height) of the film in a width, both even."""
    return width // 2 * 2, round(width * theme.HEIGHT / theme.WIDTH / 2) * 2
