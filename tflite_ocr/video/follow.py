"""Finds a patch of a picture again in another one, and decides whether it still shows the same."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr.geometry import Box

FOUND = 0.72  # normalized correlation from which a patch counts as found
_SURE = 0.9  # a correlation this high near the expected place ends the search
_LETTER_PX = 14  # patches are compared at a scale that leaves them about this high
_NEAR = 2  # pixels of that scale around an expected place
_FLAT = 3.0  # luma steps; a patch with less contrast cannot be distinguished from its background
# Share of the patch's contrast: a pixel that differs by more shows something else.
_DIFFERENT = 0.35
_SPOT_SHARE = 0.06  # share of the pixels of a spot as wide as a narrow letter
# Mean difference in a spot of a quarter of the height, as a share of the contrast: a stroke that turns a 5 into a 6.
# Compression stays below in 99 of 100 pictures; where a text moves, its edges alone differ by as much.
_STROKE = 0.19
_IN_PLACE = 0.5  # pixels
_STROKE_PX = 28  # strokes are compared at this height at most


@dataclass(frozen=True)
class PatchMatch:
    """Where a patch was found again: displaced by (dx, dy) pixels, with a normalized correlation in [-1, 1]."""

    dx: float
    dy: float
    score: float


class Template:
    """The luma of a text at the moment at which it was found, and the box that was cut out."""

    def __init__(self, luma: np.ndarray, quad: np.ndarray):
        """Cuts out the box around a quad [4, 2] of (x, y) from uint8 [H, W]."""
        height, width = luma.shape
        self.box = Box.around(quad).grown(1, width, height)
        patch = luma[self.box.top : self.box.bottom, self.box.left : self.box.right]
        self.scale = min(1.0, _LETTER_PX / max(1, patch.shape[0]))
        if self.scale > 0.75:  # nearly the original size: no scaling at all is faster
            self.scale = 1.0
        self.patch = patch.copy()
        self.small = _scaled(patch, self.scale)
        low, high = np.percentile(self.small, (5, 95)) if patch.size else (0, 0)
        self.contrast = float(high - low)

    @property
    def usable(self) -> bool:
        """Whether the patch has enough contrast and size to be found again."""
        return self.contrast > _FLAT and min(self.small.shape) >= 3

    def find(self, luma: np.ndarray, guesses: list[tuple[float, float]], reach: float) -> PatchMatch | None:
        """Searches near guessed displacements (dx, dy) in pixels, most likely first, then around the first of them.

        A patch may be `reach` pixels from the first guess; 0 searches no further.

        Returns:
            The best match in luma, uint8 [H, W]; None when it is below FOUND or outside the picture.
        """
        if not self.usable:
            return None
        best: PatchMatch | None = None
        for guess in guesses:
            match = self._search(luma, guess, _NEAR / self.scale)
            if match and (best is None or match.score > best.score):
                best = match
            if best and best.score >= _SURE:
                return best
        if reach and (best is None or best.score < FOUND):
            match = self._search(luma, guesses[0], reach)
            if match and (best is None or match.score > best.score):
                best = match
        return best if best and best.score >= FOUND else None

    def differs(self, luma: np.ndarray, match: PatchMatch, tolerance: float) -> bool:
        """Whether some letter of the patch looks different at a match, by more than the tolerance in luma."""
        there = self._there(luma, match.dx, match.dy)
        if there.shape != self.patch.shape:
            return True
        here, there = self.small, _scaled(there, self.scale)
        difference = _difference(here, there)
        limit = max(tolerance, _DIFFERENT * self.contrast)
        width = max(3, round(here.shape[0] / 2))
        share = cv2.boxFilter(
            (difference > limit).astype(np.float32), -1, (width, here.shape[0]), borderType=cv2.BORDER_CONSTANT
        )
        return bool(share.max() > _SPOT_SHARE) or self._has_other_strokes(luma, match, tolerance)

    def _has_other_strokes(self, luma: np.ndarray, match: PatchMatch, tolerance: float) -> bool:
        """Whether a text that has not moved has other strokes, both at its own place and where it was found."""
        if max(abs(match.dx), abs(match.dy)) > max(_IN_PLACE, 1 / self.scale):
            return False
        scale = min(1.0, _STROKE_PX / max(1, self.patch.shape[0]))
        here = _scaled(self.patch, scale)
        spot = max(2, round(here.shape[0] / 4))
        for dx, dy in {(0.0, 0.0), (match.dx, match.dy)}:
            there = self._there(luma, dx, dy)
            if there.shape != self.patch.shape:
                return True
            seen = np.maximum(_difference(here, _scaled(there, scale)) - tolerance / 2, 0)
            if cv2.boxFilter(seen, -1, (spot, spot), borderType=cv2.BORDER_CONSTANT).max() <= _STROKE * self.contrast:
                return False
        return True

    def _there(self, luma: np.ndarray, dx: float, dy: float) -> np.ndarray:
        """The picture at the patch's place moved by (dx, dy) pixels; smaller where that is partly outside."""
        box, size = self.box, self.patch.shape[::-1]
        if abs(dx - round(dx)) + abs(dy - round(dy)) < 0.1:
            left, top = box.left + round(dx), box.top + round(dy)
            return luma[max(0, top) : top + size[1], max(0, left) : left + size[0]]
        centre = (box.left + box.right - 1) / 2 + dx, (box.top + box.bottom - 1) / 2 + dy
        return cv2.getRectSubPix(luma, size, centre)

    def _search(self, luma: np.ndarray, guess: tuple[float, float], reach: float) -> PatchMatch | None:
        height, width = luma.shape
        margin = math.ceil(reach)
        left, top = self.box.left + round(guess[0]), self.box.top + round(guess[1])
        expected = Box(left, top, left + self.patch.shape[1], top + self.patch.shape[0])
        area = expected.grown(margin, width, height)
        region = _scaled(luma[area.top : area.bottom, area.left : area.right], self.scale) if area.area else None
        if region is None or region.shape[0] < self.small.shape[0] or region.shape[1] < self.small.shape[1]:
            return None
        scores = cv2.matchTemplate(region, self.small, cv2.TM_CCOEFF_NORMED)
        _, score, _, (x, y) = cv2.minMaxLoc(scores)
        fine_x, fine_y = x + _peak(scores[y], x), y + _peak(scores[:, x], y)
        # Scaled sides are whole pixels, so the scale is theirs.
        per_x = (area.right - area.left) / region.shape[1]
        per_y = (area.bottom - area.top) / region.shape[0]
        return PatchMatch(
            area.left + fine_x * per_x - self.box.left, area.top + fine_y * per_y - self.box.top, float(score)
        )


def _difference(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Absolute difference of two patches, float32, without a difference of their mean brightness."""
    shift = float(here.mean()) - float(there.mean())
    difference: np.ndarray = np.abs(here.astype(np.float32) - there - shift)
    return difference


def _scaled(patch: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1.0:
        return patch
    size = max(1, round(patch.shape[1] * scale)), max(1, round(patch.shape[0] * scale))
    return cv2.resize(patch, size, interpolation=cv2.INTER_AREA)


def _peak(values: np.ndarray, at: int) -> float:
    """Offset in [-0.5, 0.5] of the top of the parabola through a maximum and its neighbours."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, top, after = (float(value) for value in values[at - 1 : at + 2])
    bend = before - 2 * top + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0
