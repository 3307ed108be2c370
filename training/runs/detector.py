"""Trains the edge detector on a scene store: the teacher's map pixel by pixel, corrected by what is known."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from converters import edge_weights
from converters.networks.block_detector import BlockDetector, BlockDetectorShape
from converters.networks.edge_detector import DetectorShape
from tflite_ocr import files
from training.data import scene_store
from training.data.detector_batches import DetectorBatch, DetectorMixture, collate, loader, split, window
from training.learning import checkpoints, depthwise, int8
from training.learning.loop import CHECKPOINT, Settings, Training
from training.runs.recognizer import autocast, to_input
from training.teacher import detector_start

WEIGHTS = "weights.pt"
_DEV_SEED = 30_000
_DEV_PICTURES = 64
_START_PICTURES, _START_SIDE = 48, 480
_THRESHOLD = 0.3
# Background pixels that count, for each pixel of text (online hard example mining).
_NEGATIVE_RATIO = 3.0


@dataclass(frozen=True)
class DetectorRun:
    """One training run.

    Attributes:
        folder: Of checkpoints and figures; an existing one is resumed.
        shape: Shape of the student.
        settings: Length and rates.
        mixture: What it learns from.
        start: Weights in half precision to start from, as far as they fit the shape; None for the teacher's layers, or
            for random ones where the shape is another.
        workers: Processes that read pictures.
        device: "cpu" or "cuda".
        rounded: Whether activations and kernels are rounded as int8 arithmetic will do it, see training.learning.int8.
    """

    folder: Path
    shape: BlockDetectorShape | DetectorShape
    settings: Settings
    mixture: DetectorMixture
    start: Path | None = None
    workers: int = 1
    device: str = "cpu"
    rounded: bool = False


def train(run: DetectorRun) -> Path:
    """Runs or continues with a training.

    Returns:
        The averaged weights in half precision, inside the run's folder.

    Raises:
        TrainingError: The data or the checkpoint do not fit.
    """
    torch.manual_seed(0)
    device = torch.device(run.device)
    student = edge_weights.new_detector(run.shape)
    if not (run.folder / CHECKPOINT).is_file():
        if run.start:
            checkpoints.copy_fitting(student, edge_weights.detector(run.start).state_dict())
        elif isinstance(student, BlockDetector):
            errors = detector_start.begin(student, _start_images(run.mixture))
            print("errors of stem, stages and pyramid:", ", ".join(f"{error:.3f}" for error in errors), flush=True)
    student = student.to(device, memory_format=torch.channels_last)
    if run.rounded:
        int8.simulate(student)
    depthwise.exempt(student)
    facts = {"kind": "detector", "shape": json.loads(json.dumps(vars(run.shape)))}
    training = Training(run.folder, student, run.settings, facts)
    dev = _dev_batches(run.mixture)
    training.run(
        loader(run.mixture, seed=1000 + training.step, workers=run.workers),
        lambda batch: losses(student, batch, device),
        lambda average: {f"iou_{kind}": mask_iou(average, batches, device) for kind, batches in dev.items()},
    )
    target = run.folder / WEIGHTS
    with files.replacing(target, parents=True) as file:
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


def mask_iou(model: torch.nn.Module, batches: list[DetectorBatch], device: torch.device) -> float:
    """Intersection over union of the text masks at the decoder's threshold, over all pixels that count."""
    both = either = 0.0
    for batch in batches:
        with torch.inference_mode(), autocast(device):
            found = torch.sigmoid(model(to_input(batch.images, device)).float()).cpu() > _THRESHOLD
        goal, counts = batch.targets > _THRESHOLD, batch.weights > 0
        both += float((found & goal & counts).sum())
        either += float(((found | goal) & counts).sum())
    return both / max(1.0, either)


def losses(student: torch.nn.Module, batch: DetectorBatch, device: torch.device) -> dict[str, torch.Tensor]:
    """See map_loss, of a network on a batch."""
    with autocast(device):
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
    return {
        kind: [collate(windows[start : start + 8]) for start in range(0, len(windows), 8)]
        for kind, windows in found.items()
    }


def _start_images(mixture: DetectorMixture) -> list[torch.Tensor]:
    """Middles of pictures that are trained on, float32 [1, 3, S, S] in [-1, 1]."""
    rng = np.random.default_rng(0)
    kinds = split(mixture)[0]
    paths = [path for kind in kinds.values() for path in rng.permutation(kind)[: _START_PICTURES // 2]]
    images = [scene_store.load(Path(path)).image_bgr for path in paths]
    tops = [(len(image) - _START_SIDE) // 2 for image in images]
    cut = [image[top : top + _START_SIDE, top : top + _START_SIDE] for image, top in zip(images, tops, strict=True)]
    return [to_input(torch.from_numpy(image[None]).permute(0, 3, 1, 2), torch.device("cpu")) for image in cut]
