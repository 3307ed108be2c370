"""python -m benchmarks.report REPORT.json OUT: makes the page, tables and pictures of a report again."""

import argparse
import sys
from pathlib import Path

from benchmarks.report.build import build
from benchmarks.report.validate import load
from tflite_ocr.errors import OcrError


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line and builds; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("report", type=Path, help="report.json of a run")
    parser.add_argument("out", type=Path, nargs="?", help="folder to write to (default: that of REPORT.json)")
    options = parser.parse_args(arguments)
    try:
        written = build(load(options.report), options.out or options.report.parent)
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for path in written[:2]:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
