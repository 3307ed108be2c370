"""Reads labelled images with this project's Reader and with RapidOCR, interleaved, and compares text and time.

    python -m benchmarks rapidocr ../shared/data/funsd --model artifacts/ppocr --precision int8

Both engines read every image one after the other (the one that begins changes from image to image), so that
a busy machine slows both alike. The time of a page is from the path to the texts. Ignored labels mostly have
no text but a place, so a line of which at least half lies on ignored labels is not counted as wrong either.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation import labels
from evaluation.quads import covered_share
from evaluation.texts import BagCounts, bag_of_words
from tflite_ocr.errors import MissingDependencyError, OcrError

OURS, PEER = "tflite-ocr", "RapidOCR"
IGNORED_SHARE = 0.5
FoundLines = list[tuple[str, np.ndarray]]
ReadLines = Callable[[Path], FoundLines]


@dataclass(frozen=True)
class EngineResult:
    """What one engine did on one set.

    Attributes:
        counts: Token counts summed over the set.
        seconds: Seconds of each page, in the order of the set.
        texts: Texts found, by image path.
    """

    counts: BagCounts
    seconds: tuple[float, ...]
    texts: dict[str, list[str]]

    @property
    def median_seconds(self) -> float:
        """Median seconds a page."""
        return statistics.median(self.seconds)

    def summary(self) -> dict:
        """The figures as JSON values."""
        return {
            "f1": self.counts.f1,
            "precision": self.counts.precision,
            "recall": self.counts.recall,
            "seconds_per_page": {"median": self.median_seconds, "mean": statistics.fmean(self.seconds)},
        }


def ours(model: str | None, precision: str | None, threads: int | None) -> ReadLines:
    """This project's reader as a function from an image path to (text, quad [4, 2]) pairs."""
    from tflite_ocr import Reader

    reader = Reader(model=model, precision=precision, threads=threads)
    return lambda path: [(line.text, np.array(line.quad)) for line in reader.read(path)]


def rapidocr() -> ReadLines:
    """RapidOCR with its defaults as a function from an image path to (text, quad [4, 2]) pairs.

    Raises:
        MissingDependencyError: The rapidocr package is not installed.
    """
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise MissingDependencyError(f"RapidOCR is needed and missing ({error}): pip install -e .[bench]") from None
    engine = RapidOCR(params={"Global.log_level": "error"})

    def read(path: Path) -> FoundLines:
        result = engine(str(path))
        return [] if result.txts is None else list(zip(result.txts, result.boxes, strict=True))

    return read


def count(found: FoundLines, sample: labels.Sample) -> BagCounts:
    """Counts the tokens of one image; see bag_of_words for the rule on ignored labels."""
    ignored_quads = [label.quad for label in sample.labels if label.ignore and label.quad]
    excused = [text for text, quad in found if covered_share(quad, ignored_quads) >= IGNORED_SHARE]
    return bag_of_words((text for text, _ in found), sample.true_texts(), sample.ignored_texts() + excused)


def compare(samples: list[labels.Sample], engines: dict[str, ReadLines]) -> dict[str, EngineResult]:
    """Runs all engines over all samples, interleaved image by image; each engine first reads one image unmeasured."""
    for read in engines.values():
        read(samples[0].image_path)
    counts = {name: BagCounts() for name in engines}
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    texts: dict[str, dict[str, list[str]]] = {name: {} for name in engines}
    order = list(engines)
    for done, sample in enumerate(samples, 1):
        for name in order:
            start = time.perf_counter()
            found = engines[name](sample.image_path)
            seconds[name].append(time.perf_counter() - start)
            counts[name] += count(found, sample)
            texts[name][str(sample.image_path)] = [text for text, _ in found]
        order.append(order.pop(0))
        _progress(done, len(samples))
    return {name: EngineResult(counts[name], tuple(seconds[name]), texts[name]) for name in engines}


def table(set_name: str, results: dict[str, EngineResult]) -> str:
    """The results of one set as lines of text; the last says how the first engine's time compares."""
    first = next(iter(results.values()))
    lines = [f"{set_name} ({len(first.seconds)} images)"]
    lines.append(f"  {'engine':<12}{'F1':>8}{'precision':>11}{'recall':>8}{'s/page median':>15}{'mean':>8}")
    for name, result in results.items():
        bag, pace, mean = result.counts, result.median_seconds, statistics.fmean(result.seconds)
        lines.append(f"  {name:<12}{bag.f1:>8.4f}{bag.precision:>11.4f}{bag.recall:>8.4f}{pace:>15.3f}{mean:>8.3f}")
    if PEER in results and OURS in results:
        lines.append(f"  {speed_line(results[OURS], results[PEER])}")
    return "\n".join(lines)


def speed_line(mine: EngineResult, peer: EngineResult) -> str:
    """How many times faster `mine` is, and the difference of F1 in points."""
    ratios = [theirs / own for own, theirs in zip(mine.seconds, peer.seconds, strict=True)]
    total = sum(peer.seconds) / sum(mine.seconds)
    points = 100 * (mine.counts.f1 - peer.counts.f1)
    return (
        f"{OURS} against {PEER}: {total:.2f} times as fast over the set, "
        f"{statistics.median(ratios):.2f} a page (median), F1 {points:+.2f} points"
    )


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r  {done}/{total} images", end=end, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rapidocr", description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DATA_FOLDER", help="folder with labels.jsonl")
    parser.add_argument("--model", help="model name or folder (default: the Reader's own)")
    parser.add_argument("--precision", help="precision (default: the model's own)")
    parser.add_argument("--threads", type=int, help="threads of our reader (default: all cores)")
    parser.add_argument("--limit", type=int, help="only the first N images of each folder")
    parser.add_argument("--only", choices=("ours", "rapidocr"), help="run one engine alone")
    parser.add_argument("--out", type=Path, help="write figures and texts as JSON to this file")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs the comparison; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        sets = {folder.name: labels.load(folder)[: options.limit] for folder in options.folders}
        engines: dict[str, ReadLines] = {}
        if options.only != "rapidocr":
            engines[OURS] = ours(options.model, options.precision, options.threads)
        if options.only != "ours":
            engines[PEER] = rapidocr()
        report = {"cores": os.cpu_count(), "model": options.model, "precision": options.precision, "sets": {}}
        for name, samples in sets.items():
            results = compare(samples, engines)
            print(table(name, results), flush=True)
            report["sets"][name] = {
                engine: result.summary() | {"seconds": result.seconds, "texts": result.texts}
                for engine, result in results.items()
            }
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0
