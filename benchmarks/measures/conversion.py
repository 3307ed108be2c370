"""Accuracy kept by each arrow of the conversion: one Reader, its networks taken from every stage in turn.

    source ONNX -> rewritten ONNX -> SavedModel -> .tflite of each precision

Pre- and post-processing are the Reader's own throughout, on float32 tensors where the stage is one of floats; only the
networks are exchanged. A model for int8 may have a graph of its own (approximated, equalized), still in floats: it is
measured as an ONNX file and as a SavedModel of precision "float32, graph of int8", so that what the graph costs and
what the integers cost can be told apart.

Stages are engines like others: `variants` for worker processes, `rows` for the report; `measure` does both in this
process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import ours
from benchmarks.engines.installed import code, digest, require, versions
from benchmarks.engines.networks import BUILD_FOLDER
from benchmarks.measures.reading import SetResult
from benchmarks.running.protocol import Choice, EngineInfo, Skipped, Variant, thread_environment
from converters import cache
from evaluation import quality
from tflite_ocr import manifest
from tflite_ocr.manifest import Manifest

NAME = "conversion"
SOURCE, ONNX, SAVED_MODEL, TFLITE = "source", "onnx", "saved_model", "tflite"
INT8_GRAPH = "float32, graph of int8"
_ORDER = (SOURCE, ONNX, SAVED_MODEL, TFLITE)
_FLOAT = "float32"
# Graphs that one of int8 may have been made of last, see converters.pipeline.
_INT8_GRAPHS = ("equalized.onnx", "refitted.onnx", "rewritten_int8.onnx")
_LIBRARIES = {SOURCE: ("onnxruntime", ">=1.17"), ONNX: ("onnxruntime", ">=1.17"), SAVED_MODEL: ("tensorflow", ">=2.15")}


@dataclass(frozen=True)
class Stage:
    """A model at one place of the conversion.

    Attributes:
        name: "source", "onnx", "saved_model" or "tflite".
        precision: As in the manifest, INT8_GRAPH, or what stands behind "saved_model_" in the build folder.
        files: Stem of each network's .tflite files to what stands in for it, relative to the folder; none for "tflite",
            which the Reader reads itself.
    """

    name: str
    precision: str
    files: dict[str, str]


def stages(folder: Path) -> list[Stage]:
    """Everything of a converted model that can be read with, from the source to the .tflite files.

    Raises:
        ArtifactError: The folder has no valid manifest.
    """
    facts, build = manifest.load(folder), folder / BUILD_FOLDER
    parts = sorted({part for part, _ in map(_split, _float_files(facts))})
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
        Stage(name, precision, {part: str(path.relative_to(folder)) for part, path in files.items()})
        for name, precision, files in found
        if precision != INT8_GRAPH or files not in (rewritten, lifted)
    ]
    return float_stages + [Stage(TFLITE, precision, {}) for precision in facts.precisions()]


def variants(choice: Choice, known: Sequence[Variant] = ()) -> list[Variant]:
    """The stages as engines for worker processes.

    Args:
        choice: Of models and threads; in a quick run the source and the .tflite files alone.
        known: Engines that are measured in any case; a .tflite file among them is not read twice, and its results
            are found by the same id.

    Raises:
        ArtifactError: A model folder has no valid manifest.
    """
    listed = {variant.id for variant in known}
    return [
        variant
        for folder in choice.models
        for variant, stage in _of_model(folder, choice.threads)
        if variant.id not in listed and not (choice.quick and stage.name in (ONNX, SAVED_MODEL))
    ]


def rows(choice: Choice, results: Callable[[str], Sequence[SetResult]], whole: Sequence[str]) -> Iterator[dict]:
    """Rows of "conversion" in the report, the source first; a stage that was not read to the end has none.

    Args:
        choice: As variants was given.
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


def _of_model(folder: Path, threads: int) -> Iterator[tuple[Variant, Stage]]:
    facts = manifest.load(folder)
    for stage in stages(folder):
        if stage.name == TFLITE:
            yield ours.variant(folder, facts, stage.precision, threads), stage
        else:
            yield _variant(folder, facts, stage, threads), stage


