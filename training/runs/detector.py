"""Trains the edge detector on a scene store: the teacher's map pixel by pixel, corrected by what is known."""

import zlib
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from converters import edge_weights
from converters.networks.block_detector import BlockDetector
from training.data import scene_store
from training.data.detector_batches import DetectorBatch, DetectorMixture, WindowStream, in_batches, split, window
from training.data.streams import loader
from training.learning import checkpoints, precision
from training.runs.run import Run, to_input
from training.teacher import detector_start

_DEV_SEED = 30_000
_DEV_PICTURES = 64
_START_PICTURES, _START_SIDE = 48, 480
_THRESHOLD = 0.3
# Background pixels that count, for each pixel of text (online hard example mining).
_NEGATIVE_RATIO = 3.0


def train(run: Run) -> Path:
    """Trains a detector, or resumes that; see Run.train.

    Raises:
        TrainingError: The data or the checkpoint do not fit.
    """
    torch.manual_seed(0)
    student = edge_weights.new_detector(run.shape)
    if run.is_new and run.start:
        checkpoints.copy_fitting(student, edge_weights.detector(run.start).state_dict())
    elif run.is_new and isinstance(student, BlockDetector):
        errors = detector_start.begin(student, _start_images(run.mixture))
        print("errors of stem, stages and pyramid:", ", ".join(f"{error:.3f}" for error in errors), flush=True)
    dev = _dev_batches(run.mixture)
    return run.train(
        student,
        run.facts(edge_weights.DETECTOR),
        lambda seed: loader(WindowStream(run.mixture, seed), run.workers),
        lambda batch: losses(student, batch, run.device),
        lambda average: {f"iou_{kind}": mask_iou(average, batches, run.device) for kind, batches in dev.items()},
    )


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


def mask_iou(model: torch.nn.Module, batches: list[DetectorBatch], device: str) -> float:
    """Intersection over union of the text masks at the decoder's threshold, over all pixels that count."""
    both = either = 0.0
    for batch in batches:
        with torch.inference_mode(), precision.autocast(device):
            found = torch.sigmoid(model(to_input(batch.images, device)).float()).cpu() > _THRESHOLD
        goal, counts = batch.targets > _THRESHOLD, batch.weights > 0
        both += float((found & goal & counts).sum())
        either += float(((found | goal) & counts).sum())
    return both / max(1.0, either)


def losses(student: torch.nn.Module, batch: DetectorBatch, device: str) -> dict[str, torch.Tensor]:
    """See map_loss, of a network on a batch."""
    with precision.autocast(device):
        logits = student(to_input(batch.images, device))
    return map_loss(logits.float(), batch.targets.to(device), batch.weights.to(device))


def _dev_batches(mixture: DetectorMixture) -> dict[str, list[DetectorBatch]]:
    """Windows of the pictures that are not trained on, always the same ones of a picture; real and drawn apart."""
    found: dict[str, list] = {}
    for path in split(mixture)[1]:
        kind = path.name.partition("_")[0]
        if len(found.setdefault(kind, [])) < _DEV_PICTURES:
            rng = np.random.default_rng((_DEV_SEED, zlib.crc32(path.name.encode())))
            found[kind].append(window(rng, scene_store.load(path), mixture.size))
    return {kind: in_batches(windows) for kind, windows in found.items()}


def _start_images(mixture: DetectorMixture) -> list[torch.Tensor]:
    """Middles of pictures that are trained on, float32 [1, 3, S, S] in [-1, 1]."""
    rng = np.random.default_rng(0)
    kinds = split(mixture)[0]
    paths = [path for kind in kinds.values() for path in rng.permutation(kind)[: _START_PICTURES // 2]]
    images = [scene_store.load(Path(path)).image_bgr for path in paths]
    tops = [(len(image) - _START_SIDE) // 2 for image in images]
    cut = [image[top : top + _START_SIDE, top : top + _START_SIDE] for image, top in zip(images, tops, strict=True)]
    return [to_input(torch.from_numpy(image[None]).permute(0, 3, 1, 2), "cpu") for image in cut]
