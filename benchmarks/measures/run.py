"""One benchmark: measures what was chosen, and puts the figures together as report.json describes them."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.engines import ours, table
from benchmarks.measures import (
    choices,
    coldstart,
    conversion,
    gallery,
    network_runs,
    reading,
    recordings,
    scaling,
    sets,
)
from benchmarks.measures.reading import SampleBlock
from benchmarks.measures.sets import EvaluationSet
from benchmarks.report import summary
from benchmarks.running import machine, resources
from benchmarks.running.cells import Cells
from benchmarks.running.eta import CallProgress
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import EngineVariant, MeasurementChoice
from benchmarks.running.schedule import Limits, Schedule
from evaluation import quality
from tflite_ocr import manifest, models
from tflite_ocr.arguments import positive

SCHEMA = 1
_LIMITS, _QUICK_LIMITS = Limits(), Limits(start_s=120, call_s=30, cell_s=90)
_STARTS = {False: 5, True: 2}  # fresh processes of each engine, by whether the run is quick
# Images of a set in a quick run, by its kind.
_QUICK_IMAGES = {quality.PAGES: 5, quality.PAGE_TEXT: 1, quality.LINES: 20, sets.EVERYDAY: 10}


def arguments(add: Callable) -> None:
    add("models", nargs="*", metavar="MODEL", help="names or folders of converted models (default: the Reader's own)")
    add("--data", nargs="+", type=Path, metavar="DIR", help="folders with labels.jsonl (default: drawn sets)")
    add("--quick", action="store_true", help="few images, the main engines: under three minutes")
    add("--out", type=Path, default=Path("artifacts/report"), help="folder of the report (default: artifacts/report)")
    engines = (*table.PIPELINES, *table.NETWORKS)
    add("--engines", type=choices.of(engines), default=engines, help=f"of {','.join(engines)} (default: all)")
    add("--reading", action="store_true", help="the reading of images alone: no networks, scaling, conversion")
    add("--precision", choices=manifest.PRECISIONS, help="of our models (default: every one that they have)")
    add("--limit", type=positive, metavar="N", help="only the first N images of each set")
    add("--rounds", type=positive, metavar="N", default=3, help="timed readings of each image (default: 3)")
    add("--threads", type=positive, default=machine.cores(), help="the most threads (default: all cores)")
    add("--weights", type=Path, help="folder with EasyOCR's checkpoints (default: where EasyOCR keeps them)")
    add("--fresh", action="store_true", help="measure everything again, also what an earlier run finished")


def run(options: argparse.Namespace) -> int:
    """Measures and writes the report; returns the exit code."""
    from benchmarks.report.build import build

    folders = tuple(models.find(model) for model in options.models or [None])
    build_folder = options.out / "build"
    choice = MeasurementChoice(
        folders, options.threads, options.quick, build_folder, options.weights, options.precision
    )
    limits = _QUICK_IMAGES if options.quick else {}
    if options.limit:
        limits = dict.fromkeys(_QUICK_IMAGES, options.limit)
    found = sets.load_all(options.data, limits) if options.data else sets.built_in(options.out, limits)
    progress = CallProgress()
    try:
        report = measure(choice, found, options, Cells(options.out / "cells", options.fresh), progress)
    finally:
        progress.close()
    print(summary.text(report))
    for path in build(report, options.out)[:3]:
        print(path)
    return 0


def measure(
    choice: MeasurementChoice,
    datasets: Sequence[EvaluationSet],
    options: argparse.Namespace,
    cells: Cells,
    progress: CallProgress,
) -> dict:
    """Measures what is not in `cells` yet, and returns the report."""
    started, recorded = machine.describe(), [] if options.reading else recordings.recordings()
    limits = _QUICK_LIMITS if options.quick else _LIMITS
    variants = table.pipelines(choice, options.engines)
    others = () if options.reading else options.engines
    stages = conversion.variants(choice, variants) if ours.NAME in others else []
    blocks = reading.blocks(variants, datasets, options.rounds) + reading.blocks(stages, datasets, rounds=1)
    axes = scaling.axes(choice, others, options.rounds)
    of_networks, rounds = table.of_networks(choice, others), network_runs.ROUNDS[options.quick]
    alone = network_runs.groups(of_networks, rounds, choice.build / "networks")
    network_runs.write_inputs(alone)
    count, first = _STARTS[options.quick], datasets[0].samples[0].image_path  # what cold starts read
    image = sets.digest_files([first])
    lanes = [Lane(variant, reading.cell_key("start", variant, count, image=image)) for variant in variants]
    with Schedule(cells, limits, progress) as schedule:
        values = schedule.run([part.group for part in (*blocks, *axes, *alone)])
        starts = coldstart.starts(lanes, first, limits.call_s, cells, progress)
    rest = iter(values)
    read, scaled, run_alone = ([(part, next(rest)) for part in parts] for parts in (blocks, axes, alone))
    found = {variant.id: reading.results(variant, read) for variant in (*variants, *stages)}
    engines = [(variant, found[variant.id]) for variant in variants]
    whole = sets.together({dataset.name: dataset.kind for dataset in datasets})
    report = {
        "schema": SCHEMA,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": options.typed,
        "complete": True,
        "quick": options.quick,
        "machine": started | {"recorded_gpu": recordings.machines(recorded)},
        "method": _method(datasets, options, limits),
        "sets": [_set_row(dataset) for dataset in datasets],
        "engines": [_engine_row(variant, read, starts[variant.id]) for variant in variants],
        "quality": [
            {"engine": variant.id} | row for variant, results in engines for row in reading.quality_rows(results, whole)
        ],
        "kinds": [row for engine in engines for row in reading.kind_rows(*engine)],
        "speed": [
            {"engine": variant.id, "set": result.dataset.name} | result.speed()
            for variant, results in engines
            for result in results
        ],
        "networks": [
            *(row for part, known in run_alone for row in network_runs.rows(part, known)),
            *recordings.network_rows(recorded),
        ],
        "scaling": [row for axis, known in scaled for row in scaling.rows(axis, known)],
        "conversion": list(conversion.rows(choice, lambda name: found.get(name, ()), whole)) if stages else [],
        "gallery": list(gallery.pictures(engines)),
        "notes": [
            *_notes(datasets, options.quick, values, bool(recorded)),
            *_missing_stages(stages, values),
            *(text for part, known in run_alone for text in network_runs.strangers(part, known)),
        ],
    }
    return json.loads(json.dumps(report))  # tuples as lists, as whoever reads the file will have them


def _engine_row(variant: EngineVariant, read: Sequence[tuple[SampleBlock, dict]], start: dict) -> dict:
    values = [known[variant.id] for _, known in read if variant.id in known]
    broken = next((value for value in (*values, start) if value["status"] != "ok"), None)
    row = {"id": variant.id, **asdict(variant.info), "recorded": False, "status": "ok"}
    row |= {"artifact_bytes": variant.artifact_bytes, "installed_bytes": resources.installed_bytes(variant.packages)}
    if broken:
        row |= {"status": broken["status"], "reason": broken["reason"]}
    row |= reading.resources_of(values)
    if start["status"] == "ok":
        row["cold_start_ms"] = network_runs.milliseconds(start["ms"])
    return row


def _set_row(dataset: EvaluationSet) -> dict:
    return {
        **{key: getattr(dataset, key) for key in ("name", "kind", "built_in", "licence")},
        "images": len(dataset.samples),
        "left_out": [{"image": name, "reason": reason} for name, reason in dataset.left_out],
        "digest": sets.digest(dataset.samples),
    }


def _method(datasets: Sequence[EvaluationSet], options: argparse.Namespace, limits: Limits) -> dict[str, str | int]:
    everyday = any(dataset.built_in and dataset.has_kinds for dataset in datasets)
    return {
        "order": "each engine in a process of its own; one computes at a time, interleaved image by image",
        "time": "of one image, from its file to its text, model loaded and one image read before; a call of 50 ms or "
        "more during which other programs computed is repeated up to twice, and the least disturbed one "
        "counts; of an image the fastest round, of networks and cold starts the fastest of each three runs",
        "rounds": options.rounds,
        **({"rounds of the everyday set": 1} if everyday else {}),
        "spread of times": f"{reading.SPREAD}; of networks and cold starts the quartiles",
        "rounds of networks": network_runs.ROUNDS[options.quick],
        "cold start": f"a fresh process from its start to the text of an image, its files in the system's cache; "
        f"{_STARTS[options.quick]} of each engine",
        "memory": "resident: the most that the process had with a program that it ran, and the median between calls; "
        "about 25 MiB of it is the Python that holds the engine",
        "confidence intervals": "95 %, bootstrap over images, 1000 resamples",
        "detection": "IoU 0.5, don't-cares ignored",
        "time limit of a call": f"{limits.call_s:g} s",
        "time limit of an engine in one part": f"{limits.cell_s:g} s",
    }


def _notes(
    datasets: Sequence[EvaluationSet], quick: bool, values: Sequence[dict[str, dict]], recorded: bool
) -> list[str]:
    notes = []
    if any(dataset.built_in for dataset in datasets):
        notes.append(
            "No data folder was given: the images are drawn by the project itself. They distinguish engines and "
            "precisions, but do not say how well an engine reads photographs and scans."
        )
    left_out = sum(len(dataset.left_out) for dataset in datasets)
    if left_out:
        notes.append(f"{left_out} images could not be decoded and are skipped for all engines.")
    if not resources.gpus():
        notes.append("GPU: not measured here." + (" Figures of GPUs are recorded ones." if recorded else ""))
    if quick:
        notes.append("A quick run: few images; intervals are wide.")
    every = [value for known in values for value in known.values()]
    calls = sum(len(times) for value in every for times in value.get("ms", ()))
    disturbed = sum(value.get("disturbed", 0) for value in every)
    if disturbed:
        notes.append(
            f"Other programs were computing during {disturbed} of {calls} timed calls, also when these were repeated."
        )
    mixed = sum(len({value["run"] for value in known.values() if "run" in value}) > 1 for known in values)
    if mixed:
        notes.append(
            f"In {mixed} of {len(values)} parts engines were measured in different runs, not interleaved: ratios "
            "between those hold less exactly; --fresh measures everything again."
        )
    return notes


def _missing_stages(stages: Sequence[EngineVariant], values: Sequence[dict[str, dict]]) -> list[str]:
    """Sentences on stages of the conversion that could not be read with."""
    sentences = []
    for variant in stages:
        own = (known[variant.id] for known in values if variant.id in known)
        if broken := next((value for value in own if value["status"] != "ok"), None):
            what = f"{variant.info.title}, {variant.info.precision}"
            sentences.append(f"Conversion, {what}: {broken['status']}, {broken['reason']}")
    return sentences
