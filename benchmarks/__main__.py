"""python -m benchmarks: what a converted model is worth beside every engine that one would otherwise take.

    python -m benchmarks [run] [MODEL ...] [--data DIR ...] [--quick]    measures and writes artifacts/report
    python -m benchmarks report REPORT.json                              makes the page of a report again
    python -m benchmarks compare OLD NEW                                 what changed between two reports
    python -m benchmarks profile MODEL                                   where the time goes, operator by operator
    python -m benchmarks record                                          measures on a GPU, to be kept
    python -m benchmarks everyday [MODEL ...] [--rapidocr]               how much of each kind of picture is read
    python -m benchmarks coldstart [IMAGE]                               first reading of a new process, peak memory
    python -m benchmarks pruned WHOLE PRUNED                             time of two conversions' networks, interleaved
    python -m benchmarks video [CLIP ...]                                frames per second
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

from tflite_ocr import command_line

# Modules that answer the sub-commands. Each has `arguments(add)`, which adds its arguments with a given add_argument,
# and `run(options)`, which returns the exit code; options.typed is the whole command line.
PARTS = {
    "run": "benchmarks.measures.run",
    "report": "benchmarks.report.build",
    "compare": "benchmarks.tools.compare",
    "profile": "benchmarks.tools.profile",
    "record": "benchmarks.tools.record",
    "everyday": "benchmarks.measures.everyday",
    "coldstart": "benchmarks.measures.coldstart",
    "pruned": "benchmarks.measures.pruned",
    "video": "benchmarks.measures.video",
    "video-memory": "benchmarks.measures.video_memory",
    "video-texts": "benchmarks.measures.video_texts",
    "chains": "benchmarks.measures.chains.command",
}


def main(arguments: list[str] | None = None) -> int:
    """Runs a part of the benchmarks; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    typed = shlex.join(["python", "-m", "benchmarks", *arguments])
    name = arguments.pop(0) if arguments and arguments[0] in PARTS else "run"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    resumes = "; what is finished is kept, and the same command resumes" if name == "run" else ""
    manner = command_line.Manner(
        "error: ", interrupted=f"interrupted{resumes}", missing="pip install 'tflite-ocr[convert,bench]'"
    )
    return command_line.guarded(lambda: _part(name, arguments, typed), manner)


def _part(name: str, arguments: list[str], typed: str) -> int:
    part = importlib.import_module(PARTS[name])
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks" if name == "run" else f"python -m benchmarks {name}",
        description=__doc__ if name == "run" else part.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    part.arguments(parser.add_argument)
    return part.run(argparse.Namespace(**vars(parser.parse_args(arguments)), typed=typed))


if __name__ == "__main__":
    sys.exit(main())
