"""From a file, bytes, a stream or an array to one kind of image: BGR, uint8, upright."""

import os
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from tflite_ocr import image_header
from tflite_ocr.errors import ImageReadError

# A quarter gigapixel as 3-byte BGR is half a gigabyte; the same bound as Pillow's.
MAX_PIXELS = 178_956_970

ImageSource = str | os.PathLike | bytes | bytearray | memoryview | np.ndarray | BinaryIO

_FOREIGN = (  # (signature, offset, name): formats that people try, and that OpenCV does not read
    (b"%PDF", 0, "a PDF; render its pages to PNG first"),
    (b"ftyphei", 4, "a HEIC photo; export it as JPEG first"),
    (b"ftypmif1", 4, "a HEIF photo; export it as JPEG first"),
    (b"\0\0\1\0", 0, "an icon file; convert it to PNG first"),
)
_TURN = {  # EXIF orientation to (cv2.rotate code or None, flip horizontally afterwards)
    2: (None, True),
    3: (cv2.ROTATE_180, False),
    4: (cv2.ROTATE_180, True),
    5: (cv2.ROTATE_90_CLOCKWISE, True),
    6: (cv2.ROTATE_90_CLOCKWISE, False),
    7: (cv2.ROTATE_90_COUNTERCLOCKWISE, True),
    8: (cv2.ROTATE_90_COUNTERCLOCKWISE, False),
}


def read(source: ImageSource, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Reads an image and turns it upright.

    Transparent pixels are laid on white, or on black when what is opaque is light; 16-bit samples keep
    their upper byte.

    Args:
        source: Path, encoded bytes, binary file object, or a uint8 array [H, W], [H, W, 1] (grey),
            [H, W, 3] (BGR) or [H, W, 4] (BGRA).
        max_pixels: Larger images are refused, from their header, before they are decoded.

    Returns:
        BGR uint8 [H, W, 3]; an array given as BGR comes back itself, not a copy.

    Raises:
        ImageReadError: The source is missing, no image, damaged, too large, or an array of another kind.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    name, data = _load(source)
    if not data:
        raise ImageReadError(f"{name}: expected an image, found no data at all (0 bytes)")
    try:
        header = image_header.parse(data)
    except ValueError as error:
        raise ImageReadError(f"{name}: expected a whole image, found a damaged one: {error}") from None
    if header is None:
        raise ImageReadError(f"{name}: expected an image (JPEG, PNG, WebP, TIFF, BMP), found {_guess(data)}")
    _check_size(name, header.width, header.height, max_pixels)
    if not header.complete:
        raise ImageReadError(f"{name}: expected a whole {header.format}, found a truncated one; copy it again")
    image = _decode(name, data, header)
    return _turn(image, header.orientation)


def _load(source: ImageSource) -> tuple[str, bytes]:
    """The name of a source for messages, and its bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return f"<{len(source)} bytes>", bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source), _load_file(source)
    if not hasattr(source, "read"):
        raise ImageReadError(
            f"expected a path, bytes, a binary file or a uint8 array, found {type(source).__name__}"
        )
    name = str(getattr(source, "name", "<file>"))
    data = source.read()
    if not isinstance(data, (bytes, bytearray)):
        raise ImageReadError(f"{name}: expected a file opened in binary mode, found text; open it with mode 'rb'")
    return name, bytes(data)


def _load_file(path: str | os.PathLike) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ImageReadError(f"{path}: expected an image file, found nothing at this path; check its name") from None
    except IsADirectoryError:
        raise ImageReadError(f"{path}: expected an image file, found a directory; name the files in it") from None
    except (OSError, ValueError) as error:
        if Path(path).is_dir():  # Windows reports a directory as a permission error
            raise ImageReadError(f"{path}: expected an image file, found a directory; name the files in it") from None
        reason = getattr(error, "strerror", None) or error
        raise ImageReadError(f"{str(path)!r}: the file cannot be read: {reason}") from None


def _decode(name: str, data: bytes, header: image_header.Header) -> np.ndarray:
    # Grey is made three channels here, which takes a fifth less time than the decoders' own way.
    color = cv2.IMREAD_GRAYSCALE if header.grey else cv2.IMREAD_COLOR
    flags = cv2.IMREAD_UNCHANGED if header.alpha else color | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageReadError(f"{name}: this {header.format} cannot be decoded: {error.err}") from None
    if image is None:
        raise ImageReadError(
            f"{name}: expected a whole {header.format}, found one that is damaged or of a kind that OpenCV "
            f"{cv2.__version__} does not read; save it as PNG or JPEG"
        )
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 3 and image.shape[2] == 4:
        return _flatten(image, premultiplied=header.format == "TIFF")
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image


def _from_array(array: np.ndarray, max_pixels: int) -> np.ndarray:
    wanted = "expected a uint8 array [H, W], [H, W, 3] (BGR) or [H, W, 4] (BGRA)"
    if array.dtype != np.uint8:
        advice = "scale it to 0..255 and convert it with .astype(np.uint8)"
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            advice = "it holds NaN or infinite values; replace them, " + advice
        raise ImageReadError(f"{wanted}, found dtype {array.dtype}; {advice}")
    if array.ndim not in (2, 3) or array.ndim == 3 and array.shape[2] not in (1, 3, 4):
        raise ImageReadError(f"{wanted}, found shape {array.shape}; pass one image, channels last")
    if array.size == 0:
        raise ImageReadError(f"{wanted} with at least one pixel, found shape {array.shape}; check how it was cut")
    _check_size("array", array.shape[1], array.shape[0], max_pixels)
    array = np.ascontiguousarray(array)
    if array.ndim == 2 or array.shape[2] == 1:
        return cv2.cvtColor(array, cv2.COLOR_GRAY2BGR)
    return _flatten(array) if array.shape[2] == 4 else array


def _check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageReadError(
            f"{name}: expected at most {max_pixels} pixels, found {width}x{height}; scale it down or cut it in parts"
        )


def _flatten(bgra: np.ndarray, premultiplied: bool = False) -> np.ndarray:
    """Lays a BGRA image on white or black, whichever its opaque part stands out from."""
    bgr, alpha = np.ascontiguousarray(bgra[..., :3]), np.ascontiguousarray(bgra[..., 3])
    lowest, highest = cv2.minMaxLoc(alpha)[:2]
    if lowest == 255 or highest == 0:  # wholly opaque, or an alpha channel that nobody filled
        return bgr
    cover = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    colored = bgr if premultiplied else cv2.multiply(bgr, cover, scale=1 / 255)
    brightness = cv2.mean(cv2.cvtColor(colored, cv2.COLOR_BGR2GRAY))[0] / cv2.mean(alpha)[0]
    return cv2.add(colored, cv2.bitwise_not(cover)) if brightness < 0.5 else colored


def _turn(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turns an image upright by its EXIF orientation (EXIF 2.32, tag 0x0112)."""
    if orientation == 1:
        return image
    rotation, mirrored = _TURN[orientation]
    if rotation is not None:
        image = cv2.rotate(image, rotation)
    return cv2.flip(image, 1) if mirrored else image


def _guess(data: bytes) -> str:
    for signature, offset, name in _FOREIGN:
        if data[offset : offset + len(signature)] == signature:
            return name
    try:
        data[:512].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < min(len(data), 512) - 4:  # not merely a character cut at the end
            return f"unknown data starting with {data[:8].hex(' ')}; save it as PNG or JPEG"
    return "text; check that this is the file you meant"
