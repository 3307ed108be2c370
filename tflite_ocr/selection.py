"""One model, chosen by its name, in one precision, for one engine."""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tflite_ocr import engines, manifest, models
from tflite_ocr import languages as spoken
from tflite_ocr.engines import Networks
from tflite_ocr.errors import ArtifactError
from tflite_ocr.manifest import TFLITE, Detector, DirectionClassifier, Manifest, ModelFile, Recognizer, files_of


@dataclass(frozen=True)
class Selection:
    """A model's folder and facts, and which of its files are used."""

    folder: Path
    manifest: Manifest
    precision: str
    format: str
    networks: Networks

    def files(self, part: Detector | Recognizer | DirectionClassifier) -> list[ModelFile]:
        """The files of a part, in the precision and the format."""
        chosen = [file for file in files_of(part, self.format) if file.precision == self.precision]
        return [self.networks.facts(file) for file in chosen]

    def recognizer(self, languages: Sequence[str] | None) -> Recognizer:
        """The first recogniser that reads all of some languages.

        Raises:
            ArtifactError: There is none.
        """
        for recognizer in self.manifest.recognizers:
            if all(spoken.reads(recognizer, code) for code in languages or ()):
                return recognizer
        known = "; ".join(",".join(spoken.spoken(recognizer)) for recognizer in self.manifest.recognizers)
        raise ArtifactError(
            f"{self.folder}: expected a recogniser for {', '.join(languages or ())}, found {known}; "
            + _advice(languages or ())
        )


def _advice(languages: Sequence[str]) -> str:
    """Which installed models read some languages, or else how to get one."""
    found = []
    for folder in models.installed():
        with contextlib.suppress(ArtifactError):  # broken ones are told by `tflite-ocr models`
            for recognizer in manifest.load(folder).recognizers:
                if all(spoken.reads(recognizer, code) for code in languages):
                    found.append(folder.name)
    return f"installed models that read them: {', '.join(dict.fromkeys(found))}" if found else spoken.advice(languages)


def select(
    model: str | os.PathLike | None, precision: str | None, engine: str, networks: Callable[[Path], Networks] = Networks
) -> Selection:
    """Finds a model, see models.find, and checks that it has what is asked for.

    Args:
        model: Its name or folder; None for the default.
        precision: None for the model's default, or, for an engine without files of that precision, its only one.

    Raises:
        ArtifactError: No such model or precision, or no files for the engine.
        MissingDependencyError: The engine is not installed.
        ValueError: No such engine.
    """
    format = engines.require(engine)
    folder = models.find(model)
    facts = manifest.load(folder)
    available = facts.precisions(format)
    if format != TFLITE and not available:
        raise ArtifactError(
            f"{folder}: expected files for the engine {engine!r}, found none; convert with --format {TFLITE},{format}"
        )
    wanted = precision or facts.default_precision
    if precision is None and wanted not in available and format != TFLITE:
        wanted = available[0]
    if wanted not in available:
        advice = f"there are {', '.join(manifest.PRECISIONS)}"
        if format != TFLITE:
            advice = f"engine {engine!r} has no other"
        elif wanted == manifest.MIXED:
            advice = "make convert SEARCH=POINTS DATA=FOLDER finds it"
        elif wanted in manifest.PRECISIONS:
            advice = f"convert with --precision {wanted}"
        raise ArtifactError(f"{folder}: expected precision {wanted}, found {', '.join(available) or 'none'}; {advice}")
    return Selection(folder, facts, wanted, format, networks(folder))
