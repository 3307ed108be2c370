"""python -m benchmarks [MODEL]: latency of a converted model against the model that it came from."""

import argparse
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from benchmarks import run
from tflite_ocr import manifest, models
from tflite_ocr.errors import OcrError

REPORT_FILE_NAME = "benchmark.json"


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line, measures, prints tables and writes JSON; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("model", nargs="?", help="name or folder of a converted model (default: the Reader's own)")
    parser.add_argument("--out", type=Path, help=f"JSON file to write (default: {REPORT_FILE_NAME} in its folder)")
    parser.add_argument("--rounds", type=_positive, default=15, help="timed runs of each variant (default: 15)")
    parser.add_argument("--threads", type=_positive, default=os.cpu_count(), help="the most threads (default: all)")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        folder = models.find(options.model)
        model = manifest.load(folder)
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    report = {
        "model": model.name,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": run.machine(),
        "measurements": [],
    }
    print(f"{model.name} on {report['machine']['processor']}, {report['machine']['cores']} cores", flush=True)
    for title, group in run.variants(model, folder, options.threads).items():
        measurements = run.measure(group, options.rounds)
        report["measurements"] += run.as_json(measurements)
        print("\n" + run.table(title, measurements), flush=True)
    path = options.out or folder / REPORT_FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {path}")
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
