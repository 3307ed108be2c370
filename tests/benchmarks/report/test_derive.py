"""Derived figures against hand values and brute force."""

import numpy as np
import pytest

from benchmarks.report.derive import busy, derived


def engine(key, name="ours", **more):
    return {"id": key, "name": name, "title": name.title(), "recorded": False, "status": "ok"} | more


def small(points, sets=("pages",), kinds=("pages",)):
    """A report of {engine: (name, bag_f1 with interval, {set: median ms})}."""
    speed = [
        {"engine": key, "set": name, "ms": {"median": ms, "low": 0.9 * ms, "high": 1.25 * ms}}
        for key, (_, _, times) in points.items()
        for name, ms in times.items()
    ]
    quality = [
        {"engine": key, "set": name, "metrics": {"bag_f1": dict(zip(("value", "low", "high"), f1))}}
        for key, (_, f1, _) in points.items()
        for name in ("all", *sets)
    ]
    return {
        "engines": [engine(key, name) for key, (name, _, _) in points.items()],
        "sets": [{"name": name, "kind": kind} for name, kind in zip(sets, kinds)],
        "speed": speed,
        "quality": quality,
        "networks": [],
        "machine": {"recorded_gpu": []},
    }


def test_times_over_all_sets_are_geometric_means_over_the_pages():
    report = small(
        {
            "a": ("ours", (0.9, 0.8, 1.0), {"one": 40.0, "two": 90.0, "words": 5.0}),
            "b": ("x", (0.9, 0.8, 1.0), {"one": 7.0}),
        },
        sets=("one", "two", "words"),
        kinds=("pages", "page_text", "lines"),
    )
    (row,) = derived(report)["overall"]  # "b" has not read "two"
    assert row["engine"] == "a" and row["sets"] == ["one", "two"]
    assert row["ms"] == pytest.approx({"median": 60.0, "low": 54.0, "high": 75.0})


def test_lines_count_where_there_are_no_pages():
    report = small({"a": ("ours", (0.9, 0.8, 1.0), {"words": 5.0})}, sets=("words",), kinds=("lines",))
    assert derived(report)["overall"][0]["ms"]["median"] == pytest.approx(5.0)


def test_the_front_is_what_brute_force_finds():
    rng = np.random.default_rng(3)
    for _ in range(20):
        values = {f"e{i}": (round(float(f1), 1), float(ms)) for i, (f1, ms) in enumerate(rng.integers(1, 9, (12, 2)))}
        report = small({key: ("ours", (f1, f1, f1), {"pages": ms}) for key, (f1, ms) in values.items()})
        fronts = {(row["set"], row["metric"]): row["engines"] for row in derived(report)["fronts"]}
        best = set()
        for key, (f1, ms) in values.items():
            beaten = [o for o in values.values() if o[0] >= f1 and o[1] <= ms and (o[0] > f1 or o[1] < ms)]
            if not beaten:
                best.add(key)
        found = fronts["pages", "bag_f1"]
        assert set(found) == best
        assert [values[key][1] for key in found] == sorted(values[key][1] for key in found)


def test_for_an_error_rate_less_is_better():
    report = small({"a": ("ours", (0.5, 0.4, 0.6), {"pages": 1.0}), "b": ("ours", (0.1, 0.0, 0.2), {"pages": 1.0})})
    for row in report["quality"]:
        row["metrics"] = {"cer": row["metrics"]["bag_f1"]}
    assert derived(report)["fronts"][0]["engines"] == ["b"]


def test_recorded_and_unfinished_engines_are_in_no_comparison():
    points = {
        "mine": ("ours", (0.8, 0.7, 0.9), {"pages": 100.0}),
        "gpu": ("pytorch", (0.9, 0.8, 1.0), {"pages": 1.0}),
        "broken": ("rapidocr", (0.9, 0.8, 1.0), {"pages": 1.0}),
    }
    report = small(points)
    report["engines"][1] |= {"recorded": True, "recorded_on": "a GPU elsewhere"}
    report["engines"][2] |= {"status": "failed", "reason": "it crashed"}
    found = derived(report)
    assert all(row["engines"] == ["mine"] for row in found["fronts"])
    assert [row["engine"] for row in found["answer"]["best"]] == ["mine"]
    assert found["engines"][1]["recorded_on"] == "a GPU elsewhere"


def test_of_each_family_the_fastest_within_the_noise_of_its_best_is_compared():
    points = {
        "best": ("ours", (0.92, 0.90, 0.94), {"pages": 300.0}),
        "as good": ("ours", (0.91, 0.89, 0.93), {"pages": 100.0}),
        "worse": ("ours", (0.89, 0.87, 0.91), {"pages": 10.0}),
        "peer": ("rapidocr", (0.93, 0.91, 0.95), {"pages": 500.0}),
    }
    answer = derived(small(points))["answer"]
    assert answer["engine"] == "as good" and answer["set"] == "all" and answer["metric"] == "bag_f1"
    ours, peer = answer["best"]
    assert ours == {"engine": "as good", "speed_ratio": None}
    assert peer["engine"] == "peer"
    # 500 / 100; its fast end over our slow end, and the other way round
    assert peer["speed_ratio"] == pytest.approx({"value": 5.0, "low": 450 / 125, "high": 625 / 90})


def test_without_ours_there_is_no_answer():
    assert derived(small({"peer": ("rapidocr", (0.9, 0.8, 1.0), {"pages": 5.0})}))["answer"] is None


def test_labels_say_what_tells_engines_of_one_title_apart():
    report = small({})
    report["engines"] = [
        engine("1", title="T", model="m", precision="int8", threads=1, device="CPU"),
        engine("2", title="T", model="m", precision="int8", threads=2, device="CPU"),
        engine("3", title="T", model="m", precision="float32", threads=None, device="CPU"),
        engine("4", title="U m", model="m", precision="int8", threads=1),
        engine("5", title="V", threads=1),
        engine("6", title="V", threads=1),
    ]
    found = derived(report)["engines"]
    labels = ["T int8, 1 thread", "T int8, 2 threads", "T float32, default threads", "U m", "V (5)", "V (6)"]
    assert [row["label"] for row in found] == labels
    assert [row["line"] for row in found] == ["T int8", "T int8", "T float32", "U m", "V", "V"]


def test_sizes_are_given_in_megabytes():
    report = small({})
    report["engines"] = [engine("a", artifact_bytes=7_700_000)]
    (row,) = derived(report)["engines"]
    assert row["artifact_mb"] == pytest.approx(7.7) and row["installed_mb"] is None


def test_a_busy_machine_is_said_from_half_of_its_cores_on(report):
    report["machine"] |= {"cores": 4, "load": 1.9}
    assert busy(report) is None
    assert "load 2.1 on 4 cores" in busy(report | {"machine": report["machine"] | {"load": 2.1}})
    assert busy(report | {"machine": {"cores": 4}}) is None  # reports of before


def test_an_engine_without_all_figures_says_so_in_its_name(report):
    labels = {row["engine"]: row["label"] for row in derived(report)["engines"]}
    assert labels["savedmodel-xla"].endswith("(timed out)") and labels["pytorch-dynamic"].endswith("(failed)")
    assert not any("(" in labels[row["id"]][-12:] for row in report["engines"] if row["status"] == "ok")
