"""Decoders of detector outputs: one file and one class a decoder, chosen by the name in the manifest."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, cast

from tflite_ocr.detection.boxes import BoxesDecoder
from tflite_ocr.detection.craft import CraftDecoder
from tflite_ocr.detection.db import DbDecoder
from tflite_ocr.detection.decoder import Decoder
from tflite_ocr.detection.east import EastDecoder
from tflite_ocr.errors import ArtifactError

DECODERS: dict[str, type[Decoder]] = {
    "boxes": BoxesDecoder,
    "craft": CraftDecoder,
    "db": DbDecoder,
    "east": EastDecoder,
}


def create(name: str, options: Mapping[str, float]) -> Decoder:
    """Makes the decoder that a manifest names.

    Args:
        options: Fields of the decoder's options that differ from their defaults; JSON numbers.

    Raises:
        ArtifactError: Unknown name or option, or a value that does not suit the option.
    """
    if name not in DECODERS:
        raise ArtifactError(f"expected a detection decoder of {sorted(DECODERS)}, found {name!r}; check the manifest")
    decoder = DECODERS[name]
    kinds: dict[str, type[Any]] = {item.name: type(item.default) for item in dataclasses.fields(cast(Any, decoder))}
    values = {}
    for key, value in options.items():
        if key not in kinds:
            raise ArtifactError(f"expected {name!r} options of {sorted(kinds)}, found {key!r}; check the manifest")
        number = isinstance(value, (int, float)) and math.isfinite(value)
        if not number or kinds[key](value) != value:
            raise ArtifactError(f"expected {name}.{key} as {kinds[key].__name__}, found {value!r}; check the manifest")
        values[key] = kinds[key](value)
    return decoder(**values)
