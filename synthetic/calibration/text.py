"""Text drawn on varied backgrounds, with the faults of cameras and scanners: the parts of which scenes are made.

Only fonts that come with the libraries are used (Pillow's bundled outline font where Pillow has FreeType, and
OpenCV's Hershey strokes), so that equal seeds give equal pictures wherever the same libraries are installed.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

_DRAWN_SIZE = 96  # pixels a line is drawn high before it is scaled down to its size
_HERSHEY_FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX | cv2.FONT_ITALIC,
)
WORD_LIST = Path(__file__).with_name("words.txt")
_WORDS = WORD_LIST.read_text(encoding="ascii").split()


@dataclass(frozen=True)
class PlainStyle:
    """How a line is drawn."""

    face: int  # Index into the fonts at hand; negative for Pillow's outline font, else a Hershey face
    weight: float  # Thickness of the strokes, 0 (as designed) to 1 (bold)
    slant: float  # Horizontal shift a pixel of height, positive leans right
    stretch: float  # Horizontal scale


def style(rng: np.random.Generator) -> PlainStyle:
    """A random style; half of all lines are set in the outline font where there is one."""
    outline = _has_outline_font() and rng.random() < 0.6
    return PlainStyle(
        face=-1 if outline else int(rng.integers(len(_HERSHEY_FACES))),
        weight=float(rng.choice([0.0, 0.3, 1.0], p=[0.5, 0.3, 0.2])),
        slant=float(rng.choice([0.0, 0.2], p=[0.85, 0.15])),
        stretch=float(rng.uniform(0.8, 1.2)),
    )


def phrase(rng: np.random.Generator, words: int) -> str:
    """Some words as they stand on papers and signs: lower case, capitals, with figures, prices and dates."""
    case = rng.choice(["lower", "title", "upper"], p=[0.45, 0.3, 0.25])
    parts = [_figure(rng) if rng.random() < 0.2 else str(rng.choice(_WORDS)) for _ in range(words)]
    text = " ".join(parts)
    if rng.random() < 0.15:
        text += str(rng.choice([".", ",", ":", "!", "?"]))
    return {"lower": text, "title": text.title(), "upper": text.upper()}[str(case)]


def text_mask(text: str, line_style: PlainStyle, height: int) -> np.ndarray:
    """Draws one line of text, tightly cropped; coverage [height, width], float32 in [0, 1].

    Args:
        text: Printable ASCII; other characters are drawn as far as the font has them.
        height: Height of the result in pixels, from the top of the tallest glyph to the bottom of the lowest.
    """
    mask = _draw_outline(text, line_style) if line_style.face < 0 else _draw_hershey(text, line_style)
    if line_style.slant:
        lean = np.float32([[1, -line_style.slant, line_style.slant * mask.shape[0]], [0, 1, 0]])
        mask = cv2.warpAffine(mask, lean, (int(mask.shape[1] + line_style.slant * mask.shape[0]), mask.shape[0]))
    mask = _tight(mask)
    width = max(1, round(mask.shape[1] * line_style.stretch * height / mask.shape[0]))
    shrinks = height < mask.shape[0]
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return mask.astype(np.float32) / 255


def put(image: np.ndarray, mask: np.ndarray, left: int, top: int, color: np.ndarray) -> None:
    """Lays a coverage mask in a colour over an image, in place; what lies outside of the image is cut off.

    Args:
        image: BGR [h, w, 3], float32 in [0, 255].
        mask: Coverage [h, w], float32 in [0, 1].
        color: BGR, 0 to 255.
    """
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.shape[1], left + mask.shape[1]), min(image.shape[0], top + mask.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    alpha = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
    image[y0:y1, x0:x1] += alpha * (np.asarray(color, np.float32) - image[y0:y1, x0:x1])


def color_pair(rng: np.random.Generator, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """(background, ink) in BGR whose mean brightness differs by about `contrast` of 255; either may be the darker."""
    half = 127.5 * contrast
    middle = rng.uniform(half, 255 - half)
    sign = 1 if rng.random() < 0.65 else -1
    tint = rng.normal(0, rng.choice([4, 30]), (2, 3))
    background = np.clip(middle + sign * half + tint[0] - tint[0].mean(), 0, 255)
    ink = np.clip(middle - sign * half + tint[1] - tint[1].mean(), 0, 255)
    return background, ink


def texture(rng: np.random.Generator, height: int, width: int, roughness: float) -> np.ndarray:
    """Coloured noise whose strength falls with frequency as in photos; BGR [height, width, 3], float32 in [0, 255].

    Args:
        roughness: 0.3 (smooth as a wall) to 0.9 (fine as foliage): weight of each octave against the coarser one.
    """
    result = np.zeros((height, width, 3), np.float32)
    weight, cells, chroma = 1.0, 3, rng.uniform(0.02, 0.2)
    while cells < max(height, width):
        shape = (max(2, cells * height // max(height, width)), max(2, cells * width // max(height, width)))
        grey = rng.normal(0, 1, (*shape, 1))
        noise = (grey + chroma * rng.normal(0, 1, (*shape, 3))).astype(np.float32)
        result += weight * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        weight, cells = weight * roughness, cells * 2
    base = rng.uniform(50, 205) + rng.normal(0, 14, 3)
    return np.clip(result / result.std() * rng.uniform(10, 45) + base, 0, 255).astype(np.float32)


def gradient(rng: np.random.Generator, height: int, width: int, depth: float) -> np.ndarray:
    """Uneven light: factors [height, width, 1], float32 around 1, that vary by up to `depth` in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = np.cos(angle) * x + np.sin(angle) * y
    curve = rng.uniform(0, 0.6) * (x * x + y * y)
    return (1 + depth * (light - curve) / 1.5)[..., None].astype(np.float32)


