"""A piece of a picture that carries text and can be laid anywhere on a frame; it knows where its lines come to lie."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from synthetic.builtin.sheet import Sheet

# What the scenes say. A sign of the street has its place on the wall, its lean, its (height, width), the BGR of its
# background and edge, and (text, baseline, typeface, size, BGR) of each line, centred; lengths are at 720 rows;
# {shop} and {street} are drawn.
TEXTS = json.loads(Path(__file__).with_name("texts.json").read_text(encoding="utf-8"))
_OPACITY = 0.75  # text that is fainter is not asked for
_INSIDE_PX = 3.0  # a line that comes nearer to the frame's edge is not asked for


@dataclass(frozen=True)
class ShownLine:
    """A line of text in a frame."""

    id: int  # The same in all frames that show this line
    text: str  # As it is written
    quad: np.ndarray  # float64 [4, 2], (x, y) in pixels, clockwise from the text's top-left
    ignore: bool  # Cut off by the frame's edge, or faint: may be read or not


class ClipScene:
    """A part of the clip; `draw(share)` gives the frame at a share of its time, 0 to 1, and its lines.

    Attributes:
        name: Of the kind of scene.
        next_id: Number of the first line of the scene that follows.
    """

    name = ""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], first_id: int):
        """Prepares what it shows; `size` is (width, height) in pixels."""
        self._width, self._height = size
        self._unit = self._height / 720
        self.next_id = first_id
        self._prepare(rng)

    def _prepare(self, rng: np.random.Generator) -> None:
        raise NotImplementedError

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        """The frame, uint8 BGR [height, width, 3], and its lines."""
        raise NotImplementedError

    def _numbered(self, layer: "ClipLayer") -> "ClipLayer":
        """A layer, its lines numbered with the next numbers."""
        layer.first_id, self.next_id = self.next_id, self.next_id + len(layer)
        return layer

    def _lettered(self, height: float, lines: Iterable[tuple], ink: Sequence[float], outline: float = 0) -> "ClipLayer":
        """A numbered layer of letters alone, as wide as the frame; lengths at 720 rows.

        Args:
            height: Of the layer.
            lines: (text, x, baseline, typeface, size, "left" or "middle") each; x None for the frame's middle.
            ink: BGR.
            outline: Of black around the letters.
        """
        u = self._unit
        sheet = Sheet.plain(round(height * u), self._width, (255, 255, 255))
        for text, x, baseline, face, size, align in lines:
            x = self._width / 2 if x is None else x * u
            sheet.write(text, x, baseline * u, face, round(size * u), (0, 0, 0), align)
        return self._numbered(lettering(sheet, ink, 0, max(1, round(outline * u)) if outline else 0))

    def _photo_at(self, photo: np.ndarray, x: float, y: float) -> np.ndarray:
        """The part of a larger picture whose left top is (x, y), as a frame."""
        move = np.float32([[1, 0, -x], [0, 1, -y]])
        return cv2.warpAffine(photo, move, (self._width, self._height), borderMode=cv2.BORDER_REPLICATE)


def turn(share: float, count: int) -> tuple[int, float]:
    """Which of some things that follow each other is shown at a share of the time, and the share of its own time."""
    place = min(share, 1 - 1e-9) * count
    return int(place), place % 1


class ClipLayer:
    """A sheet with the shape of what covers the background, ready to be laid on frames.

    Attributes:
        first_id: Number of its first line.
        height: Height in pixels.
        width: Width in pixels.
    """

    def __init__(self, sheet: Sheet, first_id: int, cover: np.ndarray | None = None):
        """Takes a sheet with its lines; `cover` is float32 [h, w] in [0, 1], what it hides; None for all."""
        cover = np.ones(sheet.image.shape[:2], np.float32) if cover is None else cover
        color = np.clip(sheet.image, 0, 255) * cover[..., None]
        self._pixels = np.dstack([color, cover * 255]).astype(np.uint8)  # BGR times cover, and cover
        self._lines, self.first_id = sheet.lines, first_id
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
        matrix = cv2.getPerspectiveTransform(self.corners(0, 0).astype(np.float32), corners.astype(np.float32))
        shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
        seen = cv2.warpPerspective(self._pixels, shift @ matrix, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
        part = frame[y0:y1, x0:x1]
        hidden = seen[..., 3:].astype(np.float32) * (opacity / 255)
        part[:] = np.clip(part * (1 - hidden) + seen[..., :3] * np.float32(opacity) + 0.5, 0, 255)
        return list(self._shown(matrix, np.array([columns, rows]), opacity))

    def _shown(self, matrix: np.ndarray, size: np.ndarray, opacity: float) -> Iterator[ShownLine]:
        for number, line in enumerate(self._lines, self.first_id):
            moved = cv2.perspectiveTransform(line.quad[None], matrix)[0]
            low, high = moved.min(axis=0), moved.max(axis=0)
            if (high > 0).all() and (low < size).all():
                inside = (low >= _INSIDE_PX).all() and (high <= size - _INSIDE_PX).all()
                yield ShownLine(number, line.text, moved, not inside or opacity < _OPACITY)


def lettering(sheet: Sheet, ink: Sequence[float], first_id: int, outline: int = 0) -> ClipLayer:
    """A layer of letters alone.

    Args:
        sheet: White, with black writing.
        ink: BGR of the letters.
        first_id: See ClipLayer.
        outline: Pixels of black around the letters.
    """
    letters = 1 - sheet.image[..., 0].astype(np.float32) / 255
    cover = letters
    if outline:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * outline + 1, 2 * outline + 1))
        cover = np.maximum(cv2.GaussianBlur(cv2.dilate(letters, kernel), (0, 0), 0.6), letters)
    colored = Sheet(letters[..., None] * np.float32(ink))
    colored.image /= np.maximum(cover, 1e-3)[..., None]
    colored.lines = sheet.lines
    return ClipLayer(colored, first_id, cover)
