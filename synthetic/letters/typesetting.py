"""Sets single lines of text into masks of coverage, with the metrics that layouts need."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from synthetic.letters.fonts import InstalledFont, face, fonts

# From this em square on, lines are drawn whole, with kerning; below, glyph by glyph from a cache.
_WHOLE_FROM = 44
_PLAIN = "Aabegnot RS019.,:-/"


@dataclass(frozen=True)
class Style:
    """How a line is drawn."""

    font: InstalledFont  # Face
    size: int  # Size of the em square, in pixels
    color: tuple[float, float, float] = (0.0, 0.0, 0.0)  # BGR, 0 to 255
    tracking: float = 0.0  # Added between letters, in em squares
    grow: float = 0.0  # Strokes grow by this many pixels, 0 to 2
    opacity: float = 1.0  # Opacity of the ink, 0 to 1
    # Changes the coverage: (rng, coverage uint8 [h, w], em) to coverage; None leaves it
    wear: Callable[[np.random.Generator, np.ndarray, float], np.ndarray] | None = None

    def but(self, **changes) -> "Style":
        """The same style with other attributes."""
        return replace(self, **changes)

    def sized(self, factor: float) -> "Style":
        """The same style, larger by a factor; at least 5 pixels."""
        return replace(self, size=max(5, round(self.size * factor)))


@dataclass(frozen=True)
class SetText:
    """A line that is set."""

    coverage: np.ndarray  # uint8 [h, w], cut to its ink
    left: int  # Column of its left edge, from the line's origin
    top: int  # Row of its upper edge, from the baseline; negative is above
    advance: float  # Where the next word's origin is, in pixels


def pick_font(rng: np.random.Generator, use: str, sample: str = _PLAIN) -> InstalledFont:
    """A font for a use (see synthetic.letters.fonts.USES) that draws at least the sample's characters."""
    return fonts().pick(rng, sample, use) or fonts().pick(rng, "01", use) or fonts().fonts[0]


@lru_cache(maxsize=1)
def _families() -> dict[str, list[InstalledFont]]:
    found: dict[str, list[InstalledFont]] = {}
    for font in fonts().fonts:
        found.setdefault(font.family, []).append(font)
    return found


def sibling(rng: np.random.Generator, font: InstalledFont, style: str) -> InstalledFont:
    """A face of the same family whose style's name holds a word such as "Bold" or "Italic"; else the font itself."""
    found = [other for other in _families()[font.family] if style in other.style]
    return found[rng.integers(len(found))] if found else font


@lru_cache(maxsize=4096)
def _covered(font: InstalledFont) -> frozenset[str]:
    return frozenset(font.covered)


def fit(text: str, font: InstalledFont) -> str:
    """The text less the characters that the font does not draw; blanks side by side become one."""
    covered = _covered(font)
    if not covered.issuperset(text):
        text = "".join(character for character in text if character in covered or character == " ")
    return " ".join(text.split())


@lru_cache(maxsize=30_000)
def _advance(path: str, size: int, character: str) -> float:
    return face(path, size).getlength(character)


def width(text: str, style: Style) -> float:
    """Length of a line in pixels, without kerning."""
    path, size = style.font.path, style.size
    return sum(_advance(path, size, character) for character in text) + style.tracking * size * len(text)


def set_line(text: str, style: Style, gaps: float = 0.0) -> SetText | None:
    """Draws a line; returns the line, or None where it has no ink.

    Args:
        text: What is drawn; see `fit`.
        style: Font, size, tracking and growth.
        gaps: Pixels added to every blank.
    """
    size = style.size
    if size >= _WHOLE_FROM and not style.tracking and not gaps:
        coverage, left, top = _ink(style.font.path, size, text)
        advance = face(style.font.path, size).getlength(text)
        made = SetText(coverage, left, top, advance) if coverage.size else None
    else:
        made = _composed(text, style, gaps)
    if made is None or not style.grow:
        return made
    return _grown(made, style.grow)


def _ink(path: str, size: int, text: str) -> tuple[np.ndarray, int, int]:
    """Coverage cut to its ink (0 x 0 where there is none), its left and top from the origin on the baseline."""
    core, (left, top) = face(path, size).getmask2(text, "L", anchor="ls")
    columns, rows = core.size
    mask = np.array(core, np.uint8).reshape(rows, columns)
    if not mask.size:
        return np.zeros((0, 0), np.uint8), 0, 0
    inked = mask > 24
    ys, xs = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not ys.size:
        return np.zeros((0, 0), np.uint8), 0, 0
    mask = mask[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1].copy()
    mask.setflags(write=False)
    return mask, int(left + xs[0]), int(top + ys[0])


_glyph = lru_cache(maxsize=12_000)(_ink)


def _composed(text: str, style: Style, gaps: float) -> SetText | None:
    path, size, x = style.font.path, style.size, 0.0
    extra = style.tracking * size
    placed = []
    for character in text:
        if character != " ":
            mask, left, top = _glyph(path, size, character)
            if mask.size:
                placed.append((mask, round(x) + left, top))
        x += _advance(path, size, character) + extra + (gaps if character == " " else 0)
    if not placed:
        return None
    left, upper = min(item[1] for item in placed), min(item[2] for item in placed)
    right = max(item[1] + item[0].shape[1] for item in placed)
    lower = max(item[2] + item[0].shape[0] for item in placed)
    coverage = np.zeros((lower - upper, right - left), np.uint8)
    for mask, x0, y0 in placed:
        part = coverage[y0 - upper : y0 - upper + mask.shape[0], x0 - left : x0 - left + mask.shape[1]]
        np.maximum(part, mask, out=part)
    return SetText(coverage, left, upper, x)


def _grown(setting: SetText, growth: float) -> SetText:
    """Thicker strokes; fractions of a pixel are a mixture of two thicknesses."""
    whole = int(np.ceil(growth))
    coverage = cv2.copyMakeBorder(setting.coverage, whole, whole, whole, whole, cv2.BORDER_CONSTANT)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * whole + 1, 2 * whole + 1))
    share = growth - (whole - 1)
    thick = cv2.addWeighted(cv2.dilate(coverage, kernel), share, coverage, 1 - share, 0)
    return SetText(np.maximum(thick, coverage), setting.left - whole, setting.top - whole, setting.advance)
