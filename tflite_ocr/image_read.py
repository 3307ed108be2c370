"""From a file, bytes, a stream or an array to one kind of image: BGR, uint8, upright."""

import functools
import os
import warnings
from typing import Any, BinaryIO, cast

import cv2
import numpy as np

from tflite_ocr import files, image_gif, image_header, image_heif, image_samples
from tflite_ocr.errors import ImageReadError, PagesLeftOutWarning
from tflite_ocr.image_limits import MAX_PIXELS, decoding_bytes

ImageSource = str | os.PathLike | bytes | bytearray | memoryview | np.ndarray | BinaryIO

_VERSION = tuple(int(part) for part in cv2.__version__.split(".")[:2])
# JPEG 2000 files with a damaged header end the process in earlier ones (CVE-2025-53644), which read no AVIF either.
_SAFE_VERSION = (4, 12)
_NEWER = "it needs OpenCV 4.12 or later: pip install --upgrade opencv-python-headless, or save it as PNG"
_FOREIGN = (  # (signature, offset, name): formats that people try, and that OpenCV does not read
    (b"%PDF", 0, "a PDF; `tflite-ocr read` and Reader.read_document take it"),
    (b"\0\0\1\0", 0, "an icon file; convert it to PNG first"),
)
_BLACK_BYTES, _BLACK_SHARE = 96, 24
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

    Transparent pixels are laid on white, on black when what is opaque is light, or on grey when it is both; of
    16-bit samples the upper eight of the bits in use count. Of a file of several pages the first is read, and a
    PagesLeftOutWarning tells.

    Args:
        source: Path of a regular file, encoded bytes, binary file object, a uint8 array [H, W], [H, W, 1] (grey),
            [H, W, 3] (BGR) or [H, W, 4] (BGRA), or a Pillow image.
        max_pixels: Larger images are refused, from their header, before they are decoded; and so are those whose
            decoding would take more memory than image_limits.decoding_bytes.

    Returns:
        BGR uint8 [H, W, 3]; an array given as BGR comes back itself, not a copy.

    Raises:
        ImageReadError: The source is missing, no image, damaged, too large, or an array of another kind.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    if not is_encoded(source):
        return _from_pillow(source, max_pixels)
    return decode(*load(source), max_pixels)


def is_encoded(source: ImageSource) -> bool:
    """Whether a source is, or leads to, an encoded file, and not pixels: an array or a Pillow image."""
    pillow = hasattr(source, "mode") and hasattr(source, "convert") and hasattr(source, "getexif")
    return not pillow and not isinstance(source, np.ndarray)