def photograph(rng: np.random.Generator, image: np.ndarray, quality: float) -> np.ndarray:
    """What a camera or scanner does: blur, noise, JPEG; BGR [h, w, 3], uint8.

    Args:
        image: BGR [h, w, 3], float32 in [0, 255].
        quality: 1 (a good scanner) to 0 (a poor phone in the dark).
    """
    poor = 1 - quality
    sigma = rng.uniform(0, 0.3 + 1.2 * poor)
    if sigma > 0.25:
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    image = image + rng.normal(0, rng.uniform(0.5, 2 + 9 * poor), image.shape)
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    jpeg_quality = int(rng.uniform(95 - 55 * poor, 98))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def _figure(rng: np.random.Generator) -> str:
    kind = rng.integers(6)
    if kind == 0:
        return f"{rng.uniform(0.5, 300):.2f}"
    if kind == 1:
        return f"${rng.uniform(1, 90):.2f}"
    if kind == 2:
        return f"{rng.integers(1, 32):02d}/{rng.integers(1, 13):02d}/{rng.integers(1980, 2030)}"
    if kind == 3:
        return f"{rng.integers(0, 24)}:{rng.integers(0, 60):02d}"
    if kind == 4:
        return f"{rng.integers(1, 100)}%"
    return str(rng.integers(1, 10 ** int(rng.integers(1, 8))))


@cache
def _has_outline_font() -> bool:
    return bool(features.check("freetype2"))


@cache
def _outline_font():
    return ImageFont.load_default(_DRAWN_SIZE)


def _draw_outline(text: str, line_style: PlainStyle) -> np.ndarray:
    font, stroke = _outline_font(), round(line_style.weight * 5)
    left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
    page = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8), 0)
    ImageDraw.Draw(page).text((4 - left, 4 - top), text, font=font, fill=255, stroke_width=stroke, stroke_fill=255)
    return np.asarray(page)


def _draw_hershey(text: str, line_style: PlainStyle) -> np.ndarray:
    face, scale, thickness = _HERSHEY_FACES[line_style.face], 3.0, 4 + round(7 * line_style.weight)
    (width, height), below = cv2.getTextSize(text, face, scale, thickness)
    mask = np.zeros((height + below + 3 * thickness, width + 3 * thickness), np.uint8)
    cv2.putText(mask, text, (thickness, height + thickness), face, scale, 255, thickness, cv2.LINE_AA)
    return mask


def _tight(mask: np.ndarray) -> np.ndarray:
    """Cut to the ink; a line without ink (blanks) stays a pixel."""
    rows, columns = np.flatnonzero(mask.max(1) > 16), np.flatnonzero(mask.max(0) > 16)
    if not rows.size:
        return np.zeros((1, 1), np.uint8)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
