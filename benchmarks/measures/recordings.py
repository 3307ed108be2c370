"""Recordings of GPUs: files of the folder `recorded`, made by `python -m benchmarks record`, shown as recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import jsonschema

from tflite_ocr.errors import OcrError

FOLDER = Path(__file__).with_name("recorded")
VERSION = 1
_TEXTS = ("device", "driver", "command", "date")
_SAMPLE_TEXTS = ("model", "network", "engine", "precision")
# What makes a recording believable: on what it was made, how, when, and all its raw samples.
_SCHEMA = Path(__file__).with_name("recording_schema.json")


class RecordingError(OcrError):
    """A recording cannot be read or lacks what makes it believable."""

    exit_code = 10


def recordings(folder: Path = FOLDER) -> list[dict]:
    """The recordings of a folder, by file name."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(json.loads(path.read_text(encoding="utf-8"), parse_constant=str))
        except (OSError, ValueError) as error:
            raise RecordingError(f"{path}: expected a recording, found {error}; record again") from None
        check(found[-1], str(path))
    return found


def check(recording: dict, name: str) -> None:
    """Refuses what is no recording.

    Raises:
        RecordingError: Says which value is wrong; `name` is in front.
    """
    error = next(
        iter(jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8"))).iter_errors(recording)),
        None,
    )
    if error:
        place = "/".join(map(str, error.absolute_path))
        raise RecordingError(f"{name}: expected a recording, found in {place or 'it'}: {error.message}; record again")


def machines(found: Iterable[dict]) -> list[dict]:
    """The report's machine.recorded_gpu."""
    return [{key: one[key] for key in (*_TEXTS, "versions")} for one in found]


def network_rows(found: Iterable[dict]) -> Iterator[dict]:
    """Rows of the report's "networks"; each says on what it was recorded."""
    from benchmarks.measures.network_runs import timing

    for recording in found:
        where = {"threads": None, "device": "GPU", "recorded": True}
        where["recorded_on"] = f"{recording['device']}, {recording['date']}"
        for sample in recording["samples"]:
            yield {key: sample[key] for key in (*_SAMPLE_TEXTS, "shape")} | where | timing(sample["samples_ms"])
