"""Engines that read labelled images: what they found, how well, how fast, and with what resources."""

from collections.abc import Iterator, Sequence
from statistics import fmean, median, quantiles
from typing import NamedTuple

from benchmarks.measures import by_kind, sets
from benchmarks.measures.sets import EvaluationSet
from benchmarks.running import machine
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import EngineLine, EngineVariant
from benchmarks.running.resources import MIB
from benchmarks.running.schedule import Group
from evaluation import quality
from evaluation.labels import Sample

# Images in one group, by kind of set: what an interruption loses at most.
_BLOCK = {quality.PAGES: 25, quality.PAGE_TEXT: 10, quality.LINES: 100}
SPREAD = "from the fastest rounds to the highest median of a round"


class SampleBlock(NamedTuple):
    """Images of a set that are read in one group."""

    dataset: EvaluationSet
    samples: tuple[Sample, ...]
    group: Group


def blocks(
    variants: Sequence[EngineVariant], evaluation_sets: Sequence[EvaluationSet], rounds: int
) -> list[SampleBlock]:
    """Groups in which all engines read all sets interleaved, image by image."""
    found = []
    for evaluation_set in evaluation_sets:
        size = _BLOCK[evaluation_set.kind]
        for number, start in enumerate(range(0, len(evaluation_set.samples), size), 1):
            samples = evaluation_set.samples[start : start + size]
            found.append(
                SampleBlock(evaluation_set, samples, _group(variants, evaluation_set, samples, rounds, number))
            )
    return found


def cell_key(what: str, variant: EngineVariant, rounds: int, **more) -> dict:
    """What the result of an engine depends on, whatever it does."""
    cpu, _ = machine.processor()
    info = variant.info
    return {
        "what": what,
        "engine": variant.id,
        "version": info.version,
        "options": variant.options,
        "environment": variant.environment,
        "fingerprint": variant.fingerprint,
        "rounds": rounds,
        "machine": [cpu, machine.cores()],
        **more,
    }


class SetResult(NamedTuple):
    """What one engine did with one set."""

    dataset: EvaluationSet  # The set
    found: tuple[tuple[EngineLine, ...], ...]  # Lines of each of its images
    times_ms: tuple[tuple[float, ...], ...]  # Times of each image, of each round

    def counts(self) -> list[quality.ImageCounts]:
        """Of each image."""
        return [
            quality.count(self.dataset.kind, sample, lines)
            for sample, lines in zip(self.dataset.samples, self.found, strict=True)
        ]

    def speed(self) -> dict:
        """The figures of a row of "speed" in the report, see its schema.md.

        The time of an image is its fastest round: whatever else the machine does only adds to it.
        """
        each = [min(times) for times in self.times_ms]
        per_round = [median(times) for times in zip(*self.times_ms, strict=False)]
        middle, mean = median(each), fmean(each)
        ms = {"median": middle, "low": min(middle, *per_round), "high": max(middle, *per_round)}
        ms |= {"p95": percentile95([time for times in self.times_ms for time in times]), "mean": mean}
        return {"ms": ms, "fps": 1000 / mean, "rounds": min(map(len, self.times_ms)), "samples_ms": each}


def results(variant: EngineVariant, measured: Sequence[tuple[SampleBlock, dict]]) -> list[SetResult]:
    """What an engine did with the sets that it read to the end.

    Args:
        measured: Each block with the values of its engines, as Schedule.run gives them; blocks of others are skipped.
    """
    by_set: dict[str, list[tuple[SampleBlock, dict]]] = {}
    for block, values in measured:
        if variant.id in values:
            by_set.setdefault(block.dataset.name, []).append((block, values[variant.id]))
    found = []
    for parts in by_set.values():
        if all(value["status"] == "ok" for _, value in parts):
            lines = tuple(_found(image) for _, value in parts for image in value["lines"])
            times = tuple(tuple(image) for _, value in parts for image in value["ms"])
            found.append(SetResult(parts[0][0].dataset, lines, times))
    return found


def quality_rows(found: Sequence[SetResult], whole: Sequence[str]) -> Iterator[dict]:
    """Figures, a row for each set, and one over the sets of these names where all of them were read."""
    pooled = {}
    for result in found:
        name, counts = result.dataset.name, result.counts()
        names = [result.dataset.image_name(sample) for sample in result.dataset.samples]
        row = {"set": name, "metrics": quality.summary(counts), "images": len(counts)}
        yield row | {"counts": quality.counts_as_json(names, counts)}
        pooled |= {name: counts} if name in whole else {}
    if whole and len(pooled) == len(whole):
        images = sum(map(len, pooled.values()))
        yield {"set": "all", "metrics": quality.summary(*pooled.values()), "images": images}


def kind_rows(variant: EngineVariant, found: Sequence[SetResult]) -> Iterator[dict]:
    """Rows of "kinds": of sets whose pictures are of named kinds."""
    for result in found:
        for row in by_kind.rows(result.dataset.samples, result.found):
            yield {"engine": variant.id, "set": result.dataset.name} | row


def resources_of(values: Sequence[dict]) -> dict:
    """Memory and load of an engine over its finished groups, as in a row of "engines"."""
    finished = [value for value in values if value["status"] == "ok"]
    if not finished:
        return {}
    spent = [sum(map(sum, value["ms"])) for value in finished]

    def mean(name: str) -> float | None:
        """Weighted by time."""
        known = [(value[name], time) for value, time in zip(finished, spent, strict=True) if value[name] is not None]
        return sum(value * time for value, time in known) / sum(time for _, time in known) if known else None

    gpu_bytes = [value["gpu_memory_bytes"] for value in finished if value["gpu_memory_bytes"]]
    return {
        "peak_rss_mib": max(value["peak_rss_bytes"] for value in finished) / MIB,
        "steady_rss_mib": median(value["steady_rss_bytes"] for value in finished) / MIB,
        "cpu_percent": mean("cpu_percent"),
        "gpu_percent": mean("gpu_percent"),
        "gpu_memory_mib": max(gpu_bytes) / MIB if gpu_bytes else None,
    }


def percentile95(values: Sequence[float]) -> float:
    """95th percentile, between the nearest two."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _group(
    variants: Sequence[EngineVariant],
    evaluation_set: EvaluationSet,
    samples: tuple[Sample, ...],
    rounds: int,
    number: int,
) -> Group:
    if evaluation_set.built_in and evaluation_set.has_kinds:
        rounds = 1  # the large set that the project draws is there for accuracy, kind by kind
    is_line = evaluation_set.kind == quality.LINES
    key = {"lines": is_line, "images": sets.digest(samples)}
    lanes = tuple(Lane(variant, cell_key("read", variant, rounds, **key)) for variant in variants)
    paths = [str(sample.image_path.resolve()) for sample in samples]
    tasks = tuple({"do": "recognize", "images": [p]} if is_line else {"do": "read", "image": p} for p in paths)
    return Group(f"{evaluation_set.name}, part {number}", lanes, tasks, rounds)


def _found(lines: list[dict]) -> tuple[EngineLine, ...]:
    return tuple(EngineLine(line["text"], line["confidence"], line["quad"]) for line in lines)
