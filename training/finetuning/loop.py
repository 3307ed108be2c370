"""Fine-tuning of a recogniser: CTC on a user's lines, measured on others of them, the best weights kept."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from training.data.streams import loader
from training.finetuning import best
from training.finetuning.accuracy import Accuracy, measure
from training.finetuning.batches import Batch, LineFormat, Lines, TuningStream
from training.finetuning.best import Judge, Outcome, Tuning
from training.finetuning.data import UserData
from training.learning import loop, precision, recognizer_loss


@dataclass(frozen=True)
class Student:
    """A recogniser that learns."""

    name: str  # Name of its architecture, kept in checkpoints
    network: nn.Module  # The module, trained in place
    charset: tuple[str, ...]  # Characters by class, class 0 the blank
    line_format: LineFormat  # Its input format of a line
    # From the module and images [N, C, H, W] to logits [N, classes, T]
    logits: Callable[[nn.Module, torch.Tensor], torch.Tensor]
    bfloat16: bool = False  # Whether it may be trained in bfloat16, where that is fast


@dataclass(frozen=True)
class TuneSettings(Tuning):
    """How to fine-tune a recogniser."""

    columns: int = 32 * 256  # Columns of a batch, all lines together
    cased: bool = True  # Whether capitals and small letters are distinguished when the best weights are chosen


def tune(
    student: Student,
    data: UserData,
    settings: TuneSettings,
    folder: Path,
    begun: Callable[[Accuracy], None] | None = None,
) -> Outcome:
    """Fine-tunes a recogniser, or resumes that; see best.tune.

    Args:
        begun: Called with the accuracy at the start before anything is learned.

    Raises:
        TrainingError: The settings make no sense, or the folder holds a training of other data or weights.
        KeyboardInterrupt: It was interrupted; a checkpoint is written.
    """
    settings.check()
    facts = _facts(student, data, settings)
    network = student.network.to(settings.device, memory_format=torch.channels_last)
    _set_training(network)
    validation = data.batches(student.line_format, settings.columns)
    judge = Judge(
        lambda model: read_accuracy(student, model, validation),
        Accuracy,
        lambda found, other: found.better_than(other, settings.cased),
    )
    index = {character: i for i, character in enumerate(student.charset)}

    def batches(step: int) -> Iterable[Batch]:
        lines = Lines(data.train, student.line_format, student.charset, settings.replay, settings.columns)
        return loader(TuningStream(lines, settings.seed + step), settings.workers)

    device = torch.device(settings.device)
    return best.tune(
        folder,
        network,
        settings,
        facts,
        judge,
        batches,
        lambda batch: _losses(student, batch, index, device),
        begun=begun,
    )


def read_accuracy(student: Student, model: nn.Module, batches: list[Batch]) -> Accuracy:
    """Accuracy of a network on batches, in float32, decoded greedily."""
    read = [text for batch in batches for text in read_batch(student, model, batch)]
    return measure([text for batch in batches for text in batch.texts], read)


def read_batch(student: Student, model: nn.Module, batch: Batch) -> list[str]:
    """What a network reads in a batch; frames of the padding count, as at run time."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        logits = student.logits(model, batch.images.to(device)).float().cpu()
    return recognizer_loss.decode(logits, torch.full((len(logits),), logits.shape[2]), student.charset)


def _losses(student: Student, batch: Batch, index: dict[str, int], device: torch.device) -> loop.Losses:
    images = batch.images.to(device).contiguous(memory_format=torch.channels_last)
    with precision.autocast(device, student.bfloat16):
        logits = student.logits(student.network, images)
    frames = torch.full((len(images),), logits.shape[2])
    targets = [[index[character] for character in text] for text in batch.texts]
    return {"loss": recognizer_loss.text_loss(logits.float().cpu(), frames, targets)}


def _set_training(network: nn.Module) -> None:
    """Training mode, in which GPUs run recurrent layers backwards; the statistics of batch norms stay as they are."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _facts(student: Student, data: UserData, settings: TuneSettings) -> dict:
    """Facts that must match to resume a checkpoint."""
    digest = hashlib.sha256()
    for name, tensor in sorted(student.network.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().numpy().tobytes())
    return {
        "kind": f"finetune {student.name}",
        "weights": digest.hexdigest(),
        "data": data.digest(),
        "rate": settings.rate,
        "replay": settings.replay,
        "seed": settings.seed,
        "cased": settings.cased,
    }
