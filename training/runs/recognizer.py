"""Trains the edge recogniser: from the teacher's layers to its own, then on by distillation and CTC."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from converters import edge_weights
from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape, pooled
from synthetic.charset import FOREIGN, edge_charset
from tflite_ocr import files
from training.data.line_batches import LineBatch, Mixture, by_width, loader
from training.data.real_lines import LineSample, RealLines
from training.learning import checkpoints, depthwise, int8, recognizer_loss
from training.learning.loop import CHECKPOINT, Settings, Training
from training.learning.recognizer_loss import Weights
from training.runs import lessons
from training.runs.lessons import Lesson
from training.teacher import growth, morph, thinning
from training.teacher.recognizer import TeacherRecognizer

WEIGHTS = "weights.pt"
_DEV_LINES = 200  # of each set
_DEV_SEED = 20_000
_FIT_BATCHES = 8


@dataclass(frozen=True)
class RecognizerRun:
    """One training run.

    Attributes:
        folder: Of checkpoints and figures; an existing one is resumed.
        shape: Shape of the student.
        settings: Length and rates.
        mixture: What it learns from.
        start: Weights in half precision to start from, as far as they fit the shape.
        morph_steps: Steps on the way from the teacher's layers to the student's, before the run; 0 for none. From
            `start` only the neck and the head are then taken.
        workers: Processes that draw lines.
        repeat: Times that a batch is learnt from; drawing and teaching take half of the time of a step.
        device: "cpu" or "cuda".
        tall: Share of the lessons that are read at the teacher's height, for the second reading of doubtful words.
        rounded: Whether activations and kernels are rounded as int8 arithmetic will do it, see training.learning.int8.
    """

    folder: Path
    shape: RecognizerShape
    settings: Settings
    mixture: Mixture
    start: Path | None = None
    morph_steps: int = 0
    workers: int = 1
    repeat: int = 3
    device: str = "cpu"
    tall: float = 0.0
    rounded: bool = False


def train(run: RecognizerRun) -> Path | None:
    """Runs or continues with a training.

    Returns:
        The averaged weights in half precision, inside the run's folder; None when the run was interrupted before there
        are any.

    Raises:
        TrainingError: The data or the checkpoint do not fit.
    """
    charset = edge_charset()
    device = torch.device(run.device)
    teacher = TeacherRecognizer(charset).to(device, memory_format=torch.channels_last)
    student = EdgeRecognizer(len(charset), run.shape)
    index = {character: i for i, character in enumerate(charset)}
    dev = _dev_sets(run, charset)
    if not (run.folder / CHECKPOINT).is_file() and not _begin(student, teacher, run, index, dev):
        return None
    student = student.to(device, memory_format=torch.channels_last)
    if run.rounded:
        int8.simulate(student)
    depthwise.exempt(student)
    facts = {"kind": "recognizer", "shape": _plain(run.shape), "charset": list(charset)}
    training = Training(run.folder, student, run.settings, facts)
    training.run(
        _lessons(run, teacher, index, seed=1000 + training.step),
        lambda lesson: _losses(student, lesson, Weights(), tall=torch.rand(()).item() < run.tall),
        lambda average: evaluate(average, dev, charset, device),
    )
    target = run.folder / WEIGHTS
    with files.replacing(target, parents=True) as file:
        edge_weights.save(file, training.average, edge_weights.RECOGNIZER, charset)
    return target


def to_input(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """uint8 [N, 3, H, W] -> float32 in [-1, 1]."""
    return images.to(device).float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def evaluate(
    model: EdgeRecognizer, sets: dict[str, list[LineBatch]], charset: tuple[str, ...], device: torch.device
) -> dict[str, float]:
    """Share of lines that are read right, without regard to case, spaces and punctuation, by set."""
    scores = {}
    for name, batches in sets.items():
        right = total = 0
        for batch in batches:
            with torch.inference_mode(), autocast(device):
                logits = model.frames(model(to_input(batch.student, device)))
            lengths = batch.columns * model.shape.frames
            read = recognizer_loss.decode(logits.float().cpu(), lengths, charset)
            right += sum(_key(a) == _key(b) for a, b in zip(read, batch.texts, strict=True))
            total += len(read)
        scores[name] = right / max(1, total)
    return scores


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where matrices are multiplied; on a CPU with AMX, and on a GPU, several times as fast as float32."""
    return torch.autocast(device.type, torch.bfloat16)


def _begin(
    student: EdgeRecognizer,
    teacher: TeacherRecognizer,
    run: RecognizerRun,
    index: dict[str, int],
    dev: dict[str, list[LineBatch]],
) -> bool:
    """Fills the student with the weights to start from; False when that was interrupted."""
    torch.manual_seed(0)
    if run.start:
        model, known = edge_weights.recognizer(run.start)
        thinner = run.shape.expansion < model.shape.expansion and run.shape.blocks == model.shape.blocks
        if thinner and not run.morph_steps:  # else the features are the teacher's
            thinning.thin_all(model.features, _fit_images(run), student.features)
        checkpoints.copy_fitting(student, growth.grown(model, known, run.shape.frames, tuple(index)))
    return not run.morph_steps or _morph(student, teacher, run, index, dev)


