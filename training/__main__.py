"""The command line of the training: parse, call, map an error to an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tflite_ocr import command_line
from tflite_ocr.arguments import positive
from training.finetuning import command as finetune

# Kernels that oneDNN keeps: those of every layer, forwards and backwards, for every shape of a batch.
_KERNELS = 16_384


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `python -m training`; returns the exit code."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(_KERNELS))
    options = _parser().parse_args(arguments)
    return command_line.guarded(
        lambda: options.run(options),
        command_line.Manner("error: ", interrupted="interrupted; run the same command again to resume"),
    )


def _recognizer(options: argparse.Namespace) -> int:
    import torch

    from converters.networks.edge_recognizer import RecognizerShape
    from training.data.line_batches import Mixture
    from training.runs.recognizer import RecognizerRun, train
    from training.teacher.recognizer import RECOGNIZER_SHAPE

    torch.set_num_threads(options.threads)
    gated = RECOGNIZER_SHAPE.gated if options.gates else ((), (), ())
    gated = tuple(
        tuple(index for index in stage if index < count) for stage, count in zip(gated, options.blocks, strict=True)
    )
    shape = RecognizerShape(
        blocks=tuple(options.blocks), gated=gated, expansion=options.expansion, frames=options.frames
    )
    mixture = Mixture(
        real=tuple(options.real),
        real_share=options.real_share,
        height=shape.height,
        narrowest=options.narrowest,
        foreign=options.foreign,
    )
    path = train(
        RecognizerRun(
            options.out,
            shape,
            _settings(options),
            mixture,
            start=options.start,
            morph_steps=options.morph_steps,
            workers=options.workers,
            repeat=options.repeat,
            device=options.device,
            tall=options.tall,
            rounded=options.int8,
        )
    )
    if path is None:
        raise KeyboardInterrupt
    print(path)
    return 0


def _detector(options: argparse.Namespace) -> int:
    import torch

    from converters.networks.block_detector import BlockDetectorShape
    from converters.networks.edge_detector import DetectorShape
    from training.data.detector_batches import DetectorMixture
    from training.runs.detector import DetectorRun, train

    torch.set_num_threads(options.threads)
    mixture = DetectorMixture(options.store, size=options.size, batch=options.batch, real=options.real_share)
    shape = DetectorShape() if options.plain else BlockDetectorShape()
    path = train(
        DetectorRun(
            options.out,
            shape,
            _settings(options),
            mixture,
            start=options.start,
            workers=options.workers,
            device=options.device,
            rounded=options.int8,
        )
    )
    print(path)
    return 0


def _scenes(options: argparse.Namespace) -> int:
    import torch

    from training.data import scene_source, scene_store

    torch.set_num_threads(options.threads)
    named = scene_source.pictures(options.count, options.seed, tuple(options.pages), tuple(options.words))
    added = scene_store.fill(options.out, named, scene_source.Teacher(options.device))
    print(f"{options.out}: {added} pictures added")
    return 0


def _average(options: argparse.Namespace) -> int:
    from training.learning import average

    average.average(options.weights, options.out)
    print(options.out)
    return 0


def _language_model(options: argparse.Namespace) -> int:
    from training.runs import language_model

    language_model.train(options.out, options.lines, options.size, options.seed)
    print(options.out)
    return 0


def _preview(options: argparse.Namespace) -> int:
    import cv2

    from synthetic.pictures import preview, preview_scenes

    options.out.mkdir(parents=True, exist_ok=True)
    for name, sheet in (
        ("lines", preview.line_sheet(options.seed, 25, 6)),
        ("scenes", preview_scenes.scene_sheet(options.seed, 3, 4)),
    ):
        path = options.out / f"{name}.png"
        cv2.imwrite(str(path), sheet)
        print(path)
    return 0


def _settings(options: argparse.Namespace):
    from training.learning.loop import Settings

    return Settings(
        options.steps, learning_rate=options.rate, evaluate_every=options.evaluate_every, hours=options.hours
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Trains the edge model.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    recognizer = _training_command(commands, "recognizer", "train the recogniser", _recognizer, steps=12_000)
    recognizer.add_argument("--real", type=Path, nargs="*", default=[], metavar="DIR", help="folders with labels.jsonl")
    recognizer.add_argument("--real-share", type=float, default=0.4, metavar="S", help="share of real lines")
    recognizer.add_argument(
        "--blocks",
        type=int,
        nargs=3,
        default=(3, 6, 2),
        metavar="N",
        help="blocks of each stage; the teacher has 3 6 2",
    )
    recognizer.add_argument(
        "--gates",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep the teacher's gates, for a tenth of the time in int8 more",
    )
    recognizer.add_argument(
        "--expansion",
        type=float,
        default=4 / 3,
        metavar="E",
        help="channels inside a block to those around it; the teacher has 2",
    )
    recognizer.add_argument("--frames", type=positive, default=2, metavar="N", help="CTC frames every 8 columns")
    recognizer.add_argument(
        "--foreign",
        type=float,
        default=0.05,
        metavar="S",
        help="share of lines in other scripts, and of lines that are upside down",
    )
    recognizer.add_argument(
        "--tall",
        type=float,
        default=0.0,
        metavar="S",
        help="share of the lessons that are read at the teacher's 48 pixels instead of 32",
    )
    recognizer.add_argument(
        "--narrowest",
        type=float,
        default=1.0,
        metavar="W",
        help="lines are read at a random width between this factor and 1 times their own",
    )
    recognizer.add_argument("--repeat", type=positive, default=3, metavar="N", help="times that a batch is learnt from")
    recognizer.add_argument(
        "--morph-steps",
        type=int,
        default=1000,
        metavar="N",
        help="steps from the teacher's layers to the student's, before the others; 0: none",
    )
    detector = _training_command(commands, "detector", "train the detector", _detector, steps=20_000)
    detector.add_argument("--store", type=Path, required=True, metavar="DIR", help="filled by `scenes`")
    detector.add_argument(
        "--plain", action="store_true", help="the first edition's layers of dense convolutions, from random weights"
    )
    detector.add_argument("--real-share", type=float, default=0.5, metavar="S", help="share of real pages")
    detector.add_argument("--size", type=positive, default=480, metavar="N", help="side of a window, in pixels")
    detector.add_argument("--batch", type=positive, default=8, metavar="N", help="windows of a step")
    scenes = commands.add_parser("scenes", help="draw pictures for the detector and ask the teacher about them")
    scenes.set_defaults(run=_scenes)
    scenes.add_argument("--out", type=Path, required=True, metavar="DIR")
    scenes.add_argument("--count", type=positive, default=4000, metavar="N", help="drawn pictures")
    scenes.add_argument("--pages", type=Path, nargs="*", default=[], metavar="DIR", help="labelled real pages")
    scenes.add_argument("--words", type=Path, nargs="*", default=[], metavar="DIR", help="word crops to paste")
    scenes.add_argument("--seed", type=int, default=0)
    _machine(scenes)
    average = commands.add_parser("average", help="the mean of recognisers that came from one another")
    average.set_defaults(run=_average)
    average.add_argument("weights", type=Path, nargs="+", metavar="FILE", help="weights.pt of runs")
    average.add_argument("--out", type=Path, required=True, metavar="FILE")
    language = commands.add_parser("language-model", help="count the corpus's characters: what decides doubtful words")
    language.set_defaults(run=_language_model)
    language.add_argument("--out", type=Path, required=True, metavar="FILE", help="language_model.npz")
    language.add_argument("--lines", type=positive, default=1_000_000, metavar="N", help="drawn from the corpus")
    language.add_argument("--size", type=positive, default=300_000, metavar="N", help="n-grams that stay, about")
    language.add_argument("--seed", type=int, default=0)
    finetune.add_command(commands)
    preview = commands.add_parser("preview", help="contact sheets of what is drawn")
    preview.set_defaults(run=_preview)
    preview.add_argument("--out", type=Path, default=Path("out"), metavar="DIR")
    preview.add_argument("--seed", type=int, default=0)
    return parser


def _training_command(commands, name: str, text: str, run, steps: int) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    command.set_defaults(run=run)
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of checkpoints; run again to resume"
    )
    command.add_argument("--start", type=Path, metavar="FILE", help="weights to start from")
    command.add_argument("--steps", type=positive, default=steps, metavar="N")
    command.add_argument("--rate", type=float, default=5e-4, metavar="R", help="highest learning rate")
    command.add_argument("--hours", type=float, metavar="H", help="stop after so long, with a checkpoint")
    command.add_argument("--int8", action="store_true", help="round as int8 will: for the last steps of a run")
    command.add_argument("--evaluate-every", type=positive, default=500, metavar="N", help="steps")
    command.add_argument("--workers", type=int, default=1, metavar="N", help="processes that draw")
    _machine(command)
    return command


def _machine(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=positive, default=2, metavar="N", help="of PyTorch")
    command.add_argument("--device", default="cpu", choices=("cpu", "cuda"))


if __name__ == "__main__":
    sys.exit(main())
