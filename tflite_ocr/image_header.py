"""What an encoded image says about itself, read from its first bytes before any pixel is decoded.

The decoder allocates what the header asks for; reading the header first is what stops an image bomb, and it
gives the facts that decoding to plain BGR would lose: transparency, orientation and a missing end.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

_PNM = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s")
_ORIENTATION_TAG = 0x112
_EXTRA_SAMPLES_TAG = 338
_EXIF_PREFIX = b"Exif\0\0"


@dataclass(frozen=True)
class Header:
    """Facts of an encoded image.

    Attributes:
        format: Name of the format, as a user knows it.
        width: Pixels, before any turning.
        height: Pixels, before any turning.
        alpha: Whether pixels may be transparent.
        orientation: EXIF orientation, 1 (upright) to 8, where the decoder leaves the turning to us.
        complete: False when the end of the file is missing.
        grey: Whether it is known to hold a single channel of brightness.
    """

    format: str
    width: int
    height: int
    alpha: bool = False
    orientation: int = 1
    complete: bool = True
    grey: bool = False


def parse(data: bytes) -> Header | None:
    """Reads the header of an encoded image.

    Args:
        data: A whole file: JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000, AVIF, or PBM/PGM/PPM.

    Returns:
        The facts, or None when the bytes start like none of these formats.

    Raises:
        ValueError: The bytes start like a known format, but its header is damaged or cut short.
    """
    for signature, offset, parser in _PARSERS:
        if data[offset : offset + len(signature)] == signature:
            try:
                header = parser(data)
            except (struct.error, IndexError):
                raise ValueError("its header is cut short") from None
            if header.width < 1 or header.height < 1:
                raise ValueError(f"its header gives the size {header.width}x{header.height}")
            return header
    return None


def _jpeg(data: bytes) -> Header:
    position, size, orientation, components = 2, None, 1, 0
    while True:
        position = data.find(b"\xff", position)
        if position < 0:
            raise ValueError("its header is cut short")
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        position += 2
        if marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:  # markers without a length
            continue
        if marker in (0xDA, 0xD9):  # scan data, or an end without any
            break
        (length,) = struct.unpack_from(">H", data, position)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 3)
            size, components = (width, height), data[position + 7]
        elif marker == 0xE1 and data[position + 2 : position + 8] == _EXIF_PREFIX:
            orientation = _exif_orientation(data[position + 8 : position + length])
        position += max(length, 2)
    if size is None:
        raise ValueError("its header names no size")
    # The end marker cannot occur inside scan data, so one after the scan's start is the image's end.
    complete = data.rfind(b"\xff\xd9") > position
    return Header("JPEG", *size, orientation=orientation, complete=complete, grey=components == 1)


def _png(data: bytes) -> Header:
    width, height, _, color = struct.unpack_from(">IIBB", data, 16)
    alpha, orientation, complete, position = color in (4, 6), 1, False, 8
    while position + 8 <= len(data) and not complete:
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"tRNS":
            alpha = True
        elif kind == b"eXIf":
            orientation = _exif_orientation(data[position + 8 : position + 8 + length])
        complete = kind == b"IEND"
        position += 12 + length
    return Header("PNG", width, height, alpha, orientation, complete, grey=color == 0)


def _webp(data: bytes) -> Header:
    (riff_size,) = struct.unpack_from("<I", data, 4)
    complete = riff_size + 8 <= len(data)
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF, complete=complete)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1), complete=complete)
    if kind != b"VP8X":
        raise ValueError("its first chunk is unknown")
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    orientation, position = 1, 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        if kind == b"EXIF":
            orientation = _exif_orientation(data[position + 8 : position + 8 + length].removeprefix(_EXIF_PREFIX))
        position += 8 + length + (length & 1)
    return Header("WebP", width, height, bool(data[20] & 0x10), orientation, complete)


def _tiff(data: bytes) -> Header:
    tags = _tiff_tags(data)
    if 256 not in tags or 257 not in tags:
        raise ValueError("its first directory names no size")
    # The decoder turns TIFF images by itself, whatever it is told: orientation stays 1 here.
    return Header("TIFF", tags[256], tags[257], alpha=tags.get(_EXTRA_SAMPLES_TAG, 0) in (1, 2))


def _big_tiff(data: bytes) -> Header:
    raise ValueError("it is a BigTIFF, which cannot be read; convert it to TIFF or PNG")


def _bmp(data: bytes) -> Header:
    (header_size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return Header("BMP", width, abs(height))  # a negative height stores the rows from the top


def _gif(data: bytes) -> Header:
    return Header("GIF", *struct.unpack_from("<HH", data, 6), alpha=True)


def _pnm(data: bytes) -> Header:
    match = _PNM.match(data[:4096])
    if not match:
        raise ValueError("its header names no size")
    return Header("PNM", int(match[1]), int(match[2]))


def _jpeg2000(data: bytes) -> Header:
    # The size that the decoder allocates stands in the codestream, not in the box around it.
    start = data.find(b"\xff\x4f\xff\x51")
    if start < 0:
        raise ValueError("its codestream is missing")
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    return Header("JPEG 2000", right - left, bottom - top)


def _avif(data: bytes) -> Header:
    sizes = [struct.unpack_from(">II", data, m.end() + 4) for m in re.finditer(b"ispe", data[:65536])]
    if not sizes:
        raise ValueError("its header names no size")
    return Header("AVIF", max(width for width, _ in sizes), max(height for _, height in sizes), alpha=True)


def _exif_orientation(block: bytes) -> int:
    """EXIF orientation of a TIFF-structured block; 1 when it is absent, damaged or out of range."""
    try:
        value = _tiff_tags(block).get(_ORIENTATION_TAG, 1)
    except (struct.error, ValueError):
        return 1
    return value if 1 <= value <= 8 else 1


def _tiff_tags(data: bytes) -> dict[int, int]:
    """First value of every SHORT or LONG tag in the first directory of TIFF-structured data."""
    if data[:2] not in (b"II", b"MM"):
        raise ValueError("its byte order is unknown")
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    tags = {}
    for position in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", data, position)
        if kind not in (3, 4) or values < 1:
            continue
        code, size = ("H", 2) if kind == 3 else ("I", 4)
        where = position + 8 if values * size <= 4 else struct.unpack_from(order + "I", data, position + 8)[0]
        (tags[tag],) = struct.unpack_from(order + code, data, where)
    return tags


_PARSERS: tuple[tuple[bytes, int, Callable[[bytes], Header]], ...] = (
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"WEBP", 8, _webp),
    (b"II*\0", 0, _tiff),
    (b"MM\0*", 0, _tiff),
    (b"II+\0", 0, _big_tiff),
    (b"MM\0+", 0, _big_tiff),
    (b"BM", 0, _bmp),
    (b"GIF8", 0, _gif),
    (b"\0\0\0\x0cjP  \r\n\x87\n", 0, _jpeg2000),
    (b"\xff\x4f\xff\x51", 0, _jpeg2000),
    (b"ftypavif", 4, _avif),
    *((b"P%d" % digit, 0, _pnm) for digit in range(1, 7)),
)
