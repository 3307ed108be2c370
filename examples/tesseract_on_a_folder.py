"""Times Tesseract on whole pages and on the crops of a text detector, and counts the words that are right.

    python examples/tesseract_on_a_folder.py MODEL FOLDER [COUNT]

FOLDER holds images and a labels.jsonl: {"image": ..., "text": ...} or {"image": ..., "items": [{"text": ...}, ...]}.
"""

import collections
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tflite_ocr import Reader


def words(text: str) -> collections.Counter:
    return collections.Counter(re.findall(r"[a-z0-9]+", text.lower()))


def whole_page(path: Path) -> str:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its best on few cores
    command = ["tesseract", str(path), "stdout", "-l", "eng", "--psm", "3"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


def truth(entry: dict) -> str:
    items = entry.get("items", [{"text": entry.get("text", "")}])
    return " ".join(item["text"] for item in items if not item.get("ignore"))


folder = Path(sys.argv[2])
entries = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
entries = entries[: int(sys.argv[3])] if len(sys.argv) > 3 else entries
threads = len(os.sched_getaffinity(0))
reader = Reader(sys.argv[1], recognizer="tesseract", threads=threads)
reader.read(folder / entries[0]["image"])  # models load at the first call
ways = {
    "Tesseract, whole page": whole_page,
    "detector + Tesseract": lambda path: "\n".join(line.text for line in reader.read(path)),
}
for name, read in ways.items():
    seconds, shared, found, wanted = [], 0, 0, 0
    for entry in entries:
        start = time.perf_counter()
        text = words(read(folder / entry["image"]))
        seconds.append(time.perf_counter() - start)
        right = words(truth(entry))
        shared, found, wanted = shared + (text & right).total(), found + text.total(), wanted + right.total()
    f1 = 2 * shared / max(1, found + wanted)
    print(f"{name:24} {statistics.median(seconds):6.2f} s a page (median of {len(entries)}), F1 of words {f1:.3f}")
