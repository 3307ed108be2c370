"""Accuracy kept by each arrow of the conversion: one Reader, its networks taken from every stage in turn.

    source ONNX -> rewritten ONNX -> SavedModel -> .tflite of each precision

Pre- and post-processing are the Reader's own throughout, on float32 tensors where the stage is one of floats; only the
networks are exchanged. A model for int8 may have a graph of its own (approximated, equalized), still in floats: it is
measured as an ONNX file and as a SavedModel of precision "float32, graph of int8", so that the costs of the graph and
of the integers can be distinguished.

Stages are engines like others: `variants` for worker processes, `rows` for the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import ours
from benchmarks.engines.installed import digest, lacking, pipeline, versions
from benchmarks.engines.networks import BUILD_FOLDER, part_of
from benchmarks.measures.reading import SetResult, quality_rows
from benchmarks.running.protocol import EngineInfo, EngineVariant, MeasurementChoice, Skipped
from converters import cache
from evaluation import quality
from tflite_ocr import manifest
from tflite_ocr.manifest import Manifest

NAME = "conversion"
SOURCE, ONNX, SAVED_MODEL, TFLITE = "source", "onnx", "saved_model", "tflite"
INT8_GRAPH = "float32, graph of int8"
_FLOAT = "float32"
# Graphs that one of int8 may have been made of last, see converters.pipeline.
_INT8_GRAPHS = ("equalized.onnx", "refitted.onnx", "rewritten_int8.onnx")
_LIBRARIES = {SOURCE: ("onnxruntime", ">=1.17"), ONNX: ("onnxruntime", ">=1.17"), SAVED_MODEL: ("tensorflow", ">=2.15")}


@dataclass(frozen=True)
class ConversionStage:
    """A model at one place of the conversion."""

    name: str  # "source", "onnx", "saved_model" or "tflite"
    precision: str  # As in the manifest, INT8_GRAPH, or what stands behind "saved_model_" in the build folder
    # Stem of each network's .tflite files to what replaces it, relative to the folder; none for "tflite", which
    # the Reader reads itself
    files: dict[str, str]


def stages(folder: Path) -> list[ConversionStage]:
    """Everything of a converted model that can be read with, from the source to the .tflite files."""
    facts, build = manifest.load(folder), folder / BUILD_FOLDER
    precision = _float_precision(facts)
    parts = sorted({part_of(file.path) for file in facts.files() if file.precision == precision})
    rewritten = {part: _first(build / part, "rewritten.onnx", "source.onnx") for part in parts}
    lifted = {part: build / part / "saved_model" for part in parts}
    found = [
        (SOURCE, _FLOAT, {part: build / part / "source.onnx" for part in parts}),
        (ONNX, _FLOAT, rewritten),
        (ONNX, INT8_GRAPH, {part: _int8_graph(build / part) or rewritten[part] for part in parts}),
        (SAVED_MODEL, _FLOAT, lifted),
    ]
    suffixes = {path.name for part in parts for path in (build / part).glob("saved_model_*") if path.is_dir()}
    for name in sorted(suffixes):
        own = name.removeprefix("saved_model_")
        files = {part: _first(build / part, name, "saved_model") for part in parts}
        found.append((SAVED_MODEL, INT8_GRAPH if own == "int8" else own, files))
    float_stages = [
        ConversionStage(name, precision, {part: str(path.relative_to(folder)) for part, path in files.items()})
        for name, precision, files in found
        if precision != INT8_GRAPH or files not in (rewritten, lifted)
    ]
    return float_stages + [ConversionStage(TFLITE, precision, {}) for precision in facts.precisions()]


def variants(choice: MeasurementChoice, known: Sequence[EngineVariant] = ()) -> list[EngineVariant]:
    """The stages as engines for worker processes.

    Args:
        choice: Of models and threads; in a quick run the source and the .tflite files alone.
        known: Engines that are measured in any case; a .tflite file among them is not read twice, and its results
            are found by the same id.
    """
    listed = {variant.id for variant in known}
    return [
        variant
        for folder in choice.models
        for variant, stage in _of_model(folder, choice.threads)
        if variant.id not in listed and not (choice.quick and stage.name in (ONNX, SAVED_MODEL))
    ]


def rows(
    choice: MeasurementChoice, results: Callable[[str], Sequence[SetResult]], whole: Sequence[str]
) -> Iterator[dict]:
    """Rows of "conversion" in the report, the source first; a stage that was not read to the end has none.

    Args:
        results: Gives what the variant of an id did, see reading.results; nothing for one that was not run.
        whole: Names of the sets of which a stage that read them all has a row "all".
    """
    for folder in choice.models:
        source: dict[str, SetResult] = {}
        for variant, stage in _of_model(folder, choice.threads):
            found = results(variant.id)
            if stage.name == SOURCE:
                source = {result.dataset.name: result for result in found}
            yield from _rows(variant.info.model, stage, found, source, whole)


def create(model: str, stage: str, precision: str, threads: int) -> ours.Ours:
    """Makes the engine of a stage in a worker.

    Raises:
        Skipped: The model has no such stage.
    """
    for known in stages(Path(model)):
        if (known.name, known.precision) == (stage, precision):
            return _engine(Path(model), known, threads)
    raise Skipped(f"{model} has no stage {stage} of {precision}; convert the model again")


def _of_model(folder: Path, threads: int) -> Iterator[tuple[EngineVariant, ConversionStage]]:
    facts = manifest.load(folder)
    for stage in stages(folder):
        own = stage.name == TFLITE
        make = ours.variant(folder, facts, stage.precision, threads) if own else _variant(folder, facts, stage, threads)
        yield make, stage


def _variant(folder: Path, facts: Manifest, stage: ConversionStage, threads: int) -> EngineVariant:
    package, wanted = _LIBRARIES[stage.name]
    skipped = lacking((package, wanted, "convert")) or _absent(folder, stage)
    title = f"{facts.name}, {stage.name.replace('_', ' ')}"
    networks = [] if skipped else [cache.digest_file(folder / path)[:16] for path in stage.files.values()]
    return pipeline(
        __name__,
        f"{NAME}-{facts.name}-{stage.name}-{stage.precision.replace(', ', '-').replace(' ', '-')}",
        EngineInfo(NAME, title, versions(package), facts.name, stage.precision, threads),
        {"model": str(folder.resolve()), "stage": stage.name, "precision": stage.precision, "threads": threads},
        [digest(Path(manifest.__file__).parent), *networks, digest(folder / manifest.FILE_NAME)],
        packages=(package,),
        skipped=skipped,
    )


def _engine(folder: Path, stage: ConversionStage, threads: int) -> ours.Ours:
    if stage.name == TFLITE:
        return ours.create(str(folder), stage.precision, threads)
    from benchmarks.engines import exchanged

    if absent := _absent(folder, stage):
        raise Skipped(absent)
    make = exchanged.onnx if stage.name in (SOURCE, ONNX) else exchanged.saved_model
    networks = {part: make(folder / path) for part, path in stage.files.items()}
    precision = _float_precision(manifest.load(folder))
    return ours.Ours(exchanged.reader(folder, precision, threads, lambda file: networks[part_of(file.path)]))


def _absent(folder: Path, stage: ConversionStage) -> str | None:
    absent = [path for path in stage.files.values() if not (folder / path).exists()]
    return f"{', '.join(absent)} was not kept; convert the model again" if absent else None


def _rows(
    model: str, stage: ConversionStage, found: Sequence[SetResult], source: dict[str, SetResult], whole: Sequence[str]
) -> Iterator[dict]:
    shared = {"model": model, "stage": stage.name, "precision": stage.precision}
    results = {result.dataset.name: result for result in found}
    counted = {name: result.counts() for name, result in results.items()}
    before = {name: source[name].counts() for name in counted if name in source}
    for row in quality_rows(found, whole):
        name = row.pop("set")
        del row["images"]
        names = [name] if name in counted else list(whole)
        row = shared | {"set": name} | row
        if all(one in before for one in names):
            row["against_source"] = quality.differences_from(*([of[one] for one in names] for of in (before, counted)))
        if name in source:
            row["differs"] = _differs(row["counts"]["images"], source[name], results[name])
        yield row


def _differs(names: Sequence[str], source: SetResult, result: SetResult) -> list[dict]:
    texts = [["\n".join(line.text for line in lines) for lines in dataset.found] for dataset in (source, result)]
    rows = ({"image": n, "source_text": old, "text": new} for n, old, new in zip(names, *texts, strict=True))
    return [row for row in rows if row["source_text"] != row["text"]]


def _int8_graph(work: Path) -> Path | None:
    """The ONNX file that the SavedModel of int8 was made of, found by its digest; others may be of earlier runs."""
    stamp = work / f"saved_model_int8{cache.STAMP}"
    text = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    for name in _INT8_GRAPHS:
        if (work / name).is_file() and cache.digest_file(work / name) in text:
            return work / name
    return None


def _float_precision(facts: Manifest) -> str:
    return _FLOAT if _FLOAT in facts.precisions() else facts.default_precision


def _first(work: Path, *names: str) -> Path:
    """The first of some files that is there; the last one where none is."""
    return next((work / name for name in names if (work / name).exists()), work / names[-1])
