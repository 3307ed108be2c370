"""Draws the result over the image: each quad outlined, its text on a plate above it."""

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

from tflite_ocr.page import TextLine

FONT = cv2.FONT_HERSHEY_SIMPLEX
LETTER_HEIGHT = 21  # pixels of a capital of this font at scale 1
_MIN_LETTER, _MAX_LETTER = 9, 28  # pixels of a label's capitals: legible, and no larger than needed
_LABEL_SHARE = 0.45  # of the quad's height
COLORS = ((200, 80, 0), (0, 120, 0), (160, 0, 160), (0, 80, 200), (120, 100, 0))  # BGR, dark enough for white

# Characters that Unicode does not decompose, with replacements that a reader of ASCII still recognises.
_ASCII = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ł": "l",
        "Ł": "L",
        "ı": "i",
        "ħ": "h",
        "Ħ": "H",
        "€": "EUR",
        "£": "GBP",
        "¥": "JPY",
        "¢": "c",
        "©": "(c)",
        "®": "(R)",
        "×": "x",
        "÷": "/",
        "⁄": "/",
        "°": "deg",
        "±": "+/-",
        "µ": "u",
        "·": ".",
        "•": "*",
        "‘": "'",
        "’": "'",
        "‚": ",",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": "<<",
        "»": ">>",
        "‹": "<",
        "›": ">",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "…": "...",
        "¡": "!",
        "¿": "?",
        "§": "S.",
        "¶": "P.",
        "№": "No.",
        "₹": "INR",
        "₽": "RUB",
        "₩": "KRW",
        "₺": "TRY",
    }
)


def draw(image: np.ndarray, lines: Sequence[TextLine]) -> np.ndarray:
    """Outlines lines and writes their text above them.

    The font knows ASCII only: accents are dropped and common signs spelled out; a text that still holds other
    characters is labelled by its number in `lines`, counted from 1, as "#12".

    Args:
        image: BGR uint8 [H, W, 3]; left as it is.
        lines: Lines with quads in the image's pixels.

    Returns:
        BGR uint8 [H, W, 3], a copy.
    """
    canvas = np.ascontiguousarray(image).copy()
    outline = max(1, round(min(image.shape[:2]) / 600))
    for index, line in enumerate(lines):
        corners = np.rint(np.asarray(line.quad, np.float32)).astype(np.int32)
        cv2.polylines(canvas, [corners], True, COLORS[index % len(COLORS)], outline, cv2.LINE_AA)
    for index, line in enumerate(lines):
        _label(canvas, line, label_text(line.text, index + 1), COLORS[index % len(COLORS)])
    return canvas


def label_text(text: str, number: int) -> str:
    """`text` in printable ASCII, or "#number" when it has characters without a counterpart there."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).translate(_ASCII)
    plain = "".join(" " if char.isspace() else char for char in plain if not unicodedata.combining(char))
    return plain if all(" " <= char <= "~" for char in plain) and plain.strip() else f"#{number}"


def _label(canvas: np.ndarray, line: TextLine, text: str, color: tuple[int, int, int]) -> None:
    quad = np.asarray(line.quad, np.float32)
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    letter = float(np.clip(_LABEL_SHARE * min(sides[0], sides[1]), _MIN_LETTER, _MAX_LETTER))
    scale = letter / LETTER_HEIGHT
    thickness = 2 if letter > 16 else 1
    (width, height), below = cv2.getTextSize(text, FONT, scale, thickness)
    if width > canvas.shape[1] - 4:  # shrink rather than run out of the image
        scale *= (canvas.shape[1] - 4) / width
        (width, height), below = cv2.getTextSize(text, FONT, scale, thickness)
    margin = 2
    plate_height = height + below + margin
    left = int(np.clip(quad[:, 0].min(), 0, max(0, canvas.shape[1] - width - 2 * margin)))
    top = int(quad[:, 1].min()) - plate_height
    top = int(np.clip(top, 0, max(0, canvas.shape[0] - plate_height)))
    cv2.rectangle(canvas, (left, top), (left + width + 2 * margin - 1, top + plate_height - 1), color, cv2.FILLED)
    baseline = left + margin, top + margin // 2 + height
    cv2.putText(canvas, text, baseline, FONT, scale, (255, 255, 255), thickness, cv2.LINE_AA)