def decode(name: str, data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """What `read` makes of an encoded image; `name` is for messages."""
    picture, pages = decode_first(name, data, max_pixels)
    if pages > 1:
        warnings.warn(PagesLeftOutWarning(name, pages), stacklevel=3)
    return picture


def decode_first(name: str, data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[np.ndarray, int]:
    """What `decode` gives, and how many pages or frames there are, about which nothing is said."""
    if image_heif.recognises(data):
        return image_heif.decode(name, data, functools.partial(_check_size, max_pixels=max_pixels)), 1
    header = checked_header(name, data, max_pixels)
    return _turn(_bgr(_decode(name, data, header), header), header.orientation), header.pages


def decode_layer(name: str, data: bytes) -> np.ndarray:
    """A still image with its transparency and not turned: a frame of an animation, BGRA uint8 [H, W, 4].

    Raises:
        ImageReadError: As for `read`.
    """
    samples = image_samples.to_bytes(np.ascontiguousarray(_decode(name, data, checked_header(name, data))))
    channels = samples.shape[2] if samples.ndim == 3 else 1
    if channels >= 3:
        return samples if channels == 4 else cv2.cvtColor(samples, cv2.COLOR_BGR2BGRA)
    return cv2.cvtColor(samples[..., 0] if samples.ndim == 3 else samples, cv2.COLOR_GRAY2BGRA)


def checked_header(name: str, data: bytes, max_pixels: int = MAX_PIXELS) -> image_header.ImageHeader:
    """The facts of an encoded image that may be decoded.

    Raises:
        ImageReadError: It is no image, damaged, cut short, or too large.
    """
    if not data:
        raise ImageReadError(f"{name}: expected an image, found no data at all (0 bytes)")
    try:
        header = image_header.parse(data)
    except ValueError as error:
        raise ImageReadError(f"{name}: expected a whole image, found a damaged one: {error}") from None
    if header is None:
        raise ImageReadError(
            f"{name}: expected an image (JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000, PNM), found {_guess(data)}"
        )
    _check_size(name, header.width, header.height, max_pixels)
    _check_memory(name, header, len(data))
    if not header.complete:
        raise ImageReadError(f"{name}: expected a whole {header.format}, found a truncated one; copy it again")
    return header


def quiet_opencv() -> None:
    """Keeps OpenCV from writing to standard error: what is wrong with an image, an ImageReadError says."""
    if hasattr(cv2, "setLogLevel"):
        cv2.setLogLevel(0)
    else:
        logging: Any = cv2.utils
        logging.logging.setLogLevel(logging.logging.LOG_LEVEL_SILENT)


def load(source: ImageSource) -> tuple[str, bytes]:
    """The name of an encoded source for messages, and its bytes.

    Raises:
        ImageReadError: It cannot be read, is no regular file, or larger than what could be decoded.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return f"<{len(source)} bytes>", bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source), _load_file(source)
    if not hasattr(source, "read"):
        raise ImageReadError(
            f"expected a path, bytes, a binary file or a uint8 array, found {type(source).__name__}; "
            "numpy.asarray makes an array of lists and tensors"
        )
    name = getattr(source, "name", None)
    name = str(name) if isinstance(name, (str, bytes, os.PathLike)) else f"<{type(source).__name__}>"
    try:
        data: Any = files.read_limited(cast(BinaryIO, source), decoding_bytes(), name)
    except TypeError:  # pieces of text cannot be joined
        data = ""
    except Exception as error:  # a stream may be a download, or unpack an archive: its errors are its own
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ImageReadError(f"{name}: it cannot be read: {reason}") from error
    if not isinstance(data, (bytes, bytearray)):
        raise ImageReadError(f"{name}: expected a file opened in binary mode, found text; open it with mode 'rb'")
    return name, bytes(data)


def _load_file(path: str | os.PathLike) -> bytes:
    try:
        return files.read_regular(path, decoding_bytes())
    except FileNotFoundError:
        if str(path).lower().startswith(("http://", "https://")):
            advice = "readtext fetches it, or pass its bytes"
            raise ImageReadError(f"{path}: expected a file, found an address; {advice}") from None
        name = str(path) or "''"
        raise ImageReadError(f"{name}: expected an image file, found nothing at this path; check its name") from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and os.path.isdir(path):  # Windows reports a directory as a permission error
            raise ImageReadError(f"{path}: expected an image file, found a directory; name the files in it") from None
        reason = getattr(error, "strerror", None) or error
        raise ImageReadError(f"{str(path)!r}: the file cannot be read: {reason}") from None


def _decode(name: str, data: bytes, header: image_header.ImageHeader) -> np.ndarray:
    """What the decoder makes of a file: [H, W] or [H, W, 3 or 4] of some kind of number."""
    if header.format == "GIF":
        try:
            return image_gif.decode(data)
        except (ValueError, IndexError) as error:
            raise ImageReadError(f"{name}: expected a whole GIF, found a damaged one: {error}") from None
    if header.format in ("JPEG 2000", "AVIF") and _VERSION < _SAFE_VERSION:
        raise ImageReadError(f"{name}: this {header.format} is not read with OpenCV {cv2.__version__}: {_NEWER}")
    if header.parts:
        data = b"".join(data[start:end] for start, end in header.parts)
    # Grey is made three channels here, which takes a fifth less time than the decoders' own way.
    flags = cv2.IMREAD_GRAYSCALE if header.grey else cv2.IMREAD_COLOR
    if header.sample_bytes > 1:
        flags |= cv2.IMREAD_ANYDEPTH
    as_stored = header.alpha or header.sample_bytes > 2
    flags = cv2.IMREAD_UNCHANGED if as_stored else flags | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image: np.ndarray | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageReadError(f"{name}: this {header.format} cannot be decoded: {error.err}") from None
    # Of strips that are damaged OpenCV makes black ones; a page that is black takes next to nothing in its file.
    if image is not None and header.packed_bytes > _BLACK_BYTES + image.nbytes // _BLACK_SHARE and not image.any():
        image = None
    if image is None or image.ndim not in (2, 3) or image.ndim == 3 and image.shape[2] not in (1, 2, 3, 4):
        raise ImageReadError(
            f"{name}: expected a whole {header.format}, found one that is damaged or of a kind that OpenCV "
            f"{cv2.__version__} does not read; save it as PNG or JPEG"
        )
    return image


def _bgr(image: np.ndarray, header: image_header.ImageHeader) -> np.ndarray:
    """Decoded samples as BGR uint8 [H, W, 3]."""
    image = image_samples.to_bytes(np.ascontiguousarray(image))
    if image.ndim == 3 and image.shape[2] == 4:
        return image_samples.flatten(image, image_samples.in_place(image), premultiplied=header.format == "TIFF")
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    return cv2.cvtColor(image[..., 0] if image.ndim == 3 else image, cv2.COLOR_GRAY2BGR)


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
    return image_samples.flatten(array) if array.shape[2] == 4 else array


def _from_pillow(picture: Any, max_pixels: int) -> np.ndarray:
    """A Pillow image, turned upright by its EXIF orientation; only Pillow itself is asked, it is not imported."""
    width, height = picture.size
    if not width * height:
        raise ImageReadError(f"Pillow image: expected at least one pixel, found {width}x{height}; check how it was cut")
    _check_size("Pillow image", width, height, max_pixels)
    try:
        orientation = picture.getexif().get(0x112, 1)
        if picture.mode.startswith(("I;16", "I", "F")):
            samples = np.array(picture)
            array = image_samples.to_bytes(samples.astype(np.uint16) if samples.dtype.kind == "i" else samples)
        elif picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
            array = np.asarray(picture.convert("RGBA"))
            array = cv2.cvtColor(array, cv2.COLOR_RGBA2BGRA)
        elif picture.mode in ("1", "L"):
            array = np.asarray(picture.convert("L"))
        else:
            array = cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)
    except (OSError, SyntaxError, ValueError, cv2.error) as error:  # a file that is decoded only now, and damaged
        raise ImageReadError(f"Pillow image: it cannot be decoded: {error}") from None
    return _turn(_from_array(array, max_pixels), orientation if orientation in _TURN else 1)


def _check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageReadError(
            f"{name}: expected at most {max_pixels} pixels, found {width}x{height}; scale it down or cut it in parts"
        )


def _check_memory(name: str, header: image_header.ImageHeader, file_bytes: int) -> None:
    needed, most = header.peak_bytes + file_bytes, decoding_bytes()
    if needed > most:
        raise ImageReadError(
            f"{name}: expected an image that is decoded in {most / 1e6:.0f} MB, found a {header.format} of "
            f"{header.width}x{header.height} that takes {needed / 1e6:.0f} MB; scale it down or cut it in parts"
        )


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
