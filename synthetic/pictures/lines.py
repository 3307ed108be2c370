"""Lines of text as a detector cuts them out of pictures, with what they say."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from synthetic.corpora import corpus
from synthetic.corpora.runs import run
from synthetic.faults import degradations, warps
from synthetic.letters import ink, lettering, wear
from synthetic.letters.fonts import InstalledFont, face, fonts
from synthetic.surfaces import grounds

MIN_HEIGHT, MAX_HEIGHT = 14, 88  # pixels of a crop
_MAX_WIDTH = 1800

_LETTER_WIDTH = 11  # least pixels of a letter's column in a crop of 48 pixels' height; a frame is 8 wide
_LEAST_LIKENESS = 0.55
_LEAST_CONTRAST = 11.0  # of 255, between letters and background after all degradations

# Uses and how often each is drawn.
_SHARES = {"scene": 0.5, "document": 0.2, "receipt": 0.12, "screen": 0.15, "panel": 0.03}
_USES, _BOUNDS = tuple(_SHARES), np.cumsum(tuple(_SHARES.values()))
# Side of the em square in pixels: median and deviation of its logarithm.
_SIZES = {"scene": (28, 0.5), "document": (25, 0.38), "receipt": (27, 0.33), "screen": (19, 0.33), "panel": (32, 0.35)}
_DRAWN = (20, 28, 40, 56, 84)  # sizes at which fonts are drawn before they are scaled down; few, to keep them open
CHAINS = {"scene": "photo", "document": "scan", "receipt": "receipt", "screen": "screen", "panel": "photo"}


@dataclass(frozen=True)
class LinePicture:
    """A picture of one line."""

    image_bgr: np.ndarray  # uint8 [H, W, 3], H from 14 to 88
    text: str  # What it says: 1 to 60 characters of the edge charset, no blanks at the ends or side by side


def render_line(rng: np.random.Generator, split: str = "train", use: str | None = None) -> LinePicture:
    """Renders a line; equal states of the generator give equal pictures.

    Args:
        use: scene, document, receipt, screen or panel; drawn by their shares if None.

    Raises:
        DrawingError: This machine has no fonts or no words.
    """
    use = use or _USES[int(np.searchsorted(_BOUNDS, rng.random() * _BOUNDS[-1], side="right"))]
    written, font = _text_and_font(rng, use, split)
    return LinePicture(draw_line(rng, written, font, use), written)


def draw_run(rng: np.random.Generator, split: str = "dev") -> LinePicture:
    """Draws a line of equal characters side by side, or of their like, see synthetic.corpora.runs."""
    use = ("document", "screen", "receipt")[int(rng.integers(3))]
    while True:
        written = run(rng)
        font = fonts(split).pick(rng, written, use)
        if font is not None:
            return LinePicture(draw_line(rng, written, font, use), written)


def draw_line(rng: np.random.Generator, written: str, font: InstalledFont, use: str) -> np.ndarray:
    """Draws a given text in a given font, all else by chance; BGR uint8 [H, W, 3].

    Args:
        written: Characters that the font covers.
        use: scene, document, receipt, screen or panel.
    """
    median, deviation = _SIZES[use]
    em = float(np.clip(median * np.exp(rng.normal(0, deviation)), 11, 76))
    crisp = use == "screen" and rng.random() < 0.6  # drawn by the machine at its size, not seen by a camera
    drawn = round(em) if crisp else next(size for size in _DRAWN if size >= em * 1.1)
    page = lettering.typeset(rng, written, face(font.path, drawn), _setting(rng, use, written, font))
    if use == "scene" and len(written) > 2 and rng.random() < 0.16:
        flat = 8 * (page.box[3] - page.box[1]) / (page.box[2] - page.box[0])  # bend at which it rises by its height
        page = lettering.arch(page, float(rng.uniform(0.2, 1) * min(1.6, 1.3 * flat) * rng.choice([-1, 1])))
    worn = wear.treat(rng, page.coverage, page.em, use)
    strength = rng.beta(1.7, 1.5 if use == "scene" else 1.9) * (0.6 if crisp or worn is not page.coverage else 1.0)
    page = replace(page, coverage=worn)
    matrix, size = _cut(rng, page, use, em / drawn, crisp, len(written))
    coverage = cv2.warpPerspective(page.coverage, matrix, size, flags=cv2.INTER_LINEAR)
    background = grounds.background(rng, size[1], size[0], use)
    if use == "scene" and rng.random() < 0.16:
        _panel(rng, background, page, matrix)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    image = ink.paint(rng, background, coverage, page.em * scale, use)
    seen = degradations.degrade(rng, image, CHAINS[use], strength, 0.75 * page.em * scale)
    return seen if _legible(image, seen, coverage) else image


def _legible(clean: np.ndarray, seen: np.ndarray, coverage: np.ndarray) -> bool:
    """Whether the letters still stand out: brightness must follow the ink about half as well as it did before."""
    ink_map = coverage.astype(np.float32)
    ink_map -= ink_map.mean()
    strengths = []
    for picture in (clean, seen):
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
        grey -= grey.mean()
        common, spread = float((grey * ink_map).sum()), float((grey * grey).sum())
        strengths.append((abs(common) / max(spread, 1e-6) ** 0.5, 255 * abs(common)))
    power = max(float((ink_map * ink_map).sum()), 1e-6)
    (before, _), (after, contrast) = strengths
    return after >= _LEAST_LIKENESS * before and contrast >= _LEAST_CONTRAST * power


def _text_and_font(rng: np.random.Generator, use: str, split: str) -> tuple[str, InstalledFont]:
    while True:
        written = corpus.text(rng, use)
        font = fonts(split).pick(rng, written, use)
        if font is not None:
            return written, font


def _setting(rng: np.random.Generator, use: str, written: str, font: InstalledFont) -> lettering.LineSetting:
    """How a line of a use is set, and what stands around it."""
    paper = use in ("document", "receipt")
    changes: dict = {}
    around: dict[str, str] = {}
    if rng.random() < {"scene": 0.35, "document": 0.08, "receipt": 0.12, "screen": 0.08, "panel": 0.3}[use]:
        widest = 0.6 if use == "scene" and rng.random() < 0.25 else 0.18
        changes["tracking"] = float(rng.uniform(-0.04 if font.kind == "text" else 0.0, widest))
    if " " in written and rng.random() < 0.12:
        changes["word_gap"] = float(rng.uniform(-0.1, 0.8))
    if font.kind in ("typewriter", "script") and rng.random() < 0.4:
        changes["wobble"] = float(rng.uniform(0.01, 0.045))
    if rng.random() < 0.15 and font.kind != "fancy":
        changes["bold"] = float(rng.uniform(0.005, 0.035))
    if rng.random() < 0.05:
        changes["underline"] = float(rng.uniform(0.03, 0.09))
    elif rng.random() < 0.008:
        changes["strike"] = float(rng.uniform(0.02, 0.04))
    if rng.random() < (0.14 if paper else 0.03):
        changes["rules"] = str(rng.choice(["below", "above", "both", "frame", "dotted"]))
    for side in ("above", "below"):
        if rng.random() < 0.25:
            around[side] = corpus.word(rng) if rng.random() < 0.5 else written[::-1]
            changes["leading"] = float(rng.uniform(1.0, 1.35))
    gap = float(rng.uniform(0.22, 0.4)) + max(0.0, changes.get("tracking", 0.0))
    for side in ("before", "after"):
        if rng.random() < 0.2:
            around[side], changes["gap"] = corpus.word(rng), gap
    return lettering.LineSetting(**changes, around=around)


def _cut(
    rng: np.random.Generator, page: lettering.TypesetLine, use: str, scale: float, crisp: bool, letters: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """Where a detector cuts: from the page to the crop.

    Returns:
        The 3 x 3 matrix and the crop's size (width, height).
    """
    left, top, right, bottom = page.box
    line_height = bottom - top
    margins = rng.normal(0.1, 0.09, 4)
    if rng.random() < 0.12:
        margins = np.abs(rng.normal(0, 0.35, 4))
    margins = np.clip(margins, -0.06, 0.62) * line_height
    wide = np.float64([left - margins[0], top - margins[1], right + margins[2], bottom + margins[3]])
    stretch = float(np.clip(np.exp(rng.normal(0, 0.05 if crisp else 0.14)), 0.7, 1.4))
    if use == "receipt" and rng.random() < 0.3:
        stretch *= float(rng.uniform(0.6, 0.9))
    corners = warps.box(*wide)
    if crisp:
        origin = np.round(corners[0])
        size = np.round(corners[2]) - origin
        matrix = warps.shift(*-origin)
    elif use == "scene" and rng.random() < 0.4:
        matrix, size = _upright(rng, page, margins, scale, stretch, letters)
    else:
        size = np.float64([(wide[2] - wide[0]) * stretch, wide[3] - wide[1]]) * scale
        target = warps.corners(size[1], size[0])
        loose = {"scene": 0.05, "panel": 0.03}.get(use, 0.018) * line_height * scale
        target += rng.normal(0, loose, (4, 2)).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(corners, target)
    return _bounded(matrix, size)


def _upright(
    rng: np.random.Generator,
    page: lettering.TypesetLine,
    margins: np.ndarray,
    scale: float,
    stretch: float,
    letters: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Text that stands askew in an upright crop, turned, leaning and in perspective."""
    left, top, right, bottom = page.box
    corners = warps.box(*page.box)
    steepest = min(0.4, 1.1 * (bottom - top) / (right - left))
    angle, lean = rng.normal(0, 0.6) * steepest, rng.normal(0, 0.12)
    if rng.random() < 0.2:  # as at the sides of a round sign
        angle = _steep(rng, (right - left) * stretch, bottom - top, letters)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[stretch, lean], [0, 1]]) * scale
    moved = corners @ linear.T
    moved[:, 1] += np.float64([1, -1, 1, -1]) * rng.normal(0, 0.06) * (bottom - top) * scale
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    outline = warps.move(page.outline, matrix)
    low, high = outline.min(0) - margins[:2] * scale, outline.max(0) + margins[2:] * scale
    return warps.shift(*-low) @ matrix, high - low


