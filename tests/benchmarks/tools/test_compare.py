"""Comparison of reports that were made by hand: what changed shows up, what did not stays silent."""

import copy
import json

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.tools import compare as comparison
from benchmarks.tools.changes import Change
from benchmarks.tools.compare import ComparisonError, compare, notes, reference_of, table
from evaluation import quality
from evaluation.quality import ImageCounts

ENGINES = {"ours-int8": ("ours", 100.0), "rapidocr": ("rapidocr", 500.0), "tesseract-1t": ("tesseract", 900.0)}


def engine(key, name, version="1.0"):
    return {
        "id": key,
        "name": name,
        "title": name,
        "version": version,
        "recorded": False,
        "status": "ok",
        "artifact_bytes": 7_000_000,
        "installed_bytes": 250_000_000,
        "peak_rss_mib": 200.0,
        "steady_rss_mib": 150.0,
        "cold_start_ms": {"median": 400, "low": 390, "high": 410},
    }


def speed(key, place, median, seed=0):
    samples = (median * np.random.default_rng((seed, len(key))).normal(1, 0.03, 20)).tolist()
    ms = {"median": float(np.median(samples)), "low": min(samples), "high": max(samples)}
    return {"engine": key, "set": place, "ms": ms, "fps": 1.0, "rounds": 20, "samples_ms": samples}


def image_counts(wrong=0, images=40):
    """40 pages of 50 words; `wrong` of the words of every page are missed."""
    rng = np.random.default_rng(5)
    return [
        ImageCounts(50 - missed, 50, 50, 50 - missed, 50, 2 * missed, 250, 50 - missed, 50, 50, 50, 50)
        for missed in (rng.integers(0, 6, images) + wrong).tolist()
    ]


def quality_row(key, place, counts, with_counts=True):
    row = {"engine": key, "set": place, "metrics": quality.summary(counts), "images": len(counts)}
    if with_counts:
        row["counts"] = quality.counts_as_json([f"{i}.png" for i in range(len(counts))], counts)
    return row


def network(engine_title, median):
    ms = {"median": median, "low": 0.98 * median, "high": 1.02 * median}
    return {
        "model": "ppocr",
        "network": "detector",
        "shape": [1, 704, 1280, 3],
        "engine": engine_title,
        "precision": "float32",
        "threads": 2,
        "device": "CPU",
        "recorded": False,
        "ms": ms,
    }


@pytest.fixture
def report():
    return {
        "schema": 1,
        "created": "2026-01-01T00:00:00+00:00",
        "command": "python -m benchmarks",
        "complete": True,
        "quick": False,
        "notes": [],
        "scaling": [],
        "gallery": [],
        "machine": {
            "cpu": "A CPU",
            "cores": 2,
            "memory_gib": 8,
            "os": "Linux",
            "python": "3.11",
            "packages": {},
            "gpu": [],
            "recorded_gpu": [],
        },
        "sets": [{"name": "pages", "kind": "pages", "images": 40, "built_in": True}],
        "engines": [engine(key, name) for key, (name, _) in ENGINES.items()],
        "quality": [quality_row(key, "pages", image_counts(), with_counts=False) for key in ENGINES],
        "speed": [speed(key, "pages", median) for key, (_, median) in ENGINES.items()],
        "networks": [network("LiteRT", 90.0), network("ONNX Runtime", 600.0)],
        "conversion": [
            {
                "model": "ppocr",
                "stage": "tflite",
                "precision": "int8",
                "set": "pages",
                "metrics": quality.summary(image_counts()),
                "differs": [],
            }
        ],
    }


@pytest.fixture
def other(report):
    """A second report like the first, to be changed."""
    return copy.deepcopy(report)


def row_of(report, part, key):
    return next(row for row in report[part] if row.get("engine", row.get("id")) == key)


def told(changes):
    return {(change.kind, change.subject, change.measure, change.better) for change in changes}


