"""Reads the film's script: scenes in their order, what is said in each and when."""

from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError
from demo.film.facts import FilmFacts
from tflite_ocr.errors import MissingDependencyError

SCRIPT = Path(__file__).resolve().parent.parent / "script.yaml"
_LEAD_OUT_S = 0.25  # a sentence ends this long before the next begins
_KEYS = {"kind", "heading", "seconds", "says", "from"}


@dataclass(frozen=True)
class Sentence:
    """What is said and captioned."""

    text: str  # With its figures
    start_s: float  # Since the film's beginning
    end_s: float  # Before this time it has to be said


@dataclass(frozen=True)
class FilmScene:
    """A part of the film."""

    kind: str  # Key of demo.film.scenes.table.SCENES
    heading: str  # Its title
    start_s: float  # Since the film's beginning
    seconds: float  # How long it is
    source_s: float  # For the comparison, the time of it at which this scene begins
    sentences: tuple[Sentence, ...]  # What is said in it

    @property
    def beats(self) -> tuple[float, ...]:
        """When each sentence begins, in seconds since the scene's beginning."""
        return tuple(sentence.start_s - self.start_s for sentence in self.sentences)


@dataclass(frozen=True)
class Script:
    """The film."""

    fps: int  # Pictures a second
    scenes: tuple[FilmScene, ...]  # In their order

    @property
    def seconds(self) -> float:
        """Of the whole film."""
        return sum(scene.seconds for scene in self.scenes)

    @property
    def sentences(self) -> list[Sentence]:
        """Of all scenes."""
        return [sentence for scene in self.scenes for sentence in scene.sentences]


def load(facts: FilmFacts, path: Path = SCRIPT) -> Script:
    """Reads a script and puts the figures in.

    Raises:
        DemoError: The file is absent or is no script; a sentence needs a figure that was not measured and says
            nothing `without`.
        MissingDependencyError: PyYAML is not installed.
    """
    content = _content(path)
    try:
        fps, entries = int(content["film"]["fps"]), list(content["scenes"])
    except (KeyError, TypeError, ValueError):
        raise DemoError(f"{path}: expected film: fps: and scenes:, found something else") from None
    scenes, start_s = [], 0.0
    for number, entry in enumerate(entries, 1):
        name = f"{path}: scene {number}"
        if not isinstance(entry, dict) or not {"kind", "seconds"} <= set(entry) <= _KEYS:
            raise DemoError(f"{name}: expected kind and seconds, and of {sorted(_KEYS)} nothing else; found {entry!r}")
        seconds = entry["seconds"]
        if not isinstance(seconds, int | float) or seconds <= 0:
            raise DemoError(f"{name}: expected seconds above 0, found {seconds!r}")
        if round(seconds * fps) != seconds * fps:
            raise DemoError(f"{name}: expected whole frames, found {seconds} s at {fps} frames per second")
        heading, sentences = _filled(entry.get("heading", ""), facts, name), _sentences(entry, start_s, facts, name)
        scenes.append(FilmScene(entry["kind"], heading, start_s, seconds, float(entry.get("from", 0)), sentences))
        start_s += seconds
    return Script(fps, tuple(scenes))


def _content(path: Path):
    try:
        import yaml
    except ImportError:
        raise MissingDependencyError("expected PyYAML for the script, found none: pip install -e .[demo]") from None
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DemoError(f"{path}: expected a script, found {error}") from None


def _sentences(entry: dict, start_s: float, facts: FilmFacts, name: str) -> tuple[Sentence, ...]:
    said = [
        (float(one["at"]), text)
        for one in entry.get("says") or ()
        if (text := _filled(one["text"], facts, name, one.get("without")))
    ]
    times = [at for at, _ in said] + [float(entry["seconds"])]
    if times != sorted(times) or (said and times[0] < 0):
        raise DemoError(f"{name}: expected times that rise from 0 to {entry['seconds']}, found {times[:-1]}")
    return tuple(
        Sentence(text, start_s + at, start_s + end - _LEAD_OUT_S)
        for (at, text), end in zip(said, times[1:], strict=True)
    )


def _filled(text: str, facts: FilmFacts, name: str, without: str | None = None) -> str:
    """The text with its figures, or `without` where one was not measured; "" leaves the sentence out."""
    found = facts.fill(" ".join(text.split()))
    if found is None and without is not None:
        found = facts.fill(" ".join(without.split()))
    if found is None:
        raise DemoError(f"{name}: {text!r} asks for a figure that the report does not have; say what holds `without`")
    return found
