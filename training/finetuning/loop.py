"""Fine-tuning of a recogniser: CTC on a user's lines, measured on others of them, the best weights kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from training.errors import TrainingError
from training.finetuning import batches as finetune_batches
from training.finetuning import best as best_of
from training.finetuning.accuracy import Accuracy, measure
from training.finetuning.batches import Batch, LineFormat, TuningStream
from training.finetuning.data import UserData
from training.learning import loop, recognizer_loss

BEST = "best.pt"


@dataclass(frozen=True)
class Student:
    """A recogniser that learns.

    Attributes:
        name: Name of its architecture, kept in checkpoints.
        network: The module, trained in place.
        charset: Characters by class, class 0 the blank.
        line_format: Its input format of a line.
        logits: From the module and images [N, C, H, W] to logits [N, classes, T].
        bfloat16: Whether it may be trained in bfloat16, where that is fast.
    """

    name: str
    network: nn.Module
    charset: tuple[str, ...]
    line_format: LineFormat
    logits: Callable[[nn.Module, torch.Tensor], torch.Tensor]
    bfloat16: bool = False


@dataclass(frozen=True)
class TuneSettings:
    """How to fine-tune.

    Attributes:
        steps: At most.
        rate: Highest learning rate.
        patience: Evaluations without a better one after which it ends.
        evaluate_every: Steps between evaluations.
        replay: Share of drawn lines among those learned, against forgetting.
        columns: Columns of a batch, all lines together.
        workers: Processes that prepare lines.
        seed: Seed of all chance.
        device: "cpu" or "cuda".
        cased: Whether capitals and small letters are distinguished when the best weights are chosen.
    """

    steps: int = 2000
    rate: float = 1e-4
    patience: int = 8
    evaluate_every: int = 100
    replay: float = 0.3
    columns: int = 32 * 256
    workers: int = 1
    seed: int = 0
    device: str = "cpu"
    cased: bool = True

    def check(self) -> None:
        """Raises TrainingError where a value makes no sense, or the device is absent."""
        for name in ("steps", "patience", "evaluate_every"):
            if getattr(self, name) < 1:
                raise TrainingError(f"expected at least 1 for {name}, found {getattr(self, name)}")
        if not 0 <= self.replay < 1:
            raise TrainingError(f"expected a share of drawn lines from 0 to below 1, found {self.replay}")
        if self.rate < 0:
            raise TrainingError(f"expected a learning rate of 0 or more, found {self.rate}")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise TrainingError("expected a GPU that PyTorch can use, found none; choose --device cpu")


@dataclass(frozen=True)
class Outcome:
    """What came of it; the network holds the best weights.

    Attributes:
        before: Accuracy on the validation lines at the start.
        after: The same of the best weights.
        best_step: Step of these; 0 where nothing was better than the start.
        steps: Steps made.
    """

    before: Accuracy
    after: Accuracy
    best_step: int
    steps: int


def tune(
    student: Student,
    data: UserData,
    settings: TuneSettings,
    folder: Path,
    begun: Callable[[Accuracy], None] | None = None,
) -> Outcome:
    """Fine-tunes a recogniser, or continues with that where it was interrupted.

    Args:
        student: Its network is changed in place.
        data: Lines to learn and lines to measure on.
        settings: Lengths and rates.
        folder: Of checkpoints and figures.
        begun: Called with the accuracy at the start before anything is learned.

    Raises:
        TrainingError: The settings make no sense, or the folder holds a training of other data or weights.
        KeyboardInterrupt: It was interrupted; a checkpoint is written.
    """
    settings.check()
    device = torch.device(settings.device)
    facts = _facts(student, data, settings)
    network = student.network.to(device, memory_format=torch.channels_last)
    _set_training(network)
    training = loop.Training(
        folder, network, best_of.schedule(settings.steps, settings.rate, settings.evaluate_every), facts
    )
    validation = finetune_batches.fixed(
        [line.picture() for line in data.validation],
        [line.text for line in data.validation],
        student.line_format,
        settings.columns,
    )
    best = best_of.Best(
        folder / BEST,
        facts,
        lambda model: read_accuracy(student, model, validation),
        Accuracy,
        lambda found, other: found.better_than(other, settings.cased),
    )
    best.begin(training.average)
    if begun:
        begun(best.history[0])
    stream = TuningStream(
        data.train,
        student.line_format,
        student.charset,
        settings.replay,
        settings.columns,
        settings.seed + training.step,
    )
    index = {character: i for i, character in enumerate(student.charset)}

    best_of.run(
        training,
        best,
        settings.patience,
        lambda: finetune_batches.loader(stream, settings.workers),
        lambda batch: _losses(student, batch, index, device),
    )
    network.load_state_dict(best.state)
    network.cpu().eval()
    return Outcome(best.history[0], best.history[best.step], best.step, training.step)


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
    with torch.autocast(device.type, torch.bfloat16, enabled=student.bfloat16 and _fast_bfloat16(device)):
        logits = student.logits(student.network, images)
    frames = torch.full((len(images),), logits.shape[2])
    targets = [[index[character] for character in text] for text in batch.texts]
    return {"loss": recognizer_loss.text_loss(logits.float().cpu(), frames, targets)}


def _fast_bfloat16(device: torch.device) -> bool:
    """Where it is computed in hardware; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in ("amx_bf16", "avx512_bf16", "bf16"))


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
