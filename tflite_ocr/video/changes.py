"""Which tiles of a picture differ from another one, beyond the noise of camera and compression."""

from dataclasses import dataclass

import cv2
import numpy as np

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
        """Compares two pictures.

        Args:
            luma: uint8 [H, W].
            other: uint8 [H, W].
            learn: Whether the noise is estimated from this pair, two neighbouring frames.

        Returns:
            bool [ceil(H / TILE), ceil(W / TILE)], True for tiles that differ.
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


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels: columns [left, right), rows [top, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """The area in pixels; 0 for an empty box."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    def overlap(self, other: "Box") -> int:
        """Number of pixels that both boxes have in common."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        ).area

    def joined(self, other: "Box") -> "Box":
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, margin: int, width: int, height: int) -> "Box":
        """The box larger by a margin on all sides, clipped to a picture."""
        return Box(
            max(0, self.left - margin),
            max(0, self.top - margin),
            min(width, self.right + margin),
            min(height, self.bottom + margin),
        )

    @staticmethod
    def around(quad: np.ndarray) -> "Box":
        """The box around a quad [4, 2] of (x, y)."""
        low, high = np.floor(quad.min(axis=0)), np.ceil(quad.max(axis=0))
        return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def touches(tiles: np.ndarray, box: Box) -> bool:
    """Whether a changed tile lies under a box."""
    top, left = max(0, box.top // TILE), max(0, box.left // TILE)
    return bool(tiles[top : -(-box.bottom // TILE), left : -(-box.right // TILE)].any())


def boxes_of(tiles: np.ndarray, width: int, height: int) -> list[Box]:
    """Boxes in pixels around groups of neighbouring changed tiles; gaps of one tile are bridged.

    Args:
        tiles: bool [rows, columns], see ChangeMeter.changed.
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
    """
    bridged = cv2.dilate(tiles.astype(np.uint8), np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    found = []
    for left, top, columns, rows, _ in stats[1:count].tolist():
        # The dilation's margin of a tile is kept: text extends beyond the tiles that changed.
        found.append(
            Box(left * TILE, top * TILE, min(width, (left + columns) * TILE), min(height, (top + rows) * TILE))
        )
    return found
