"""Values of annotated types out of JSON that people write, with errors that name the field, and its schema."""

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import NoReturn

from converters.errors import source_error
from tflite_ocr import detection, manifest
from tflite_ocr.errors import ArtifactError


def description(path: Path, of: str) -> object:
    """The JSON of a file that describes something.

    Raises:
        ConversionError: The file is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise source_error(
            f"{path}: expected the description of {of}, found none; docs/convert.md explains its fields, and python "
            "-m converters describe FILES writes it for ONNX files"
        ) from None
    except (OSError, ValueError) as error:
        raise source_error(f"{path}: expected JSON, found {error}") from None


def build(kind, data, where: str):
    """A value of the annotated type `kind` from JSON data; fields that nobody asked for are refused as misspelt."""
    return manifest.build(kind, data, where, _misfit, strict=True)


def _misfit(where: str, wanted: str, found: str) -> NoReturn:
    raise source_error(f"{where}: expected {wanted}, found {found}")


def expect(condition: bool, wanted, found, where: str) -> None:
    if not condition:
        wanted = " or ".join(wanted) if isinstance(wanted, tuple) else wanted
        _misfit(where, wanted, f"{found!r:.80}")


def expect_known(facts, where: str, **known: tuple[str, ...]) -> None:
    """Checks fields that may be one of some words."""
    for name, words in known.items():
        expect(getattr(facts, name) in words, words, getattr(facts, name), f"{where}.{name}")


def expect_options(facts, where: str) -> None:
    """Checks that the decoder takes the options."""
    try:
        detection.create(facts.decoder, facts.options)
    except ArtifactError as error:
        raise source_error(f"{where}: {error}") from None


def expect_canvases(facts, where: str, multiple: int, wanted: str) -> None:
    """Checks that every canvas is (height, width) in multiples of some pixels."""
    for i, canvas in enumerate(facts.canvases):
        fits = len(canvas) == 2 and all(side > 0 and side % multiple == 0 for side in canvas)
        expect(fits, wanted, list(canvas), f"{where}.canvases[{i}]")


def schema_of(kind) -> dict:
    """The JSON schema of an annotated type, as build takes it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return schema_of(arguments[0])
    if dataclasses.is_dataclass(kind):
        hints, fields = typing.get_type_hints(kind), dataclasses.fields(kind)
        required = [one.name for one in fields if one.default is one.default_factory is dataclasses.MISSING]
        return {
            "type": "object",
            "additionalProperties": False,
            "required": required,
            "properties": {one.name: schema_of(hints[one.name]) for one in fields},
        }
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    named = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return {"type": named[kind]} if kind in named else {}
