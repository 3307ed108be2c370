"""What the commands of `python -m training` do, but for fine-tuning: see training.finetuning.command."""

import argparse
import dataclasses

import cv2

from converters.networks.block_detector import BlockDetectorShape
from converters.networks.edge_detector import DetectorShape
from converters.networks.edge_recognizer import RecognizerShape
from synthetic.letters import fonts
from synthetic.letters import widths as letter_widths
from synthetic.pictures import preview as sheets
from training.data import scene_source, scene_store
from training.data.detector_batches import DetectorMixture
from training.data.line_batches import Mixture
from training.learning import average as averages
from training.learning.loop import LoopSettings
from training.runs import detector as detectors
from training.runs import language_model as language_models
from training.runs import recognizer as recognizers
from training.runs.run import Run
from training.teacher.recognizer import RECOGNIZER_SHAPE


def filled(kind: type, options: argparse.Namespace, **values):
    """A dataclass whose fields are options of the same names, but for those given."""
    named = {field.name: getattr(options, field.name) for field in dataclasses.fields(kind) if field.name in options}
    return kind(**named | values)


def recognizer(options: argparse.Namespace) -> None:
    """Trains the recogniser."""
    stages = zip(RECOGNIZER_SHAPE.gated if options.gates else ((), (), ()), options.blocks, strict=True)
    gated = tuple(tuple(index for index in stage if index < count) for stage, count in stages)
    shape = filled(RecognizerShape, options, blocks=tuple(options.blocks), gated=gated)
    mixture = filled(Mixture, options, real=tuple(options.real), height=shape.height)
    run = filled(
        recognizers.RecognizerRun, options, shape=shape, settings=filled(LoopSettings, options), mixture=mixture
    )
    path = recognizers.train(run)
    if path is None:
        raise KeyboardInterrupt
    print(path)


def detector(options: argparse.Namespace) -> None:
    """Trains the detector."""
    shape = DetectorShape() if options.plain else BlockDetectorShape()
    settings, mixture = filled(LoopSettings, options), filled(DetectorMixture, options)
    print(detectors.train(filled(Run, options, shape=shape, settings=settings, mixture=mixture)))


def scenes(options: argparse.Namespace) -> None:
    """Fills a scene store."""
    named = scene_source.pictures(options.count, options.seed, tuple(options.pages), tuple(options.words))
    added = scene_store.fill(options.out, named, scene_source.Teacher(options.device))
    print(f"{options.out}: {added} pictures added")


def average(options: argparse.Namespace) -> None:
    """Averages recognisers."""
    averages.average(options.weights, options.out, options.shares)
    print(options.out)


def language_model(options: argparse.Namespace) -> None:
    """Counts the n-grams of the language model."""
    language_models.train(options.out, options.lines, options.size, options.seed)
    print(options.out)


def widths(options: argparse.Namespace) -> None:
    """Prints what is known of the widths of letters."""
    print(letter_widths.table(*letter_widths.fitted(letter_widths.measured(fonts.fonts()), options.factors)))


def preview(options: argparse.Namespace) -> None:
    """Draws contact sheets."""
    options.out.mkdir(parents=True, exist_ok=True)
    for name, sheet in (
        ("lines", sheets.line_sheet(options.seed, 25, 6)),
        ("scenes", sheets.scene_sheet(options.seed, 3, 4)),
    ):
        path = options.out / f"{name}.png"
        cv2.imwrite(str(path), sheet)
        print(path)
