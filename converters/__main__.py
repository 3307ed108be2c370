"""The command line of the converters: parse, choose a source, run the chain, map an error to an exit code."""

import argparse
import dataclasses
import json
import logging
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from converters import arguments
from converters.pruning import options as pruning
from converters.quiet import tensorflow_environment
from converters.search import options as searching
from tflite_ocr import command_line as around
from tflite_ocr.manifest import FORMATS, TFLITE, UNIFORM

tensorflow_environment(os.environ)

# Published beside the precision that a search finds, for comparison.
_BESIDE_MIXED = ("float32", "int8")
DESCRIBE = "describe"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `python -m converters`; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = (_describe_parser() if words[:1] == [DESCRIBE] else _parser()).parse_args(words)
    options.command = shlex.join(["python", "-m", "converters", *words])
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    work = _describe if words[:1] == [DESCRIBE] else _convert
    return around.guarded(
        lambda: work(options),
        around.Manner(
            "error: ",
            interrupted="interrupted; finished stages are kept, run the same command again to resume",
            unwritable="; the result cannot be written: free some space or choose another --out",
        ),
    )


def _convert(options: argparse.Namespace) -> int:
    from converters import naming, sources

    began = time.perf_counter()
    if options.print_folder:
        print(options.out / naming.name_of(options.model, options.name))
        return 0
    thinning, wanted = pruning.thinning_of(options), searching.options_of(options)
    plan = sources.plan_for(options.model, options)  # first: what is wrong with it is said before anything heavy loads
    said = naming.guard(options.out / plan.name, plan, options.replace)
    if said:
        print(said, flush=True)
    from converters import pipeline, publish

    others = tuple(name for name in options.format if name != TFLITE)  # which is always made
    precisions = options.precision or (_BESIDE_MIXED if wanted else UNIFORM)
    settings = pipeline.default_settings(precisions, options.calibration, others)
    settings = dataclasses.replace(settings, thinning=thinning)
    if wanted:
        from converters.search import run

        folder, fresh = run.convert(plan, options.out, settings, wanted, options.command, _report)
    else:
        folder, fresh = pipeline.convert(plan, options.out, settings, _report)
    took = f"{time.perf_counter() - began:.1f} s"
    if not fresh:
        print(f"{folder} is up to date: nothing to do ({took})")
        return 0
    print(f"{folder} is ready ({took}):")
    for path in publish.published(folder):
        print(f"  {path.name:<44} {path.stat().st_size / 1e6:6.1f} MB")
    print("\n".join(_parity(folder)))
    return 0


def _parity(folder: Path) -> list[str]:
    """What the manifest says about how near each network is to its source, a line each."""
    from tflite_ocr import manifest

    shown = (("cosine", "cosine", 6), ("difference", "max_abs_error", 2), ("overlap of masks", "mask_iou", 3))
    lines = ["how near to the source (cosine of the outputs, 1 for the same; largest difference):"]
    for file in manifest.load(folder).files():
        figures = [f"{name} {file.parity[key]:.{digits}g}" for name, key, digits in shown if key in file.parity]
        lines.append(f"  {file.path:<44} {', '.join(figures) or 'not measured'}")
    return lines


def _describe(options: argparse.Namespace) -> int:
    from converters import describe

    if options.schema:
        print(json.dumps(describe.schema(), indent=2))
        return 0
    if not options.files:
        print(
            "error: expected ONNX files to describe, found none; python -m converters describe FILE.onnx ...",
            file=sys.stderr,
        )
        return 2
    print(describe.describe(options.files, options.charset, options.output, options.replace))
    return 0


def _report(line: str) -> None:
    if not line.endswith(" reused"):
        print(line, flush=True)


def _canvas(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) % 32 == 0 and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH in multiples of 32, such as 704x1280, found {text!r}")
    return int(parts[0]), int(parts[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m converters", description="Converts OCR models to TensorFlow Lite, ready for tflite_ocr.Reader."
    )
    add = parser.add_argument
    add(
        "model",
        metavar="MODEL",
        help="edge, ppocr, easyocr, onnx:DET.onnx,REC.onnx[,FACTS.json], torch:MODULE:CLASS[,MODULE:CLASS],FACTS.json "
        "(or .pt2 files), or tensorflow:PATH[,FACTS.json] (checkpoint with .meta, frozen .pb, SavedModel, .h5, "
        ".keras); `describe FILE.onnx ...` writes the FACTS.json of ONNX files, see docs/convert.md",
    )
    add("--name", metavar="NAME", help="of the model and its folder; by default that of the files")
    add("--replace", action="store_true", help="take the place of another model of this name")
    add("--print-folder", action="store_true", help="say where the model would lie, and stop")
    kinds = f"any of {','.join(UNIFORM)}; all by default, with --search {' and '.join(_BESIDE_MIXED)}"
    add("--precision", type=arguments.names_of(UNIFORM), metavar="P[,P]", help=kinds)
    formats = f"any of {','.join(FORMATS)}; .tflite is always made, the others in float32"
    add("--format", type=arguments.names_of(FORMATS), default=(), metavar="F[,F]", help=formats)
    add("--langs", default="en", metavar="L[,L]", help="easyocr: languages to read")
    weights = "folder of checkpoints, instead of a download; torch: checkpoints, with commas between"
    add("--weights", type=Path, metavar="PATH", help=weights)
    canvas = "easyocr: where its detector is calibrated; onnx, tensorflow: sizes of the detector"
    add("--canvas", type=_canvas, nargs="+", metavar="HxW", help=canvas)
    reads = "of a detector alone: what reads the text that it finds, tesseract or an installed model"
    add("--recognizer", default="tesseract", metavar="NAME", help=reads)
    add("--charset", choices=("latin", "full"), default="latin", help="ppocr: classes of the head")
    add("--calibration", type=Path, metavar="DIR", help="own images for int8; rendered ones otherwise")
    pruning.add_arguments(parser)
    searching.add_arguments(parser)
    add("--out", type=Path, default=Path("artifacts"), metavar="DIR", help="folder of all models")
    return parser


def _describe_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m converters {DESCRIBE}",
        description="Looks at ONNX files and writes the JSON that describes them, with what it cannot know marked as "
        '"?"; see docs/convert.md.',
    )
    parser.add_argument("command", choices=(DESCRIBE,), help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.onnx")
    parser.add_argument("--charset", type=Path, metavar="FILE", help="characters of the recogniser, one a line")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="by default beside the first file")
    parser.add_argument("--replace", action="store_true", help="overwrite a description that is there")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of descriptions, and stop")
    return parser


if __name__ == "__main__":
    sys.exit(main())
