"""Builds the film: scene after scene, each kept until what it is made of changes; then voice, captions and one file."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import palette
from demo.encoding import VideoWriter, join
from demo.film import captions, fonts, frames, narration
from demo.film.facts import Facts
from demo.film.scenes.table import COMPARISON
from demo.film.script import Scene, Script
from demo.film.stage import Stage

_CODE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class FilmOptions:
    """How the film is built.

    Attributes:
        width: Width in pixels; the height follows.
        voice: Whether it is spoken, where espeak-ng is installed.
    """

    width: int = 1920
    voice: bool = True


@dataclass(frozen=True)
class Film:
    """What was built.

    Attributes:
        video: The film.
        captions: The same captions as .srt.
        spoken: Whether it has a voice.
        rendered: Number of scenes that were drawn now; the others were kept.
    """

    video: Path
    captions: Path
    spoken: bool
    rendered: int


def build(
    script: Script,
    facts: Facts,
    comparison: Path | None,
    target: Path,
    options: FilmOptions,
    on_frame: Callable[[Scene, bool], object] = lambda scene, kept: None,
) -> Film:
    """Builds the film and its captions beside it.

    Args:
        script: Scenes and sentences.
        facts: Figures.
        comparison: Video of the comparison; needed when the script shows it.
        target: The .mp4.
        options: How.
        on_frame: Called for every picture that was drawn, and once with True for every scene that was kept.

    Raises:
        DemoError: A caption does not fit, a sentence cannot be spoken in its time, or the comparison is absent.
        VideoWriteError: FFmpeg has failed. What was drawn is kept, another try continues from there.
    """
    captions.check(script.sentences)
    folder = target.parent / ".build" / "film"
    folder.mkdir(parents=True, exist_ok=True)
    sound = None
    if options.voice and narration.available():
        sound = folder / "narration.wav"
        narration.record(script.sentences, script.seconds, sound)
    size = frames.scaled(options.width)
    stage, parts, rendered = None, [], 0
    for number, scene in enumerate(script.scenes):
        part = folder / f"{number:02d}-{scene.kind}-{_key(scene, script.fps, facts, size, comparison)}.mp4"
        parts.append(part)
        if part.is_file():
            on_frame(scene, True)
            continue
        stage = stage or Stage(*size)
        with VideoWriter(part, *size, script.fps, "rgba") as video:
            for picture in frames.drawn(stage, scene, script.fps, facts, comparison):
                video.write(picture)
                on_frame(scene, False)
        rendered += 1
    for old in set(folder.glob("[0-9][0-9]-*.mp4")) - set(parts):
        old.unlink()
    join(parts, target, sound)
    _write(target.with_suffix(".srt"), captions.srt(script.sentences))
    return Film(target, target.with_suffix(".srt"), sound is not None, rendered)


def _key(scene: Scene, fps: int, facts: Facts, size: tuple[int, int], comparison: Path | None) -> str:
    """Changes with everything that a scene's pictures depend on."""
    digest = hashlib.sha256(repr((scene, fps, facts, size, fonts.describe())).encode())
    for path in (*sorted(_CODE.rglob("*.py")), Path(palette.__file__)):
        digest.update(path.read_bytes())
    if scene.kind == COMPARISON and comparison is not None and comparison.is_file():
        with comparison.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