def test_a_report_compared_with_itself(report, other):
    assert compare(report, other) == []
    assert table([]) == "nothing changed beyond noise"


def test_another_run_on_a_machine_three_times_as_slow(report, other):
    other["speed"] = [speed(key, "pages", 3 * median, seed=1) for key, (_, median) in ENGINES.items()]
    other["networks"] = [network("LiteRT", 280.0), network("ONNX Runtime", 1800.0)]
    for row in other["engines"]:
        row["cold_start_ms"] = {"median": 1200, "low": 1150, "high": 1260}
        row["peak_rss_mib"] *= 1.05
    assert compare(report, other) == []


def test_a_degraded_model_is_worse(report, other):
    other["quality"][0] = quality_row("ours-int8", "pages", image_counts(wrong=4), with_counts=False)
    changes = compare(report, other)
    assert told(changes) == {
        ("quality", "ours-int8", name, False) for name in ("bag_f1", "cer", "word_accuracy", "exact_lines")
    }
    (f1,) = (change for change in changes if change.measure == "bag_f1")
    assert (f1.place, f1.basis) == ("pages", "intervals")
    assert f1.new - f1.old == pytest.approx(-0.08)
    assert f1.low < -0.08 < f1.high < 0
    assert told(compare(other, report)) == {(*change[:3], True) for change in told(changes)}


def test_counts_of_the_same_images_find_what_intervals_do_not(report, other):
    worse = image_counts()
    worse[:12] = image_counts(wrong=1)[:12]
    other["quality"][0] = quality_row("ours-int8", "pages", worse, with_counts=False)
    assert compare(report, other) == []
    report["quality"][0] = quality_row("ours-int8", "pages", image_counts())
    other["quality"][0] = quality_row("ours-int8", "pages", worse)
    changes = compare(report, other)
    assert ("quality", "ours-int8", "cer", False) in told(changes)
    assert {change.basis for change in changes} == {"paired"}
    assert "pages" in "".join(notes(report, other))  # the other engines' images are not known to be the same


def test_counts_of_other_images_are_not_paired(report, other):
    for part in (report, other):
        part["quality"] = [quality_row("ours-int8", "pages", image_counts())]
    assert not any("intervals" in note for note in notes(report, other))
    other["sets"][0]["digest"] = "of other pictures"
    assert any("compared by their intervals: pages" in note for note in notes(report, other))
    worse = image_counts()
    worse[:12] = image_counts(wrong=1)[:12]
    other["quality"] = [quality_row("ours-int8", "pages", worse)]
    assert compare(report, other) == []


def test_over_all_sets_differences_are_paired_set_by_set(report, other):
    for part in (report, other):
        part["sets"].append({"name": "more", "kind": "pages", "images": 40, "built_in": False})
        part["quality"] = [quality_row("ours-int8", name, image_counts()) for name in ("pages", "more")]
    worse = image_counts()
    worse[:20] = image_counts(wrong=1)[:20]
    other["quality"][1] = quality_row("ours-int8", "more", worse)
    for part in (report, other):
        counts = [[ImageCounts(*row) for row in entry["counts"]["rows"]] for entry in part["quality"]]
        part["quality"].append({"engine": "ours-int8", "set": "all", "metrics": quality.summary(*counts), "images": 80})
    changes = [change for change in compare(report, other) if change.measure == "cer"]
    assert [(change.place, change.basis) for change in changes] == [("all", "paired"), ("more", "paired")]
    overall, alone = changes
    assert overall.new - overall.old == pytest.approx((alone.new - alone.old) / 2)


def test_a_few_images_are_not_judged(report, other):
    for part, wrong in ((report, 0), (other, 20)):
        part["sets"][0]["images"] = 4
        part["quality"] = [quality_row("ours-int8", "pages", image_counts(wrong, images=4))]
        part["conversion"] = []
    assert compare(report, other) == []
    assert any("Too few images" in note and "pages" in note for note in notes(report, other))


