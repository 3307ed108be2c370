"""Draws image files that are made to hurt: each must be refused or read, in little time and memory."""

import struct
import zlib
from collections.abc import Iterator, Sequence

import numpy as np


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, depth: int = 8, color: int = 2, rows: bytes = b"", extra: Sequence = (), after=b""
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(*c) for c in extra)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
        + after
    )


def tiff(tags: Sequence[tuple[int, int, Sequence[int]]], data: bytes = b"", next_at: int = 0) -> bytes:
    """Little-endian, one directory; `data` stands after it, tag 273 with the value -1 points there."""
    codes = {1: "B", 3: "H", 4: "I"}
    head, extra, entries = 8 + 2 + 12 * len(tags) + 4, b"", b""
    for tag, kind, values in tags:
        size = sum(
            len(struct.pack(f"<{len(v)}{codes[k]}", *[abs(x) for x in v]))
            for t, k, v in tags
            if struct.calcsize(f"<{len(v)}{codes[k]}") > 4
        )
        values = [head + size if value == -1 else value for value in values]
        packed = struct.pack(f"<{len(values)}{codes[kind]}", *values)
        if len(packed) > 4:
            packed, extra = struct.pack("<I", head + len(extra)), extra + packed
        entries += struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_at) + extra + data


def samples_tiff(array: np.ndarray, kind: int, alpha: bool = False, tags: Sequence = ()) -> bytes:
    """A TIFF of any kind of number (sample format 1 unsigned, 2 signed, 3 float), [H, W, C], uncompressed."""
    height, width, channels = array.shape
    data = array.tobytes()
    return tiff(
        [
            (256, 4, [width]),
            (257, 4, [height]),
            (258, 3, [8 * array.itemsize] * channels),
            (259, 3, [1]),
            (262, 3, [2 if channels > 2 else 1]),
            (273, 4, [-1]),
            (277, 3, [channels]),
            (278, 4, [height]),
            (279, 4, [len(data)]),
            *([(338, 3, [2])] if alpha else []),
            *tags,
            (339, 3, [kind] * channels),
        ],
        data,
    )


def jpeg_scans(side: int, scans: int) -> bytes:
    """Progressive, grey, with scans that hold nothing."""

    def segment(marker: int, body: bytes) -> bytes:
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body

    tables = b"".join(segment(0xC4, bytes([kind, 1] + [0] * 15 + [0])) for kind in (0x00, 0x10))
    start = segment(0xDB, b"\0" + bytes([1] * 64)) + segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
    scan = [segment(0xDA, bytes([1, 1, 0, low, high, 0])) for low, high in ((0, 0), (1, 63))]
    return b"\xff\xd8" + start + tables + scan[0] + bytes(16) + scan[1] * scans + b"\xff\xd9"


