"""The detector's output maps: checks and binarization."""

import math
from typing import Any, cast

import cv2
import numpy as np

from tflite_ocr.errors import ModelContractError

# A threshold of a whole number of quantization steps stays one after the division by the scale.
_STEP_TOLERANCE = 1e-6


def planes(maps: np.ndarray, count: int) -> list[np.ndarray]:
    """Splits a detector's output into `count` contiguous maps [h, w] of its dtype, views where possible.

    Args:
        maps: float32 or uint8 [h, w, count], or [h, w] where count is 1.

    Raises:
        ModelContractError: Another shape or dtype.
    """
    shape = maps.shape
    if maps.dtype not in (np.float32, np.uint8):
        raise ModelContractError(
            f"expected detection maps of float32 or uint8, found {maps.dtype}; dequantize or convert the output first"
        )
    if count == 1 and maps.ndim == 2:
        maps = maps[..., np.newaxis]
    if maps.ndim != 3 or maps.shape[2] != count or 0 in maps.shape:
        raise ModelContractError(
            f"expected detection maps of shape [h, w, {count}], found {shape}; check the manifest's decoder"
        )
    return [np.ascontiguousarray(maps[..., channel]) for channel in range(count)]


def image_size_of(score_map: np.ndarray, to_image: tuple[float, float]) -> tuple[int, int]:
    """(width, height) in image pixels of a whole map [h, w], from its (x, y) factors."""
    height, width = score_map.shape
    return round(width * to_image[0]), round(height * to_image[1])


def above(score_map: np.ndarray, threshold: float, scale: float) -> np.ndarray:
    """Where score_map * scale > threshold: uint8 [h, w] of 0 and 255, for a map of float32 or uint8.

    The threshold is moved to the map's own units, so that a quantized map is never widened to float.
    """
    limit = threshold / scale
    if score_map.dtype == np.uint8:
        limit = math.floor(limit + _STEP_TOLERANCE)
        if limit < 0:
            return np.full(score_map.shape, 255, np.uint8)
        return cv2.threshold(score_map, limit, 255, cv2.THRESH_BINARY)[1]
    return cv2.compare(score_map, cast(Any, float(np.float32(limit))), cv2.CMP_GT)
