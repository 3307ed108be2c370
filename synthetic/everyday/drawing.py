"""What the kinds share: inks, crops, turns and cameras for sheets with text."""

import cv2
import numpy as np

from synthetic.builtin.sheet import Color, Line, PlacedWord, Sheet, rectangle
from synthetic.calibration import text as synthetic


def colors(pairs: str) -> tuple[tuple[Color, ...], ...]:
    """Colours that belong together, BGR in hexadecimal digits, with a blank between them and two between the groups."""
    return tuple(tuple(tuple(bytes.fromhex(color)) for color in pair.split()) for pair in pairs.split("  "))


BLACK: Color = (20, 20, 20)
WHITE: Color = (255, 255, 255)
# Backgrounds and inks of screens, papers, signs; BGR.
PAIRS = colors(
    "ffffff 141414  ffffff 3c281e  ebf5fa 1e1e28  f0f0f0 782814  c8e6f5 141e5a  3c1414 ebf0f0  1e1e1e f0f0f0  "
    "2d641e f0faf5  1e1ebe ffffff  3cd2fa 141414  aa3c14 ffffff"
)
SANS = ("sans", "sans bold", "light sans")
PRINT = ("sans", "serif", "slab", "mono", "light sans", "roman", "thin sans", "typewriter")
ALL = (*PRINT, "sans bold", "serif bold", "slab bold", "mono bold", "sans oblique", "serif italic", "roman bold")


def cropped(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> Sheet:
    """A part of a sheet; places of text are cut at its border."""
    x0, y0 = max(0, round(left)), max(0, round(top))
    x1, y1 = min(sheet.width, round(right)), min(sheet.height, round(bottom))
    part = Sheet(sheet.image[y0:y1, x0:x1].copy())
    part.lines = [_moved(line, lambda quad: np.clip(quad - (x0, y0), 0, (x1 - x0, y1 - y0))) for line in sheet.lines]
    return part


def ink_box(sheet: Sheet, background: Color) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what differs from a plain background."""
    marked = np.abs(sheet.image - np.array(background, np.float32)).max(axis=2) > 40
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def turned(sheet: Sheet, quarters: int) -> Sheet:
    """The sheet turned counter-clockwise by quarters of a circle, no pixel blended."""
    for _ in range(quarters % 4):
        upright, sheet = sheet, Sheet(np.ascontiguousarray(np.rot90(sheet.image)))
        flipped = (0, upright.width)
        sheet.lines = [_moved(line, lambda quad, at=flipped: at + quad[:, ::-1] * (1, -1)) for line in upright.lines]
    return sheet


def rotated(sheet: Sheet, degrees: float, background: Color) -> Sheet:
    """The sheet turned counter-clockwise on a larger one of a plain background, so that nothing is cut off."""
    angle = np.radians(-degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = rectangle(0, 0, sheet.width, sheet.height) @ matrix.T
    moved -= moved.min(axis=0)
    width, height = np.ceil(moved.max(axis=0)).astype(int).tolist()
    whole = Sheet.plain(height, width, background)
    whole.lay(sheet, moved)
    return whole


def resized(sheet: Sheet, across: float, down: float) -> Sheet:
    """The sheet scaled by a factor each way: narrow letters of broad ones, sharp small ones of large ones."""
    height, width = max(1, round(sheet.height * down)), max(1, round(sheet.width * across))
    small = Sheet(cv2.resize(sheet.image, (width, height), interpolation=cv2.INTER_AREA))
    scale = width / sheet.width, height / sheet.height
    small.lines = [_moved(line, lambda quad: quad * scale) for line in sheet.lines]
    return small


def enlarged(sheet: Sheet, times: int) -> Sheet:
    """The sheet with every pixel as a square of several."""
    large = Sheet(np.repeat(np.repeat(sheet.image, times, axis=0), times, axis=1))
    large.lines = [_moved(line, lambda quad: quad * times) for line in sheet.lines]
    return large


def bent(sheet: Sheet, source_x: np.ndarray, source_y: np.ndarray, background: Color) -> Sheet:
    """The sheet bent: each pixel of the result is taken from a place of the sheet.

    Args:
        source_x: x in the sheet of every pixel of the result, float32 [h, w]; outside of the sheet is background.

    Returns:
        The bent sheet; texts get the upright rectangle around what became of their place.
    """
    image = cv2.remap(
        sheet.image, source_x, source_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=background
    )
    result = Sheet(np.clip(image, 0, 255))

    def around(quad: np.ndarray) -> np.ndarray:
        (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
        inside = (source_x >= x0) & (source_x < x1) & (source_y >= y0) & (source_y < y1)
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        return rectangle(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)

    result.lines = [_moved(line, around) for line in sheet.lines]
    return result


def one_line(sheet: Sheet, text: str) -> Sheet:
    """The sheet with all its lines as a single label: letters that were set one by one."""
    corners = np.concatenate([line.quad for line in sheet.lines])
    sheet.label(text, *corners.min(axis=0), *corners.max(axis=0))
    return sheet


def photographed(rng: np.random.Generator, sheet: Sheet, quality: float) -> Sheet:
    """The sheet as a camera gives it, from 0 (poor) to 1 (a good scanner)."""
    taken = Sheet(synthetic.photograph(rng, sheet.image, quality).astype(np.float32))
    taken.lines = sheet.lines
    return taken


def surroundings(rng: np.random.Generator, height: int, width: int, dark: float = 1.0) -> Sheet:
    """A wall, a table or a street out of focus: nothing to read."""
    view = synthetic.texture(rng, height, width, rng.uniform(0.35, 0.7))
    return Sheet(np.clip(view * dark, 0, 255))


def askew(rng: np.random.Generator, place: tuple[float, float, float, float], shift: float) -> np.ndarray:
    """Corners [4, 2] for Sheet.lay: a rectangle (left, top, right, bottom) with corners moved by `shift` pixels."""
    return rectangle(*place) + rng.uniform(-shift, shift, (4, 2))


def _moved(line: Line, move) -> Line:
    words = tuple(PlacedWord(word.text, move(word.quad)) for word in line.words)
    return Line(words, move(line.quad), line.ignore)
