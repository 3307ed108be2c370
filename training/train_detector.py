"""Trains the edge detector on a scene store: the teacher's map pixel by pixel, corrected by what is known."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from converters import edge_weights
from converters.networks.edge_detector import DetectorShape, EdgeDetector
from training import atomic, checkpoints, int8, scene_store
from training.detector_batches import DEV_EVERY, DetectorBatch, DetectorMixture, collate, loader, window
from training.loop import CHECKPOINT, Settings, Training
from training.train_recognizer import autocast, to_input

WEIGHTS = "weights.pt"
_DEV_SEED = 30_000
_DEV_PICTURES = 64
_THRESHOLD = 0.3
# Background pixels that count, for each pixel of text (online hard example mining).
_NEGATIVE_RATIO = 3.0


@dataclass(frozen=True)
class DetectorRun:
    """One training run.

    Attributes:
        folder: Of checkpoints and figures; an existing one is gone on with.
        shape: Of the student.
        settings: Length and rates.
        mixture: What it learns from.
        start: Weights in half precision to start from, as far as they fit the shape; None for random ones.
        workers: Processes that read pictures.
        device: "cpu" or "cuda".
        rounded: Whether activations and kernels are rounded as int8 arithmetic will do it, see training.int8.
    """

    folder: Path
    shape: DetectorShape
    settings: Settings
    mixture: DetectorMixture
    start: Path | None = None
    workers: int = 1
    device: str = "cpu"
    rounded: bool = False


def train(run: DetectorRun) -> Path:
    """Runs or goes on with a training.

    Returns:
        The averaged weights in half precision, inside the run's folder.

    Raises:
        TrainingError: The data or the checkpoint do not fit.
    """
    torch.manual_seed(0)
    device = torch.device(run.device)
    student = EdgeDetector(run.shape)
    if run.start and not (run.folder / CHECKPOINT).is_file():
        checkpoints.copy_fitting(student, edge_weights.detector(run.start).state_dict())
    student = student.to(device, memory_format=torch.channels_last)
    if run.rounded:
        int8.simulate(student)
    facts = {"kind": "detector", "shape": json.loads(json.dumps(vars(run.shape)))}
    training = Training(run.folder, student, run.settings, facts)
    dev = _dev_batches(run.mixture)
    training.run(
        loader(run.mixture, seed=1000 + training.step, workers=run.workers),
        lambda batch: _losses(student, batch, device),
        lambda average: {"iou": mask_iou(average, dev, device)},
    )
    target = run.folder / WEIGHTS
    with atomic.written(target) as file:
        edge_weights.save(file, training.average, edge_weights.DETECTOR)
    return target


def map_loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> dict[str, torch.Tensor]:
    """Cross entropy of hard pixels plus dice, after DB (arXiv 1911.08947, equations 6 to 8) with soft targets.

    Args:
        logits: float32 [N, 1, h, w].
        targets: Probabilities, likewise.
        weights: Likewise, 0 where a pixel does not count.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights
    text = (targets > _THRESHOLD) & (weights > 0)
    wanted = int(min(_NEGATIVE_RATIO * max(int(text.sum()), 500), int((~text).sum())))
    hardest = entropy[~text].topk(wanted).values
    cross = (entropy[text].sum() + hardest.sum()) / max(1, int(text.sum()) + wanted)
    found = torch.sigmoid(logits) * weights
    goal = targets * weights
    dice = 1 - (2 * (found * goal).sum() + 1) / ((found**2).sum() + (goal**2).sum() + 1)
    return {"loss": 5 * cross + dice, "cross": cross, "dice": dice}


def mask_iou(model: EdgeDetector, batches: list[DetectorBatch], device: torch.device) -> float:
    """Intersection over union of the text masks at the decoder's threshold, over all pixels that count."""
    both = either = 0.0
    for batch in batches:
        with torch.inference_mode(), autocast(device):
            found = torch.sigmoid(model(to_input(batch.images, device)).float()).cpu() > _THRESHOLD
        goal, counts = batch.targets > _THRESHOLD, batch.weights > 0
        both += float((found & goal & counts).sum())
        either += float(((found | goal) & counts).sum())
    return both / max(1.0, either)


def _losses(student: EdgeDetector, batch: DetectorBatch, device: torch.device) -> dict[str, torch.Tensor]:
    with autocast(device):
        logits = student(to_input(batch.images, device))
    return map_loss(logits.float(), batch.targets.to(device), batch.weights.to(device))


def _dev_batches(mixture: DetectorMixture) -> list[DetectorBatch]:
    """Windows of the pictures that are not trained on, always the same ones."""
    rng = np.random.default_rng(_DEV_SEED)
    paths = scene_store.names(mixture.store)[::DEV_EVERY][:_DEV_PICTURES]
    windows = [window(rng, scene_store.load(path), mixture.size) for path in paths]
    return [collate(windows[start : start + 8]) for start in range(0, len(windows), 8)]
