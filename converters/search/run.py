"""A search from the plan to the published model."""

import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from converters import cache, parity, pipeline, publish, tflite_export
from converters.inputs import Inputs, reference
from converters.pipeline import BUILD_FOLDER, Settings
from converters.plan import Plan
from converters.pruning.options import Thinning
from converters.publish import Made
from converters.search import (
    accuracy,
    candidates,
    choose,
    latency,
    layers,
    operators,
    prepare,
    report,
    sensitivity,
    splice,
    trials,
    variant,
)
from converters.search.accuracy import LabelledSet
from converters.search.candidates import Choice
from converters.search.choose import Search
from converters.search.options import SearchOptions
from converters.search.path import SearchLog
from tflite_ocr.manifest import MIXED, UNIFORM
from tflite_ocr.processors import cores

_log = logging.getLogger(__name__)

_SCHEMA = 1
_PARITY_SAMPLES = 4
_CODE = (
    accuracy,
    candidates,
    choose,
    latency,
    layers,
    operators,
    prepare,
    sensitivity,
    splice,
    trials,
    variant,
    tflite_export,
)
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

    Args:
        plan: From a source.
        out: The folder of all models.
        settings: Precisions to publish besides, calibration data, zeros to try.
        options: Options of the search.
        command: For the report.
        tell: Called with one line of text a stage.
        clock: Times a file against another on an input with some threads.

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
    chain = replace(settings, precisions=_all_of(settings.precisions), thinning=Thinning())
    made, fresh = pipeline.make(plan, build, chain, tell)
    work = build / "search"
    result = work / "result"
    key = {
        **options.parameters(),
        "images": accuracy.digest(sets),
        "zeros": str(settings.thinning.zeros or ""),
        "calibration": settings.digest(),
        "code": cache.digest_code(*_CODE),
        "from": [cache.digest_file(one.files[name]) for one in made for name in prepare.CHAIN],
    }

    def search(target: Path) -> None:
        ready = prepare.Preparation(plan, made, settings, options, sets, work, tell)
        _search(target, plan, made, ready, sets, options, {"command": command}, tell, clock)

    fresh |= cache.build(result, key, search)
    found = json.loads((result / report.JSON_NAME).read_text(encoding="utf-8"))
    plan = replace(plan, default_precision=MIXED, parameters={**plan.parameters, "search": str(options)})
    inputs = prepare.inputs_of(plan, made, settings.images, settings.lines)
    made = [_with_mixed(one, inputs[one.network.name], result, found, settings.precisions) for one in made]
    fresh = publish.finish(folder, plan, made, (*settings.precisions, MIXED), fresh)
    if fresh or not (folder / report.TEXT_NAME).is_file():
        report.write(folder, found)
    return folder, fresh


def _all_of(precisions: Sequence[str]) -> tuple[str, ...]:
    wanted = {*precisions, *prepare.CHAIN}
    return tuple(precision for precision in UNIFORM if precision in wanted)


def _search(
    target: Path,
    plan: Plan,
    made: Sequence[Made],
    ready: prepare.Preparation,
    sets: Sequence[LabelledSet],
    options: SearchOptions,
    extra: Mapping[str, str],
    tell: Callable[[str], None],
    clock: Clock,
) -> None:
    """Searches, and writes a folder with the networks found and the report as JSON."""
    plain = {one.network.name: one.files["float32"] for one in made}
    roles = {one.network.name: one.network.role for one in made}
    reading = trials.Trials(plan, made, sets, target.parent)
    steps = SearchLog(tell)
    times: dict[tuple[str, str], latency.Latency] = {}

    def timed(name: str, file: Path) -> latency.Latency:
        key = name, cache.digest_file(file)
        if key not in times:  # the Reader runs a detector on all cores and a recogniser on one for each crop
            threads = cores() if roles[name] == "detector" else 1
            times[key] = clock(file, plain[name], ready.tensors(name)[0], threads)
        return times[key]

    search = Search(options.budget, options.precisions, reading.score, timed, steps)
    chosen = search.run(ready.candidates(), plain)
    target.mkdir()
    for name, choice in chosen.items():
        (target / name).mkdir()
        shutil.copyfile(choice.file, target / name / f"{MIXED}.tflite")
    accuracies = [reading.score(plain), reading.score({name: choice.file for name, choice in chosen.items()})]
    found = {
        "schema": _SCHEMA,
        "model": plan.name,
        **extra,
        "budget": options.budget,
        "sets": [
            {"name": one.name, "images": len(one.samples), "kind": "lines" if one.lines else "pages"} for one in sets
        ],
        "baseline": accuracies[0],
        "accuracy": accuracies[1],
        "networks": [_chosen(name, choice) for name, choice in chosen.items()],
        **steps.as_json(),
    }
    (target / report.JSON_NAME).write_text(json.dumps(found), encoding="utf-8")


def _chosen(name: str, choice: Choice) -> dict:
    return {
        "network": name,
        "pruning": choice.pruning,
        "layers": dict(choice.layers),
        "latency": asdict(choice.latency),
        "size_bytes": choice.file.stat().st_size,
    }


def _with_mixed(one: Made, inputs: Inputs, result: Path, found: Mapping, precisions: Sequence[str]) -> Made:
    """A network's results with the file that was found, and of the chain's files those to be published."""
    name = one.network.name
    file = result / name / f"{MIXED}.tflite"
    figures = next(
        (one.parity[kind] for kind, path in one.files.items() if path.read_bytes() == file.read_bytes()), None
    )
    if figures is None:
        figures = parity.compare(
            reference(one.network, one.source), parity.tflite_forward(file), inputs.some(_PARITY_SAMPLES)
        )
    named = next(chosen["layers"] for chosen in found["networks"] if chosen["network"] == name)
    kept = {precision: path for precision, path in one.files.items() if precision in precisions}
    layers_of = {**one.layers, MIXED: named}
    return replace(one, files={**kept, MIXED: file}, parity={**one.parity, MIXED: figures}, layers=layers_of)
