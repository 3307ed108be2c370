"""Draws what was read: quads outlined on the image, and the text beside it, where it stands."""

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

from tflite_ocr import lettering
from tflite_ocr.page import Block, TextLine

FONT = cv2.FONT_HERSHEY_SIMPLEX
LETTER_HEIGHT = 21  # pixels of a capital of this font at scale 1
COLORS = ((200, 80, 0), (0, 120, 0), (160, 0, 160), (0, 80, 200), (120, 100, 0))  # BGR, dark enough for white
_SURE = ((0.95, (60, 127, 26)), (0.85, (0, 160, 190)), (0.7, (15, 110, 240)), (0.0, (0, 0, 210)))  # BGR
_BLOCK_COLOR = (190, 80, 40)

# Characters that Unicode does not decompose, with replacements that a reader of ASCII still recognises.
_ASCII = str.maketrans(
    dict(
        pair.split("=")
        for pair in """
    ß=ss ẞ=SS æ=ae Æ=AE œ=oe Œ=OE ø=o Ø=O đ=d Đ=D ð=d Ð=D þ=th Þ=Th ł=l Ł=L ı=i ħ=h Ħ=H €=EUR £=GBP ¥=JPY ¢=c ©=(c)
    ®=(R) ×=x ÷=/ ⁄=/ °=deg ±=+/- µ=u ·=. •=* ‘=' ’=' ‚=, “=" ”=" „=" «=<< »=>> ‹=< ›=> –=- —=- −=- ‐=- ‑=- …=... ¡=!
    ¿=? §=S. ¶=P. №=No. ₹=INR ₽=RUB ₩=KRW ₺=TRY
""".split()
    )
)


def draw(image: np.ndarray, lines: Sequence[TextLine], blocks: Sequence[Block] = ()) -> np.ndarray:
    """Outlines lines, and sets their text beside the image, where it stands: nothing covers what was read.

    Lines have the colour of their confidence: green from 0.95 on, then yellow, orange, and red below 0.7. Blocks are
    outlined in blue and numbered in reading order. Text is drawn as it is; where no font of the computer knows its
    characters, its line has its number in `lines` instead, counted from 1, as "#12".

    Args:
        image: BGR uint8 [H, W, 3]; left as it is.
        lines: Lines with quads in the image's pixels.

    Returns:
        BGR uint8 [H, 2 W, 3]: the image with outlines, and a white sheet with the text.
    """
    canvas = np.ascontiguousarray(image).copy()
    sheet = np.full_like(canvas, 255)
    outline = max(1, round(min(image.shape[:2]) / 600))
    for line in lines:
        corners = np.rint(np.asarray(line.quad, np.float32)).astype(np.int32)
        cv2.polylines(canvas, [corners], True, confidence_color(line.confidence), outline, cv2.LINE_AA)
    for number, block in enumerate(blocks, 1):
        for half in (canvas, sheet):
            _outline_block(half, block, number, outline)
    for number, line in enumerate(lines, 1):
        _write(sheet, line, number)
    return np.hstack([canvas, sheet])


def confidence_color(confidence: float) -> tuple[int, int, int]:
    """BGR."""
    return next((color for least, color in _SURE if confidence >= least), _SURE[-1][1])


def _outline_block(canvas: np.ndarray, block: Block, number: int, outline: int) -> None:
    """A thin frame around a block, and its number on the left of it, or above it at the edge."""
    points = np.array([line.quad for line in block.lines], np.float32).reshape(-1, 2)
    (left, top), (right, bottom) = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    left, top, right, bottom = (int(value) for value in (left - 2, top - 2, right + 2, bottom + 2))
    cv2.rectangle(canvas, (left, top), (right, bottom), _BLOCK_COLOR, outline)
    letter = int(np.clip(min(canvas.shape[:2]) / 45, 9, 40))
    (width, height), _ = cv2.getTextSize(str(number), FONT, letter / LETTER_HEIGHT, 1)
    place = (left - width - 3, top + height) if left > width + 4 else (max(left, 0), max(top - 3, height))
    cv2.putText(canvas, str(number), place, FONT, letter / LETTER_HEIGHT, _BLOCK_COLOR, 1 + letter // 16, cv2.LINE_AA)


def _write(sheet: np.ndarray, line: TextLine, number: int) -> None:
    """Lays a line's text into its quad."""
    quad = np.asarray(line.quad, np.float32)
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    height = int(np.clip(round((sides[1] + sides[3]) / 2), 6, 400))
    ink = lettering.draw(line.text, height)
    if ink is None:
        ink = lettering.draw(f"#{number}", height)
    low = np.maximum(np.floor(quad.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(quad.max(axis=0)) + 1, (sheet.shape[1], sheet.shape[0])).astype(int)
    if ink is None or (high <= low).any():
        return
    rows, columns = ink.shape
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    if sides[0] + sides[2] > 2.6 * ink.shape[1]:  # a short text in a long quad stays as wide as its letters are
        share = 1.3 * ink.shape[1] / ((sides[0] + sides[2]) / 2)
        quad = np.stack(
            [quad[0], quad[0] + share * (quad[1] - quad[0]), quad[3] + share * (quad[2] - quad[3]), quad[3]]
        )
    matrix = cv2.getPerspectiveTransform(corners, np.asarray(quad - low, np.float32))
    size = int(high[0] - low[0]), int(high[1] - low[1])
    placed = cv2.warpPerspective(ink, matrix, size, flags=cv2.INTER_LINEAR)
    area = sheet[low[1] : high[1], low[0] : high[0]]
    np.minimum(area, 255 - placed[..., None], out=area)


def label_text(text: str, number: int) -> str:
    """`text` in printable ASCII, or "#number" when it has characters without a counterpart there."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).translate(_ASCII)
    plain = "".join(" " if char.isspace() else char for char in plain if not unicodedata.combining(char))
    return plain if all(" " <= char <= "~" for char in plain) and plain.strip() else f"#{number}"
