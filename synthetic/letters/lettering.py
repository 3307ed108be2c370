"""Sets a line of text: glyphs on a page, with what stands around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synthetic.faults import warps

_OUTLINE_STEPS = 9  # points along each side of a bent line
_MARGIN = 0.7  # of the em square, around the text on the page


@dataclass(frozen=True)
class LineSetting:
    """How a line is set. Lengths are in em squares."""

    tracking: float = 0.0  # Added between letters; 0 leaves the font's own distances and kerning
    word_gap: float = 0.0  # Added to every blank
    wobble: float = 0.0  # Standard deviation of the glyphs' heights above the baseline
    bold: float = 0.0  # Strokes grow on each side
    underline: float = 0.0  # Thickness; 0 for none
    rules: Literal["", "below", "above", "both", "frame", "dotted"] = ""  # Ruled lines or a frame
    strike: float = 0.0  # Thickness of a line through the letters; 0 for none
    gap: float = 0.3  # Between the text and its neighbours on the line
    leading: float = 1.2  # From baseline to baseline
    # Texts to the left ("before"), to the right ("after"), a line "above" and one "below"
    around: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TypesetLine:
    """A set line."""

    coverage: np.ndarray  # Ink, uint8 [h, w]
    # The text alone, without neighbours and rules: left, top, right, bottom in pixels; holds at least half an em square
    # above the baseline
    box: tuple[float, float, float, float]
    baseline: float  # Row
    em: int  # Side of the em square in pixels
    outline: np.ndarray  # Points around the text alone, float32 [k, 2]


def typeset(
    rng: np.random.Generator, text: str, font: ImageFont.FreeTypeFont, setting: LineSetting | None = None
) -> TypesetLine:
    """Draws a line; returns the page, with a margin of about two thirds of an em square on every side.

    Args:
        text: What is drawn; the font has its glyphs.
        font: At the size wanted.
    """
    setting = setting or LineSetting()
    em = font.size
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    loose = (len(text) - 1) * max(0.0, setting.tracking) * em + text.count(" ") * max(0.0, setting.word_gap) * em
    spread = setting.tracking or setting.word_gap or setting.wobble
    margin = int(_MARGIN * em) + 2
    x, y = margin - left, margin - min(top, -em // 2)
    width = int(x + max(right, font.getlength(text) * 1.02) + loose) + margin
    image = Image.new("L", (width, int(y + max(bottom, 0)) + margin))
    pen = ImageDraw.Draw(image)
    if spread:
        _spread(rng, pen, (x, y), text, font, setting)
    else:
        pen.text((x, y), text, font=font, fill=255, anchor="ls")
    ink = image.getbbox() or (x, y - em // 2, x + 1, y)
    box = float(ink[0]), float(min(ink[1], y - em / 2)), float(ink[2]), float(max(ink[3], y))
    if setting.around:
        _neighbours(rng, pen, font, setting, ink, y)
    page = np.array(image)
    if setting.bold:
        page = _bolder(page, setting.bold * em)
    _lines(page, setting, box, y, em)
    return TypesetLine(page, box, float(y), em, warps.box(*box))


def _spread(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    start: tuple[float, float],
    text: str,
    font: ImageFont.FreeTypeFont,
    setting: LineSetting,
) -> None:
    """Draws glyph by glyph, at other distances than the font's."""
    x, y = start
    heights = rng.normal(0, setting.wobble * font.size, len(text)) if setting.wobble else np.zeros(len(text))
    for character, height in zip(text, heights, strict=True):
        pen.text((round(x), y + round(float(height))), character, font=font, fill=255, anchor="ls")
        x += font.getlength(character) + setting.tracking * font.size
        if character == " ":
            x += setting.word_gap * font.size


