"""Facts from the directories of a TIFF file, and from the EXIF block of other formats, which has the same structure."""

import struct
from dataclasses import dataclass

WIDTH, HEIGHT, BITS, SAMPLES, ROWS = 256, 257, 258, 277, 278
_SUBFILE, _OLD_SUBFILE, _STRIP_BYTES, _ORIENTATION = 254, 255, 279, 274
_TILE_WIDTH, _TILE_HEIGHT, _TILE_BYTES, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 322, 323, 325, 338, 339
# Tags that decide the memory of a picture; one that is there twice is understood differently by others.
_DECISIVE = (WIDTH, HEIGHT, BITS, SAMPLES, ROWS, _TILE_WIDTH, _TILE_HEIGHT, _EXTRA_SAMPLES, _SAMPLE_FORMAT)
_ACROSS, _UNIT = 282, 296  # XResolution, ResolutionUnit
_COMPRESSION = 259
# Those that libtiff knows, built in or not; of others OpenCV makes a black picture instead of an error.
_COMPRESSIONS = (*(*range(1, 9), 32766, 32771, 32773, 32809, 32946, 34661, 34676, 34677, 34887, 34925, 50000, 50001),)
_KINDS = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4)}
_MOST_PAGES, _MOST_TAGS, _MOST_VALUES = 10_000, 4096, 64


@dataclass(frozen=True)
class TiffFacts:
    """Facts about the first page.

    Attributes:
        width: Width in pixels, as stored.
        height: Height in pixels, as stored.
        alpha: Whether pixels may be transparent.
        sample_bytes: Number of bytes of a decoded sample: 1, 2, 4 or 8.
        scratch: Number of bytes a pixel that turning it upright takes.
        fixed_bytes: Number of bytes for one strip or tile.
        packed_bytes: What its pixels take in the file, if they are compressed; 0 where they are not.
    """

    width: int
    height: int
    alpha: bool
    sample_bytes: int
    scratch: float
    fixed_bytes: int
    pages: int
    packed_bytes: int = 0


def parse(data: bytes) -> TiffFacts:
    """Reads the directories of a TIFF file.

    Raises:
        ValueError: They are damaged, contradict themselves, or give samples of an unknown size.
        struct.error: They are cut short.
    """
    order, start = _start(data)
    tags, following = _directory(data, order, start)
    for tag in (WIDTH, HEIGHT):
        if tag not in tags:
            raise ValueError("its first directory names no size")
    width, height, samples = tags[WIDTH][0], tags[HEIGHT][0], tags.get(SAMPLES, (1,))[0]
    bits = tags.get(BITS, (1,))
    if len(set(bits)) != 1 or not 1 <= bits[0] <= 64 or not 1 <= samples <= 16:
        raise ValueError(f"its first directory gives {samples} samples of {bits[0]} bits")
    packing = tags.get(_COMPRESSION, (1,))[0]
    if packing not in _COMPRESSIONS:
        raise ValueError(f"its pixels are compressed in an unknown way ({packing})")
    sample_bytes = 1 if bits[0] <= 8 else 2 if bits[0] <= 16 else 4 if bits[0] <= 32 else 8
    alpha = tags.get(_EXTRA_SAMPLES, (0,))[0] in (1, 2)
    turned = tags.get(_ORIENTATION, (1,))[0] != 1
    pages = 1 + len([at for at, good in _further(data, order, following, {start}) if good])
    packed_bytes = 0 if packing == 1 else sum(tags.get(_STRIP_BYTES, (0,)) + tags.get(_TILE_BYTES, (0,)))
    # Samples of other kinds than unsigned bytes come as they are stored, with as many channels.
    memory = 3.0 * sample_bytes * turned, _piece_bytes(tags, width, height, samples * bits[0])
    return TiffFacts(width, height, alpha, sample_bytes, *memory, pages, packed_bytes)


def orientation(block: bytes) -> int:
    """EXIF orientation of a TIFF-structured block; 1 when it is absent, damaged or out of range."""
    try:
        order, start = _start(block)
        ((value, *_),) = (_directory(block, order, start)[0].get(_ORIENTATION, (1,)),)
    except (struct.error, ValueError):
        return 1
    return value if 1 <= value <= 8 else 1


