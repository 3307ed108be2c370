"""How many dots an inch an image file says that it has."""

import struct

from tflite_ocr import image_tiff

_LEAST, _MOST = 30.0, 4800.0  # others are no resolution of a scanner, but a number that somebody had to write


def dots_per_inch(data: bytes) -> float | None:
    """The resolution across that a JPEG, PNG or TIFF file gives; None for others and where it says nothing.

    Args:
        data: The file, or its beginning.
    """
    try:
        found = next((read(data) for start, read in _KINDS if data.startswith(start)), None)
    except (struct.error, IndexError, ValueError):
        return None
    return found if found is not None and _LEAST <= found <= _MOST else None


def _jpeg(data: bytes) -> float | None:
    """JFIF 1.02: an APP0 segment right at the start; units are 1 for inches, 2 for centimetres."""
    if data[6:11] != b"JFIF\0":
        return None
    unit, across = struct.unpack_from(">BH", data, 13)
    return {1: float(across), 2: across * 2.54}.get(unit)


def _png(data: bytes) -> float | None:
    position = 8
    for _ in range(64):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"pHYs":
            across, _, unit = struct.unpack_from(">IIB", data, position + 8)
            return across * 0.0254 if unit == 1 else None
        if kind in (b"IDAT", b"IEND"):
            return None
        position += 12 + length
    return None


_KINDS = (
    (b"\xff\xd8\xff\xe0", _jpeg),
    (b"\x89PNG", _png),
    (b"II*\0", image_tiff.resolution),
    (b"MM\0*", image_tiff.resolution),
)
