"""What engines found and how long they took, as rows of the report."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measures import reading
from benchmarks.measures.sets import EvaluationSet
from benchmarks.running.protocol import EngineLine
from evaluation.labels import Label, Sample

QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (0.0, 4.0))


@pytest.fixture
def pages(tmp_path):
    samples = []
    for name, text in (("a", "Gate 5"), ("b", "Exit"), ("c", "Total")):
        (tmp_path / f"{name}.png").write_bytes(name.encode())
        samples.append(Sample(tmp_path / f"{name}.png", (Label(text, QUAD),)))
    return EvaluationSet("pages", tmp_path, "pages", tuple(samples))


def value(texts, times, **more):
    lines = [[{"text": text, "confidence": 1.0, "quad": QUAD}] for text in texts]
    return {
        "status": "ok",
        "ms": times,
        "lines": lines,
        "cpu_percent": 100.0,
        "steady_rss_bytes": 50 << 20,
        "peak_rss_bytes": 80 << 20,
        "gpu_percent": None,
        "gpu_memory_bytes": None,
        **more,
    }


def test_large_sets_are_read_in_blocks_and_put_together_again(fake, pages, monkeypatch):
    monkeypatch.setitem(reading._BLOCK, "pages", 2)
    variant = fake("echo")
    blocks = reading.blocks([variant], [pages], rounds=2)
    assert [len(block.samples) for block in blocks] == [2, 1]
    assert blocks[0].group.tasks[1] == {"do": "read", "image": str(pages.samples[1].image_path.resolve())}
    keys = [block.group.lanes[0].key for block in blocks]
    assert keys[0] != keys[1] and keys[0]["rounds"] == 2
    values = [{"echo": value(["Gate 5", "Exit"], [[1, 3], [5, 7]])}, {"echo": value(["Tota1"], [[10, 20]])}]
    (result,) = reading.results(variant, list(zip(blocks, values, strict=True)))
    assert [[line.text for line in lines] for lines in result.found] == [["Gate 5"], ["Exit"], ["Tota1"]]
    assert result.times_ms == ((1, 3), (5, 7), (10, 20))


def test_a_set_that_was_not_read_to_the_end_has_no_result(fake, pages, monkeypatch):
    monkeypatch.setitem(reading._BLOCK, "pages", 2)
    blocks = reading.blocks([fake("echo")], [pages], rounds=1)
    values = [{"echo": value(["Gate 5", "Exit"], [[1], [5]])}, {"echo": {"status": "failed", "reason": "why"}}]
    assert reading.results(fake("echo"), list(zip(blocks, values, strict=True))) == []


def test_cropped_lines_are_asked_for_as_such(fake, pages):
    (block,) = reading.blocks([fake("echo")], [EvaluationSet("w", pages.folder, "lines", pages.samples)], rounds=1)
    assert block.group.tasks[0] == {"do": "recognize", "images": [str(pages.samples[0].image_path.resolve())]}


def test_speed_is_that_of_the_fastest_rounds_and_its_spread_that_of_the_rounds(pages):
    found = ((EngineLine("x"),),) * 3
    result = reading.SetResult(pages, found, ((10, 12, 14), (20, 19, 40), (100, 110, 150)))
    row = result.speed()
    # Fastest of the images 10, 19, 100; medians of the rounds 20, 19, 40.
    assert row["ms"]["median"] == 19 and (row["ms"]["low"], row["ms"]["high"]) == (19, 40)
    assert row["ms"]["mean"] == pytest.approx(43) and row["fps"] == pytest.approx(1000 / 43)
    assert row["samples_ms"] == [10, 19, 100] and row["rounds"] == 3
    # Sorted 10 12 14 19 20 40 100 110 150: 0.95 * 8 = 7.6 places from the first.
    assert row["ms"]["p95"] == pytest.approx(110 + 0.6 * 40)


def test_rounds_that_a_slow_engine_left_out_do_not_count(pages):
    result = reading.SetResult(pages, ((),) * 3, ((10, 12), (20,), (30,)))
    assert result.speed()["rounds"] == 1 and result.speed()["ms"]["high"] == 20


def test_quality_is_counted_image_by_image_and_over_all_sets(pages):
    read = [(EngineLine("Gate 5", 1.0, QUAD),), (EngineLine("Exit", 1.0, QUAD),), ()]
    result = reading.SetResult(pages, tuple(read), ((1.0,),) * 3)
    row, everything = reading.quality_rows([result], ["pages"])
    # Tokens gate, 5, exit, total: three of four found, none wrong.
    assert row["metrics"]["bag_f1"]["value"] == pytest.approx(6 / 7)
    assert row["counts"]["images"] == ["a.png", "b.png", "c.png"] and len(row["counts"]["rows"]) == 3
    assert (everything["set"], everything["images"]) == ("all", 3)
    assert [row["set"] for row in reading.quality_rows([result], ["pages", "more"])] == ["pages"]


def test_resources_are_weighted_by_time():
    values = [
        value("x", [[10]], cpu_percent=100.0, peak_rss_bytes=90 << 20),
        value("x", [[10], [20]], cpu_percent=200.0, steady_rss_bytes=60 << 20),
        {"status": "failed"},
    ]
    found = reading.resources_of(values)
    assert found["cpu_percent"] == pytest.approx((10 * 100 + 30 * 200) / 40)
    assert (found["peak_rss_mib"], found["steady_rss_mib"]) == (90, 55)
    assert found["gpu_percent"] is None and found["gpu_memory_mib"] is None
    assert reading.resources_of([{"status": "failed"}]) == {}


def test_results_do_not_go_from_model_to_model(fake):
    first, second = fake("echo"), fake("echo", seconds=1.0)
    assert reading.cell_key("read", first, 3) != reading.cell_key("read", second, 3)
    assert reading.cell_key("read", first, 3) != reading.cell_key("start", first, 3)
    assert Path("/proc/cpuinfo").exists() is False or reading.cell_key("read", first, 3)["machine"][0]


def test_kinds_are_counted_where_pictures_have_them_and_read_once_where_the_project_drew_them(fake, pages):
    kinds = ("sign", "sign", "bill")
    samples = tuple(replace(sample, kind=kind) for sample, kind in zip(pages.samples, kinds, strict=True))
    drawn = replace(pages, samples=samples, built_in=True)
    assert [block.group.rounds for block in reading.blocks([fake("echo")], [drawn], rounds=3)] == [1]
    assert [block.group.rounds for block in reading.blocks([fake("echo")], [pages], rounds=3)] == [3]
    found = tuple((EngineLine(text),) for text in ("Gate 5", "exit", "Total"))
    result = reading.SetResult(drawn, found, ((1,), (1,), (1,)))
    rows = list(reading.kind_rows(fake("echo"), [result, reading.SetResult(pages, found, ((1,), (1,), (1,)))]))
    assert [(row["engine"], row["set"], row["kind"], row["right"], row["asked"]) for row in rows] == [
        ("echo", "pages", "sign", 1, 2),
        ("echo", "pages", "bill", 1, 1),
        ("echo", "pages", "all kinds", 2, 3),
    ]
