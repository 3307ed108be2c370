"""HEIC and HEIF photos, by pillow-heif, which the [heif] extra brings."""

import re
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from tflite_ocr import image_samples
from tflite_ocr.errors import ImageReadError, MissingDecoderError
from tflite_ocr.image_limits import decoding_bytes

# Wheels before 1.8 hold a libheif with known memory faults (CVE-2026-47247, -47254, -50142).
_OLDEST = (1, 8)
_INSTALL = "pip install 'tflite-ocr[heif]', or export it as JPEG"
_KNOWN = re.compile(rb"\0\0..ftyp(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL)
# The decoded planes, their conversion to RGB, and ours to BGR.
_PIXEL_BYTES = 12


def recognises(data: bytes) -> bool:
    """Whether the bytes begin like a HEIF file; one whose brands name AV1 is an AVIF and no matter of ours."""
    return bool(_KNOWN.match(data)) and b"avif" not in data[8:64]


def decode(name: str, data: bytes, check_size: Callable[[str, int, int], None]) -> np.ndarray:
    """The first picture, upright, BGR uint8 [H, W, 3]; transparent pixels lie on what their ink stands out from.

    `check_size` is called with the name, width and height before anything is decoded; it raises for too large ones.

    Raises:
        ImageReadError: The file is damaged or too large.
        MissingDecoderError: pillow-heif is not installed, or too old.
    """
    heif = _library(name)
    try:
        # Turning and mirroring are applied by libheif.
        picture = heif.open_heif(data, convert_hdr_to_8bit=True)
        width, height = picture.size
        check_size(name, width, height)
        if width * height * _PIXEL_BYTES > decoding_bytes():
            raise ImageReadError(
                f"{name}: expected an image that is decoded in {decoding_bytes() / 1e6:.0f} MB, found {width}x{height}"
            )
        pixels = np.asarray(picture[0])
    except (OSError, ValueError, RuntimeError, EOFError, SyntaxError, IndexError) as error:
        raise ImageReadError(f"{name}: expected a whole HEIC, found a damaged one: {error}") from None
    if pixels.ndim == 2:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    if pixels.shape[2] == 4:
        return image_samples.flatten(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGBA2BGRA))
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR)


def _library(name: str) -> Any:
    try:
        import pillow_heif
    except ImportError:
        raise MissingDecoderError(f"{name}: a HEIC photo needs pillow-heif, found none; {_INSTALL}") from None
    version = tuple(int(part) for part in re.findall(r"\d+", pillow_heif.__version__)[:2])
    if version < _OLDEST:
        raise MissingDecoderError(
            f"{name}: a HEIC photo needs pillow-heif 1.8 or later, whose decoder is mended, found "
            f"{pillow_heif.__version__}; {_INSTALL}"
        )
    return pillow_heif