def test_metrics_that_do_not_apply_are_passed_over(report, other):
    other["quality"][0]["metrics"]["cer"] = None
    assert compare(report, other) == []


@pytest.mark.parametrize(("factor", "better"), [(1.5, False), (0.7, True)])
def test_a_changed_speed_is_a_changed_ratio(report, other, factor, better):
    other["speed"] = [
        speed(key, "pages", 2 * median * (factor if key == "ours-int8" else 1), seed=1)
        for key, (_, median) in ENGINES.items()
    ]
    (change,) = compare(report, other)
    assert (change.kind, change.subject, change.place, change.better) == ("speed", "ours-int8", "pages", better)
    assert (change.old, change.new) == (pytest.approx(0.2, rel=0.05), pytest.approx(0.2 * factor, rel=0.05))
    assert change.low < factor < change.high and change.basis == "samples"


def test_a_ratio_within_a_tenth_is_noise_and_so_is_scatter(report, other):
    other["speed"][0] = speed("ours-int8", "pages", 107.0)
    assert compare(report, other) == []
    wild = [60.0, 240.0] * 10
    other["speed"][0] = {**other["speed"][0], "ms": {"median": 150.0, "low": 60, "high": 240}, "samples_ms": wild}
    assert compare(report, other) == []
    del other["speed"][0]["samples_ms"]
    assert compare(report, other) == []


def test_without_samples_the_spreads_must_not_meet(report, other):
    for part in (report, other):
        for row in part["speed"]:
            del row["samples_ms"]
            row["ms"] = {
                "median": row["ms"]["median"],
                "low": 0.97 * row["ms"]["median"],
                "high": 1.03 * row["ms"]["median"],
            }
    ours = other["speed"][0]["ms"]
    ours.update({name: 1.4 * value for name, value in ours.items()})
    (change,) = compare(report, other)
    assert change.basis == "spread" and change.low == pytest.approx(1.4 * (0.97 / 1.03) ** 2, rel=0.01)


def test_networks_are_compared_within_their_group(report, other):
    other["networks"] = [network("LiteRT", 450.0), network("ONNX Runtime", 1200.0)]
    (change,) = compare(report, other)
    assert change.kind == "network" and not change.better
    assert change.subject == "ppocr detector 1x704x1280x3 LiteRT float32 2 threads CPU"
    assert change.new / change.old == pytest.approx(2.5)


def test_recorded_times_are_never_compared(report, other):
    other["speed"][0] = speed("ours-int8", "pages", 900.0)
    other["networks"][0] = network("LiteRT", 900.0)
    for part in (report, other):
        part["engines"][0]["recorded"] = part["networks"][0]["recorded"] = True
    assert compare(report, other) == []


def test_sizes_memory_and_start(report, other):
    ours = row_of(other, "engines", "ours-int8")
    ours.update(
        artifact_bytes=6_999_000,
        installed_bytes=251_000_000,
        peak_rss_mib=260.0,
        steady_rss_mib=120.0,
        cold_start_ms={"median": 600, "low": 590, "high": 610},
    )
    assert told(compare(report, other)) == {
        ("size", "ours-int8", "artifact_bytes", True),
        ("memory", "ours-int8", "peak_rss_mib", False),
        ("memory", "ours-int8", "steady_rss_mib", True),
        ("start", "ours-int8", "ms", False),
    }


def test_engines_that_came_went_broke_and_were_renewed(report, other):
    other["engines"] = [
        engine("ours-int8", "ours"),
        {**engine("rapidocr", "rapidocr"), "status": "failed"},
        engine("easyocr", "easyocr"),
    ]
    other["engines"][0]["version"] = "1.1"
    other["speed"] = other["speed"][:1]
    assert [change for change in compare(report, other) if change.kind == "engine"] == [
        Change("engine", "rapidocr", "", "status", "ok", "failed", better=False),
        Change("engine", "easyocr", "", "status", None, "ok"),
        Change("engine", "ours-int8", "", "version", "1.0", "1.1"),
        Change("engine", "tesseract-1t", "", "status", "ok", None),
    ]


