"""Decoders of detector outputs: one file and one class a decoder, chosen by the name in the manifest."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from tflite_ocr.detection.boxes import BoxesDecoder, BoxesOptions
from tflite_ocr.detection.craft import CraftDecoder, CraftOptions
from tflite_ocr.detection.db import DbDecoder, DbOptions
from tflite_ocr.detection.east import EastDecoder, EastOptions
from tflite_ocr.errors import ArtifactError

DECODERS: dict[str, Callable[[Any], "Decoder"]] = {
    "boxes": BoxesDecoder,
    "craft": CraftDecoder,
    "db": DbDecoder,
    "east": EastDecoder,
}
OPTIONS: dict[str, type[Any]] = {"boxes": BoxesOptions, "craft": CraftOptions, "db": DbOptions, "east": EastOptions}


class Decoder(Protocol):
    """The methods of every decoder; see DbDecoder.decode, and BoxesDecoder for coordinates that are no map's.

    Attributes:
        options: Dataclass of the decoder's options.
    """

    options: Any

    def decode(
        self,
        maps: np.ndarray,
        scale: float = 1.0,
        to_image: tuple[float, float] = (1.0, 1.0),
        image_size: tuple[int, int] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]: ...


def create(name: str, options: Mapping[str, float]) -> Decoder:
    """Makes the decoder that a manifest names.

    Args:
        name: A key of DECODERS.
        options: Fields of the decoder's options that differ from their defaults; JSON numbers.

    Raises:
        ArtifactError: Unknown name or option, or a value that does not suit the option.
    """
    if name not in DECODERS:
        raise ArtifactError(f"expected a detection decoder of {sorted(DECODERS)}, found {name!r}; check the manifest")
    kinds: dict[str, type[Any]] = {item.name: type(item.default) for item in dataclasses.fields(OPTIONS[name])}
    values = {}
    for key, value in options.items():
        if key not in kinds:
            raise ArtifactError(f"expected {name!r} options of {sorted(kinds)}, found {key!r}; check the manifest")
        number = isinstance(value, (int, float)) and math.isfinite(value)
        if not number or kinds[key](value) != value:
            raise ArtifactError(f"expected {name}.{key} as {kinds[key].__name__}, found {value!r}; check the manifest")
        values[key] = kinds[key](value)
    return DECODERS[name](OPTIONS[name](**values))
