"""One benchmark: measures what was chosen, and puts the figures together as report.json describes them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from benchmarks.engines import ours, table
from benchmarks.measures import coldstart, conversion, gallery, network_runs, reading, recordings, scaling
from benchmarks.measures.reading import Block
from benchmarks.measures.sets import EvaluationSet, digest, digest_files, together
from benchmarks.running import machine, resources
from benchmarks.running.cells import Cells
from benchmarks.running.eta import Progress
from benchmarks.running.protocol import Choice, Variant
from benchmarks.running.schedule import Limits, Schedule

SCHEMA = 1


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        choice: Of models and threads.
        engines: Names in the tables of benchmarks/engines/table.py.
        sets: That are read.
        rounds: How often each image is read.
        network_rounds: How often each network is run.
        starts: Fresh processes of each engine.
        limits: Of time.
        command: As typed.
        quick: As in the report.
    """

    choice: Choice
    engines: tuple[str, ...]
    sets: tuple[EvaluationSet, ...]
    rounds: int
    network_rounds: int
    starts: int
    limits: Limits
    command: str
    quick: bool


def run(plan: Plan, cells: Cells, progress: Progress) -> dict:
    """Measures what is not in `cells` yet, and returns the report.

    Raises:
        RecordingError: A recording of a GPU cannot be read.
        KeyboardInterrupt: Finished cells are kept; no process is left.
    """
    started, recorded = machine.describe(), recordings.recordings()
    variants = table.pipelines(plan.choice, plan.engines)
    stages = conversion.variants(plan.choice, variants) if ours.NAME in plan.engines else []
    blocks = reading.blocks(variants, plan.sets, plan.rounds) + reading.blocks(stages, plan.sets, rounds=1)
    axes = scaling.axes(plan.choice, plan.engines, plan.rounds)
    of_networks = network_runs.groups(
        table.of_networks(plan.choice, plan.engines), plan.network_rounds, plan.choice.build / "networks"
    )
    network_runs.write_inputs(of_networks)
    groups = [part.group for part in (*blocks, *axes, *of_networks)]
    with Schedule(cells, plan.limits, progress) as schedule:
        values = schedule.run(groups)
        starts = _starts(plan, variants, cells, progress)
    rest = iter(values)
    read, scaled, alone = ([(part, next(rest)) for part in parts] for parts in (blocks, axes, of_networks))
    found = {variant.id: reading.results(variant, read) for variant in (*variants, *stages)}
    engines = [(variant, found[variant.id]) for variant in variants]
    whole = together({dataset.name: dataset.kind for dataset in plan.sets})
    report = {
        "schema": SCHEMA,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": plan.command,
        "complete": True,
        "quick": plan.quick,
        "machine": started | {"recorded_gpu": recordings.machines(recorded)},
        "method": _method(plan),
        "sets": [_set_row(dataset) for dataset in plan.sets],
        "engines": [_engine_row(variant, read, starts[variant.id]) for variant in variants],
        "quality": [row for engine in engines for row in reading.quality_rows(*engine, whole)],
        "kinds": [row for engine in engines for row in reading.kind_rows(*engine)],
        "speed": [
            {"engine": variant.id, "set": result.dataset.name} | result.speed()
            for variant, results in engines
            for result in results
        ],
        "networks": [
            *(row for part, known in alone for row in network_runs.rows(part, known)),
            *recordings.network_rows(recorded),
        ],
        "scaling": [row for axis, known in scaled for row in scaling.rows(axis, known)],
        "conversion": list(conversion.rows(plan.choice, lambda name: found.get(name, ()), whole)),
        "gallery": list(gallery.pictures(engines)),
        "notes": [
            *_notes(plan, values, bool(recorded)),
            *_missing_stages(stages, values),
            *(text for part, known in alone for text in network_runs.strangers(part, known)),
        ],
    }
    return json.loads(json.dumps(report))  # tuples as lists, as whoever reads the file will have them