def test_the_worse_comes_first(report, other):
    other["quality"][0] = quality_row("ours-int8", "pages", image_counts(wrong=4), with_counts=False)
    other["engines"][1]["artifact_bytes"] = 1
    other["engines"][2]["version"] = "2.0"
    changes = compare(report, other)
    assert [change.better for change in changes] == [False] * 4 + [True, None]
    text = table(changes)
    assert text.splitlines()[0].startswith("worse ")
    assert "rapidocr" in text and "7 -> 1e-06 MB (-100.0 %)" in text and "1.0 -> 2.0" in text
    assert "bag-of-words F1" in text and "95 %: " in text


def test_the_reference_is_another_engine_of_the_same_version(report, other):
    assert reference_of(report, other) == "rapidocr"
    row_of(other, "engines", "rapidocr")["version"] = "2.0"
    assert reference_of(report, other) == "tesseract-1t"
    other["speed"] = other["speed"][:1]
    assert reference_of(report, other) == "ours-int8"
    other["speed"] = []
    assert reference_of(report, other) is None
    assert any("times are not compared" in note for note in notes(report, other))
    assert [change for change in compare(report, other) if change.kind == "speed"] == []


def test_notes_say_what_was_not_compared(report, other):
    other["sets"] = [{"name": "receipts", "kind": "pages", "images": 9, "built_in": False}]
    other["quick"] = True
    row_of(other, "engines", "rapidocr")["version"] = "2.0"
    text = "\n".join(notes(report, other, "rapidocr"))
    assert "Only in the old report, and so not compared: pages." in text
    assert "Only in the new report, and so not compared: receipts." in text
    assert "quick" in text and "rapidocr itself went from 1.0 to 2.0" in text


def written(folder, name, report):
    path = folder / name
    path.write_text(report if isinstance(report, str) else json.dumps(report), encoding="utf-8")
    return str(path)


def test_the_command_prints_and_ends_well(report, other, tmp_path, capsys):
    pytest.importorskip("jsonschema", reason="jsonschema comes with the [bench] extra")
    (tmp_path / "new").mkdir()
    old = written(tmp_path, "old.json", report)
    written(tmp_path / "new", "report.json", other)
    assert main(["compare", old, str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    assert out.endswith("nothing changed beyond noise\n") and "A CPU" in out and "ratios to rapidocr" in out
    other["quality"][0] = quality_row("ours-int8", "pages", image_counts(wrong=4), with_counts=False)
    assert main(["compare", old, written(tmp_path, "new.json", other), "--reference", "tesseract-1t"]) == 0
    out = capsys.readouterr().out
    assert "worse" in out and "ratios to tesseract-1t" in out
    assert main(["compare", old, old, "--reference", "abbyy"]) == 1
    assert "found 'abbyy'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: None, "cannot be read: No such file"),
        (lambda text: text[: len(text) // 2], "is not JSON"),
        (lambda text: "[]", "is not of type 'object'"),
        (lambda text: text.replace('"schema": 1', '"schema": 2'), "report.json/schema: 1 was expected"),
        (lambda text: text.replace('"complete": true', '"complete": false'), "expected a finished report"),
        (lambda text: text.replace('"rounds": 20', '"rounds": "many"', 1), "/speed/0/rounds"),
    ],
)
def test_reports_that_cannot_be_compared(report, tmp_path, capsys, damage, message):
    pytest.importorskip("jsonschema", reason="jsonschema comes with the [bench] extra")
    good = written(tmp_path, "good.json", report)
    damaged = damage(json.dumps(report))
    bad = str(tmp_path / "bad.json") if damaged is None else written(tmp_path, "bad.json", damaged)
    with pytest.raises(ComparisonError, match=message):
        comparison.load(bad)
    assert main(["compare", good, bad]) == 10
    error = capsys.readouterr().err
    assert "bad.json" in error and message in error and "Traceback" not in error
