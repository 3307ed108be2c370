"""Reads the everyday set with a model and with others, and prints how much of each kind they read.

    python -m benchmarks everyday                               the embedded model, the part for choosing
    python -m benchmarks everyday edge artifacts/mine --rapidocr
    python -m benchmarks everyday edge --kinds "plate,street" --misses
    python -m benchmarks everyday edge --places --plain         also what the recogniser reads at the true places, and
                                                                what is read without the language model

An expected text counts as found when a line has just that text; see by_kind.py and docs/everyday.md.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.engines import ours, rapidocr
from benchmarks.measures import by_kind, choices
from benchmarks.running import machine
from benchmarks.running.protocol import EngineLine, MeasuredEngine, corners
from evaluation import labels
from evaluation.labels import Sample
from synthetic.everyday import stored
from synthetic.everyday.kinds import KINDS
from tflite_ocr import Reader, geometry, image
from tflite_ocr.arguments import positive

Read = Callable[[Sample], Sequence[EngineLine]]


def arguments(add: Callable) -> None:
    add("models", nargs="*", metavar="MODEL", help="names or folders of models (default: the Reader's own)")
    add("--part", choices=stored.PARTS, default="dev", help="dev: for choosing (default); test: for reports alone")
    add("--rapidocr", action="store_true", help="RapidOCR beside them")
    add("--places", action="store_true", help="also what each model's recogniser reads at the true places")
    add("--plain", action="store_true", help="also each model without its language model")
    add("--precision", help="of all models (default: each one's own)")
    add("--kinds", type=choices.of(KINDS), metavar="KINDS", help="only these kinds, with commas between them")
    add("--limit", type=positive, metavar="N", help="only the first N pictures; kinds take turns")
    add("--misses", action="store_true", help="print what was expected and not found")
    add("--json", type=Path, metavar="FILE", help="write figures and texts to this file")
    add("--threads", type=positive, default=machine.cores(), help="default: all cores")
    add("--out", type=Path, default=Path("artifacts/report/everyday"), help="folder in which the set is kept")


def run(options: argparse.Namespace) -> int:
    """Reads and prints; returns the exit code."""
    engines = _engines(options)
    samples = labels.load(stored.ensure(options.out, options.part))
    samples = [sample for sample in samples if not options.kinds or sample.kind in options.kinds][: options.limit]
    found: dict[str, list[Sequence[EngineLine]]] = {name: [] for name in engines}
    for sample in tqdm(samples, unit=" pictures", disable=None, leave=False):
        for name, read in engines.items():
            found[name].append(read(sample))
            missed = misses(sample, found[name][-1]) if options.misses else ""
            if missed:
                tqdm.write(f"{name}:{missed}")
    results = {name: by_kind.rows(samples, lines) for name, lines in found.items()}
    print(table(results))
    if options.json:
        texts = {
            name: {s.image_path.name: [[line.text, line.confidence] for line in lines] for s, lines in zip(samples, of)}
            for name, of in found.items()
        }
        written = {name: {"kinds": rows, "texts": texts[name]} for name, rows in results.items()}
        options.json.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def table(engines: dict[str, list[dict]]) -> str:
    """Kinds below each other, engines side by side: the share of texts found, and the bag-of-words F1."""
    width = max(12, *(len(name) for name in engines)) + 2
    first = next(iter(engines.values()))
    lines = [f"{'kind':<22}{'images':>7}{'texts':>7}" + "".join(f"{name:>{width}}{'F1':>8}" for name in engines)]
    for index, row in enumerate(first):
        cells = "".join(
            f"{_percent(rows[index]['share']):>{width}}{_percent(rows[index]['bag_f1']):>8}"
            for rows in engines.values()
        )
        lines.append(f"{row['kind']:<22}{row['images']:>7}{row['asked']:>7}{cells}")
    return "\n".join(lines)


def misses(sample: Sample, found: Sequence[EngineLine]) -> str:
    """A line on what was expected and not given, and what was given instead; empty where all is right."""
    if not sample.latin:
        wrong = [line.text for line in by_kind.surely_latin(found)]
        return f"  {sample.image_path.name}: sure of {wrong}" if wrong else ""
    texts, true = [by_kind.same(line.text) for line in found], [by_kind.same(text) for text in sample.true_texts()]
    lost, more = (list((Counter(one) - Counter(other)).elements()) for one, other in ((true, texts), (texts, true)))
    return f"  {sample.image_path.name}: expected {lost}, found {more}" if lost else ""


def _engines(options: argparse.Namespace) -> dict[str, Read]:
    engines: dict[str, Read] = {}
    for model in options.models or [None]:
        reader = Reader(model, options.precision, options.threads)
        name = reader.name if reader.name not in engines else str(model)
        engines[name] = _whole(ours.Ours(reader))
        if options.places:
            engines[f"{name}, places"] = _at_places(reader)
        if options.plain:
            plain = Reader(model, options.precision, options.threads, language_model=False)
            engines[f"{name}, plain"] = _whole(ours.Ours(plain))
    if options.rapidocr:
        engines["RapidOCR"] = _whole(rapidocr.create("onnxruntime", options.threads))
    return engines


def _whole(engine: MeasuredEngine) -> Read:
    return lambda sample: engine.read(sample.image_path)


def _at_places(reader: Reader) -> Read:
    """Reads the true places instead of searching: what a better detector could gain."""

    def read(sample: Sample) -> list[EngineLine]:
        pixels = image.read(sample.image_path)
        quads = [np.array(label.quad) for label in sample.labels if label.quad is not None]
        results = reader.recognize([geometry.crop(pixels, quad) for quad in quads])
        return [
            EngineLine(result.text, result.confidence, corners(quad))
            for result, quad in zip(results, quads, strict=True)
        ]

    return read


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
