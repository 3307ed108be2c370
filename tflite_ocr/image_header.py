"""Facts about an encoded image, read from its header before any pixel is decoded.

The decoder allocates what the header asks for; reading the header first stops an image bomb, and gives the facts that
decoding to plain BGR would lose: transparency, orientation, further pages and a missing end. A header that two readers
could understand differently is refused: the decoder must find the size that is found here.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from tflite_ocr import image_avif, image_gif, image_tiff

_PNM = re.compile(
    rb"P(?P<kind>[1-6])(?:\s|#[^\r\n]*[\r\n])+(?P<width>\d{1,9})(?:\s|#[^\r\n]*[\r\n])+(?P<height>\d{1,9})"
    rb"(?:(?:\s|#[^\r\n]*[\r\n])+(?P<largest>\d{1,9}))?\s"
)
_NOT_FF = re.compile(rb"[^\xff]")
_EXIF_PREFIX = b"Exif\0\0"
# Cameras write a few dozen segments, scanners thousands of chunks; a file with more is made to waste time.
_MOST_SEGMENTS, _MOST_CHUNKS = 10_000, 1_000_000
# An empty progressive scan still costs a pass over all pixels: 4e10 of them are about two seconds.
_MOST_SCANNED = 4e10
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
# OpenJPEG keeps some kilobytes a tile; others write a few hundred tiles.
_MOST_TILES, _TILE_BYTES = 10_000, 8_000


@dataclass(frozen=True)
class ImageHeader:
    """Facts of an encoded image.

    Attributes:
        width: Width in pixels, before any turning.
        height: Height in pixels, before any turning.
        alpha: Whether pixels may be transparent.
        orientation: EXIF orientation, 1 (upright) to 8, where the decoder leaves the turning to us.
        complete: False when the end of the file is missing.
        grey: Whether it is known to hold a single channel of brightness.
        scratch: Number of bytes a pixel that the decoder needs beside the decoded picture.
        pages: Pages or frames in the file; the first is read.
        packed_bytes: What compressed pixels take in a TIFF file; 0 for other formats.
        parts: (start, end) of the bytes that the decoder needs, in order; () for the whole file.
    """

    format: str
    width: int
    height: int
    alpha: bool = False
    orientation: int = 1
    complete: bool = True
    grey: bool = False
    sample_bytes: int = 1
    scratch: float = 0.0
    fixed_bytes: int = 0
    pages: int = 1
    parts: tuple[tuple[int, int], ...] = ()
    packed_bytes: int = 0

    @property
    def peak_bytes(self) -> int:
        """The most memory that decoding takes, beside the file: the picture, one copy of it, the decoder's own."""
        decoded = self.sample_bytes * (4 if self.alpha else 1 if self.grey else 3)
        turned = 6 if self.orientation != 1 else 0
        a_pixel = max(2 * decoded, decoded + self.scratch, decoded + 3 if decoded < 3 else 0, turned)
        copied = sum(end - start for start, end in self.parts)
        return int(self.width * self.height * a_pixel) + self.fixed_bytes + copied


def parse(data: bytes) -> ImageHeader | None:
    """Reads the header of an encoded image.

    Args:
        data: A whole file: JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000, AVIF, or PBM/PGM/PPM.

    Returns:
        The facts, or None when the bytes start like none of these formats.

    Raises:
        ValueError: The bytes start like a known format, but its header is damaged, cut short or contradictory.
    """
    for signature, parser in _PARSERS:
        if signature.match(data):
            try:
                header = parser(data)
            except (struct.error, IndexError, OverflowError):
                raise ValueError("its header is cut short") from None
            if header.width < 1 or header.height < 1:
                raise ValueError(f"its header gives the size {header.width}x{header.height}")
            return header
    return None


