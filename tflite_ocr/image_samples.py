"""From decoded samples of any kind to BGR bytes: some rows at a time, in place, so that no second picture is made."""

from collections.abc import Iterator
from typing import Any, cast

import cv2
import numpy as np

_PIECE_BYTES = 1 << 20
# Ink is next to transparency; a picture has ink of two kinds if this share of it is dark, and as much light.
_TWO_INKS, _DARK, _LIGHT, _BETWEEN = 0.05, 85, 170, 128
_NEAR = np.ones((5, 5), np.uint8)
_LEAST = 1e-300  # a range by which 255 can be divided


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Samples of any number type as uint8, in the memory of `image`, whose contents are lost.

    16-bit samples keep the upper eight of the bits that are used: pictures of 10 or 12 bits are as bright as others.
    Other numbers are spread from the lowest to the highest, unless they lie within 0..1 or 0..255; if they are all the
    same, they are black.

    Args:
        image: [H, W] or [H, W, C]; a fourth channel is transparency.
    """
    if image.dtype == np.uint8:
        return image
    lowest, highest, largest = _extent(image)
    out = image.reshape(-1).view(np.uint8)[: image.size].reshape(image.shape)
    if image.dtype == np.uint16:
        shift = max(0, int(highest).bit_length() - 8)
        for rows in _pieces(image):
            piece = image[rows] >> shift
            if image.ndim == 3 and image.shape[2] == 4:
                piece[..., 3] = image[rows][..., 3] >> max(0, int(largest).bit_length() - 8)
            out[rows] = piece
        return out
    if 0 <= lowest and highest <= 1:
        lowest, factor = 0.0, 255.0
    elif 0 <= lowest and highest <= 255:
        lowest, factor = 0.0, 1.0
    else:
        half = highest / 2 - lowest / 2  # whole, the range of the largest numbers would overflow
        factor = 127.5 / half if half > _LEAST else 0.0
    for rows in _pieces(image):
        piece = np.nan_to_num(image[rows].astype(np.float64), posinf=highest, neginf=lowest)
        scaled = np.clip((piece / 2 - lowest / 2) * (2 * factor), 0, 255)
        if image.ndim == 3 and image.shape[2] == 4 and largest > _LEAST:
            scaled[..., 3] = np.clip(piece[..., 3] * (255.0 / largest), 0, 255)
        out[rows] = np.rint(scaled)
    return out


def _extent(image: np.ndarray) -> tuple[float, float, float]:
    """Lowest and highest finite sample of the colours, highest of the transparency."""
    lowest, highest, largest = np.inf, -np.inf, 0.0
    for rows in _pieces(image):
        piece = image[rows]
        colors = piece[..., :3] if image.ndim == 3 else piece
        if image.dtype.kind == "f":
            colors = np.where(np.isfinite(colors), colors, np.nan)
            if np.isnan(colors).all():
                continue
            lowest, highest = min(lowest, float(np.nanmin(colors))), max(highest, float(np.nanmax(colors)))
        else:
            lowest, highest = min(lowest, int(colors.min())), max(highest, int(colors.max()))
        if image.ndim == 3 and image.shape[2] == 4:
            largest = max(largest, float(np.nan_to_num(piece[..., 3].astype(np.float64), posinf=0).max()))
    if lowest > highest:
        return 0.0, 1.0, largest
    return lowest, highest, largest


def flatten(bgra: np.ndarray, out: np.ndarray | None = None, premultiplied: bool = False) -> np.ndarray:
    """Lays a BGRA image on white or black, whichever its ink stands out from, or on grey where there is ink of both.

    Args:
        bgra: uint8 [H, W, 4], contiguous.
        out: uint8 [H, W, 3], contiguous; may begin where `bgra` does. None for a new one.
        premultiplied: Whether colours were multiplied with their opacity already.
    """
    if out is None:
        out = np.empty((*bgra.shape[:2], 3), np.uint8)
    background = _background(bgra, premultiplied)
    for rows in _pieces(bgra):
        bgr, alpha = cv2.cvtColor(bgra[rows], cv2.COLOR_BGRA2BGR), cv2.extractChannel(bgra[rows], 3)
        if background is None:
            out[rows] = bgr
            continue
        cover = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
        colored = bgr if premultiplied else cv2.multiply(bgr, cover, scale=1 / 255)
        if background:
            free = cv2.bitwise_not(cover)
            colored = cv2.add(colored, free if background == 255 else cv2.convertScaleAbs(free, alpha=background / 255))
        out[rows] = colored
    return out


def in_place(bgra: np.ndarray) -> np.ndarray:
    """Memory for `flatten` that begins where a contiguous uint8 [H, W, 4] does: [H, W, 3]."""
    height, width = bgra.shape[:2]
    return bgra.reshape(-1)[: 3 * height * width].reshape(height, width, 3)


def _background(bgra: np.ndarray, premultiplied: bool) -> int | None:
    """The grey of the background, 0 to 255; None where nothing is transparent, or everything (an unused channel)."""
    lowest, highest, weights, brightness = 255.0, 0.0, 0.0, 0.0
    edge = np.zeros(256)
    for rows in _pieces(bgra):
        alpha = cv2.extractChannel(bgra[rows], 3)
        least, most = cv2.minMaxLoc(alpha)[:2]
        lowest, highest = min(lowest, least), max(highest, most)
        if least == 255 or most == 0:
            weights += float(alpha.size) * least
            if most:
                brightness += cv2.sumElems(cv2.cvtColor(bgra[rows], cv2.COLOR_BGRA2GRAY))[0] * 255
            continue
        grey = cv2.cvtColor(bgra[rows], cv2.COLOR_BGRA2GRAY)
        full = cv2.divide(grey, alpha, scale=255) if premultiplied else grey
        weights += cv2.sumElems(alpha)[0]
        brightness += cv2.sumElems(cv2.multiply(full, alpha, dtype=cv2.CV_32F))[0]
        opaque = cv2.compare(alpha, cast(Any, 127), cv2.CMP_GT)
        near = cv2.bitwise_and(opaque, cv2.dilate(cv2.bitwise_not(opaque), _NEAR))
        edge += cv2.calcHist([full], [0], near, [256], [0, 256]).ravel()
    if lowest == 255 or highest == 0:
        return None
    if min(edge[:_DARK].sum(), edge[_LIGHT:].sum()) > _TWO_INKS * edge.sum():
        return _BETWEEN
    return 255 if brightness / weights < 127.5 else 0


def _pieces(image: np.ndarray) -> Iterator[slice]:
    """Rows of about a megabyte."""
    step = max(1, _PIECE_BYTES // max(1, image[:1].nbytes))
    return (slice(start, start + step) for start in range(0, image.shape[0], step))
