"""GIF pictures, decoded here, because not every OpenCV can.

After the specification of GIF89a (CompuServe, 1990), with its appendix F on variable-length-code LZW.
"""

import struct
from dataclasses import dataclass

import numpy as np

# Seconds are counted in codes of LZW: one takes about a quarter of a microsecond here, a new table as long as 16.
_MOST_CODES, _TABLE_CODES = 20_000_000, 16
_MOST_BLOCKS = 1_000_000
_MOST_BITS = 12
_STARTS, _STEPS = (0, 4, 2, 1), (8, 8, 4, 2)  # rows of an interlaced picture, appendix E


@dataclass(frozen=True)
class GifFrame:
    """One picture of the file: where its descriptor starts, and the index of its transparent colour, if it has one.

    Before the next one is shown its area is cleared (disposal 2), the earlier picture is restored (3), or it stays.
    """

    start: int
    transparent: int | None = None
    disposal: int = 0


@dataclass(frozen=True)
class GifFacts:
    """The facts before the pixels: the canvas in pixels, its palette, RGB uint8 [N, 3], and at least one picture."""

    width: int
    height: int
    frames: tuple[GifFrame, ...]
    palette: np.ndarray | None


def parse(data: bytes) -> GifFacts:
    """Walks through a GIF file without decoding anything.

    Raises:
        ValueError: It holds no picture, or its blocks are damaged.
        struct.error, IndexError: It is cut short before the first picture.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    palette, position = _palette(data, 13, flags)
    frames: list[GifFrame] = []
    transparent, disposal = None, 0
    for _ in range(_MOST_BLOCKS):
        if position >= len(data):
            break
        kind = data[position]
        if kind == 0x21:  # extension
            if data[position + 1] == 0xF9:
                disposal = data[position + 3] >> 2 & 7
                transparent = data[position + 6] if data[position + 3] & 1 else None
            position, ended = _skip(data, position + 2)
        elif kind == 0x2C:
            frames.append(GifFrame(position, transparent, disposal))
            transparent, disposal = None, 0
            after = position + 10 + _palette_bytes(data[position + 9]) + 1
            position, ended = _skip(data, after)
        else:
            break  # the trailer, or no block at all: decoders end here too
        if not ended:
            break
    else:
        raise ValueError(f"it has more than {_MOST_BLOCKS} blocks")
    if not frames:
        raise ValueError("it holds no picture")
    return GifFacts(width, height, tuple(frames), palette)


def decode(data: bytes) -> np.ndarray:
    """The first frame on its canvas, BGRA uint8 [H, W, 4]; what it leaves free is transparent.

    Raises:
        ValueError: The picture is damaged, cut short, or takes too long.
    """
    facts = parse(data)
    picture, left, top = decode_frame(data, facts, facts.frames[0])
    height, width = picture.shape[:2]
    if (width, height) == (facts.width, facts.height):
        return picture
    canvas = np.zeros((facts.height, facts.width, 4), np.uint8)
    canvas[top : top + height, left : left + width] = picture
    return canvas


def decode_frame(data: bytes, facts: GifFacts, frame: GifFrame) -> tuple[np.ndarray, int, int]:
    """One frame by itself, and where it lies on the canvas.

    Returns:
        BGRA uint8 [H, W, 4], left, top.

    Raises:
        ValueError: The picture is damaged, cut short, or takes too long.
        struct.error, IndexError: Its head is cut short.
    """
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, frame.start + 1)
    own, position = _palette(data, frame.start + 10, flags)
    palette = own if own is not None else facts.palette
    if palette is None:
        raise ValueError("it has no palette")
    if not width or not height or left + width > facts.width or top + height > facts.height:
        raise ValueError(f"its picture of {width}x{height} does not lie on its canvas")
    indices = np.frombuffer(_unpacked(data, position, width * height), np.uint8).reshape(height, width)
    if flags & 0x40:
        order = [row for start, step in zip(_STARTS, _STEPS, strict=True) for row in range(start, height, step)]
        straight = np.empty_like(indices)
        straight[order] = indices
        indices = straight
    colors = np.zeros((256, 4), np.uint8)
    colors[: len(palette), :3], colors[:, 3] = palette[:, ::-1], 255
    if frame.transparent is not None:
        colors[frame.transparent, 3] = 0
    return np.take(colors, indices, axis=0), left, top


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _palette(data: bytes, position: int, flags: int) -> tuple[np.ndarray | None, int]:
    """RGB uint8 [N, 3] that stands at a position, if the flags say so, and where it ends."""
    size = _palette_bytes(flags)
    if not size:
        return None, position
    if position + size > len(data):
        raise ValueError("its palette is cut short")
    return np.frombuffer(data, np.uint8, size, position).reshape(-1, 3), position + size


def _skip(data: bytes, position: int) -> tuple[int, bool]:
    """Where a chain of sub-blocks ends, and whether it does."""
    while position < len(data):
        size = data[position]
        position += 1 + size
        if not size:
            return position, True
    return position, False


def _unpacked(data: bytes, position: int, count: int) -> bytearray:
    """The `count` indices that LZW has packed from a position on."""
    smallest = data[position]
    if not 1 <= smallest <= 8:
        raise ValueError(f"its codes begin with {smallest} bits")
    packed = _joined(data, position + 1)
    clear, stop = 1 << smallest, (1 << smallest) + 1
    roots = [*(bytes((i,)) for i in range(clear)), b"", b""]
    table, bits, previous = list(roots), smallest + 1, b""
    out, at, have, buffer, left = bytearray(), 0, 0, 0, _MOST_CODES
    while len(out) < count:
        if have < bits:
            piece = packed[at : at + 8]
            buffer |= int.from_bytes(piece, "little") << have
            have += 8 * len(piece)
            at += 8
            if have < bits:
                break
        code = buffer & (1 << bits) - 1
        buffer >>= bits
        have -= bits
        left -= 1
        if code == clear:
            table, bits, previous = list(roots), smallest + 1, b""
            left -= _TABLE_CODES
            continue
        if code == stop or left < 0:
            break
        if code < len(table):
            entry = table[code]
        elif code == len(table) and previous:
            entry = previous + previous[:1]
        else:
            raise ValueError("its packed pixels are damaged")
        out += entry
        if previous and len(table) < 1 << _MOST_BITS:
            table.append(previous + entry[:1])
            if len(table) == 1 << bits and bits < _MOST_BITS:
                bits += 1
        previous = entry
    if left < 0:
        raise ValueError(f"its pixels are packed in more than {_MOST_CODES} codes")
    if len(out) < count:
        raise ValueError(f"it ends after {len(out)} of {count} pixels; copy it again")
    return out[:count]


def _joined(data: bytes, position: int) -> bytes:
    """The contents of a chain of sub-blocks."""
    blocks = []
    while position < len(data) and data[position]:
        blocks.append(data[position + 1 : position + 1 + data[position]])
        position += 1 + data[position]
    return b"".join(blocks)
