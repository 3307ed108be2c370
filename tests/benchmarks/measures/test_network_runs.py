"""Engines on one network: groups by threads, rows of the report, and outputs that are of another network."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.measures import network_runs
from benchmarks.running.cells import Cells
from benchmarks.running.schedule import Limits, Schedule

NETWORK = MeasuredNetwork("small", "detector", "detector", (1, 4, 6, 3), Path(), {})


def grouped(variants, folder):
    return network_runs.groups([(NETWORK, variants)], rounds=4, build=folder)


def test_engines_with_as_many_threads_take_turns_on_one_tensor(fake, tmp_path, Silent):
    variants = [
        fake("network", name="a", threads=2),
        fake("network", name="b", threads=1),
        fake("network", name="c", threads=2),
        fake("raising", threads=2),
    ]
    parts = grouped(variants, tmp_path / "build")
    assert [[variant.id for variant in part.variants] for part in parts] == [["a", "c", "raising"], ["b"]]
    network_runs.write_inputs(parts)
    with Schedule(Cells(tmp_path / "cells"), Limits(), Silent()) as schedule:
        values = schedule.run([part.group for part in parts])
    first, second, broken = network_runs.rows(parts[0], values[0])
    assert first["shape"] == [1, 4, 6, 3] and first["threads"] == 2 and first["engine"] == "A"
    assert first["rounds"] == 12 and len(first["samples_ms"]) == 4 and first["ms"]["median"] > 0
    assert broken["skipped"].startswith("failed: ") and "ms" not in broken
    tensor = np.load(parts[0].outputs / "input.npy")
    assert (np.load(parts[0].outputs / "c.npy") == 2 * tensor).all()
    assert network_runs.strangers(parts[0], values[0]) == []


def test_networks_on_crops_are_run_more_often_than_large_ones(fake, tmp_path):
    large = MeasuredNetwork("large", "detector", "detector", (1, 640, 640, 3), Path(), {})
    parts = network_runs.groups([(NETWORK, [fake("echo")]), (large, [fake("echo")])], rounds=9, build=tmp_path)
    assert [part.group.rounds for part in parts] == [27, 9]


def test_an_output_of_another_network_is_noted(fake, tmp_path):
    (part,) = grouped([fake("network", name=name) for name in "abcd"], tmp_path)
    part.outputs.mkdir(parents=True)
    x = np.random.default_rng(0).normal(size=(1, 4, 6, 3))
    for name, output in {"a": x, "b": x + 0.001, "c": x[::, ::-1], "d": x[:, :2]}.items():
        np.save(part.outputs / f"{name}.npy", output)
    values = {name: {"status": "ok"} for name in "abcd"}
    sentences = network_runs.strangers(part, values)
    assert len(sentences) == 2 and "cosine" in sentences[0] and "cosine of 0.000" in sentences[1]
    assert network_runs.strangers(part, {name: {"status": "failed"} for name in "abcd"}) == []


def test_milliseconds_are_the_median_of_best_runs_and_quartiles_and_mean_of_all():
    found = network_runs.milliseconds([4.0, 1.0, 2.0, 10.0, 3.0])  # the best are 1 and 3
    assert (found["low"], found["median"], found["high"], found["mean"]) == (2, 2, 4, 4)
    assert found["p95"] == pytest.approx(4 + 0.8 * 6)
    assert network_runs.milliseconds([7.0]) == dict.fromkeys(("median", "low", "high", "p95", "mean"), 7.0)
