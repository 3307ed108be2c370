"""Trains the edge recogniser: from the teacher's layers to its own, then on by distillation and CTC."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from converters import edge_weights
from converters.networks.edge_recognizer import EdgeRecognizer, pooled
from synthetic.charset import FOREIGN, edge_charset
from synthetic.pictures.foreign import foreign_line, turned
from synthetic.pictures.lines import draw_run, render_line
from training.data.line_batches import LineBatch, LineStream, by_width
from training.data.real_lines import LineSample, RealLines
from training.data.streams import loader
from training.learning import checkpoints, depthwise, precision, recognizer_loss
from training.learning.loop import Training
from training.runs import lessons
from training.runs.lessons import Lesson
from training.runs.run import Run, to_input
from training.teacher import growth, morph, thinning
from training.teacher.recognizer import TeacherRecognizer

_DEV_LINES = 200  # of each set
_DEV_SEED = 20_000
_FIT_BATCHES = 8
Index, Sets = dict[str, int], dict[str, list[LineBatch]]


@dataclass(frozen=True)
class RecognizerRun(Run):
    """One training run of the recogniser."""

    # Steps from the teacher's layers to the student's, before the run; 0 for none. From `start` only the neck and the
    # head are then taken
    morph_steps: int = 0
    repeat: int = 3  # Times that a batch is learnt from; drawing and teaching take half of the time of a step
    # Share of the lessons that are read at the teacher's height, for the second reading of doubtful words
    tall: float = 0.0
    frozen: bool = False  # Whether only the neck and the head learn, for instance after an average of runs


def train(run: RecognizerRun) -> Path | None:
    """Trains a recogniser, or resumes that; see Run.train.

    Returns:
        See Run.train; None when the run was interrupted before there are any weights.

    Raises:
        TrainingError: The data or the checkpoint do not fit.
    """
    charset = edge_charset()
    teacher = TeacherRecognizer(charset).to(run.device, memory_format=torch.channels_last)
    student = EdgeRecognizer(len(charset), run.shape)
    index = {character: i for i, character in enumerate(charset)}
    dev = _dev_sets(run)
    if run.is_new and not _begin(student, teacher, run, index, dev):
        return None
    student.features.requires_grad_(not run.frozen)
    return run.train(
        student,
        run.facts(edge_weights.RECOGNIZER, charset=list(charset)),
        lambda seed: _lessons(run, teacher, index, seed),
        lambda lesson: _losses(student, lesson, tall=torch.rand(()).item() < run.tall),
        lambda average: evaluate(average, dev, charset, run.device),
        charset,
    )


def evaluate(model: EdgeRecognizer, sets: Sets, charset: tuple[str, ...], device: str) -> dict[str, float]:
    """Share of lines that are read right, without regard to case, spaces and punctuation, by set."""
    scores = {}
    for name, batches in sets.items():
        right = total = 0
        for batch in batches:
            with torch.inference_mode(), precision.autocast(device):
                logits = model.frames(model(to_input(batch.student, device)))
            lengths = batch.columns * model.shape.frames
            read = recognizer_loss.decode(logits.float().cpu(), lengths, charset)
            right += sum(_key(a) == _key(b) for a, b in zip(read, batch.texts, strict=True))
            total += len(read)
        scores[name] = right / max(1, total)
    return scores


def _begin(student: EdgeRecognizer, teacher: TeacherRecognizer, run: RecognizerRun, index: Index, dev: Sets) -> bool:
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
    return [to_input(batch.student, "cpu") for batch in itertools.islice(LineStream(run.mixture, 0), _FIT_BATCHES)]


def _morph(student: EdgeRecognizer, teacher: TeacherRecognizer, run: RecognizerRun, index: Index, dev: Sets) -> bool:
    """Turns the teacher's layers into the student's; False when that was interrupted."""
    features = student.features
    student.features = way = morph.MorphingFeatures(features, teacher.cpu(), _fit_images(run))
    student.to(run.device, memory_format=torch.channels_last)
    teacher.to(run.device)
    depthwise.exempt(student)
    settings = replace(run.settings, steps=run.morph_steps, average=0.99, hold=1.0)  # all of it is as hard
    training = Training(run.folder / "morph", student, settings, run.facts("morph"))

    def losses(lesson: Lesson) -> dict[str, torch.Tensor]:
        way.amount.set(training.step, run.morph_steps)
        parts = _losses(student, lesson)
        return parts | {"loss": parts["loss"] + way.distance, "stem": way.distance}

    stream = _lessons(run, teacher, index, seed=500 + training.step)
    training.run(stream, losses, lambda average: evaluate(average, dev, tuple(index), run.device))
    if training.step < run.morph_steps:
        return False
    way.amount.set(training.step, run.morph_steps)
    morph.settle(training.average.features, features)
    training.average.features = student.features = features
    student.load_state_dict(training.average.state_dict())
    return True


def _lessons(run: RecognizerRun, teacher: TeacherRecognizer, index: Index, seed: int) -> Iterator[Lesson]:
    """Batches with the teacher's answers, each `repeat` times."""
    batches = loader(LineStream(run.mixture, seed), run.workers)
    taught = (_teach(teacher, batch, index, run.device) for batch in batches)
    return lessons.repeated(taught, run.repeat, np.random.default_rng(seed))


def _teach(teacher: TeacherRecognizer, batch: LineBatch, index: Index, device: str) -> Lesson:
    with torch.no_grad(), precision.autocast(device):
        stages, features, logits = teacher(to_input(batch.teacher, device))
    logits = logits[:, :, 0].float()
    read = recognizer_loss.decode(logits.cpu(), batch.columns, list(index))
    texts, trust = recognizer_loss.settle(batch.texts, batch.cased, read)
    targets = [None if text is None else [index[c] for c in text if c in index] for text in texts]
    return Lesson(batch, stages, features[:, :, 0].float(), logits, targets, torch.tensor(trust, device=device))


def _losses(student: EdgeRecognizer, lesson: Lesson, tall: bool = False) -> dict[str, torch.Tensor]:
    """All parts of the loss of a lesson, read at the student's height or, `tall`, at the teacher's."""
    device, columns, frames = lesson.logits.device, lesson.batch.columns, student.shape.frames
    with precision.autocast(device):
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
    return {"loss": sum(recognizer_loss.WEIGHTS[name] * value for name, value in parts.items()), **parts}


def _dev_sets(run: RecognizerRun) -> Sets:
    """Lines that are never trained on: of every real folder, and drawn ones."""
    sets = {folder.name: RealLines([folder], "dev").plain(_DEV_LINES) for folder in dict.fromkeys(run.mixture.real)}
    rng = np.random.default_rng(_DEV_SEED)
    drawn = [render_line(rng, split="dev") for _ in range(_DEV_LINES)]
    rng = np.random.default_rng(_DEV_SEED)
    more = {
        "drawn": drawn,
        "runs": [draw_run(rng) for _ in range(_DEV_LINES)],
        "foreign": [foreign_line(rng) for _ in range(_DEV_LINES)],
        "turned": [turned(line) for line in drawn],
    }
    sets |= {name: [LineSample(line.image_bgr, line.text) for line in lines if line] for name, lines in more.items()}
    return {name: by_width(samples, run.mixture) for name, samples in sets.items()}


def _key(text: str | None) -> str:
    return "".join(c for c in (text or "").lower() if c.isalnum() or c == FOREIGN)
