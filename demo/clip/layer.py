"""A piece of a picture that carries text and can be laid anywhere on a frame; it knows where its lines come to lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from synthetic.builtin.sheet import Sheet

_OPACITY = 0.75  # text that is fainter is not asked for
_INSIDE_PX = 3.0  # a line that comes nearer to the frame's edge is not asked for


@dataclass(frozen=True)
class ShownLine:
    """A line of text in a frame.

    Attributes:
        id: The same in all frames that show this line.
        text: As it is written.
        quad: float64 [4, 2], (x, y) in pixels, clockwise from the text's top-left.
        ignore: Cut off by the frame's edge, or faint: may be read or not.
    """

    id: int
    text: str
    quad: np.ndarray
    ignore: bool


class Layer:
    """A sheet with the shape of what covers the background, ready to be laid on frames."""

    def __init__(self, sheet: Sheet, first_id: int, cover: np.ndarray | None = None):
        """Takes a sheet.

        Args:
            sheet: With its lines; they are numbered from `first_id` on.
            first_id: Number of its first line.
            cover: float32 [h, w] in [0, 1], what of the background it hides; None for all.
        """
        cover = np.ones(sheet.image.shape[:2], np.float32) if cover is None else cover
        color = np.clip(sheet.image, 0, 255) * cover[..., None]
        self._pixels = np.dstack([color, cover * 255]).astype(np.uint8)  # BGR times cover, and cover
        self._lines = [(first_id + i, line.text, line.quad) for i, line in enumerate(sheet.lines)]
        self.height, self.width = cover.shape

    def __len__(self) -> int:
        return len(self._lines)

    def corners(self, left: float, top: float, scale: float = 1.0) -> np.ndarray:
        """Its four corners when it is laid upright at a place; float64 [4, 2]."""
        right, bottom = left + self.width * scale, top + self.height * scale
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)

    def lay(self, frame: np.ndarray, corners: np.ndarray, opacity: float = 1.0) -> list[ShownLine]:
        """Draws it into a frame.

        Args:
            frame: uint8 BGR [H, W, 3], changed in place.
            corners: [4, 2], where its corners come to lie, clockwise from its top-left.
            opacity: 0 to 1.

        Returns:
            Its lines as far as they are seen.
        """
        rows, columns = frame.shape[:2]
        corners = np.asarray(corners, np.float64)
        x0, y0 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=0)) + 1, (columns, rows)).astype(int)
        if x0 >= x1 or y0 >= y1 or opacity <= 0:
            return []
        matrix = self._matrix(corners)
        shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
        seen = cv2.warpPerspective(self._pixels, shift @ matrix, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
        part = frame[y0:y1, x0:x1]
        hidden = seen[..., 3:].astype(np.float32) * (opacity / 255)
        part[:] = np.clip(part * (1 - hidden) + seen[..., :3] * np.float32(opacity) + 0.5, 0, 255)
        return list(self._shown(matrix, columns, rows, opacity))

    def _matrix(self, corners: np.ndarray) -> np.ndarray:
        own = self.corners(0, 0).astype(np.float32)
        return cv2.getPerspectiveTransform(own, corners.astype(np.float32))

    def _shown(self, matrix: np.ndarray, columns: int, rows: int, opacity: float):
        for number, text, quad in self._lines:
            moved = cv2.perspectiveTransform(quad[None], matrix)[0]
            low, high = moved.min(axis=0), moved.max(axis=0)
            if (high <= 0).any() or (low >= (columns, rows)).any():
                continue
            edge = _INSIDE_PX
            inside = (low >= edge).all() and (high <= (columns - edge, rows - edge)).all()
            yield ShownLine(number, text, moved, not inside or opacity < _OPACITY)


def lettering(sheet: Sheet, ink: Sequence[float], first_id: int, outline: int = 0) -> Layer:
    """A layer of letters alone.

    Args:
        sheet: White, with black writing.
        ink: BGR of the letters.
        first_id: See Layer.
        outline: Pixels of black around the letters.
    """
    letters = 1 - sheet.image[..., 0].astype(np.float32) / 255
    cover = letters
    if outline:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * outline + 1, 2 * outline + 1))
        cover = cv2.GaussianBlur(cv2.dilate(letters, kernel), (0, 0), 0.6)
        cover = np.maximum(cover, letters)
    colored = Sheet(letters[..., None] * np.float32(ink))
    colored.image /= np.maximum(cover, 1e-3)[..., None]
    colored.lines = sheet.lines
    return Layer(colored, first_id, cover)