def _variant(folder: Path, facts: Manifest, stage: Stage, threads: int) -> Variant:
    package, wanted = _LIBRARIES[stage.name]
    skipped = None
    try:
        require(package, wanted, "convert")
        _require_files(folder, stage)
    except Skipped as reason:
        skipped = str(reason)
    title = f"{facts.name}, {stage.name.replace('_', ' ')}"
    paths = [] if skipped else [folder / path for path in stage.files.values()]
    networks = " ".join(cache.digest_file(path)[:16] for path in paths)
    return Variant(
        id=f"{NAME}-{facts.name}-{stage.name}-{stage.precision.replace(', ', '-').replace(' ', '-')}",
        info=EngineInfo(NAME, title, versions(package), facts.name, stage.precision, threads),
        factory=f"{__name__}:create",
        options={"model": str(folder.resolve()), "stage": stage.name, "precision": stage.precision, "threads": threads},
        environment=thread_environment(threads),
        fingerprint=" ".join(
            [code(__file__), digest(Path(manifest.__file__).parent), networks, digest(folder / manifest.FILE_NAME)]
        ),
        packages=(package,),
        skipped=skipped,
    )


def _engine(folder: Path, stage: Stage, threads: int) -> ours.Ours:
    if stage.name == TFLITE:
        return ours.create(str(folder), stage.precision, threads)
    from benchmarks.engines import exchanged

    _require_files(folder, stage)
    make = exchanged.onnx if stage.name in (SOURCE, ONNX) else exchanged.saved_model
    facts = manifest.load(folder)
    precision = _FLOAT if _FLOAT in facts.precisions() else facts.default_precision
    networks = {part: make(folder / path) for part, path in stage.files.items()}
    return ours.Ours(exchanged.reader(folder, precision, threads, lambda file: networks[_split(file.path)[0]]))


def _require_files(folder: Path, stage: Stage) -> None:
    absent = [path for path in stage.files.values() if not (folder / path).exists()]
    if absent:
        raise Skipped(f"{', '.join(absent)} was not kept; convert the model again")


def _rows(
    model: str, stage: Stage, found: Sequence[SetResult], source: dict[str, SetResult], whole: Sequence[str]
) -> Iterator[dict]:
    row = {"model": model, "stage": stage.name, "precision": stage.precision}
    pooled, before = {}, {}
    for result in found:
        name, counts = result.dataset.name, result.counts()
        names = [result.dataset.image_name(sample) for sample in result.dataset.samples]
        one = row | {"set": name, "metrics": quality.summary(counts)}
        one["counts"] = quality.counts_as_json(names, counts)
        if name in source:
            one["differs"] = _differs(names, source[name], result)
            one["against_source"] = quality.differences_from([source[name].counts()], [counts])
        if name in whole:
            pooled[name] = counts
            before |= {name: source[name].counts()} if name in source else {}
        yield one
    if whole and len(pooled) == len(whole):
        every = row | {"set": "all", "metrics": quality.summary(*pooled.values())}
        if len(before) == len(pooled):
            every["against_source"] = quality.differences_from(list(before.values()), list(pooled.values()))
        yield every


def _differs(names: Sequence[str], source: SetResult, result: SetResult) -> list[dict]:
    texts = [["\n".join(line.text for line in lines) for lines in dataset.found] for dataset in (source, result)]
    return [
        {"image": name, "source_text": wanted, "text": text}
        for name, wanted, text in zip(names, *texts, strict=True)
        if wanted != text
    ]


def _int8_graph(work: Path) -> Path | None:
    """The ONNX file that the SavedModel of int8 was made of, found by its digest; others may be of earlier runs."""
    stamp = work / f"saved_model_int8{cache.STAMP}"
    text = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    for name in _INT8_GRAPHS:
        if (work / name).is_file() and cache.digest_file(work / name) in text:
            return work / name
    return None


def _float_files(facts: Manifest) -> list[str]:
    precision = _FLOAT if _FLOAT in facts.precisions() else facts.default_precision
    return [file.path for file in facts.files() if file.precision == precision]


def _first(work: Path, *names: str) -> Path:
    """The first of some files that is there; the last one where none is."""
    return next((work / name for name in names if (work / name).exists()), work / names[-1])


def _split(path: str) -> tuple[str, str]:
    part, _, precision = Path(path).stem.rpartition("_")
    return part, precision
