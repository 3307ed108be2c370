"""Frames of GIF, APNG and animated WebP, each as it is seen: laid on the canvas that those before it have left.

After GIF89a (CompuServe, 1990), the PNG specification (third edition, 2025, chapter 11.3.6) and the WebP container
specification (RFC 9649, chapter 2.7).
"""

import functools
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tflite_ocr import image_gif, image_read, image_samples
from tflite_ocr.errors import ImageReadError

_KEEP, _CLEAR, _RESTORE = range(3)
_MOST_CHUNKS = 1_000_000
_PNG, _WEBP = b"\x89PNG\r\n\x1a\n", b"RIFF"


@dataclass(frozen=True)
class AnimationLayer:
    """What one frame changes.

    Attributes:
        decode: Gives its pixels, BGRA uint8 [H, W, 4].
        left: Where they lie on the canvas, in pixels.
        top: Likewise.
        over: Whether they are laid over the canvas, and not put in its place.
        disposal: What becomes of them before the next frame: they stay, are cleared, or what was before comes back.
    """

    decode: Callable[[], np.ndarray]
    left: int
    top: int
    over: bool
    disposal: int


class Animation:
    """Makes frames in order; an earlier one than the last begins anew."""

    def __init__(self, name: str, data: bytes):
        """Reads where the frames stand; decodes none.

        Args:
            name: For messages.
            data: A GIF, PNG or WebP file whose header was checked already.

        Raises:
            ImageReadError: The frames are damaged.
        """
        self._name = name
        try:
            kind = _layers_of_png if data.startswith(_PNG) else _layers_of_webp
            kind = _layers_of_gif if data.startswith(b"GIF") else kind
            self._size, self._layers = kind(name, data)
        except (struct.error, IndexError, ValueError) as error:
            raise ImageReadError(f"{name}: expected a whole animation, found a damaged one: {error}") from None
        self._canvas, self._next = np.zeros((*self._size, 4), np.uint8), 0

    def __len__(self) -> int:
        return len(self._layers)

    def frame(self, index: int) -> np.ndarray:
        """BGR uint8 [H, W, 3] of the frame with an index from 0.

        Raises:
            ImageReadError: It, or one on which it lies, is damaged.
        """
        if index < self._next:
            self._canvas, self._next = np.zeros((*self._size, 4), np.uint8), 0
        while self._next < index:
            self._canvas = self._advanced(self._layers[self._next])[1]
            self._next += 1
        shown, self._canvas = self._advanced(self._layers[index])
        self._next = index + 1
        return image_samples.flatten(np.ascontiguousarray(shown))

    def _advanced(self, layer: AnimationLayer) -> tuple[np.ndarray, np.ndarray]:
        """The canvas with a layer on it, and what is left of it for the next one."""
        try:
            pixels = layer.decode()
        except (ValueError, IndexError, struct.error) as error:
            raise ImageReadError(f"{self._name}: expected a whole frame, found a damaged one: {error}") from None
        height, width = pixels.shape[:2]
        place = slice(layer.top, layer.top + height), slice(layer.left, layer.left + width)
        if layer.top + height > self._size[0] or layer.left + width > self._size[1]:
            raise ImageReadError(
                f"{self._name}: expected frames on a canvas of {self._size[::-1]}, found one beside it"
            )
        shown = self._canvas.copy()
        shown[place] = _laid_over(shown[place], pixels) if layer.over else pixels
        if layer.disposal == _RESTORE:
            return shown, self._canvas
        left = shown
        if layer.disposal == _CLEAR:
            left = shown.copy()
            left[place] = 0
        return shown, left


