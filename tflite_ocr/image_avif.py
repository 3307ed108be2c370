"""Facts about the pictures of an AVIF file, from its boxes (ISO 14496-12, 23008-12) and from AV1's own headers.

Both have a size: the boxes that of the shown picture, the AV1 stream that of the decoder's memory. Files in which they
differ are refused.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_MOST_BOXES, _MOST_ITEMS = 10_000, 4_096
_ALPHA = (b":auxiliary:alpha", b":auxid:1")
_BEGINNING = 4096  # first bytes of an item, which must have its sequence header


@dataclass(frozen=True)
class AvifFacts:
    """Facts about the picture, with the number of bits of a sample.

    Frames are 1, or 2 for an animation, whose length is not counted.
    """

    width: int
    height: int
    alpha: bool
    bits: int
    frames: int


def parse(data: bytes) -> AvifFacts:
    """Reads the boxes of an AVIF file and the sequence headers of its items.

    Raises:
        ValueError: They are damaged, or contradict each other.
        struct.error, IndexError: They are cut short.
    """
    boxes = {kind: (start, end) for kind, start, end in reversed(list(_boxes(data, 0, len(data))))}
    if b"meta" not in boxes:
        raise ValueError("its header names no size")
    inside = {kind: (start, end) for kind, start, end in _boxes(data, boxes[b"meta"][0] + 4, boxes[b"meta"][1])}
    if b"iprp" not in inside or b"iloc" not in inside:
        raise ValueError("its header names no size")
    sizes, alpha = [], False
    for kind, start, end in _boxes(data, *inside[b"iprp"]):
        if kind == b"ipco":
            for name, first, last in _boxes(data, start, end):
                if name == b"ispe":
                    sizes.append(struct.unpack_from(">II", data, first + 4))
                alpha = alpha or name == b"auxC" and any(word in data[first:last] for word in _ALPHA)
    if not sizes:
        raise ValueError("its header names no size")
    width, height = max(width for width, _ in sizes), max(height for _, height in sizes)
    bits, kinds = 8, _kinds(data, *inside.get(b"iinf", (0, 0)))
    for number, item in _items(data, *inside[b"iloc"], inside.get(b"idat", (0, 0))[0]):
        if kinds.get(number) != b"av01":
            continue
        stored_width, stored_height, stored_bits = _sequence(item)
        if not any(stored_width <= width and stored_height <= height for width, height in sizes):
            raise ValueError(f"its header gives the size {width}x{height}, its stream {stored_width}x{stored_height}")
        bits = max(bits, stored_bits)
    return AvifFacts(width, height, alpha, bits, 2 if data[8:12] == b"avis" or b"moov" in boxes else 1)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start and end of its content) of the boxes between two positions."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        length, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if length == 1:
            (length,), header = struct.unpack_from(">Q", data, start + 8), 16
        last = end if length == 0 else start + length
        if last > end or last < start + header:
            raise ValueError(f"its box {kind!r} is longer than what it lies in; copy it again")
        yield kind, start + header, last
        start = last
    raise ValueError(f"it has more than {_MOST_BOXES} boxes")


def _kinds(data: bytes, start: int, end: int) -> dict[int, bytes]:
    """Kind of every item by its number, out of the box "iinf"."""
    if start == end:
        raise ValueError("its list of items is missing")
    kinds = {}
    for kind, first, _ in _boxes(data, start + (8 if data[start] else 6), end):
        if kind == b"infe" and data[first] >= 2:
            number, _, name = struct.unpack_from(">HH4s" if data[first] == 2 else ">IH4s", data, first + 4)
            kinds[number] = name
    return kinds


def _items(data: bytes, start: int, end: int, idat: int) -> Iterator[tuple[int, bytes]]:
    """Numbers and beginnings of the items that a box "iloc" lists."""
    version, sizes = data[start], struct.unpack_from(">H", data, start + 4)[0]
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    position = start + 6

    def number(size: int) -> int:
        nonlocal position
        position += size
        if position > end:
            raise ValueError("its list of items is cut short")
        return int.from_bytes(data[position - size : position], "big")

    for _ in range(min(number(4 if version == 2 else 2), _MOST_ITEMS)):
        item = number(4 if version == 2 else 2)
        inside = bool(version) and number(2) & 15 == 1
        number(2)
        base = number(base_size) + (idat if inside else 0)
        pieces: list[bytes] = []
        for _ in range(number(2)):
            if version:
                number(index_size)
            offset, length = number(offset_size), number(length_size)
            if sum(len(piece) for piece in pieces) < _BEGINNING:
                pieces.append(data[base + offset : base + offset + min(length or _BEGINNING, _BEGINNING)])
        yield item, b"".join(pieces)


def _sequence(item: bytes) -> tuple[int, int, int]:
    """(width, height, bits) of the sequence header with which AV1 data begins (AV1, section 5.5)."""
    position = 0
    while position < len(item):
        header = item[position]
        position += 2 if header & 4 else 1
        size, shift = (0, 0) if header & 2 else (len(item) - position, 0)
        while header & 2 and position < len(item) and shift <= 28:
            byte = item[position]
            size |= (byte & 0x7F) << shift
            position, shift = position + 1, shift + 7
            if byte < 0x80:
                break
        if header >> 3 & 15 == 1:
            return _sequence_header(item[position : position + size])
        position += size
    raise ValueError("its AV1 stream does not begin with a sequence header")


def _sequence_header(block: bytes) -> tuple[int, int, int]:
    value, left = int.from_bytes(block, "big"), 8 * len(block)

    def take(count: int) -> int:
        nonlocal left
        left -= count
        if left < 0:
            raise ValueError("its AV1 stream is cut short")
        return value >> left & (1 << count) - 1

    profile, _, reduced = take(3), take(1), take(1)
    if reduced:
        take(5)
    else:
        _operating_points(take)
    width_bits, height_bits = take(4) + 1, take(4) + 1
    width, height = take(width_bits) + 1, take(height_bits) + 1
    if not reduced and take(1):
        take(7)
    take(3)
    if not reduced:
        _tools(take)
    take(3)
    high = take(1)
    return width, height, (12 if profile == 2 and take(1) else 10) if high else 8


def _operating_points(take: Callable[[int], int]) -> None:
    if take(1):
        raise ValueError("its AV1 stream has a clock, which pictures have not")
    initial_delay = take(1)
    for _ in range(take(5) + 1):
        take(12)
        if take(5) > 7:
            take(1)
        if initial_delay and take(1):
            take(4)


def _tools(take: Callable[[int], int]) -> None:
    """Steps over the tools between frames."""
    take(4)
    order = take(1)
    if order:
        take(2)
    if take(1) or take(1):  # seq_choose_screen_content_tools, seq_force_screen_content_tools
        if not take(1):
            take(1)
    if order:
        take(3)