def _fit_images(run: RecognizerRun) -> list[torch.Tensor]:
    """Lines as the student sees them, on which what is replaced or taken out is made up for."""
    batches = itertools.islice(loader(run.mixture, seed=0, workers=0), _FIT_BATCHES)
    return [to_input(batch.student, torch.device("cpu")) for batch in batches]


def _morph(
    student: EdgeRecognizer,
    teacher: TeacherRecognizer,
    run: RecognizerRun,
    index: dict[str, int],
    dev: dict[str, list[LineBatch]],
) -> bool:
    """Goes the way from the teacher's layers; False when that was interrupted."""
    device = torch.device(run.device)
    features = student.features
    student.features = way = morph.MorphingFeatures(features, teacher.cpu(), _fit_images(run))
    student.to(device, memory_format=torch.channels_last)
    teacher.to(device)
    depthwise.exempt(student)
    settings = replace(run.settings, steps=run.morph_steps, average=0.99, hold=1.0)  # all of the way is as hard
    training = Training(run.folder / "morph", student, settings, {"kind": "morph", "shape": _plain(run.shape)})

    def losses(lesson: Lesson) -> dict[str, torch.Tensor]:
        way.amount.set(training.step, run.morph_steps)
        parts = _losses(student, lesson, Weights())
        return parts | {"loss": parts["loss"] + way.distance, "stem": way.distance}

    stream = _lessons(run, teacher, index, seed=500 + training.step)
    training.run(stream, losses, lambda average: evaluate(average, dev, tuple(index), device))
    if training.step < run.morph_steps:
        return False
    way.amount.set(training.step, run.morph_steps)
    morph.settle(training.average.features, features)
    training.average.features = student.features = features
    student.load_state_dict(training.average.state_dict())
    return True


def _lessons(run: RecognizerRun, teacher: TeacherRecognizer, index: dict[str, int], seed: int) -> Iterator[Lesson]:
    """Batches with the teacher's answers, each `repeat` times."""
    device = torch.device(run.device)
    taught = (_teach(teacher, batch, index, device) for batch in loader(run.mixture, seed, run.workers))
    return lessons.repeated(taught, run.repeat, np.random.default_rng(seed))


def _teach(teacher: TeacherRecognizer, batch: LineBatch, index: dict[str, int], device: torch.device) -> Lesson:
    with torch.no_grad(), autocast(device):
        stages, features, logits = teacher(to_input(batch.teacher, device))
    logits = logits[:, :, 0].float()
    read = recognizer_loss.decode(logits.cpu(), batch.columns, list(index))
    texts, trust = recognizer_loss.settle(batch.texts, batch.cased, read)
    targets = [None if text is None else [index[c] for c in text if c in index] for text in texts]
    return Lesson(batch, stages, features[:, :, 0].float(), logits, targets, torch.tensor(trust, device=device))


def _losses(student: EdgeRecognizer, lesson: Lesson, weights: Weights, tall: bool = False) -> dict[str, torch.Tensor]:
    """All parts of the loss of a lesson, read at the student's height or, `tall`, at the teacher's."""
    device, columns, frames = lesson.logits.device, lesson.batch.columns, student.shape.frames
    with autocast(device):
        images = lesson.batch.teacher if tall else lesson.batch.student
        *stages, last = student.features.staged(to_input(images, device))
        rows = student.rows(last)
        logits = student.frames(student.logits(rows)).float()
        features = pooled(rows)[:, :, 0].float()
    mask = recognizer_loss.frame_mask(columns, features.shape[2]).to(device)
    parts = {
        "text": recognizer_loss.text_loss(logits.cpu(), columns * frames, lesson.targets).to(device),
        "frames": recognizer_loss.frame_loss(
            recognizer_loss.by_column(logits, frames), lesson.logits, mask, lesson.trust
        ),
        "features": recognizer_loss.feature_loss(features, lesson.features, mask),
        "stages": recognizer_loss.stage_loss(stages, lesson.stages),
    }
    loss = sum(getattr(weights, name) * value for name, value in parts.items())
    return {"loss": loss, **parts}


def _dev_sets(run: RecognizerRun, charset: tuple[str, ...]) -> dict[str, list[LineBatch]]:
    """Lines that are never trained on: of every real folder, and drawn ones."""
    from synthetic.pictures.foreign import foreign_line, turned
    from synthetic.pictures.lines import draw_run, render_line

    sets = {}
    for folder in dict.fromkeys(run.mixture.real):
        sets[folder.name] = by_width(RealLines([folder], "dev").plain(_DEV_LINES), run.mixture)
    rng = np.random.default_rng(_DEV_SEED)
    drawn = [render_line(rng, split="dev") for _ in range(_DEV_LINES)]
    rng = np.random.default_rng(_DEV_SEED)
    more = {
        "runs": [draw_run(rng) for _ in range(_DEV_LINES)],
        "foreign": [line for line in (foreign_line(rng) for _ in range(_DEV_LINES)) if line],
        "turned": [line for line in map(turned, drawn) if line],
    }
    for name, lines in ({"drawn": drawn} | more).items():
        sets[name] = by_width([LineSample(line.image_bgr, line.text) for line in lines], run.mixture)
    return sets


def _key(text: str | None) -> str:
    return "".join(c for c in (text or "").lower() if c.isalnum() or c == FOREIGN)


def _plain(shape: RecognizerShape) -> dict:
    return json.loads(json.dumps(vars(shape)))
