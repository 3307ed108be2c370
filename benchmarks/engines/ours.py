"""tflite-ocr: this project's Reader, every precision of a converted model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.installed import digest, pipeline, versions
from benchmarks.running.protocol import EngineInfo, EngineLine, EngineVariant, MeasurementChoice, corners
from tflite_ocr import manifest
from tflite_ocr.manifest import Manifest

NAME = "ours"
_RUNTIME = Path(manifest.__file__).parent


def variants(choice: MeasurementChoice) -> list[EngineVariant]:
    """Every model x precision x threads; in a quick run the default precision and float32."""
    found = []
    for folder in choice.models:
        facts = manifest.load(folder)
        wanted = (facts.default_precision, "float32") if choice.quick else facts.precisions()
        wanted = (choice.precision,) if choice.precision else wanted
        precisions = [precision for precision in facts.precisions() if precision in wanted]
        for precision in sorted(precisions, key=lambda p: p != facts.default_precision):
            found += [variant(folder, facts, precision, threads) for threads in choice.thread_counts()]
    return found


def default_variant(folder: Path, threads: int) -> EngineVariant:
    """A model in the precision that a user gets without asking."""
    facts = manifest.load(folder)
    return variant(folder, facts, facts.default_precision, threads)


def variant(folder: Path, facts: Manifest, precision: str, threads: int) -> EngineVariant:
    """One configuration of the Reader."""
    version = versions("tflite-ocr", "ai-edge-litert")
    info = EngineInfo(NAME, f"tflite-ocr {facts.name}", version, facts.name, precision, threads)
    return pipeline(
        __name__,
        f"{NAME}-{facts.name}-{precision}-t{threads}",
        info,
        {"model": str(folder.resolve()), "precision": precision, "threads": threads},
        [digest(_RUNTIME), digest(folder / manifest.FILE_NAME)],
        artifact_bytes=facts.size_bytes(precision),
        packages=("tflite-ocr",),
    )


def create(model: str, precision: str, threads: int) -> Ours:
    """Makes the engine in a worker."""
    from tflite_ocr import Reader

    return Ours(Reader(model=model, precision=precision, threads=threads))


class Ours:
    """A Reader as an engine."""

    def __init__(self, reader):
        self._reader = reader

    def read(self, path: Path) -> list[EngineLine]:
        return [EngineLine(line.text, line.confidence, corners(line.quad)) for line in self._reader.read(path)]

    def recognize(self, paths: Sequence[Path]) -> list[str]:
        return [result.text for result in self._reader.recognize(paths)]