def resolution(data: bytes) -> float | None:
    """Dots an inch across of the first page; None where it says none.

    Raises:
        ValueError, struct.error: The directory is damaged.
    """
    order, start = _start(data)
    (count,) = struct.unpack_from(order + "H", data, start)
    found, unit = None, 2  # inches where no unit is given
    for position in range(start + 2, start + 2 + 12 * min(count, _MOST_TAGS), 12):
        tag, kind, _, where = struct.unpack_from(order + "HHII", data, position)
        if tag == _ACROSS and kind == 5:
            above, below = struct.unpack_from(order + "II", data, where)
            found = above / below if below else None
        elif tag == _UNIT and kind == 3:
            (unit,) = struct.unpack_from(order + "H", data, position + 8)
    return found * {2: 1.0, 3: 2.54}[unit] if found and unit in (2, 3) else None


def _start(data: bytes) -> tuple[str, int]:
    if data[:2] not in (b"II", b"MM"):
        raise ValueError("its byte order is unknown")
    order = "<" if data[:2] == b"II" else ">"
    return order, struct.unpack_from(order + "I", data, 4)[0]


def _directory(data: bytes, order: str, start: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """The first values of every BYTE, SHORT or LONG tag of a directory, and where the next one stands; 0 for none."""
    (count,) = struct.unpack_from(order + "H", data, start)
    if count > _MOST_TAGS:
        raise ValueError(f"its directory has {count} tags")
    tags: dict[int, tuple[int, ...]] = {}
    for position in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", data, position)
        if tag in _DECISIVE and (tag in tags or kind not in _KINDS or not values):
            raise ValueError(f"its directory gives tag {tag} {'twice' if tag in tags else 'in an unknown way'}")
        if kind not in _KINDS or values < 1:
            continue
        code, size = _KINDS[kind]
        where = position + 8 if values * size <= 4 else struct.unpack_from(order + "I", data, position + 8)[0]
        wanted = values if tag in (_STRIP_BYTES, _TILE_BYTES) else min(values, _MOST_VALUES)
        if tag in _DECISIVE or tag in (_STRIP_BYTES, _TILE_BYTES):
            tags[tag] = struct.unpack_from(f"{order}{wanted}{code}", data, where)
        else:
            tags.setdefault(tag, struct.unpack_from(order + code, data, where))
    end = start + 2 + 12 * count
    return tags, struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0


def _piece_bytes(tags: dict, width: int, height: int, pixel_bits: int) -> int:
    """Memory of one strip or tile: as it is packed, unpacked, and as pixels of at least four bytes."""
    if _TILE_WIDTH in tags:
        pixels = tags[_TILE_WIDTH][0] * tags.get(_TILE_HEIGHT, (height,))[0]
    else:
        pixels = width * min(height, tags.get(ROWS, (height,))[0] or height)
    packed = max(tags.get(_STRIP_BYTES, (0,)) + tags.get(_TILE_BYTES, (0,)))
    return pixels * (4 + -(-pixel_bits // 8)) + min(packed, pixels * 8)


def page_starts(data: bytes) -> list[int]:
    """Where the directory of each page stands, without those of thumbnails and masks; a damaged one is the last.

    Raises:
        ValueError, struct.error: As parse.
    """
    order, start = _start(data)
    _, following = _directory(data, order, start)
    return [start, *(at for at, _ in _further(data, order, following, {start}))]


def beginning_at(data: bytes, start: int) -> bytes:
    """The same TIFF file with another of its directories as the first one, so that this page is read."""
    order, _ = _start(data)
    return data[:4] + struct.pack(order + "I", start) + data[8:]


def _further(data: bytes, order: str, start: int, seen: set[int]) -> list[tuple[int, bool]]:
    """Where further directories that hold a page stand, and whether each is whole; a damaged one ends the chain."""
    pages: list[tuple[int, bool]] = []
    while start and start not in seen and len(seen) < _MOST_PAGES:
        seen.add(start)
        try:
            tags, following = _directory(data, order, start)
        except (struct.error, ValueError):
            pages.append((start, False))
            break
        thumbnail = tags.get(_SUBFILE, (0,))[0] & 5 or tags.get(_OLD_SUBFILE, (1,))[0] == 2
        if not thumbnail and WIDTH in tags:
            pages.append((start, True))
        start = following
    return pages
