"""Fine-tuning of the edge detector on a user's pages: what their quads say corrects what it saw before."""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from converters import edge_weights
from converters.sources import edge
from evaluation.labels import Sample
from tflite_ocr import files
from tflite_ocr.manifest import DetectorResize
from training.data import scene_source, scene_store
from training.data.detector_batches import DetectorBatch, DetectorMixture, WindowStream, in_batches, window
from training.data.streams import loader
from training.errors import TrainingError
from training.finetuning import best
from training.finetuning.best import Judge, Outcome, Tuning
from training.learning import depthwise, int8
from training.runs.detector import losses, mask_iou
from training.runs.run import to_input

LEAST_TRAIN, LEAST_VALIDATION = 4, 2
SCENES, HELD = "scenes", "held back"
# Windows of the pages learned from, about, and of one page; drawn scenes beside them are as many by their share.
_WINDOWS, _FEWEST, _MOST = 400, 2, 8
_VALIDATION_WINDOWS = 64
_AVERAGE = 0.99  # decay of the mean of the weights: runs are short


@dataclass(frozen=True)
class Pages:
    """Pages with quads, parted into those to learn from and those to measure on."""

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]


@dataclass(frozen=True)
class Overlap:
    """Intersection over union of a network's text masks on the pages held back, in [0, 1]."""

    iou: float


@dataclass(frozen=True)
class DetectorSettings(Tuning):
    """How to fine-tune a detector."""

    steps: int = 600
    patience: int = 6
    evaluate_every: int = 50
    size: int = 480  # Side of a window in pixels, a multiple of 32
    batch: int = 6  # Windows a step


def pages(samples: Sequence[Sample], held: set[int]) -> Pages:
    """The pages among a folder's samples.

    Args:
        held: Indices of the samples that nothing is learned from.

    Raises:
        TrainingError: There are too few pages whose lines have quads.
    """
    parts: dict[bool, list[Sample]] = {False: [], True: []}
    for index, sample in enumerate(samples):
        if any(label.quad is not None and not label.ignore for label in sample.labels):
            parts[index in held].append(sample)
    if len(parts[False]) < LEAST_TRAIN or len(parts[True]) < LEAST_VALIDATION:
        raise TrainingError(
            f"expected at least {LEAST_TRAIN} pages whose lines have quads to learn from and {LEAST_VALIDATION} for "
            f"validation, found {len(parts[False])} and {len(parts[True])}; the detector learns from images with "
            '"items", each with a text and a quad'
        )
    return Pages(tuple(parts[False]), tuple(parts[True]))


def tune(start: Path, data: Pages, settings: DetectorSettings, folder: Path) -> Outcome:
    """Fine-tunes a detector, or resumes that; see best.tune.

    Args:
        start: Weights in half precision.
        folder: Folder of windows, checkpoints, figures and the best weights, see edge.DETECTOR.

    Raises:
        TrainingError: The folder holds a training of other data or weights.
        KeyboardInterrupt: It was interrupted; a checkpoint is written.
    """
    torch.manual_seed(settings.seed)
    student = edge_weights.detector(start)
    mixture = DetectorMixture(folder / SCENES, settings.size, settings.batch, 1 - settings.replay, held=0)
    facts = {
        "kind": "finetune detector",
        "weights": hashlib.sha256(start.read_bytes()).hexdigest(),
        "data": _digest(data),
        "settings": [settings.rate, settings.replay, settings.seed, settings.size, settings.batch],
    }
    _fill(folder, data, settings, _own_eyes(edge_weights.detector(start).eval()))
    student = student.to(settings.device, memory_format=torch.channels_last)
    int8.simulate(student)
    depthwise.exempt(student)
    validation = _validation(folder / HELD, settings.size)
    outcome = best.tune(
        folder,
        student,
        settings,
        facts,
        Judge(
            lambda model: Overlap(mask_iou(model, validation, settings.device)),
            Overlap,
            lambda found, other: found.iou > other.iou,
        ),
        lambda step: loader(WindowStream(mixture, settings.seed + 1 + step), settings.workers),
        lambda batch: losses(student, batch, settings.device),
        average=_AVERAGE,
    )
    with files.replacing(folder / edge.DETECTOR, parents=True) as file:
        edge_weights.save(file, student, edge_weights.DETECTOR)
    return outcome


def _own_eyes(network: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """What the network saw before it learns: from an image to probabilities [H / 2, W / 2]."""

    def teach(image_bgr: np.ndarray) -> np.ndarray:
        images = torch.from_numpy(np.ascontiguousarray(image_bgr[None])).permute(0, 3, 1, 2)
        with torch.inference_mode():
            return torch.sigmoid(network(to_input(images, "cpu")))[0, 0].float().numpy()

    return teach


def _fill(folder: Path, data: Pages, settings: DetectorSettings, teach: Callable[[np.ndarray], np.ndarray]) -> None:
    """Cuts windows out of the pages and draws scenes; those that are there are kept."""
    resize, seed = edge.RESIZE, settings.seed
    each = max(_FEWEST, min(_MOST, round(_WINDOWS / len(data.train))))
    scene_store.fill(folder / SCENES, _windows(data.train, each, seed, resize), teach)
    held = max(1, min(_MOST, round(_VALIDATION_WINDOWS / len(data.validation))))
    scene_store.fill(folder / HELD, _windows(data.validation, held, seed, resize), teach)
    drawn = round(len(data.train) * each * settings.replay / (1 - settings.replay))
    scene_store.fill(folder / SCENES, scene_source.pictures(drawn, seed), teach)


def _windows(samples: Sequence[Sample], each: int, seed: int, resize: DetectorResize) -> Iterator[tuple[str, Callable]]:
    for number, sample in enumerate(samples):
        for part in range(each):
            name = f"real_{number:05d}_{part}"
            yield name, functools.partial(scene_source.window_of, sample, (seed, number, part), resize)


def _validation(store: Path, size: int) -> list[DetectorBatch]:
    """Windows of the pages held back, always the same ones."""
    return in_batches(
        [
            window(np.random.default_rng(number), scene_store.load(path), size)
            for number, path in enumerate(scene_store.names(store))
        ]
    )


def _digest(data: Pages) -> str:
    digest = hashlib.sha256()
    for sample in (*data.train, *data.validation):
        digest.update(hashlib.sha256(sample.image_path.read_bytes()).digest())
        for label in sample.labels:
            digest.update(repr((label.quad, label.ignore)).encode())
    return digest.hexdigest()
