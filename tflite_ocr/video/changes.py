"""Which tiles of a picture differ from another one, beyond the noise of camera and compression."""

import cv2
import numpy as np

from tflite_ocr.geometry import Box

TILE = 16  # pixels; a tile is small enough that one digit changes a good part of it
# A pixel differs when its luma does by more than the tolerance; a tile, when this share of its pixels differs.
_SHARE = 0.02
_LEAST_TOLERANCE, _MOST_TOLERANCE = 12.0, 40.0
_NOISE_FACTOR = 5.0  # steps of tolerance for one step of mean difference in luma where nothing moves
_NOISE_MEMORY = 0.9


class ChangeMeter:
    """Compares pictures of one size; learns from them how much they differ where nothing moves."""

    def __init__(self) -> None:
        self._noise = 0.0

    @property
    def tolerance(self) -> float:
        """Largest difference in luma that counts as noise."""
        return min(_MOST_TOLERANCE, _LEAST_TOLERANCE + _NOISE_FACTOR * self._noise)

    def changed(self, luma: np.ndarray, other: np.ndarray, learn: bool = False) -> np.ndarray:
        """Which tiles of two pictures, uint8 [H, W], differ: bool [ceil(H / TILE), ceil(W / TILE)].

        With `learn` the noise is estimated from this pair, two neighbouring frames.
        """
        difference = _whole_tiles(cv2.absdiff(luma, other))
        grid = difference.shape[1] // TILE, difference.shape[0] // TILE
        if learn:
            # The median tile does not move in all but the most restless pictures.
            level = float(np.median(cv2.resize(difference, grid, interpolation=cv2.INTER_AREA)))
            self._noise = min(level, _NOISE_MEMORY * self._noise + (1 - _NOISE_MEMORY) * level)
        _, different = cv2.threshold(difference, self.tolerance, 255, cv2.THRESH_BINARY)
        return cv2.resize(different, grid, interpolation=cv2.INTER_AREA) >= _SHARE * 255


def _whole_tiles(values: np.ndarray) -> np.ndarray:
    """`values` with zeros below and on the right up to multiples of TILE."""
    height, width = values.shape
    below, right = -height % TILE, -width % TILE
    if not below and not right:
        return values
    return cv2.copyMakeBorder(values, 0, below, 0, right, cv2.BORDER_CONSTANT, value=[0])


def touches(tiles: np.ndarray, box: Box) -> bool:
    """Whether a changed tile lies under a box."""
    top, left = max(0, box.top // TILE), max(0, box.left // TILE)
    return bool(tiles[top : -(-box.bottom // TILE), left : -(-box.right // TILE)].any())


def boxes_of(tiles: np.ndarray, width: int, height: int) -> list[Box]:
    """Boxes in a picture of a size around groups of neighbouring changed tiles; gaps of one tile are bridged."""
    bridged = cv2.dilate(tiles.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    found = []
    for left, top, columns, rows, _ in stats[1:count].tolist():
        # The dilation's margin of a tile is kept: text extends beyond the tiles that changed.
        found.append(
            Box(left * TILE, top * TILE, min(width, (left + columns) * TILE), min(height, (top + rows) * TILE))
        )
    return found
