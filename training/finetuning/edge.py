"""Fine-tuning of the edge recogniser: from its weights to a converted model."""

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from converters import calibration, edge_weights, pipeline, samples
from converters.networks.edge_recognizer import COLUMN_WIDTH
from converters.sources import edge
from tflite_ocr import files, image
from tflite_ocr.reader import Reader
from training.data.stored_lines import StoredLine
from training.errors import TrainingError
from training.finetuning.accuracy import Accuracy, measure
from training.finetuning.batches import LineFormat
from training.finetuning.data import UserData
from training.finetuning.loop import Student

_log = logging.getLogger(__name__)

PRECISION = "int8"
WEIGHTS_FOLDER = "weights"
# Pictures on which int8 ranges are measured: the user's, and drawn ones beside them so that other text stays readable.
_OWN_LINES, _DRAWN_LINES, _OWN_PAGES, _IMAGES = 96, 48, 16, 24
# Beside the validation lines, to decide whether the language model serves: few lines say little.
_JUDGED_LINES = 500


def student(weights: Path | None = None) -> Student:
    """The edge recogniser in a folder, ready to be fine-tuned.

    Args:
        weights: Folder of detector.pt and recognizer.pt; None for the committed ones.

    Raises:
        ConversionError: A file is absent or holds something else.
    """
    facts = edge.plan(weights).recognizers[0]
    network, charset = edge_weights.recognizer((weights or edge.WEIGHTS_FOLDER) / edge.RECOGNIZER)
    line_format = LineFormat(
        facts.input,
        facts.height,
        facts.stretch,
        multiple=16,
        widest=facts.widths[-1],
        frame_width=COLUMN_WIDTH // network.shape.frames,
    )
    return Student(
        "edge", network, charset, line_format, lambda model, images: model.frames(model(images)), bfloat16=True
    )


def convert(tuned: Student, data: UserData, detector: Path, out: Path, name: str, report=_log.info) -> Path:
    """Writes the weights and converts them to int8; returns the model's folder.

    Args:
        data: Whose lines and pages the ranges of the quantized model are measured on.
        out: The weights are written to out/weights, the model to out/name.

    Raises:
        ConversionError: A stage failed.
        ParityError: The converted network is too far from its source.
    """
    folder = out / WEIGHTS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with files.replacing(folder / edge.RECOGNIZER, parents=True) as file:
        edge_weights.save(file, tuned.network, edge_weights.RECOGNIZER, tuned.charset)
    with files.replacing(folder / edge.DETECTOR, parents=True) as file:
        file.write(detector.read_bytes())
    plan = edge.plan(folder)
    source = dataclasses.replace(plan.source, name=f"{plan.source.name}, fine-tuned")
    settings = pipeline.Settings((PRECISION,), tuple(_images(data)), tuple(_lines(data)))
    plan = dataclasses.replace(plan, name=name, source=source)
    model = pipeline.convert(plan, out, settings, report)[0]
    if not _words_help(model, data):
        report(f"{name}: more of these lines are right without the language model, which is dropped")
        bare = tuple(dataclasses.replace(recognizer, language_model=None) for recognizer in plan.recognizers)
        pipeline.convert(dataclasses.replace(plan, recognizers=bare, attached=()), out, settings, report)
    return model


def converted_accuracy(folder: Path, data: UserData, threads: int) -> Accuracy:
    """Accuracy of a converted model on the validation lines, as a user's program reads them."""
    return _accuracy(Reader(folder, precision=PRECISION, threads=threads), data.validation)


def check_name(name: str) -> None:
    """Raises TrainingError where a model cannot have this name."""
    if not name or name != Path(name).name or name in (".", "..", WEIGHTS_FOLDER):
        raise TrainingError(f"expected a plain name for the model, such as receipts, found {name!r}")


def _words_help(model: Path, data: UserData) -> bool:
    """Whether the language model, which knows words but not the user's codes, reads no fewer of their lines right."""
    lines = [*data.validation, *(data.train[i] for i in _spread(len(data.train), _JUDGED_LINES))]
    helped, alone = (_accuracy(Reader(model, language_model=words), lines).exact for words in (True, False))
    return helped >= alone


def _accuracy(reader: Reader, lines: Sequence[StoredLine]) -> Accuracy:
    read = reader.recognize([line.picture() for line in lines])
    return measure([line.text for line in lines], [result.text for result in read])


def _images(data: UserData) -> list[np.ndarray]:
    own = [image.read(data.pages[i]) for i in _spread(len(data.pages), _OWN_PAGES)]
    return own + calibration.default_images(_IMAGES - len(own))


def _lines(data: UserData) -> list[np.ndarray]:
    own = [data.train[i].picture() for i in _spread(len(data.train), _OWN_LINES)]
    return own + samples.line_crops(None, _DRAWN_LINES)


def _spread(count: int, most: int) -> list[int]:
    """At most `most` indices below `count`, evenly spread."""
    return np.linspace(0, count - 1, min(count, most)).astype(int).tolist()