def _jpeg(data: bytes) -> ImageHeader:
    position, frame, orientation = 2, None, 1
    for _ in range(_MOST_SEGMENTS):
        position = data.find(b"\xff", position)
        following = _NOT_FF.search(data, position) if position >= 0 else None  # several FF are fill bytes
        if following is None:
            raise ValueError("its header is cut short")
        position = following.start() + 1
        marker = data[position - 1]
        if marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:  # markers without a length
            continue
        if marker in (0xDA, 0xD9):  # scan data, or an end without any
            break
        (length,) = struct.unpack_from(">H", data, position)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            frame = position
            buffered = marker in (0xC2, 0xC6, 0xCA, 0xCE)
        elif marker == 0xE1 and data[position + 2 : position + 8] == _EXIF_PREFIX:
            orientation = image_tiff.orientation(data[position + 8 : position + length])
        position += max(length, 2)
    else:
        raise ValueError(f"its header has more than {_MOST_SEGMENTS} segments")
    if frame is None:
        raise ValueError("its header names no size")
    height, width, components = struct.unpack_from(">HHB", data, frame + 3)
    sampling = [(byte >> 4) * (byte & 15) for byte in data[frame + 9 : frame + 8 + 3 * components : 3]]
    scans = data.count(b"\xff\xda", position - 2)  # cannot occur inside the data of a scan
    if scans * width * height > _MOST_SCANNED:
        raise ValueError(f"it has {scans} scans of {width}x{height} pixels")
    # Without its coefficients kept, a picture of several scans cannot be decoded.
    buffered = buffered or scans > 1
    coefficients = 2 * sum(sampling) / max(max(sampling, default=1), 1) if buffered else 0
    # The end marker cannot occur inside scan data, so one after the scan's start is the image's end.
    complete = data.rfind(b"\xff\xd9") > position
    grey = components == 1
    return ImageHeader("JPEG", width, height, False, orientation, complete, grey, scratch=coefficients)


def _png(data: bytes) -> ImageHeader:
    """The facts of the still picture: animation, texts and profiles are taken out, and so is all after the end."""
    length, kind, width, height, depth, color, packed, filtered, interlaced = struct.unpack_from(">I4sIIBBBBB", data, 8)
    known = kind == b"IHDR" and length == 13 and depth in _PNG_DEPTHS.get(color, ())
    if not known or packed or filtered or interlaced > 1:
        raise ValueError("its header is no PNG's")
    alpha, orientation, complete, pages, position = color in (4, 6), 1, False, 1, 8
    parts = [(0, 8)]
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(data) or complete:
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if kind in _PNG_NEEDED:
            if kind == b"IHDR" and position > 8:
                raise ValueError("it has two headers")
            start = parts.pop()[0] if parts[-1][1] == position else position
            parts.append((start, end))
            alpha = alpha or kind == b"tRNS"
        elif not kind[0] & 0x20:
            raise ValueError(f"it needs the unknown chunk {kind!r} to be read")
        elif kind == b"eXIf":
            orientation = image_tiff.orientation(data[position + 8 : position + 8 + length])
        elif kind == b"acTL":
            pages = max(1, struct.unpack_from(">I", data, position + 8)[0])
        complete = kind == b"IEND"
        position = end
    else:
        raise ValueError(f"it has more than {_MOST_CHUNKS} chunks")
    needed, deep = () if parts == [(0, len(data))] else tuple(parts), depth == 16
    return ImageHeader(
        "PNG", width, height, alpha, orientation, complete, color == 0, 1 + deep, pages=pages, parts=needed
    )


def _webp(data: bytes) -> ImageHeader:
    (riff_size,) = struct.unpack_from("<I", data, 4)
    complete, scratch = riff_size + 8 <= len(data), 4.2
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
        return ImageHeader("WebP", width, height, complete=complete, scratch=scratch)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
        return ImageHeader("WebP", width, height, alpha, complete=complete, scratch=scratch)
    if kind != b"VP8X":
        raise ValueError("its first chunk is unknown")
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    orientation, position, frames = 1, 12, 0
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(data):
            break
        kind, length = struct.unpack_from("<4sI", data, position)
        if kind == b"EXIF":
            block = data[position + 8 : position + 8 + length].removeprefix(_EXIF_PREFIX)
            orientation = image_tiff.orientation(block)
        frames += kind == b"ANMF"
        position += 8 + length + (length & 1)
    else:
        raise ValueError(f"it has more than {_MOST_CHUNKS} chunks")
    if data[20] & 2:  # an animation: the decoder keeps two canvases of its own
        scratch += 8
    alpha, pages = bool(data[20] & 0x10), max(1, frames)
    return ImageHeader("WebP", width, height, alpha, orientation, complete, scratch=scratch, pages=pages)


