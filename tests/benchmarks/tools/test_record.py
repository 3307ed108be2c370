"""Recordings: refused where incomplete, shown as recorded, made by a clock that the test winds."""

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.measures import recordings
from benchmarks.measures.recordings import RecordingError
from benchmarks.report import validate
from benchmarks.tools import record


def recording(**changes):
    """A recording of a device that does not exist."""
    sample = {
        "model": "tiny",
        "network": "detector",
        "shape": [8, 64, 96, 3],
        "engine": "PyTorch",
        "precision": "float16",
        "samples_ms": [2.0, 1.0, 3.0],
    }
    return {
        "schema": 1,
        "device": "Test GPU",
        "driver": "1.0",
        "versions": {"torch": "0"},
        "command": "none",
        "date": "2001-02-03",
        "samples": [sample],
        "skipped": [],
    } | changes


def with_sample(**changes):
    return recording(samples=[recording()["samples"][0] | changes])


def test_recordings_of_a_folder_are_read_in_order(tmp_path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.json").write_text(json.dumps(recording(device=name)), encoding="utf-8")
    assert [found["device"] for found in recordings.recordings(tmp_path)] == ["a", "b"]
    assert recordings.recordings(tmp_path / "absent") == []


@pytest.mark.parametrize(
    "broken, message",
    [
        (recording(schema=2), "schema: 1"),
        (recording(device=""), "device"),
        (recording(driver=None), "driver"),
        (recording(versions={}), "versions"),
        (recording(samples=[]), "samples"),
        (with_sample(engine=None), "samples/0.*engine"),
        (with_sample(shape=[8, 0, 96, 3]), "shape"),
        (with_sample(samples_ms=[]), "samples_ms"),
        (with_sample(samples_ms=[1.0, -1.0]), "samples_ms"),
        (with_sample(samples_ms=[float("nan")]), "samples_ms"),
        ([], "object"),
    ],
)
def test_an_incomplete_recording_is_refused_with_its_file(tmp_path, broken, message):
    (tmp_path / "gpu.json").write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(RecordingError, match=f"(?s)gpu.json.*{message}") as caught:
        recordings.recordings(tmp_path)
    assert caught.value.exit_code == 10


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    (tmp_path / "gpu.json").write_text(json.dumps(recording())[:40], encoding="utf-8")
    with pytest.raises(RecordingError, match="gpu.json.*record again"):
        recordings.recordings(tmp_path)


def test_rows_say_where_they_were_recorded_and_fit_the_report():
    (row,) = recordings.network_rows([recording()])
    assert row["recorded"] and row["recorded_on"] == "Test GPU, 2001-02-03"
    assert row["device"] == "GPU" and row["ms"]["median"] == 1.0 and row["rounds"] == 3
    schema = json.loads(validate.SCHEMA_FILE.read_text(encoding="utf-8"))
    import jsonschema

    jsonschema.Draft202012Validator({"$ref": "#/$defs/network", "$defs": schema["$defs"]}).validate(row)
    machine = {"$ref": "#/$defs/machine/properties/recorded_gpu", "$defs": schema["$defs"]}
    jsonschema.Draft202012Validator(machine).validate(recordings.machines([recording()]))


def test_what_is_committed_can_be_read():
    for found in recordings.recordings():
        assert found["samples"]


def test_warm_up_calls_are_not_counted():
    clock, calls = iter(range(1000)), []
    found = record.timed(lambda: calls.append(next(clock)), 4, lambda: next(clock))
    assert len(calls) == 14 and found == [2000.0] * 4


def test_without_a_gpu_nothing_is_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(record.resources, "gpus", list)
    assert main(["record", "--out", str(tmp_path / "gpu.json")]) == 6
    assert "Nothing was recorded" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "gpu.json").exists()


def test_a_gpu_that_no_library_can_use_is_no_recording(monkeypatch, tmp_path, tiny_model, capsys):
    import torch

    if torch.cuda.is_available():
        pytest.skip("PyTorch can use the GPU of this machine")
    monkeypatch.setattr(record.resources, "gpus", lambda: [{"name": "G", "driver": "1", "memory_mib": 1}])
    assert main(["record", str(tiny_model), "--out", str(tmp_path / "gpu.json")]) == 6
    said = capsys.readouterr().err
    assert "sees no GPU" in said and not (tmp_path / "gpu.json").exists()


def test_a_recording_is_made_of_what_could_be_run(monkeypatch, tmp_path, tiny_model):
    class Engine:
        def prepare(self, tensor):
            assert tensor.ndim == 4

        def run(self):
            pass

    def engine(variant):
        if variant.info.precision == "float16":
            raise record.Skipped("too narrow")
        return Engine()

    monkeypatch.setattr(record.resources, "gpus", lambda: [{"name": "G", "driver": "1", "memory_mib": 1}])
    monkeypatch.setattr(record, "_engine", engine)
    assert main(["record", str(tiny_model), "--rounds", "3", "--out", str(tmp_path / "gpu.json")]) == 0
    (found,) = recordings.recordings(tmp_path)
    assert found["device"] == "G" and "record" in found["command"]
    assert {(row["network"], row["shape"][0]) for row in found["samples"]} == {
        (name, size) for name in ("detector", "recognizer letters") for size in (1, 8)
    }
    assert all(len(row["samples_ms"]) == 3 for row in found["samples"])
    assert "too narrow" in {row["skipped"] for row in found["skipped"]}