def _laid_over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Porter and Duff's "over", BGRA uint8 [H, W, 4] both, colours not multiplied with their opacity."""
    opacity = above[..., 3]
    if ((opacity == 0) | (opacity == 255)).all():
        return np.where(opacity[..., None] == 255, above, below)
    upper, lower = opacity[..., None] / np.float32(255), below[..., 3:] / np.float32(255)
    together = upper + lower * (1 - upper)
    color = above[..., :3] * upper + below[..., :3] * lower * (1 - upper)
    color = np.divide(color, together, out=np.zeros_like(color), where=together > 0)
    return np.rint(np.concatenate([color, together * 255], axis=2)).astype(np.uint8)


def _layers_of_gif(name: str, data: bytes) -> tuple[tuple[int, int], list[AnimationLayer]]:
    facts = image_gif.parse(data)
    layers: list[AnimationLayer] = []
    for frame in facts.frames:
        left, top = struct.unpack_from("<HH", data, frame.start + 1)
        disposal = {2: _CLEAR, 3: _RESTORE}.get(frame.disposal, _KEEP)
        layers.append(AnimationLayer(functools.partial(_gif_frame, data, facts, frame), left, top, True, disposal))
    return (facts.height, facts.width), layers


def _gif_frame(data: bytes, facts: image_gif.GifFacts, frame: image_gif.GifFrame) -> np.ndarray:
    return image_gif.decode_frame(data, facts, frame)[0]


def _layers_of_png(name: str, data: bytes) -> tuple[tuple[int, int], list[AnimationLayer]]:
    """Each frame becomes a PNG file of its own, with the header's kind of pixels and the common palette."""
    header, shared = data[16:29], []
    width, height = struct.unpack_from(">II", header)
    frames: list[tuple[bytes, list[bytes]]] = []
    position = 8
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        content = data[position + 8 : position + 8 + length]
        if kind in (b"PLTE", b"tRNS"):
            shared.append((kind, content))
        elif kind == b"fcTL":
            frames.append((content, []))
        elif kind == b"IDAT" and frames:  # before the first control the picture is no part of the animation
            frames[-1][1].append(content)
        elif kind == b"fdAT" and frames:
            frames[-1][1].append(content[4:])
        position += 12 + length
    layers: list[AnimationLayer] = []
    for control, pieces in frames:
        left, top = struct.unpack_from(">II", control, 12)
        disposal, blend = control[24], control[25]

        def still(pieces: list[bytes] = pieces, size: bytes = control[4:12]) -> np.ndarray:
            chunks = [(b"IHDR", size + header[8:]), *shared, (b"IDAT", b"".join(pieces)), (b"IEND", b"")]
            return image_read.decode_layer(name, _PNG + b"".join(_chunk(*chunk) for chunk in chunks))

        # Nothing is before the first frame, so that going back from it clears it.
        first = not layers and disposal == _RESTORE
        layers.append(AnimationLayer(still, left, top, blend == 1, _CLEAR if first else disposal))
    if not layers:
        raise ValueError("it holds no frames")
    return (height, width), layers


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _layers_of_webp(name: str, data: bytes) -> tuple[tuple[int, int], list[AnimationLayer]]:
    """Each frame becomes a WebP file of its own."""
    width, height = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    layers, position = [], 12
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(data):
            break
        kind, length = struct.unpack_from("<4sI", data, position)
        if kind == b"ANMF":
            place = [int.from_bytes(data[position + at : position + at + 3], "little") for at in range(8, 20, 3)]
            flags, inside = data[position + 23], data[position + 24 : position + 8 + length]

            def still(inside: bytes = inside, size: bytes = data[position + 14 : position + 20]) -> np.ndarray:
                extended = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size
                body = b"WEBP" + (extended if inside.startswith(b"ALPH") else b"") + inside
                return image_read.decode_layer(name, _WEBP + struct.pack("<I", len(body)) + body)

            layers.append(
                AnimationLayer(still, 2 * place[0], 2 * place[1], not flags & 2, _CLEAR if flags & 1 else _KEEP)
            )
        position += 8 + length + (length & 1)
    if not layers:
        raise ValueError("it holds no frames")
    return (height, width), layers