def _steep(rng: np.random.Generator, width: float, height: float, letters: int) -> float:
    """An angle in radians at which a line's upright crop, made 48 pixels high, still has columns for its letters."""
    angle = float(rng.uniform(0.2, 0.9) * rng.choice([-1, 1]))
    while abs(angle) > 0.1:
        sine, cosine = abs(np.sin(angle)), np.cos(angle)
        if 48 * (width * cosine + height * sine) > _LETTER_WIDTH * letters * (width * sine + height * cosine):
            break
        angle *= 0.8
    return angle


def _bounded(matrix: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Scales a cut until the crop has a height and width in the limits."""
    factor = float(np.clip(1.0, MIN_HEIGHT / size[1], MAX_HEIGHT / size[1]))
    factor = min(factor, _MAX_WIDTH / size[0])
    width, height = max(5, round(size[0] * factor)), max(MIN_HEIGHT, min(MAX_HEIGHT, round(size[1] * factor)))
    return np.diag([factor, factor, 1.0]) @ matrix, (width, height)


def _panel(rng: np.random.Generator, background: np.ndarray, page: lettering.TypesetLine, matrix: np.ndarray) -> None:
    """Beside a sign something else is seen: fills what is outside of a frame around the text, in place."""
    around = rng.uniform(0.02, 0.45, 4) * (page.box[3] - page.box[1])
    frame = warps.box(*page.box)
    frame += np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * warps.box(*around)
    inside = np.zeros(background.shape[:2], np.uint8)
    corners = cv2.perspectiveTransform(frame[None], matrix)[0]
    cv2.fillConvexPoly(inside, np.round(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    alpha = inside[..., None] * np.float32(1 / 255)
    other = grounds.tile(rng, *background.shape[:2]) if rng.random() < 0.6 else ink.sign_color(rng)
    background[:] = np.clip(other + alpha * (background.astype(np.float32) - other), 0, 255).astype(np.uint8)
