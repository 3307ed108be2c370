"""Engines that read labelled images: what they found, how well, how fast, and with what resources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from benchmarks.measures import by_kind, sets
from benchmarks.measures.sets import EvaluationSet
from benchmarks.running import machine
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import FoundLine, Variant
from benchmarks.running.resources import MIB
from benchmarks.running.schedule import Group
from evaluation import quality
from evaluation.labels import Sample

# Images in one group, by kind of set: what an interruption loses at most.
_BLOCK = {quality.PAGES: 25, quality.PAGE_TEXT: 10, quality.LINES: 100}
SPREAD = "from the fastest rounds to the highest median of a round"


@dataclass(frozen=True)
class Block:
    """Images of a set that are read in one group."""

    dataset: EvaluationSet
    samples: tuple[Sample, ...]
    group: Group


def blocks(variants: Sequence[Variant], evaluation_sets: Sequence[EvaluationSet], rounds: int) -> list[Block]:
    """Groups in which all engines read all sets interleaved, image by image."""
    return [
        Block(evaluation_set, samples, _group(variants, evaluation_set, samples, rounds, number))
        for evaluation_set in evaluation_sets
        for number, samples in enumerate(_cut(evaluation_set), 1)
    ]


def cell_key(what: str, variant: Variant, rounds: int, **more) -> dict:
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


@dataclass(frozen=True)
class SetResult:
    """What one engine did with one set.

    Attributes:
        dataset: The set.
        found: Lines of each of its images.
        times_ms: Times of each image, of each round.
    """

    dataset: EvaluationSet
    found: tuple[tuple[FoundLine, ...], ...]
    times_ms: tuple[tuple[float, ...], ...]

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
        return {
            "ms": {
                "median": middle,
                "low": min(middle, *per_round),
                "high": max(middle, *per_round),
                "p95": percentile95([time for times in self.times_ms for time in times]),
                "mean": mean,
            },
            "fps": 1000 / mean,
            "rounds": min(len(times) for times in self.times_ms),
            "samples_ms": each,
        }


def results(variant: Variant, measured: Sequence[tuple[Block, dict]]) -> list[SetResult]:
    """What an engine did with the sets that it read to the end.

    Args:
        variant: The engine.
        measured: Each block with the values of its engines, as Schedule.run gives them; blocks of others are skipped.
    """
    by_set: dict[str, list[tuple[Block, dict]]] = {}
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


def quality_rows(variant: Variant, found: Sequence[SetResult], whole: Sequence[str]) -> Iterator[dict]:
    """Rows of "quality": one a set, and one over the sets of these names where all of them were read."""
    counts = [result.counts() for result in found]
    for result, of_set in zip(found, counts, strict=True):
        names = [result.dataset.image_name(sample) for sample in result.dataset.samples]
        yield {
            "engine": variant.id,
            "set": result.dataset.name,
            "metrics": quality.summary(of_set),
            "images": len(of_set),
            "counts": quality.counts_as_json(names, of_set),
        }
    pooled = {
        result.dataset.name: of_set
        for result, of_set in zip(found, counts, strict=True)
        if result.dataset.name in whole
    }
    if whole and len(pooled) == len(whole):
        images = sum(map(len, pooled.values()))
        yield {"engine": variant.id, "set": "all", "metrics": quality.summary(*pooled.values()), "images": images}


def kind_rows(variant: Variant, found: Sequence[SetResult]) -> Iterator[dict]:
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


def _rounds(evaluation_set: EvaluationSet, rounds: int) -> int:
    """The large set that the project draws is read once: it is there for accuracy, kind by kind."""
    return 1 if evaluation_set.built_in and evaluation_set.has_kinds else rounds


def _cut(evaluation_set: EvaluationSet) -> Iterator[tuple[Sample, ...]]:
    size = _BLOCK[evaluation_set.kind]
    for start in range(0, len(evaluation_set.samples), size):
        yield evaluation_set.samples[start : start + size]


def _group(
    variants: Sequence[Variant], evaluation_set: EvaluationSet, samples: tuple[Sample, ...], rounds: int, number: int
) -> Group:
    rounds = _rounds(evaluation_set, rounds)
    is_line = evaluation_set.kind == quality.LINES
    images = sets.digest(samples)
    return Group(
        kind=evaluation_set.kind,
        title=f"{evaluation_set.name}, part {number}",
        lanes=tuple(
            Lane(variant, cell_key("read", variant, rounds, lines=is_line, images=images)) for variant in variants
        ),
        tasks=tuple(_task(sample, is_line) for sample in samples),
        rounds=rounds,
    )


def _task(sample: Sample, is_line: bool) -> dict:
    path = str(sample.image_path.resolve())
    return {"do": "recognize", "images": [path]} if is_line else {"do": "read", "image": path}


def _found(lines: list[dict]) -> tuple[FoundLine, ...]:
    return tuple(FoundLine(line["text"], line["confidence"], line["quad"]) for line in lines)
