"""Seconds and memory from nothing to text: a fresh process imports the reader, loads its model and reads an image.

    python -m benchmarks.coldstart [IMAGE] [--model MODEL] [--precision P] [--runs N]

Without an image, a photo-like one of 1280x720 pixels is drawn (that needs the [convert] extra).
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tflite_ocr import models
from tflite_ocr.errors import OcrError

# Runs in the fresh process and ends it without waiting for anything else.
_CHILD = """
import json, sys
from tflite_ocr import Reader
arguments = json.loads(sys.argv[1])
image = arguments.pop("image")
lines = Reader(**arguments).read(image)
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
except OSError:
    import resource  # elsewhere than on Linux; in bytes on macOS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"lines": len(lines), "peak_bytes": peak}))
"""


def measure(arguments: dict) -> dict[str, float]:
    """Reads an image in a fresh process.

    Args:
        arguments: image, model, precision and threads, as Reader takes them.

    Returns:
        cold_s (wall time of the whole process: start, import, load, read, end), lines, peak_mb (resident).

    Raises:
        subprocess.CalledProcessError: The process failed; what it said is in its stderr.
    """
    command = [sys.executable, "-c", _CHILD, json.dumps(arguments)]
    start = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    cold_s = time.perf_counter() - start
    values = json.loads(result.stdout.splitlines()[-1])
    return {"cold_s": cold_s, "lines": values["lines"], "peak_mb": values["peak_bytes"] / 1e6}


def draw_photo(path: Path) -> None:
    """Writes a photo-like PNG of 1280x720 pixels with text in it."""
    import cv2

    from converters import synthetic_scenes

    street_of_that_size = 1
    cv2.imwrite(str(path), synthetic_scenes.draw(street_of_that_size, seed=0))


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line, measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coldstart", description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", type=Path, help="image to read (default: a drawn one)")
    parser.add_argument("--model", help="model name or folder (default: the Reader's own)")
    parser.add_argument("--precision", help="precision (default: the model's own)")
    parser.add_argument("--threads", type=int, help="threads (default: all cores)")
    parser.add_argument("--runs", type=int, default=5, help="fresh processes (default: 5)")
    options = parser.parse_args(arguments)
    try:
        model = str(models.find(options.model))
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    with tempfile.TemporaryDirectory() as folder:
        image = options.image or Path(folder) / "photo.png"
        if not options.image:
            draw_photo(image)
        child = {"model": model, "precision": options.precision, "threads": options.threads}
        try:
            runs = [measure(child | {"image": str(image)}) for _ in range(max(1, options.runs))]
        except subprocess.CalledProcessError as error:
            print(error.stderr, end="", file=sys.stderr)
            print(f"error: the reading process ended with {error.returncode}", file=sys.stderr)
            return 1
    for name, title, unit, places in _FIGURES:
        values = sorted(run[name] for run in runs)
        median = statistics.median(values)
        spread = f"{values[0]:.{places}f} to {values[-1]:.{places}f}"
        print(f"{title:<44}{median:>9.{places}f} {unit:<3} ({spread} in {len(runs)} runs)")
    print(f"{'lines of text':<44}{int(runs[0]['lines']):>9}")
    return 0


_FIGURES = (
    ("cold_s", "cold start (whole process, one image read)", "s", 3),
    ("peak_mb", "peak resident memory", "MB", 0),
)

if __name__ == "__main__":
    sys.exit(main())
