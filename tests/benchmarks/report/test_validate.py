"""A report that does not fit is refused, and the message names the place."""

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.report.build import build
from benchmarks.report.validate import ReportError, check, load


def test_the_fixture_and_the_edges_fit(report, edge):
    check(report)
    check(edge[0])


def put(*path):
    """A change of a report: the value at a path."""
    *way, last, value = path

    def change(report):
        for part in way:
            report = report[part]
        report[last] = value

    return change


def drop(*path):
    """A change of a report: the key at a path is removed."""
    *way, last = path

    def change(report):
        for part in way:
            report = report[part]
        del report[last]

    return change


MISFITS = {
    "/schema": put("schema", 2),
    "": drop("machine"),
    "/machine": drop("machine", "cpu"),
    "/engines/3": drop("engines", 3, "title"),
    "/engines/3/status": put("engines", 3, "status", "fine"),
    "/engines/8": drop("engines", 8, "reason"),
    "/engines/8/reason": put("engines", 8, "reason", ""),
    "/engines/0/peak_rss_mib": put("engines", 0, "peak_rss_mib", "212"),
    "/engines/0/threads": put("engines", 0, "threads", 0),
    "/engines/1/id": put("engines", 1, "id", "ours-ppocr-int8-2t"),
    "/engines/2": put("engines", 2, "peak_rss_mb", 212.0),
    "/engines/2/recorded_on": put("engines", 2, "recorded_on", "elsewhere"),
    "/engines/16/recorded_on": lambda report: (
        put("engines", 16, "recorded_on", None)(report),
        put("machine", "recorded_gpu", [])(report),
    ),
    "/quality/2/metrics/cer": put("quality", 2, "metrics", "cer", {"value": 0.1}),
    "/quality/2/metrics/cer/value": put("quality", 2, "metrics", "cer", "value", "0.1"),
    "/quality/2/metrics": put("quality", 2, "metrics", "f1", None),
    "/quality/2/engine": put("quality", 2, "engine", "nobody"),
    "/quality/2/set": put("quality", 2, "set", "nowhere"),
    "/quality/0": lambda report: report["quality"].append(report["quality"][0]),
    "/sets/0/name": put("sets", 0, "name", "all"),
    "/sets/1/name": put("sets", 1, "name", "built-in pages"),
    "/sets/1/kind": put("sets", 1, "kind", "books"),
    "/speed/4/ms/median": put("speed", 4, "ms", "median", float("nan")),
    "/speed/5/ms/median": put("speed", 5, "ms", "median", 0),
    "/speed/6/ms/low": put("speed", 6, "ms", "low", 0.0),
    "/networks/0": lambda report: drop("networks", 0, "ms")(report),
    "/scaling/1/axis": put("scaling", 1, "axis", "cores"),
    "/conversion/1/stage": put("conversion", 1, "stage", "tensorrt"),
    "/gallery/0/thumbnail": put("gallery", 0, "thumbnail", "javascript:alert(1)"),
    "/gallery/0/truth/1/quad": put("gallery", 0, "truth", 1, "quad", [[0, 0], [1, 0], [1, 1]]),
    "/gallery/0/found/nobody": put("gallery", 0, "found", "nobody", []),
    "/notes/0": put("notes", 0, 3),
}


@pytest.mark.parametrize("path", MISFITS)
def test_a_misfit_is_refused_with_its_path(few, path, tmp_path):
    MISFITS[path](few)
    with pytest.raises(ReportError) as caught:
        build(few, tmp_path / "out")
    assert caught.value.path == path
    assert f"report.json{path}: " in str(caught.value) and len(str(caught.value)) < 400
    assert not (tmp_path / "out").exists()


def test_a_half_written_file_is_named(tmp_path):
    half = tmp_path / "report.json"
    half.write_text('{"schema": 1, "engines": [', encoding="utf-8")
    with pytest.raises(ReportError, match="is not JSON.*cut off"):
        load(half)
    with pytest.raises(ReportError, match="cannot be read"):
        load(tmp_path / "absent.json")


def test_the_command_line_says_it_in_a_line(few, tmp_path, capsys):
    few["quick"] = "yes"
    path = tmp_path / "report.json"
    path.write_text(json.dumps(few), encoding="utf-8")
    assert main(["report", str(path)]) == ReportError.exit_code == 10
    shown = capsys.readouterr().err
    assert shown.startswith("error: report.json/quick: ") and shown.count("\n") == 1
