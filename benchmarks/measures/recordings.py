"""Recordings of GPUs: files of the folder `recorded`, made by `python -m benchmarks record`, shown as recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from tflite_ocr.errors import OcrError

SCHEMA = 1
FOLDER = Path(__file__).with_name("recorded")
_TEXTS = ("device", "driver", "command", "date")
_SAMPLE_TEXTS = ("model", "network", "engine", "precision")


class RecordingError(OcrError):
    """A recording cannot be read or lacks what makes it believable."""

    exit_code = 10


def recordings(folder: Path = FOLDER) -> list[dict]:
    """The recordings of a folder, by file name.

    Raises:
        RecordingError: A file is not JSON, or not a recording.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            recording = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordingError(f"{path}: expected a recording, found {error}; record again") from None
        check(recording, str(path))
        found.append(recording)
    return found


def check(recording: dict, name: str) -> None:
    """Refuses a recording that does not say on what it was made, how, when, and all its raw samples.

    Raises:
        RecordingError: Says which value is wrong; `name` is in front.
    """
    if not isinstance(recording, dict) or recording.get("schema") != SCHEMA:
        raise RecordingError(f"{name}: expected a recording of schema {SCHEMA}; record again")
    for key in _TEXTS:
        if not isinstance(recording.get(key), str) or not recording[key].strip():
            raise RecordingError(f"{name}: expected a text as {key!r}, found {recording.get(key)!r}; record again")
    versions = recording.get("versions")
    if not isinstance(versions, dict) or not versions:
        raise RecordingError(f"{name}: expected versions of packages, found {versions!r}; record again")
    samples = recording.get("samples")
    if not isinstance(samples, list) or not samples:
        raise RecordingError(f"{name}: expected a list of samples, found {samples!r}; record again")
    for index, sample in enumerate(samples):
        _check_sample(sample, f"{name}: samples/{index}")


def machines(found: Iterable[dict]) -> list[dict]:
    """The report's machine.recorded_gpu."""
    return [{key: one[key] for key in ("device", "date", "driver", "command", "versions")} for one in found]


def network_rows(found: Iterable[dict]) -> Iterator[dict]:
    """Rows of the report's "networks"; each says on what it was recorded."""
    from benchmarks.measures.network_runs import best_runs, milliseconds

    for recording in found:
        for sample in recording["samples"]:
            times = sample["samples_ms"]
            yield {
                **{key: sample[key] for key in (*_SAMPLE_TEXTS, "shape")},
                "threads": None,
                "device": "GPU",
                "recorded": True,
                "recorded_on": f"{recording['device']}, {recording['date']}",
                "ms": milliseconds(times),
                "rounds": len(times),
                "samples_ms": best_runs(times),
            }


def _check_sample(sample: dict, name: str) -> None:
    if not isinstance(sample, dict):
        raise RecordingError(f"{name}: expected an object, found {sample!r}; record again")
    for key in _SAMPLE_TEXTS:
        if not isinstance(sample.get(key), str) or not sample[key]:
            raise RecordingError(f"{name}: expected a text as {key!r}, found {sample.get(key)!r}; record again")
    shape, times = sample.get("shape"), sample.get("samples_ms")
    if not isinstance(shape, list) or not all(isinstance(size, int) and size > 0 for size in shape) or len(shape) != 4:
        raise RecordingError(f"{name}: expected a shape [N, H, W, C], found {shape!r}; record again")
    is_list = isinstance(times, list) and bool(times)
    if not is_list or not all(isinstance(ms, int | float) and math.isfinite(ms) and ms > 0 for ms in times):
        raise RecordingError(f"{name}: expected raw samples_ms above zero, found {str(times)[:80]}; record again")
