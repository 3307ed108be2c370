"""Chooses the recogniser of a Reader: the model's own, another model's, or Tesseract."""

import dataclasses
import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tflite_ocr.errors import ArtifactError
from tflite_ocr.manifest import TFLITE, Recognizer
from tflite_ocr.page import Recognition
from tflite_ocr.recognition import tesseract
from tflite_ocr.recognition.direction import Direction
from tflite_ocr.recognition.recognizer import Decoding, LineRecognizer
from tflite_ocr.selection import Selection, select


class TextRecognizer(Protocol):
    """The methods of every recogniser; see LineRecognizer."""

    def recognize(self, crops: Sequence[np.ndarray], decoding: Decoding | None = None) -> list[Recognition]: ...

    def foreign(self, texts: Sequence[str]) -> list[bool]: ...


@dataclass(frozen=True)
class RecognizerChoice:
    """A recogniser that is not loaded yet: its facts, and what makes it, and its direction classifier if it has one."""

    facts: Recognizer
    load: Callable[[Executor], tuple[TextRecognizer, Direction | None]]


def choose(
    own: Selection,
    wanted: str | os.PathLike | None,
    languages: Sequence[str] | None,
    precision: str | None = None,
    engine: str = TFLITE,
    language_model: bool = True,
) -> RecognizerChoice:
    """Chooses a recogniser beside the model that detects, which is `own`.

    Args:
        wanted: tesseract.NAME, an installed model or its folder; None for the model's own recogniser.
        languages: Languages that the recogniser must read; None for any.
        precision: Of another model, like the engine; None for its default.
        language_model: Whether doubtful words are decided by the recogniser's language model, if it has one.

    Raises:
        ArtifactError: There is no such model, or none that reads the languages.
        MissingDependencyError: Tesseract or the engine is not installed.
    """
    if wanted is None and not own.manifest.recognizers:
        wanted = own.manifest.read_by or None
        if wanted is None:
            raise ArtifactError(
                f"{own.folder}: this model finds text but does not read it; name a recogniser: 'tesseract' or a model "
                "(--recognizer, or recognizer= of Reader)"
            )
    if wanted == tesseract.NAME:
        codes = tesseract.language_codes(languages)
        tesseract.require(codes)
        return RecognizerChoice(
            tesseract.FACTS, lambda executor: (tesseract.TesseractRecognizer(codes, executor), None)
        )
    reading = own if wanted is None else select(wanted, precision, engine)
    if not reading.manifest.recognizers:
        raise ArtifactError(f"{reading.folder}: expected a model with a recogniser, found a detector alone")
    facts = reading.recognizer(languages)
    if not language_model:
        facts = dataclasses.replace(facts, language_model=None)
    return RecognizerChoice(facts, functools.partial(_load, reading, facts))


def _load(reading: Selection, facts: Recognizer, executor: Executor) -> tuple[LineRecognizer, Direction | None]:
    recognizer = LineRecognizer(reading, facts, executor)
    direction = reading.manifest.direction
    if direction is None:
        return recognizer, None
    return recognizer, Direction(reading, direction, executor)