def _tiff(data: bytes) -> ImageHeader:
    return ImageHeader("TIFF", **vars(image_tiff.parse(data)))  # upright: the decoder always turns TIFF images itself


def _big_tiff(data: bytes) -> ImageHeader:
    raise ValueError("it is a BigTIFF, which cannot be read; convert it to TIFF or PNG")


def _bmp(data: bytes) -> ImageHeader:
    (header_size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return ImageHeader("BMP", width, abs(height))  # a negative height stores the rows from the top


def _gif(data: bytes) -> ImageHeader:
    found = image_gif.parse(data)
    return ImageHeader("GIF", found.width, found.height, alpha=True, pages=len(found.frames), scratch=5.5)


def _pnm(data: bytes) -> ImageHeader:
    match = _PNM.match(data[:4096])
    if not match:
        raise ValueError("its header names no size")
    plain = match["kind"] in (b"1", b"4")
    if not plain and not match["largest"]:
        raise ValueError("its header names no largest value")
    deep = not plain and int(match["largest"]) > 255
    return ImageHeader("PNM", int(match["width"]), int(match["height"]), sample_bytes=2 if deep else 1)


def _jpeg2000(data: bytes) -> ImageHeader:
    start = _codestream(data)
    # The size that the decoder allocates is in the codestream, not in the box around it.
    if data[start : start + 4] != b"\xff\x4f\xff\x51":
        raise ValueError("its codestream is missing")
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top, components = struct.unpack_from(
        ">IIIIIIIIH", data, start + 8
    )
    if not 1 <= components <= 4 or not tile_width or not tile_height or tile_left > left or tile_top > top:
        raise ValueError(f"its header gives {components} components in tiles of {tile_width}x{tile_height}")
    samples = [struct.unpack_from("BBB", data, start + 42 + 3 * i) for i in range(components)]
    if any(precision & 0x7F > 15 or 0 in steps for precision, *steps in samples):
        raise ValueError("its header gives samples of more than 16 bits")
    width, height = right - left, bottom - top
    tiles = -(-(right - tile_left) // tile_width) * -(-(bottom - tile_top) // tile_height)
    if tiles > _MOST_TILES:
        raise ValueError(f"its header gives {tiles} tiles")
    sample_bytes = 1 + any(precision & 0x7F > 7 for precision, *_ in samples)
    scratch = components * (6 if tiles == 1 else 8)
    memory = {"sample_bytes": sample_bytes, "scratch": scratch, "fixed_bytes": tiles * _TILE_BYTES}
    return ImageHeader("JPEG 2000", width, height, **memory)


def _codestream(data: bytes) -> int:
    """Where the codestream of a JPEG 2000 file begins: at the start, or in the first box that holds one."""
    if data[:4] == b"\xff\x4f\xff\x51":
        return 0
    position = 0
    for _ in range(_MOST_SEGMENTS):
        length, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if length == 1:
            (length,), header = struct.unpack_from(">Q", data, position + 8), 16
        if kind == b"jp2c":
            return position + header
        if kind == b"jp2h" and b"pclr" in data[position : position + length]:
            raise ValueError("it has a palette, which cannot be read; convert it to PNG")
        if length < header:
            break
        position += length
    raise ValueError("its codestream is missing")


def _avif(data: bytes) -> ImageHeader:
    found = image_avif.parse(data)
    scratch = (33.0 if found.alpha else 18.0) * (1 + (found.bits > 8))
    return ImageHeader("AVIF", found.width, found.height, found.alpha, scratch=scratch, pages=found.frames)


_PARSERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], ImageHeader]], ...] = tuple(
    (re.compile(signature, re.DOTALL), parser)
    for signature, parser in (
        (rb"\xff\xd8\xff", _jpeg),
        (rb"\x89PNG\r\n\x1a\n", _png),
        (rb"RIFF....WEBP", _webp),
        (rb"II\*\0|MM\0\*", _tiff),
        (rb"II\+\0|MM\0\+", _big_tiff),
        (rb"BM", _bmp),
        (rb"GIF8[79]a", _gif),
        (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", _jpeg2000),
        (rb"\0\0..ftyp(?:avif|avis)", _avif),
        (rb"P[1-6]\s", _pnm),
    )
)
