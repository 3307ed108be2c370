"""Single networks on identical tensors, every engine interleaved."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import NamedTuple

import numpy as np

from benchmarks.engines import networks
from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.measures.reading import cell_key, percentile95
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import EngineVariant
from benchmarks.running.schedule import Group
from converters import parity

_ENOUGH_S = 20.0  # of one engine; slow originals get fewer rounds
# Compilers that look at the first runs (TorchScript, XLA) are done with it after these; a quick run has none of them.
_WARM_UP, _QUICK_WARM_UP = 3, 1
ROUNDS = {False: 15, True: 9}  # by whether the run is quick
# Networks on crops take a few milliseconds, which scatter more; more runs of them cost little.
_CROP_PIXELS, _CROP_ROUNDS = 64 * 640, 3
_BEST_OF = 3


class NetworkGroup(NamedTuple):
    """The engines that run one network with as many threads."""

    network: MeasuredNetwork  # That they run
    variants: tuple[EngineVariant, ...]  # The engines, the original first
    group: Group  # For the schedule
    outputs: Path  # Folder of what they computed


def groups(
    chosen: Sequence[tuple[MeasuredNetwork, list[EngineVariant]]], rounds: int, build: Path
) -> list[NetworkGroup]:
    """Groups of engines on one network; threads are distinguished, so that fewer processes wait at a time.

    Args:
        rounds: Timed runs of each, three times as many of one on a small crop; fewer of one that would take longer than
            20 seconds.
    """
    found = []
    for network, variants in chosen:
        folder = build / network.key.replace(" ", "_").replace(",", "")
        for threads in dict.fromkeys(variant.info.threads for variant in variants):
            same = tuple(variant for variant in variants if variant.info.threads == threads)
            found.append(NetworkGroup(network, same, _group(network, same, rounds, folder, threads), folder))
    return found


def write_inputs(found: Sequence[NetworkGroup]) -> None:
    """Writes the tensor of each network to where its workers look for it."""
    for network, folder in {part.network.key: (part.network, part.outputs) for part in found}.values():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(_input(folder), networks.tensors(network)[0])


def rows(found: NetworkGroup, values: dict[str, dict]) -> Iterator[dict]:
    """Rows of "networks" in the report."""
    for variant in found.variants:
        value, info = values[variant.id], variant.info
        row = {"model": found.network.model, "network": found.network.title, "shape": list(found.network.shape)}
        row |= {"engine": info.title, "precision": info.precision, "threads": info.threads, "device": info.device}
        row["recorded"] = False
        if value["status"] == "ok":
            yield row | timing(value["ms"][0])
        else:
            prefix = "" if value["status"] == "skipped" else f"{value['status']}: "
            yield row | {"skipped": prefix + value["reason"]}


def timing(times: Sequence[float]) -> dict:
    """Timed runs, in milliseconds, as in a row of "networks"."""
    return {"ms": milliseconds(times), "rounds": len(times), "samples_ms": best_runs(times)}


def strangers(found: NetworkGroup, values: dict[str, dict]) -> list[str]:
    """Sentences on engines whose output on the same tensor is too far from the original's to be the same network."""
    outputs = [
        (variant, np.load(_output(found.outputs, variant)).astype(np.float64).ravel())
        for variant in found.variants
        if values[variant.id]["status"] == "ok" and _output(found.outputs, variant).is_file()
    ]
    if not outputs:
        return []
    first, original = outputs[0]
    sentences = []
    for variant, output in outputs[1:]:
        limit = parity.LIMITS.get(variant.info.precision, parity.LIMITS["float16"])
        cosine = _cosine(original, output)
        if not cosine >= limit:
            sentences.append(
                f"{found.network.title} of {found.network.model}: the output of {variant.info.title} "
                f"{variant.info.precision} has a cosine of {cosine:.3f} with that of {first.info.title}, "
                f"under {limit:g}: its time may be that of another computation."
            )
    return sentences


def milliseconds(times: Sequence[float]) -> dict[str, float]:
    """Of timings in milliseconds: the median of the best runs; quartiles, 95th percentile and mean of all."""
    low, _, high = quantiles(times, n=4, method="inclusive") if len(times) > 1 else [times[0]] * 3
    middle = median(best_runs(times))
    ends = {"median": middle, "low": min(low, middle), "high": max(high, middle)}
    return ends | {"p95": percentile95(times), "mean": fmean(times)}


def best_runs(times: Sequence[float]) -> list[float]:
    """The fastest of each three timings in rotation: whatever else the machine does only adds to a time."""
    return [min(times[start : start + _BEST_OF]) for start in range(0, len(times), _BEST_OF)]


def _group(
    network: MeasuredNetwork, variants: tuple[EngineVariant, ...], rounds: int, folder: Path, threads: int | None
) -> Group:
    key = {"network": network.key}
    warm_up = _QUICK_WARM_UP if rounds <= ROUNDS[True] else _WARM_UP
    if math.prod(network.shape[:3]) <= _CROP_PIXELS:
        rounds *= _CROP_ROUNDS
    return Group(
        title=f"{network.model}, {network.title}, {'own' if threads is None else threads} threads",
        lanes=tuple(Lane(variant, cell_key("network", variant, rounds, **key)) for variant in variants),
        tasks=({"do": "run"},),
        rounds=rounds,
        enough_s=_ENOUGH_S,
        setup=({"do": "prepare", "tensor": str(_input(folder))},),
        warm_up=warm_up,
        teardown=lambda variant: ({"do": "output", "tensor": str(_output(folder, variant))},),
    )


def _input(folder: Path) -> Path:
    return folder.resolve() / "input.npy"


def _output(folder: Path, variant: EngineVariant) -> Path:
    return folder.resolve() / f"{variant.id.partition('@')[0]}.npy"


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    """0.0 for outputs of different sizes; 1.0 for two of zeros."""
    if first.shape != second.shape:
        return 0.0
    norm = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / norm) if norm else float(np.array_equal(first, second))
