"""The command line, from the arguments to a report that fits its schema, with engines that read file names."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from benchmarks import __main__
from benchmarks.engines import table
from benchmarks.measures import scaling
from benchmarks.report import build, summary, validate

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(tmp_path):
    """Four images of one word, one of which does not decode."""
    folder = tmp_path / "words"
    folder.mkdir()
    for name in ("gate", "exit", "total"):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((20, 40, 3), 200, np.uint8))
    (folder / "broken.png").write_bytes(b"no image")
    names = ("gate", "exit", "broken", "total")
    labels = [{"image": f"{name}.png", "text": name.title()} for name in names]
    (folder / "labels.jsonl").write_text("".join(json.dumps(label) + "\n" for label in labels), encoding="utf-8")
    return folder


@pytest.fixture
def call(tiny_model, data, tmp_path, fake, log, monkeypatch):
    """Runs the command line with fake engines; returns the exit code and the report."""
    right = replace(fake("echo", log=log.path), artifact_bytes=7)
    wrong = replace(fake("echo", name="wrong", threads=2), options={"name": "wrong"})
    variants = [right, wrong, fake("raising"), fake("echo", name="absent", skipped="not installed")]
    monkeypatch.setattr(table, "PIPELINES", {"ours": lambda choice: variants})
    monkeypatch.setattr(table, "of_networks", lambda choice, names: [])
    monkeypatch.setattr(scaling, "axes", lambda *arguments: [])
    built = []
    monkeypatch.setattr(build, "build", lambda report, out: built.append(report) or [out / "index.html"])

    def call(*arguments):
        code = __main__.main([str(tiny_model), "--out", str(tmp_path / "report"), *arguments])
        return code, built[-1] if built else None

    call.data = ("--data", str(data))
    return call


def test_a_run_gives_a_report_that_fits_its_schema(call, capsys):
    code, report = call(*call.data, "--rounds", "2")
    assert code == 0  # a failed engine is said in the report, and no more
    validate.check(report)
    assert report["sets"][0] | {"digest": ""} == {
        "name": "words",
        "kind": "lines",
        "images": 3,
        "built_in": False,
        "licence": None,
        "digest": "",
        "left_out": report["sets"][0]["left_out"],
    }
    assert [row["image"] for row in report["sets"][0]["left_out"]] == ["broken.png"]
    engines = {row["id"]: row for row in report["engines"]}
    assert {name: row["status"] for name, row in engines.items()} == {
        "echo": "ok",
        "wrong": "ok",
        "raising": "failed",
        "absent": "skipped",
    }
    assert engines["echo"]["artifact_bytes"] == 7 and engines["echo"]["peak_rss_mib"] > 5
    assert engines["echo"]["cold_start_ms"]["median"] > 10
    assert "no such model" in engines["raising"]["reason"] and engines["absent"]["reason"] == "not installed"
    quality = {(row["engine"], row["set"]): row for row in report["quality"]}
    assert quality["echo", "words"]["metrics"]["exact_lines"]["value"] == 1.0
    assert quality["echo", "all"]["images"] == 3
    assert {row["engine"] for row in report["speed"]} == {"echo", "wrong"}
    assert [picture["found"]["echo"][0]["text"] for picture in report["gallery"]] == ["gate", "exit", "total"]
    assert "--rounds 2" in report["command"] and any("skipped" in note for note in report["notes"])
    shown = capsys.readouterr().out
    assert "words: accuracy and time of every engine" in shown and "no such model" in shown and "index.html" in shown


def test_pictures_of_named_kinds_are_reported_kind_by_kind(call, data, capsys):
    labels = data / "labels.jsonl"
    rows = [json.loads(row) for row in labels.read_text().splitlines()]
    change = {"gate.png": ("sign", "gate"), "exit.png": ("sign", "exit"), "total.png": ("bill", "Total")}
    for row in rows:
        row["kind"], row["text"] = change.get(row["image"], ("sign", "?"))
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    _, report = call(*call.data)
    validate.check(report)
    shares = {row["kind"]: row["share"] for row in report["kinds"] if row["engine"] == "echo"}
    assert shares == {"sign": 1.0, "bill": 0.0, "all kinds": 0.5}  # case counts
    shown = capsys.readouterr().out
    table = shown[shown.index("words: kind by kind, share") :]
    heading, sign = table.splitlines()[1:3]
    assert heading.split()[:3] == ["kind", "pictures", "texts"]
    assert sign.split()[:4] == ["sign", "2", "2", "1.000"]


def test_a_degraded_engine_is_worse_in_the_report(call, fake, monkeypatch):
    worse = replace(fake("blind", name="blind"))
    monkeypatch.setitem(table.PIPELINES, "rapidocr", lambda choice: [worse])
    _, report = call(*call.data)
    found = {row["engine"]: row["metrics"] for row in report["quality"] if row["set"] == "words"}
    assert found["blind"]["exact_lines"]["high"] < found["echo"]["exact_lines"]["low"]
    assert found["blind"]["cer"]["low"] > found["echo"]["cer"]["high"]


def test_a_second_run_takes_up_what_the_first_has_finished(call, log):
    _, first = call(*call.data)
    calls = len(log.lines())
    _, second = call(*call.data)
    assert len(log.lines()) == calls and second["speed"] == first["speed"]
    call(*call.data, "--fresh")
    assert len(log.lines()) == 2 * calls
    call(*call.data, "--limit", "1")  # other images
    assert len(log.lines()) > 2 * calls


def test_engines_of_one_part_from_different_runs_are_noted(call, log, tmp_path, monkeypatch):
    call(*call.data)
    cells = (tmp_path / "report" / "cells").iterdir()
    cell = next(path for path in cells if '"wrong"' in path.read_text() and '"run"' in path.read_text())
    cell.write_text(cell.read_text().replace('"run": "20', '"run": "19'))
    _, report = call(*call.data)
    assert any("different runs" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--data", "absent"], 9, "expected a data folder with labels.jsonl"),
        (["--engines", "ours,thunder"], 2, "expected names of ours, onnxruntime"),
        (["--rounds", "0"], 2, "expected at least 1"),
    ],
)
def test_what_cannot_be_done_is_an_error_of_one_line(call, capsys, arguments, code, message):
    try:
        assert call(*arguments)[0] == code
    except SystemExit as error:
        assert error.code == code
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_an_absent_model_is_an_error(tmp_path, capsys):
    assert __main__.main([str(tmp_path / "absent")]) == 4
    assert "manifest.json" in capsys.readouterr().err


def test_other_parts_get_their_own_arguments(monkeypatch):
    seen = []
    monkeypatch.setattr(
        importlib,
        "import_module",
        lambda name: type(
            "Part",
            (),
            {
                "arguments": staticmethod(lambda add: add("reports", nargs=2)),
                "run": staticmethod(lambda options: seen.append((name, options.reports, options.typed)) or 5),
            },
        ),
    )
    assert __main__.main(["compare", "old.json", "new.json"]) == 5
    assert seen == [
        ("benchmarks.tools.compare", ["old.json", "new.json"], "python -m benchmarks compare old.json new.json")
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_its_workers_and_says_how_to_go_on(tiny_model, data, tmp_path, number):
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        str(tiny_model),
        "--data",
        str(data),
        "--out",
        str(tmp_path / "out"),
        "--engines",
        "ours",
        "--threads",
        "1",
        "--rounds",
        "100000",
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )
    try:
        for line in process.stderr:
            if line.startswith("words, part 1"):
                break
        deadline = time.monotonic() + 30
        while not (workers := psutil.Process(process.pid).children()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert workers
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert "resumes" in said and "Traceback" not in said
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)


def test_the_summary_has_a_line_for_each_engine_and_network():
    fixture = Path(__file__).with_name("report") / "fixture.json"
    report = json.loads(fixture.read_text(encoding="utf-8"))
    report["speed"] = [row | {"ms": row["ms"] | {"median": 20.0, "low": 18.0, "high": 25.0}} for row in report["speed"]]
    shown = summary.text(report)
    titles = {row["title"] for row in report["engines"]}
    assert len(titles) > 5 and all(title in shown for title in titles)
    assert "built-in pages: accuracy and time of every engine" in shown and "20 (18–25)" in shown
    assert all(row["reason"] in shown for row in report["engines"] if row["status"] != "ok")
    network = report["networks"][0]
    assert f"{network['model']} {network['network']}, input 1 × " in shown
    assert shown.endswith(report["notes"][-1])
