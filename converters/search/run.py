"""A search from the plan to the published model."""

import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from converters import cache, measuring, parity, pipeline, publish
from converters.inputs import Inputs, reference
from converters.pipeline import BUILD_FOLDER, Settings
from converters.plan import Plan
from converters.pruning.options import Thinning
from converters.publish import Made
from converters.search import accuracy, latency, prepare, report, trials
from converters.search.choose import PrecisionSearch
from converters.search.options import SearchOptions
from converters.search.path import SearchLog
from tflite_ocr.manifest import MIXED, UNIFORM
from tflite_ocr.processors import cores

_log = logging.getLogger(__name__)

_SCHEMA = 1
Clock = Callable[[Path, Path, object, int], latency.Latency]


def convert(
    plan: Plan,
    out: Path,
    settings: Settings,
    options: SearchOptions,
    command: str,
    tell: Callable[[str], None] = lambda line: None,
    clock: Clock = latency.measure,
) -> tuple[Path, bool]:
    """Converts a plan and adds the precision "mixed", the fastest within the budget, with a report beside it.

    Returns:
        The model's folder, and whether anything was made now.

    Raises:
        BudgetError: No combination that is allowed stays within the budget; nothing was published.
        ConversionError: A stage failed, or the images do not suit.
        DatasetError: A folder of images cannot be read.
        ParityError: A converted network is too far from its source.
    """
    sets = accuracy.load(options.data, options.pages, options.lines)
    for warning in accuracy.too_few(sets, options.budget):
        _log.warning("%s", warning)
    folder = out / plan.name
    build = folder / BUILD_FOLDER
    wanted = tuple(kind for kind in UNIFORM if kind in (*settings.precisions, *prepare.CHAIN))
    made, fresh = pipeline.make(plan, build, replace(settings, precisions=wanted, thinning=Thinning()), tell)
    work = build / "search"
    ready = prepare.Preparation(plan, made, settings, options, sets, work, tell)
    reading = trials.Trials(plan, made, sets, work)
    chain, result = cache.Chain(plan.name, tell), work / "result"
    chain.step(
        "search",
        result,
        lambda path: _search(path, made, ready, reading, options, tell, clock),
        *(one.files[kind] for one in made for kind in prepare.CHAIN),
        **{name: value for name, value in asdict(options).items() if name != "data"},
        images=accuracy.digest(sets),
        zeros=str(settings.thinning.zeros or ""),
        calibration=settings.digest(),
    )
    fresh |= chain.fresh
    found = json.loads((result / report.JSON_NAME).read_text(encoding="utf-8"))
    described = [{"name": one.name, "images": len(one.samples), "kind": one.kind} for one in sets]
    facts = {"schema": _SCHEMA, "model": plan.name, "command": command, "budget": options.budget, "sets": described}
    plan = replace(plan, default_precision=MIXED, parameters={**plan.parameters, "search": str(options)})
    inputs = prepare.inputs_of(plan, made, settings.images, settings.lines)
    made = [_with_mixed(one, inputs[one.network.name], result, found, settings.precisions) for one in made]
    fresh = publish.finish(folder, plan, made, (*settings.precisions, MIXED), fresh)
    if fresh or not (folder / report.TEXT_NAME).is_file():
        report.write(folder, {**facts, **found})
    return folder, fresh


def _search(
    target: Path,
    made: Sequence[Made],
    ready: prepare.Preparation,
    reading: trials.Trials,
    options: SearchOptions,
    tell: Callable[[str], None],
    clock: Clock,
) -> None:
    """Searches, and writes a folder with the networks found and the report as JSON."""
    plain = {one.network.name: one.files["float32"] for one in made}
    roles = {one.network.name: one.network.role for one in made}
    steps = SearchLog(tell)
    times: dict[tuple[str, str], latency.Latency] = {}

    def timed(name: str, file: Path) -> latency.Latency:
        key = name, cache.digest_file(file)
        if key not in times:  # the Reader runs a detector on all cores and a recogniser on one for each crop
            threads = cores() if roles[name] == "detector" else 1
            times[key] = clock(file, plain[name], ready.tensors(name)[0], threads)
        return times[key]

    search = PrecisionSearch(options.budget, options.precisions, reading.score, timed, steps)
    chosen = search.run(ready.candidates(), plain)
    networks = []
    for name, choice in chosen.items():
        (target / name).mkdir(parents=True)
        shutil.copyfile(choice.file, target / name / f"{MIXED}.tflite")
        sizes = {"latency": asdict(choice.latency), "size_bytes": choice.file.stat().st_size}
        networks.append({"network": name, "pruning": choice.pruning, "layers": dict(choice.layers), **sizes})
    found = {
        "baseline": reading.score(plain),
        "accuracy": reading.score({name: choice.file for name, choice in chosen.items()}),
        "networks": networks,
        "steps": steps.steps,
        "sensitivity": steps.sensitivities,
    }
    (target / report.JSON_NAME).write_text(json.dumps(found), encoding="utf-8")


def _with_mixed(one: Made, inputs: Inputs, result: Path, found: Mapping, precisions: Sequence[str]) -> Made:
    """A network's results with the file that was found, and of the chain's files those to be published."""
    name = one.network.name
    file = result / name / f"{MIXED}.tflite"
    equal = [one.parity[kind] for kind, path in one.files.items() if path.read_bytes() == file.read_bytes()]
    figures = equal[0] if equal else None
    if figures is None:
        source, forward = reference(one.network, one.source), parity.tflite_forward(file)
        figures = parity.compare(source, forward, inputs.some(measuring.SAMPLES))
    layers = next(chosen["layers"] for chosen in found["networks"] if chosen["network"] == name)
    kept = {precision: path for precision, path in one.files.items() if precision in precisions}
    parities, layers = {**one.parity, MIXED: figures}, {**one.layers, MIXED: layers}
    return replace(one, files={**kept, MIXED: file}, parity=parities, layers=layers)
