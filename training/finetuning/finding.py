"""What the detector of a fine-tuned model finds: learned, measured before and after, and refused where it is less."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.detection import detection_counts
from evaluation.labels import Sample
from evaluation.texts import MatchCounts
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
class Finding:
    """What the report says of the detector."""

    outcome: Outcome  # Of its training
    before: MatchCounts  # What the model before finds
    written: MatchCounts  # What the model that was written finds

    def figures(self) -> dict:
        """As JSON."""
        return {
            "steps": self.outcome.steps,
            "best_step": self.outcome.best_step,
            "iou": {"before": self.outcome.before.iou, "after": self.outcome.after.iou},
            **{
                name: {"labels": found.true, "precision": found.precision, "recall": found.recall, "hmean": found.f1}
                for name, found in (("before", self.before), ("written", self.written))
            },
        }

    def refusal(self) -> str:
        """Why the model that was written is not called ready; "" where it finds no less than before."""
        if self.written.f1 >= self.before.f1 - _WORSE:
            return ""
        return (
            f"expected a model that finds at least as much as before, found an H-mean of {self.written.f1:.3f}, "
            f"{self.before.f1:.3f} before; try more pages or more --replay, check the quads, or drop "
            "--detector; --accept-worse takes it as it is"
        )


def find(reader: Reader, samples: Sequence[Sample]) -> MatchCounts:
    """What a model finds on labelled pages, as a user's program finds it, by the protocol of evaluation.detection."""
    counts = MatchCounts()
    for sample in samples:
        marked = [label for label in sample.labels if label.quad is not None]
        asked, ignored = (
            [np.float32(label.quad) for label in marked if label.ignore == ignore] for ignore in (False, True)
        )
        counts += detection_counts(list(reader.detect(sample.image_path)), asked, ignored)
    return counts


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
    settings = DetectorSettings(steps=min(options.steps, options.detector_steps), **shared).drawable(
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
    print(f"\n{figures[0].true} labelled quads of {len(pages.validation)} held-out pages:")
    for name, found in zip(("before", "int8 .tflite"), figures, strict=True):
        print(f"{name:<12}   precision {found.precision:.3f}   recall {found.recall:.3f}   H-mean {found.f1:.3f}")
    return Finding(outcome, *figures)
