"""Builds the film: scene after scene, each kept until what it is made of changes; then voice, captions and one file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.installed import digest
from benchmarks.report import palette
from converters import cache
from demo.encoding import VideoWriter, join
from demo.film import captions, fonts, frames, narration
from demo.film.facts import FilmFacts
from demo.film.scenes.table import COMPARISON
from demo.film.script import FilmScene, Script
from demo.film.stage import Stage
from tflite_ocr.files import replacing


@dataclass(frozen=True)
class FilmOptions:
    """How the film is built."""

    width: int = 1920  # Width in pixels; the height follows
    voice: bool = True  # Whether it is spoken, where espeak-ng is installed


@dataclass(frozen=True)
class Film:
    """What was built."""

    video: Path  # The film
    captions: Path  # The same captions as .srt
    spoken: bool  # Whether it has a voice
    rendered: int  # Number of scenes that were drawn now; the others were kept


def build(
    script: Script,
    facts: FilmFacts,
    comparison: Path | None,
    target: Path,
    options: FilmOptions,
    on_frame: Callable[[FilmScene, bool], object] = lambda scene, kept: None,
) -> Film:
    """Builds the film and its captions beside it.

    Args:
        comparison: Video of the comparison; needed when the script shows it.
        on_frame: Called for every picture that was drawn, and once with True for every scene that was kept.

    Raises:
        DemoError: A caption does not fit, a sentence cannot be spoken in its time, or the comparison is absent.
        VideoWriteError: FFmpeg has failed. What was drawn is kept, another try continues from there.
    """
    captions.check(script.sentences)
    folder = target.parent / ".build" / "film"
    folder.mkdir(parents=True, exist_ok=True)
    sound = folder / "narration.wav" if options.voice and narration.available() else None
    if sound:
        narration.record(script.sentences, script.seconds, sound)
    size = frames.scaled(options.width)
    stage, parts, rendered = Stage(*size), [], 0
    looks = Path(palette.__file__)
    code = digest(Path(__file__).resolve().parent, looks, looks.with_suffix(".json"))
    for number, scene in enumerate(script.scenes):
        shown = comparison if scene.kind == COMPARISON and comparison is not None and comparison.is_file() else None
        key = {"made of": repr((scene, script.fps, facts, size, fonts.describe())), "code": code}
        key["comparison"] = shown and cache.digest_file(shown)

        def draw(path: Path) -> None:
            with VideoWriter(path, *size, script.fps, "rgba") as video:
                for picture in frames.drawn(stage, scene, script.fps, facts, comparison):
                    video.write(picture)
                    on_frame(scene, False)

        parts.append(folder / f"{number:02d}-{scene.kind}.mp4")
        if cache.build(parts[-1], key, draw):
            rendered += 1
        else:
            on_frame(scene, True)
    for old in set(folder.glob("[0-9][0-9]-*.mp4")) - set(parts):
        old.unlink()
    join(parts, target, sound)
    with replacing(target.with_suffix(".srt")) as stream:
        stream.write(captions.srt(script.sentences).encode())
    return Film(target, target.with_suffix(".srt"), sound is not None, rendered)
