"""python -m benchmarks: what a converted model is worth beside every engine that one would otherwise take.

    python -m benchmarks [run] [MODEL ...] [--data DIR ...] [--quick]    measures and writes artifacts/report
    python -m benchmarks compare OLD NEW                                 what changed between two reports
    python -m benchmarks profile MODEL                                   where the time goes, operator by operator
    python -m benchmarks record                                          measures on a GPU, to be kept
    python -m benchmarks everyday [MODEL ...] [--rapidocr]               how much of each kind of picture is read
    python -m benchmarks rapidocr DATA ...                               F1 and time a page beside RapidOCR, interleaved
    python -m benchmarks coldstart [IMAGE]                               first reading of a new process, peak memory
    python -m benchmarks pruned WHOLE PRUNED                             time of two conversions' networks, interleaved
    python -m benchmarks video [CLIP ...]                                frames a second
    python -m benchmarks video-memory [CLIP]                             peak memory over minutes of video
    python -m benchmarks video-texts CLIP                                which of a clip's texts were found
    python -m benchmarks chains MODEL                                    our conversion beside onnx2tf and litert-torch

Each takes --help.
"""

import argparse
import importlib
import os
import shlex
import sys
from pathlib import Path

from benchmarks.engines import table
from benchmarks.measures import network_runs, run, sets
from benchmarks.report import summary
from benchmarks.running import machine
from benchmarks.running.cells import Cells
from benchmarks.running.eta import Progress
from benchmarks.running.protocol import Choice
from benchmarks.running.schedule import Limits
from evaluation import quality
from tflite_ocr import command_line, models
from tflite_ocr.arguments import positive

# Sub-commands beside `run`, and the modules that answer them.
PARTS = {
    "compare": "benchmarks.tools.compare",
    "profile": "benchmarks.tools.profile",
    "record": "benchmarks.tools.record",
    "everyday": "benchmarks.measures.everyday",
    "rapidocr": "benchmarks.measures.compare_rapidocr",
    "coldstart": "benchmarks.measures.coldstart",
    "pruned": "benchmarks.measures.pruned",
    "video": "benchmarks.measures.video",
    "video-memory": "benchmarks.measures.video_memory",
    "video-texts": "benchmarks.measures.video_texts",
    "chains": "benchmarks.measures.chains.command",
}
_ENGINES = (*table.PIPELINES, *table.NETWORKS)
_QUICK_LIMITS = Limits(start_s=120, call_s=30, cell_s=90)
# Images of a set in a quick run, by its kind.
_QUICK_IMAGES = {quality.PAGES: 5, quality.PAGE_TEXT: 1, quality.LINES: 20, sets.EVERYDAY: 10}


def main(arguments: list[str] | None = None) -> int:
    """Runs a part of the benchmarks; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments and arguments[0] in PARTS:
        return importlib.import_module(PARTS[arguments[0]]).main(arguments[1:])
    if arguments and arguments[0] == "run":
        arguments = arguments[1:]
    options = _parser().parse_args(arguments)
    return command_line.guarded(
        lambda: _run(options, arguments),
        command_line.Manner(
            "error: ",
            interrupted="interrupted; what is finished is kept, and the same command resumes",
            missing="pip install 'tflite-ocr[bench]'",
        ),
    )


def _run(options: argparse.Namespace, arguments: list[str]) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from benchmarks.report.build import build

    plan = _plan(options, arguments)
    progress = Progress()
    try:
        report = run.run(plan, Cells(options.out / "cells", options.fresh), progress)
    finally:
        progress.close()
    print(summary.text(report))
    for path in build(report, options.out)[:3]:
        print(path)
    return 0


def _plan(options: argparse.Namespace, arguments: list[str]) -> run.Plan:
    folders = [models.find(model) for model in options.models or [None]]
    limits = _QUICK_IMAGES if options.quick else {}
    if options.limit:
        limits = dict.fromkeys(_QUICK_IMAGES, options.limit)
    found = sets.load_all(options.data, limits) if options.data else sets.built_in(options.out, limits)
    return run.Plan(
        choice=Choice(tuple(folders), options.threads, options.quick, options.out / "build", options.weights),
        engines=options.engines,
        sets=tuple(found),
        rounds=options.rounds or 3,
        network_rounds=network_runs.QUICK_ROUNDS if options.quick else 15,
        starts=2 if options.quick else 5,
        limits=_QUICK_LIMITS if options.quick else Limits(),
        command=shlex.join(["python", "-m", "benchmarks", *arguments]),
        quick=options.quick,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("models", nargs="*", metavar="MODEL", help="names or folders of converted models (default: the Reader's own)")
    add("--data", nargs="+", type=Path, metavar="DIR", help="folders with labels.jsonl (default: drawn sets)")
    add("--quick", action="store_true", help="few images, the main engines: under three minutes")
    add("--out", type=Path, default=Path("artifacts/report"), help="folder of the report (default: artifacts/report)")
    add("--engines", type=_engines, default=_ENGINES, help=f"of {','.join(_ENGINES)} (default: all)")
    add("--limit", type=positive, metavar="N", help="only the first N images of each set")
    add("--rounds", type=positive, metavar="N", help="timed readings of each image (default: 3)")
    add("--threads", type=positive, default=machine.cores(), help="the most threads (default: all cores)")
    add("--weights", type=Path, help="folder with EasyOCR's checkpoints (default: where EasyOCR keeps them)")
    add("--fresh", action="store_true", help="measure all anew, also what an earlier run has finished")
    return parser


def _engines(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in _ENGINES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"expected names of {', '.join(_ENGINES)}, found {text!r}")
    return names


if __name__ == "__main__":
    sys.exit(main())
