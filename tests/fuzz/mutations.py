"""Damages bytes: bits, numbers at the edge of what they can say, pieces taken out, doubled or of another file."""

import random
import re
import struct
import zlib
from collections.abc import Sequence

_EDGES = [
    *range(9),
    15,
    16,
    31,
    32,
    64,
    127,
    128,
    255,
    256,
    1023,
    4096,
    16383,
    32767,
    32768,
    65535,
    65536,
    1 << 24,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
]
_WORDS = [
    b"0",
    b"-1",
    b"1e308",
    b"1" + b"0" * 400,
    b"NaN",
    b"Infinity",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b'"\\ud800"',
    b'"\\u0000"',
    b"[" * 3000,
    b'"../x"',
    b'"/dev/zero"',
    b"1e5",
]
_MOST_BYTES = 1 << 20
# Where videos say what they hold: MP4 and MOV, AVI, Matroska (sizes, durations, lacing), FLV, Ogg, YUV4MPEG.
_TAGS = (
    *(b"mvhd", b"tkhd", b"elst", b"mdhd", b"stsd", b"avc1", b"stts", b"stsc", b"stsz", b"stco", b"ctts", b"trun"),
    *(b"avih", b"strh", b"strf", b"idx1", b"movi"),
    *(
        b"\xb0\x82",
        b"\xb0\x81",
        b"\xba\x81",
        b"\x23\xe3\x83",
        b"\x2a\xd7\xb1",
        b"\x1f\x43\xb6\x75",
        b"\x16\x54\xae\x6b",
    ),
    *(b"FLV\1", b"OggS", b"theora", b"YUV4MPEG2", b"IHDR", b"GIF89a", b"\x9d\x01\x2a", b"\xff\xc0\x00\x11"),
)


def damaged(rng: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """A file after one to eight random changes, of those that suit its kind and of those that suit all."""
    try:
        if data[:4] == b"\x89PNG" and rng.random() < 0.7:
            return _png(rng, data)
        if data[:4] in (b"II*\0", b"MM\0*") and rng.random() < 0.7:
            return _tiff(rng, data)
        if data[:1] == b"{" and rng.random() < 0.8:
            return _json(rng, data)
        if rng.random() < 0.6 and (places := [at for tag in _TAGS if (at := data.find(tag)) >= 0]):
            return _tagged(rng, data, rng.choice(places))
    except (IndexError, ValueError, struct.error):
        pass
    return _bytes(rng, data or b"\0", pool)


def _bytes(rng: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not changed:
            break
        at = rng.randrange(rng.choice((len(changed), min(len(changed), 64))))
        kind = rng.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            size = rng.choice((1, 2, 4, 8))
            value = (rng.choice(_EDGES) + rng.choice((-1, 0, 0, 1))) % (1 << 8 * size)
            changed[at : at + size] = value.to_bytes(size, rng.choice(("little", "big")))
        elif kind == 2:
            del changed[at : at + rng.choice((1, 2, 4, 16, 64))]
        elif kind == 3:
            changed[at:at] = rng.randbytes(rng.choice((1, 2, 4, 16)))
        elif kind == 4:
            piece = changed[at : at + rng.choice((4, 12, 64))] * rng.choice((1, 2, 50))
            to = rng.randrange(len(changed))
            changed[to:to] = piece
        elif kind == 5:
            del changed[at:]
        else:
            other = rng.choice(pool)
            changed[at:] = other[rng.randrange(len(other)) :] if other else b""
    return bytes(changed[:_MOST_BYTES])


def _png(rng: random.Random, data: bytes) -> bytes:
    """Chunks with right checksums: changed, doubled, left out, or such as an APNG has."""
    chunks, position = [], 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        chunks.append((kind, data[position + 8 : position + 8 + length]))
        position += 12 + length
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(chunks))
        kind, body = chunks[at]
        choice = rng.randrange(5)
        if choice == 0:
            del chunks[at]
        elif choice == 1:
            chunks.insert(rng.randrange(len(chunks) + 1), chunks[at])
        elif choice == 2 and kind == b"IHDR" and len(body) == 13:
            fields = list(struct.unpack(">IIBBBBB", body))
            fields[rng.randrange(2)] = rng.choice(_EDGES)
            fields[2:4] = rng.choice((1, 2, 4, 8, 16)), rng.choice((0, 2, 3, 4, 6))
            fields[6] = rng.randrange(2)
            chunks[at] = kind, struct.pack(">IIBBBBB", *fields)
        elif choice == 3:
            name = rng.choice((b"tRNS", b"eXIf", b"PLTE", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"abCd"))
            chunks.insert(at, (name, rng.randbytes(rng.choice((0, 1, 6, 26, 256)))))
        else:
            chunks[at] = kind, _bytes(rng, body or b"\0", [body])
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return data[:8] + b"".join(packed)


def _tiff(rng: random.Random, data: bytes) -> bytes:
    """Entries of the first directory: another tag, kind, number of values or value."""
    order, changed = "<" if data[:1] == b"I" else ">", bytearray(data)
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = start + 2 + 12 * rng.randrange(count)
        choice = rng.randrange(5)
        if choice == 0:
            struct.pack_into(order + "H", changed, at, rng.choice((*range(254, 285), 317, *range(320, 340), 530)))
        elif choice == 1:
            struct.pack_into(order + "H", changed, at + 2, rng.randrange(14))
        elif choice == 2:
            struct.pack_into(order + "H", changed, at + 8, rng.choice((1, 2, 3, 5, 7, 8, 16, 32, 64, 32773)))
        else:
            struct.pack_into(order + "I", changed, at + 4 * (choice - 2), rng.choice(_EDGES))
    return bytes(changed)


def _tagged(rng: random.Random, data: bytes, at: int) -> bytes:
    """Numbers of a box, chunk or element of a video, behind its tag: sizes, rates, counts, offsets; or its length."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        size = rng.choice((1, 2, 4, 8))
        place = max(0, at + rng.choice((-4, *range(2, 64))))
        number = rng.choice(_EDGES) % (1 << 8 * size)
        changed[place : place + size] = number.to_bytes(size, rng.choice(("little", "big")))
    return bytes(changed)


def _json(rng: random.Random, data: bytes) -> bytes:
    """A number, a word or a list replaced by what breaks readers."""
    places = [
        match.span() for match in re.finditer(rb'-?\d[\d.e+-]*|"(?:[^"\\]|\\.)*"|\[[^\[\]{}]*\]|true|false', data)
    ]
    for start, end in sorted(rng.sample(places, min(len(places), rng.choice((1, 1, 2)))), reverse=True):
        data = data[:start] + rng.choice(_WORDS) + data[end:]
    return data