def _neighbours(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    setting: LineSetting,
    ink: tuple[int, int, int, int],
    y: float,
) -> None:
    """Draws the texts around; what does not fit on the page is cut off."""
    gap, leading = setting.gap * font.size, setting.leading * font.size
    shift = float(rng.uniform(-1, 1)) * font.size
    for side, place, anchor in (
        ("before", (ink[0] - gap, y), "rs"),
        ("after", (ink[2] + gap, y), "ls"),
        ("above", (ink[0] + shift, y - leading), "ls"),
        ("below", (ink[0] + shift, y + leading), "ls"),
    ):
        pen.text(place, setting.around.get(side, ""), font=font, fill=255, anchor=anchor)


def _bolder(page: np.ndarray, growth: float) -> np.ndarray:
    """Strokes that grow by a fraction of a pixel too."""
    whole = int(growth)
    if whole:
        page = cv2.dilate(page, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * whole + 1,) * 2))
    part = growth - whole
    if part > 0.1:
        grown = cv2.dilate(page, np.ones((3, 3), np.uint8))
        page = cv2.addWeighted(page, 1 - part, grown, part, 0)
    return page


def _lines(page: np.ndarray, setting: LineSetting, box: tuple[float, ...], baseline: float, em: int) -> None:
    """Underline, line through the text, rules and frames, in place."""
    left, top, right, bottom = (int(side) for side in box)
    height, width = page.shape

    def bar(y: float, thickness: float, x0: int = 0, x1: int = width) -> None:
        first = max(0, int(y))
        page[first : min(height, first + max(1, round(thickness * em))), max(0, x0) : max(0, x1)] = 255

    if setting.underline:
        bar(baseline + 0.1 * em, setting.underline, left, right)
    if setting.strike:
        bar(baseline - 0.26 * em, setting.strike, left, right)
    if setting.rules in ("below", "both", "frame"):
        bar(bottom + 0.12 * em, 0.03)
    if setting.rules in ("above", "both", "frame"):
        bar(top - 0.14 * em, 0.03)
    if setting.rules == "dotted":
        y = min(height - 1, int(baseline + 0.12 * em))
        page[y, :: max(2, em // 8)] = 255
    if setting.rules == "frame":
        for x in (left - 0.2 * em, right + 0.2 * em):
            page[:, max(0, int(x)) : max(0, int(x) + max(1, round(0.03 * em)))] = 255


def arch(page: TypesetLine, bend: float) -> TypesetLine:
    """Lays a line on a circle; returns the bent line; its box holds all of the text.

    Args:
        bend: Angle that the line takes of the circle in radians; positive bends its ends down.
    """
    left, top, right, bottom = page.box
    length = max(right - left, 1.0)
    radius = length / bend
    middle = (left + right) / 2
    rise = abs(radius) * (1 - np.cos(min(abs(bend) / 2, 1.2)))
    height, width = page.coverage.shape
    grown = height + int(np.ceil(rise))
    shift = rise if bend < 0 else 0.0
    y, x = np.mgrid[0:grown, 0:width].astype(np.float32)
    centre = page.baseline + shift + radius
    down, across = (centre - y) * np.sign(radius), (x - middle) * np.sign(radius)
    angle = np.arctan2(across, down)
    map_x = middle + angle * radius
    map_y = page.baseline + radius - np.sign(radius) * np.hypot(across, down)
    bent = cv2.remap(page.coverage, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR)
    inside = (map_x > left) & (map_x < right) & (map_y > top) & (map_y < bottom)
    columns, rows = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
    if not rows.size:
        return page
    box = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
    steps = np.linspace(left, right, _OUTLINE_STEPS)
    around = np.concatenate([np.stack([steps, np.full_like(steps, side)], 1) for side in (top, bottom)])
    turn, reach = (around[:, 0] - middle) / radius, page.baseline + radius - around[:, 1]
    outline = np.stack([middle + np.sin(turn) * reach, centre - np.cos(turn) * reach], 1)
    return TypesetLine(bent, box, page.baseline + shift, page.em, outline.astype(np.float32))
