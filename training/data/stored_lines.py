"""Labelled lines in memory: encoded with their surroundings, cut anew every time as a detector would cut them."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from synthetic.faults import warps
from tflite_ocr import geometry

LEAST_SIDE = 4  # pixels
# Around a line of a page so much of its height is kept, for cuts looser than the label.
_CONTEXT = 0.35
# How far an edge of the cut is moved outwards, in heights of the line: a page's line as detectors cut, a crop less.
_PAGE_EDGES, _CROP_EDGES = (-0.06, 0.22), (-0.06, 0.1)
_JPEG_QUALITY = 95


@dataclass(frozen=True)
class StoredLine:
    """A labelled line."""

    encoded: bytes  # PNG or JPEG of the crop, or of its surroundings
    text: str  # What it says
    quad: np.ndarray | None = None  # float32 [4, 2], the line in its surroundings; None for a crop that is used whole
    cased: bool = True  # Whether capitals and small letters of `text` are those of the picture

    def picture(self) -> np.ndarray:
        """The line as it is labelled, uint8 BGR [h, w, 3]."""
        whole = cv2.imdecode(np.frombuffer(self.encoded, np.uint8), cv2.IMREAD_COLOR)
        return whole if self.quad is None else geometry.crop(whole, self.quad)

    def varied(self, rng: np.random.Generator) -> np.ndarray:
        """The line cut a little tighter, looser and askew; uint8 BGR [h, w, 3]."""
        whole = cv2.imdecode(np.frombuffer(self.encoded, np.uint8), cv2.IMREAD_COLOR)
        height, width = whole.shape[:2]
        quad, edges = self.quad, _PAGE_EDGES
        if quad is None:
            if height >= geometry.VERTICAL_RATIO * width:  # a cut so high would be turned
                return whole
            quad, edges = np.float32([[0, 0], [width, 0], [width, height], [0, height]]), _CROP_EDGES
        return geometry.crop(whole, _moved(rng, quad, edges))


def stored(
    picture: np.ndarray, quad: np.ndarray | None, text: str, cased: bool = True, lossless: bool = False
) -> StoredLine:
    """Keeps a line of a picture.

    Args:
        picture: uint8 BGR [H, W, 3], the page, or the crop where `quad` is None.
        quad: [4, 2], the line on the page.
        lossless: Whether not a pixel may change.
    """
    if quad is not None:
        picture, quad = _surroundings(picture, np.float32(quad))
    kind, options = (
        (".png", [cv2.IMWRITE_PNG_COMPRESSION, 1]) if lossless else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    )
    return StoredLine(cv2.imencode(kind, picture, options)[1].tobytes(), text, quad, cased)


def _surroundings(picture: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of a page around a line, and the line in it."""
    margin = math.ceil(_CONTEXT * max(LEAST_SIDE, float(np.linalg.norm(quad[3] - quad[0]))))
    limit = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(quad.min(0)).astype(int) - margin, 0, limit - 1)
    high = np.clip(np.ceil(quad.max(0)).astype(int) + margin, low + 1, limit)
    return picture[low[1] : high[1], low[0] : high[0]], quad - low.astype(np.float32)


def _moved(rng: np.random.Generator, quad: np.ndarray, edges: tuple[float, float]) -> np.ndarray:
    """A quad whose edges are moved outwards by shares of its height within `edges`, and its corners a little."""
    height = max(4.0, float(np.linalg.norm(quad[3] - quad[0])))
    along = (quad[1] - quad[0]) / max(1.0, float(np.linalg.norm(quad[1] - quad[0])))
    across = (quad[3] - quad[0]) / height
    left, top, right, bottom = rng.uniform(*edges, 4) * height
    out = warps.box(-left, -top, right, bottom) @ np.stack([along, across])
    return (quad + out + rng.normal(0, 0.02 * height, (4, 2))).astype(np.float32)