def jpeg2000(width: int, height: int, tile: int, components: int = 3, earlier: tuple[int, int] | None = None) -> bytes:
    """One empty tile of many; `earlier` is a size that a codestream's marker in a box before it gives."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data) + 8) + kind + data

    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, tile, tile, 0, 0, components) + b"\7\1\1" * components
    stream = (
        b"\xff\x4f\xff\x51"
        + struct.pack(">H", len(size) + 2)
        + size
        + b"\xff\x52"
        + struct.pack(">HBBHBBBBBB", 12, 0, 0, 1, 0, 0, 4, 4, 0, 1)
        + b"\xff\x5c\0\4\x40\x40"
        + b"\xff\x90"
        + struct.pack(">HHIBB", 10, 0, 14 + components, 0, 1)
        + b"\xff\x93"
        + bytes(components)
        + b"\xff\xd9"
    )
    trap = box(b"free", b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 41, 0, *earlier, 0, 0)) if earlier else b""
    header = box(b"ihdr", struct.pack(">IIHBBBB", height, width, components, 7, 7, 0, 0))
    header = box(b"jp2h", header + box(b"colr", b"\1\0\0" + struct.pack(">I", 16 if components == 3 else 17)))
    return box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + header + trap + box(b"jp2c", stream)


def animated_png(side: int, first: bytes) -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, side, side, 0, 0, 1, 10, 0, 0)
    data = zlib.compress(bytes(1 + 3 * side) * side)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"acTL", struct.pack(">II", 2, 0))
        + chunk(b"fcTL", control)
        + chunk(b"IDAT", first)
        + chunk(b"fcTL", struct.pack(">I", 1) + control[4:])
        + chunk(b"fdAT", struct.pack(">I", 2) + data)
        + chunk(b"IEND", b"")
    )


def hostile(rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of files that broke readers once, each drawn anew."""
    side, small = int(rng.integers(11_000, 13_300)), int(rng.integers(20, 90))
    big = int(rng.integers(17_000, 25_000))
    yield (
        "PNG palette with transparency",
        png(side, side, 1, 3, bytes(1000), [(b"PLTE", bytes(6)), (b"tRNS", b"\x80\xff")]),
    )
    yield "PNG of 16 bits with transparency", png(side, side, 16, 6, bytes(1000))
    yield "PNG with a chunk of gigabytes after its end", png(small, small, after=b"\xef\xff\xff\xf0tEXt" + bytes(16))
    yield "PNG with two headers", png(small, small, extra=[(b"IHDR", struct.pack(">IIBBBBB", big, big, 1, 0, 0, 0, 0))])
    yield "animated PNG, first frame damaged", animated_png(small, zlib.compress((b"\x4d" + bytes(3 * small)) * small))
    yield "animated PNG, first frame cut", animated_png(small, zlib.compress(bytes(small * small))[:-6])
    yield "JPEG of many scans", jpeg_scans(side, int(rng.integers(1000, 3000)))
    yield "JPEG of fill bytes", b"\xff\xd8" + b"\xff" * (30 << 20)
    yield "JPEG of empty segments", b"\xff\xd8" + b"\xff\xfe\0\2" * (4 << 20)
    yield "JPEG 2000 of one tile", jpeg2000(side, side, 64)
    yield "JPEG 2000 with two sizes", jpeg2000(big, big, 128, 1, (10, 10))
    yield "JPEG 2000 cut in its header", jpeg2000(64, 64, 64, 3)[: int(rng.integers(120, 175))]
    yield (
        "BMP without pixels",
        (
            b"BM"
            + struct.pack("<IIIIiiHHIIiiII", 1100, 0, 1078, 40, 13_377, 13_377, 1, 8, 1, 0, 1, 1, 256, 0)
            + bytes(1024)
            + b"\0\1"
        ),
    )
    yield "PNM whose comment ends with a carriage return", b"P6\n#x\r%d %d\n255 10 10\n" % (big, big) + bytes(4000)
    yield "TIFF whose width stands twice", tiff([(256, 4, [big]), (257, 4, [big]), (258, 3, [1]), (256, 4, [10])])
    yield "TIFF whose width is a BYTE too", tiff([(256, 1, [10]), (256, 4, [big]), (257, 4, [big]), (258, 3, [1])])
    yield (
        "TIFF of one huge tile",
        tiff(
            [
                (256, 4, [9]),
                (257, 4, [9]),
                (258, 3, [8]),
                (262, 3, [1]),
                (322, 4, [30_000]),
                (323, 4, [30_000]),
                (324, 4, [8]),
                (325, 4, [9]),
            ]
        ),
    )
    yield (
        "TIFF of 64-bit floats",
        tiff(
            [
                (256, 4, [8000]),
                (257, 4, [8000]),
                (258, 3, [64] * 4),
                (259, 3, [8]),
                (262, 3, [2]),
                (273, 4, [8]),
                (277, 3, [4]),
                (338, 3, [2]),
                (339, 3, [3] * 4),
            ]
        ),
    )
    yield (
        "WebP with transparency, large",
        (
            b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0"
            + (side).to_bytes(3, "little") * 2
            + b"VP8L\x0c\0\0\0\x2f"
            + bytes(20)
        ),
    )
    yield "GIF of which nothing is there", _gif(9, b"\x02\x01")
    yield "GIF that only clears its table", _gif(900, b"\x08" + (b"\xff" + _clears(255)) * 20_000 + b"\0;")


def _gif(side: int, packed: bytes) -> bytes:
    """A square GIF without a palette of its own: the packed pixels follow its one picture's descriptor."""
    canvas, picture = struct.pack("<HHB", side, side, 0x80), struct.pack("<HHHHB", 0, 0, side, side, 0)
    return b"GIF89a" + canvas + bytes(8) + b"," + picture + packed


def _clears(size: int) -> bytes:
    bits = "".join(f"{256:09b}"[::-1] for _ in range(size))[: 8 * size]
    return bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, 8 * size, 8))
