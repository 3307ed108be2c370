"""What the detector of a fine-tuned model finds: learned, measured before and after, and refused where it is less."""

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.detection import detection_counts
from evaluation.labels import Sample
from synthetic.pictures.scenes import render_scene
from tflite_ocr import Reader
from training.finetuning import data as finetune_data
from training.finetuning import detector as finetune_detector
from training.finetuning import labels as finetune_labels
from training.finetuning.best import Outcome
from training.finetuning.detector import DetectorSettings, Pages

# The H-mean may fall by this before a model counts as worse: what rounding to int8 moves.
_WORSE = 0.005


@dataclass(frozen=True)
class FoundLabels:
    """How much of the labelled text is found on the pages held back, by the protocol of evaluation.detection."""

    labels: int  # How many are asked for
    # precision, recall, hmean: In [0, 1]; the last is their harmonic mean
    precision: float
    recall: float
    hmean: float

    def finds_less_than(self, other: "FoundLabels") -> bool:
        """Whether it is worse by more than rounding to int8 costs."""
        return self.hmean < other.hmean - _WORSE


@dataclass(frozen=True)
class Finding:
    """What the report says of the detector."""

    outcome: Outcome  # Of its training
    before: FoundLabels  # What the model before finds
    written: FoundLabels  # What the model that was written finds

    def figures(self) -> dict:
        """As JSON."""
        return {
            "steps": self.outcome.steps,
            "best_step": self.outcome.best_step,
            "iou": {"before": self.outcome.before.iou, "after": self.outcome.after.iou},
            "before": dataclasses.asdict(self.before),
            "written": dataclasses.asdict(self.written),
        }

    def refusal(self) -> str:
        """Why the model that was written is not called ready; "" where it finds no less than before."""
        if not self.written.finds_less_than(self.before):
            return ""
        return (
            f"expected a model that finds no less than before, found an H-mean of {self.written.hmean:.3f}, "
            f"{self.before.hmean:.3f} before; try more pages or more --replay, look at the quads, or leave out "
            "--detector; --accept-worse takes it as it is"
        )


def find(reader: Reader, samples: Sequence[Sample]) -> FoundLabels:
    """What a model finds on labelled pages, as a user's program finds it."""
    matched = wrong = true = 0
    for sample in samples:
        marked = [label for label in sample.labels if label.quad is not None]
        quads = reader.detect(sample.image_path)
        asked, ignored = (
            [np.float32(label.quad) for label in marked if label.ignore == ignore] for ignore in (False, True)
        )
        counts = detection_counts(list(quads), asked, ignored)
        matched, wrong, true = matched + counts.matched, wrong + counts.found - counts.matched, true + counts.true
    precision, recall = matched / max(1, matched + wrong), matched / max(1, true)
    return FoundLabels(true, precision, recall, 2 * precision * recall / max(1e-9, precision + recall))


def pages_of(options: argparse.Namespace) -> Pages:
    """The pages with quads of the folder that the command line names.

    Raises:
        TrainingError: There are too few.
    """
    samples = finetune_labels.load(options.data)[1]
    return finetune_detector.pages(samples, finetune_data.held_back(len(samples), options.validation, options.seed))


def learn(options: argparse.Namespace, start: Path, pages: Pages, folder: Path) -> Outcome:
    """Fine-tunes the detector that begins with a file of weights, in a folder; says what came of it."""
    shared = {name: getattr(options, name) for name in ("rate", "replay", "workers", "seed", "device")}
    settings = DetectorSettings(steps=options.detector_steps, **shared).drawable(
        lambda rng: render_scene(rng, 64, 64), "no scenes are drawn beside your pages, so that other text may be missed"
    )
    outcome = finetune_detector.tune(start, pages, settings, folder)
    print(
        f"detector: {outcome.steps} steps, of which step {outcome.best_step} is the best: what it sees overlaps the "
        f"text by {outcome.after.iou:.3f} (IoU), {outcome.before.iou:.3f} before"
    )
    return outcome


def compare(outcome: Outcome, pages: Pages, before: Path, written: Path, threads: int) -> Finding:
    """What two converted models find on the pages held back; says both."""
    figures = [find(Reader(folder, threads=threads), pages.validation) for folder in (before, written)]
    print(f"\n{figures[0].labels} labelled quads of {len(pages.validation)} pages held back:")
    for name, found in zip(("before", "int8 .tflite"), figures, strict=True):
        print(f"{name:<12}   precision {found.precision:.3f}   recall {found.recall:.3f}   H-mean {found.hmean:.3f}")
    return Finding(outcome, *figures)
