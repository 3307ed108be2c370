"""The command line of the training: parse, call, map an error to an exit code."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tflite_ocr import command_line
from tflite_ocr.arguments import positive

# Kernels that oneDNN keeps: those of every layer, forwards and backwards, for every shape of a batch.
_KERNELS = 16_384


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `python -m training`; returns the exit code."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("synthetic").setLevel(logging.INFO)  # says when it looks at all fonts, which takes minutes
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(_KERNELS))
    options = _parser().parse_args(arguments)
    return command_line.guarded(
        lambda: _run(options),
        command_line.Manner("error: ", interrupted="interrupted; run the same command again to resume"),
    )


def _run(options: argparse.Namespace) -> int:
    """Nothing heavy is imported before."""
    import torch

    if "threads" in options:
        torch.set_num_threads(options.threads)
    module, name = options.run
    getattr(importlib.import_module(module), name)(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Trains the edge model.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _recognizer(commands)
    _detector(commands)
    add = _command(commands, "scenes", "draw pictures for the detector and ask the teacher about them").add_argument
    add("--out", type=Path, required=True, metavar="DIR")
    add("--count", type=positive, default=4000, metavar="N", help="drawn pictures")
    add("--pages", type=Path, nargs="*", default=[], metavar="DIR", help="labelled real pages")
    add("--words", type=Path, nargs="*", default=[], metavar="DIR", help="word crops to paste")
    add("--seed", type=int, default=0)
    _machine(add)
    add = _command(commands, "average", "the mean of recognisers that came from one another").add_argument
    add("weights", type=Path, nargs="+", metavar="FILE", help="weights.pt of runs")
    add("--shares", type=float, nargs="+", default=(), metavar="S", help="weight of each file; equal by default")
    add("--out", type=Path, required=True, metavar="FILE")
    text = "count the n-grams of the corpus, which decide doubtful words"
    add = _command(commands, "language-model", text).add_argument
    add("--out", type=Path, required=True, metavar="FILE", help="language_model.npz")
    add("--lines", type=positive, default=1_000_000, metavar="N", help="drawn from the corpus")
    add("--size", type=positive, default=300_000, metavar="N", help="n-grams that stay, about")
    add("--seed", type=int, default=0)
    text = "print the table of tflite_ocr.letter_widths, measured of this machine's fonts"
    add = _command(commands, "widths", text).add_argument
    add("--factors", type=positive, default=4, metavar="N", help="how many ways fonts differ in")
    _finetune(commands)
    add = _command(commands, "preview", "contact sheets of what is drawn").add_argument
    add("--out", type=Path, default=Path("out"), metavar="DIR")
    add("--seed", type=int, default=0)
    return parser


def _command(commands, name: str, text: str, **more) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, **more)
    command.set_defaults(run=("training.commands", name.replace("-", "_")))
    return command


def _recognizer(commands) -> None:
    add = _training_command(commands, "recognizer", "train the recogniser", steps=12_000)
    add("--real", type=Path, nargs="*", default=[], metavar="DIR", help="folders with labels.jsonl")
    add("--real-share", type=float, default=0.4, metavar="S", help="share of real lines")
    text = "blocks of each stage; the teacher has 3 6 2"
    add("--blocks", type=int, nargs=3, default=(3, 6, 2), metavar="N", help=text)
    text = "keep the teacher's gates, which costs a tenth more time in int8"
    add("--gates", action=argparse.BooleanOptionalAction, default=True, help=text)
    text = "ratio of the channels inside a block to those around it; the teacher has 2"
    add("--expansion", type=float, default=4 / 3, metavar="E", help=text)
    add("--frames", type=positive, default=2, metavar="N", help="CTC frames every 8 columns")
    text = "share of lines in other scripts, and of lines that are upside down"
    add("--foreign", type=float, default=0.05, metavar="S", help=text)
    text = "share of the batches that are read at the teacher's height of 48 pixels instead of 32"
    add("--tall", type=float, default=0.0, metavar="S", help=text)
    text = "lines are read at a random width between this factor and 1 times their own"
    add("--narrowest", type=float, default=1.0, metavar="W", help=text)
    add("--repeat", type=positive, default=3, metavar="N", help="how often each batch is used")
    add("--frozen", action="store_true", help="train only what follows the features: the neck and the head")
    text = "first steps, in which the teacher's layers become the student's; 0: none"
    add("--morph-steps", type=int, default=1000, metavar="N", help=text)


def _detector(commands) -> None:
    add = _training_command(commands, "detector", "train the detector", steps=20_000)
    add("--store", type=Path, required=True, metavar="DIR", help="filled by `scenes`")
    text = "the first edition's network of dense convolutions, from random weights"
    add("--plain", action="store_true", help=text)
    add("--real-share", dest="real", type=float, default=0.5, metavar="S", help="share of real pages")
    add("--size", type=positive, default=480, metavar="N", help="side of a window, in pixels")
    add("--batch", type=positive, default=8, metavar="N", help="windows of a step")


def _finetune(commands) -> None:
    command = _command(
        commands,
        "finetune",
        "let a recogniser learn from your own labelled images",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description="Fine-tunes a recogniser on a folder with labels.jsonl (crops with texts, or full images with "
        "texts and quads) or with EasyOCR's labels.csv, measures it on images held back, and writes a model.",
    )
    command.set_defaults(run=("training.finetuning.command", "run"))
    add = command.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder of labelled images")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the results; run again to resume")
    add("--model", choices=("edge", "easyocr"), default="edge", help="recogniser to start from")
    add("--weights", type=Path, metavar="DIR", help="folder of its weights; edge brings its own")
    add("--langs", default="en", metavar="L[,L]", help="easyocr: languages of the recogniser")
    add("--name", default="finetuned", help="name of the resulting model")
    add("--steps", type=int, default=2000, metavar="N", help="largest number of steps")
    add("--rate", type=float, default=1e-4, metavar="R", help="highest learning rate")
    add("--patience", type=int, default=8, metavar="N", help="stop after this many evaluations without an improvement")
    add("--evaluate-every", type=int, default=100, metavar="N", help="steps between evaluations")
    add("--validation", type=float, default=0.1, metavar="S", help="share of the images that are held out")
    text = "share of drawn lines in the training data, which keeps other text readable"
    add("--replay", type=float, default=0.3, metavar="S", help=text)
    text = "picture: where all labels are in capitals, keep the case that the model reads"
    add("--case", choices=("labels", "picture"), default="labels", help=text)
    text = "write the model even if it reads the held-out images worse than before"
    add("--accept-worse", action="store_true", help=text)
    text = "edge: fine-tune the detector too, on images whose texts have quads"
    add("--detector", action="store_true", help=text)
    add("--detector-steps", type=int, default=600, metavar="N", help="most steps of the detector, as is --steps")
    add("--seed", type=int, default=0, help="seed of the random generators")
    add("--workers", type=int, default=1, metavar="N", help="processes that prepare lines")
    _machine(add)


def _training_command(commands, name: str, text: str, steps: int):
    add = _command(commands, name, text).add_argument
    text = "folder of checkpoints; run again to resume"
    add("--out", dest="folder", type=Path, required=True, metavar="DIR", help=text)
    add("--start", type=Path, metavar="FILE", help="weights to start from")
    add("--steps", type=positive, default=steps, metavar="N", help="steps of the whole run")
    add("--rate", dest="learning_rate", type=float, default=5e-4, metavar="R", help="highest learning rate")
    add("--hours", type=float, metavar="H", help="stop after so long, with a checkpoint")
    add("--int8", dest="rounded", action="store_true", help="round as int8 will: for the last steps of a run")
    add("--evaluate-every", type=positive, default=500, metavar="N", help="steps between evaluations")
    add("--workers", type=int, default=1, metavar="N", help="processes that draw")
    _machine(add)
    return add


def _machine(add) -> None:
    add("--threads", type=positive, default=2, metavar="N", help="threads of PyTorch")
    add("--device", default="cpu", choices=("cpu", "cuda"), help="device of PyTorch")


if __name__ == "__main__":
    sys.exit(main())