def _starts(plan: Plan, variants: Sequence[Variant], cells: Cells, progress: Progress) -> dict[str, dict]:
    """Cold starts, each on the first image of the first set."""
    image = plan.sets[0].samples[0].image_path
    key = {"image": digest_files([image])}
    keys = [reading.cell_key("start", variant, plan.starts, **key) for variant in variants]
    return coldstart.in_turns(variants, keys, image, plan.starts, cells, progress, plan.limits.call_s)


def _engine_row(variant: Variant, read: Sequence[tuple[Block, dict]], start: dict) -> dict:
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
        "name": dataset.name,
        "kind": dataset.kind,
        "images": len(dataset.samples),
        "built_in": dataset.built_in,
        "licence": dataset.licence,
        "left_out": [{"image": name, "reason": reason} for name, reason in dataset.left_out],
        "digest": digest(dataset.samples),
    }


def _method(plan: Plan) -> dict[str, str | int]:
    return {
        "turns": "each engine in a process of its own; one computes at a time, interleaved image by image",
        "time": "of one image, from its file to its text, model loaded and one image read before; a call of 50 ms or "
        "more during which other programs computed is repeated up to twice, and the least disturbed one "
        "counts; of an image the fastest round, of networks and cold starts the fastest of each three runs",
        "rounds": plan.rounds,
        **(
            {"rounds of the everyday set": 1}
            if any(dataset.built_in and dataset.has_kinds for dataset in plan.sets)
            else {}
        ),
        "spread of times": f"{reading.SPREAD}; of networks and cold starts the quartiles",
        "rounds of networks": plan.network_rounds,
        "cold start": f"a fresh process from its start to the text of an image, its files in the system's cache; "
        f"{plan.starts} of each engine",
        "memory": "resident: the most that the process had with a program that it ran, and the median between calls; "
        "about 25 MiB of it is the Python that holds the engine",
        "confidence intervals": "95 %, by drawing images again 1000 times",
        "detection": "IoU 0.5, don't-cares ignored",
        "time limit of a call": f"{plan.limits.call_s:g} s",
        "time limit of an engine in one part": f"{plan.limits.cell_s:g} s",
    }


def _notes(plan: Plan, values: Sequence[dict[str, dict]], recorded: bool) -> list[str]:
    notes = []
    if any(dataset.built_in for dataset in plan.sets):
        notes.append(
            "No data folder was given: the images are drawn by the project itself. They tell engines and "
            "precisions apart, not how well an engine reads photographs and scans."
        )
    left_out = sum(len(dataset.left_out) for dataset in plan.sets)
    if left_out:
        notes.append(f"{left_out} images could not be decoded and are skipped for all engines.")
    if not resources.gpus():
        notes.append("GPU: not measured here." + (" Figures of GPUs are recorded ones." if recorded else ""))
    if plan.quick:
        notes.append("A quick run: few images; intervals are wide.")
    calls = sum(len(times) for known in values for value in known.values() for times in value.get("ms", ()))
    disturbed = sum(value.get("disturbed", 0) for known in values for value in known.values())
    if disturbed:
        notes.append(f"During {disturbed} of {calls} timed calls other programs computed, when repeated too.")
    mixed = sum(len({value["run"] for value in known.values() if "run" in value}) > 1 for known in values)
    if mixed:
        notes.append(
            f"In {mixed} of {len(values)} parts engines were measured in different runs, not interleaved: ratios "
            "between those hold less exactly; --fresh measures all anew."
        )
    return notes


def _missing_stages(stages: Sequence[Variant], values: Sequence[dict[str, dict]]) -> list[str]:
    """Sentences on stages of the conversion that could not be read with."""
    sentences = []
    for variant in stages:
        own = [known[variant.id] for known in values if variant.id in known]
        broken = next((value for value in own if value["status"] != "ok"), None)
        if broken:
            what = f"{variant.info.title}, {variant.info.precision}"
            sentences.append(f"Conversion, {what}: {broken['status']}, {broken['reason']}")
    return sentences
