"""Refuses a report that does not fit its schema, with the path of the misfit."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NoReturn

import jsonschema

from tflite_ocr.errors import OcrError

SCHEMA_FILE = Path(__file__).with_name("schema.json")
ALL = "all"
_LONGEST = 160  # characters of a found value that a message repeats


class ReportError(OcrError):
    """A report.json that cannot be read or does not fit schema.json.

    Attributes:
        path: JSON pointer of the misfit; "" for the whole document.
    """

    exit_code = 10

    def __init__(self, path: str, message: str):
        super().__init__(f"report.json{path}: {message}; see benchmarks/report/schema.md")
        self.path = path


def check(report: dict) -> None:
    """Checks structure, references and numbers.

    Raises:
        ReportError: The first misfit in the order of the document.
    """
    errors = sorted(_validator().iter_errors(report), key=lambda error: [str(part) for part in error.absolute_path])
    if errors:
        error = _deepest(errors[0])
        _refuse(error.absolute_path, error.message)
    _check_finite(report, ())
    _check_names(report)
    _check_recorded(report)


def load(path: Path) -> dict:
    """Reads and checks a file.

    Raises:
        ReportError: It is absent, not JSON, or does not fit.
    """
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError("", f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ReportError("", f"{path} is not JSON: {error}; was its writing cut off? Measure again") from None
    check(report)
    return report


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def _deepest(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """Of "none of these fits", the misfit of the alternative that fits best."""
    while error.validator == "anyOf":
        error = jsonschema.exceptions.best_match([error])
        if error.validator == "anyOf":
            break
    return error


def _check_finite(value, path: tuple) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        _refuse(path, f"expected a finite number or null, found {value}")
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        _check_finite(child, (*path, key))


def _check_names(report: dict) -> None:
    """Every engine and set that a row speaks of is listed, once; no two rows are of one engine and set."""
    engines, sets = _unique(report, "engines", "id"), _unique(report, "sets", "name")
    for part, key, known in (
        *((part, "engine", engines) for part in ("quality", "kinds", "speed", "scaling")),
        *((part, "set", sets) for part in ("kinds", "speed", "gallery")),
        *((part, "set", sets | {ALL}) for part in ("quality", "conversion")),
    ):
        for index, row in enumerate(report.get(part, ())):
            if row[key] not in known:
                _refuse((part, index, key), f"found {row[key]!r}, expected one of {sorted(known)}")
    for index, row in enumerate(report["gallery"]):
        for engine in set(row["found"]) - engines:
            _refuse(("gallery", index, "found", engine), f"expected the id of an engine, one of {sorted(engines)}")
    for part in ("quality", "speed"):
        counts = Counter((row["engine"], row["set"]) for row in report[part])
        for index, row in enumerate(report[part]):
            if counts[row["engine"], row["set"]] > 1:
                _refuse((part, index), f"expected one row for {row['engine']!r} on {row['set']!r}, found several")


def _unique(report: dict, part: str, key: str) -> set[str]:
    seen: set[str] = set()
    for index, row in enumerate(report[part]):
        if row[key] in seen:
            _refuse((part, index, key), f"expected every {key} once, found {row[key]!r} again")
        seen.add(row[key])
    return seen


def _check_recorded(report: dict) -> None:
    """A recorded figure says where it was recorded; a local one was not recorded anywhere."""
    machines = len(report["machine"]["recorded_gpu"])
    for part in ("engines", "networks"):
        for index, row in enumerate(report[part]):
            where = (part, index, "recorded_on")
            if row["recorded"] and not row.get("recorded_on") and machines != 1:
                found = f"it is null and machine.recorded_gpu lists {machines}"
                _refuse(where, f"expected the machine of a recorded figure, {found}")
            if not row["recorded"] and row.get("recorded_on"):
                _refuse(where, "expected null, for the figure is not recorded")


def _refuse(path: Iterable[str | int], message: str) -> NoReturn:
    """Raises an error with the JSON pointer (RFC 6901) of a path."""
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    if len(message) > _LONGEST:
        message = message[: _LONGEST // 2] + " ... " + message[-_LONGEST // 2 :]
    raise ReportError(pointer, message)
