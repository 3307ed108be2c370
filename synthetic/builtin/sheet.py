"""A surface to write on that keeps the place of every line and word, and can be laid on another surface.

Texts are set in the fonts that matplotlib brings, with the simple layout of Pillow, so that equal versions of these
libraries draw equal pictures on any machine.
"""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synthetic.calibration import text as synthetic
from tflite_ocr.errors import MissingDependencyError

FACES = {
    "sans": "DejaVuSans.ttf",
    "sans bold": "DejaVuSans-Bold.ttf",
    "sans oblique": "DejaVuSans-Oblique.ttf",
    "serif": "STIXGeneral.ttf",
    "serif bold": "STIXGeneralBol.ttf",
    "serif italic": "STIXGeneralItalic.ttf",
    "slab": "DejaVuSerif.ttf",
    "slab bold": "DejaVuSerif-Bold.ttf",
    "mono": "DejaVuSansMono.ttf",
    "mono bold": "DejaVuSansMono-Bold.ttf",
}
# Further ones, which the words of the built-in set are not drawn in.
MORE_FACES = {
    "sans bold oblique": "DejaVuSans-BoldOblique.ttf",
    "mono oblique": "DejaVuSansMono-Oblique.ttf",
    "slab italic": "DejaVuSerif-Italic.ttf",
    "serif bold italic": "STIXGeneralBolIta.ttf",
    "roman": "cmr10.ttf",
    "roman bold": "cmb10.ttf",
    "thin sans": "cmss10.ttf",
    "typewriter": "cmtt10.ttf",
}
# Characters that some of them draw as others, by an encoding of old.
OTHERWISE = dict.fromkeys(("roman", "roman bold", "thin sans"), '<>{}|_\\"')
# The face that Pillow brings; it has no letters with marks.
PILLOW_FACE = "light sans"
Color = tuple[float, float, float]
# Boxes are drawn as layout programs do, equally high for all letters, in ems from the baseline and beside the ink.
# They lie midway between engines that find the ink alone and those that leave a wide margin around it: at an
# intersection over union of 0.5 either may match even a short word.
_ABOVE, _BELOW, _SIDE = 0.95, 0.28, 0.06


@dataclass(frozen=True)
class PlacedWord:
    """A word and its place: float64 [4, 2], (x, y) in pixels, clockwise from the top-left of the text."""

    text: str
    quad: np.ndarray


@dataclass(frozen=True)
class Line:
    """Words side by side."""

    words: tuple[PlacedWord, ...]  # From left to right
    quad: np.ndarray  # Around all words, as in Word
    ignore: bool = False  # Too small or too faint to be asked for

    @property
    def text(self) -> str:
        """The words with blanks between them."""
        return " ".join(word.text for word in self.words)


class Sheet:
    """An image with the lines of text that stand on it.

    Attributes:
        image: BGR [h, w, 3], float32 in [0, 255].
        lines: In the order in which they were written.
    """

    def __init__(self, image: np.ndarray):
        self.image = image
        self.lines: list[Line] = []

    @classmethod
    def plain(cls, height: int, width: int, color: Color) -> "Sheet":
        """A sheet of one colour, BGR."""
        image = np.empty((height, width, 3), np.float32)
        image[:] = color
        return cls(image)

    @property
    def height(self) -> int:
        """In pixels."""
        return self.image.shape[0]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.image.shape[1]

    def write(
        self,
        text: str,
        left: float,
        baseline: float,
        face: str,
        size: int,
        ink: Color = (25, 25, 25),
        align: str = "left",
        ignore: bool = False,
    ) -> float:
        """Writes a line of text; returns x of its right end.

        Args:
            text: Words with single blanks between them.
            left: x of its left end; of its right end or middle as `align` says.
            face: Key of FACES or MORE_FACES, or PILLOW_FACE.
            align: "left", "right" or "middle".

        Raises:
            ValueError: It does not fit on the sheet.
        """
        letters = font(face, size)
        width = letters.getlength(text)
        left = round(left - {"left": 0, "right": width, "middle": width / 2}[align])
        baseline = round(baseline)
        words = tuple(_words(text, left, baseline, letters))
        corners = np.concatenate([word.quad for word in words])
        low, high = corners.min(axis=0), corners.max(axis=0)
        if (low < 0).any() or (high > (self.width, self.height)).any():
            raise ValueError(f"{text!r} takes {low} to {high} of a sheet of {self.width}x{self.height} pixels")
        mask = Image.new("L", (self.width, size * 2))
        ImageDraw.Draw(mask).text((left, size * 1.5), text, font=letters, fill=255, anchor="ls")
        coverage = np.asarray(mask, np.float32) / 255
        synthetic.put(self.image, coverage, 0, baseline - int(size * 1.5), np.array(ink))
        if ignore:  # a don't-care covers what any engine may find there
            low, high = low - size / 2, high + size / 2
        self.lines.append(Line(words, rectangle(*low, *high), ignore))
        return left + width

    def row(
        self,
        cells: Iterable[str],
        columns: Iterable[tuple[float, str]],
        baseline: float,
        face: str,
        size: int,
        ink: Color = (25, 25, 25),
    ) -> None:
        """Writes cells side by side, each at the place and with the alignment of its column; see `write`."""
        for cell, (left, align) in zip(cells, columns, strict=True):
            self.write(cell, left, baseline, face, size, ink, align)

    def label(self, text: str, x0: float, y0: float, x1: float, y1: float) -> None:
        """Keeps the place of a text that was drawn otherwise, as one word and as the only line."""
        quad = rectangle(x0, y0, x1, y1)
        self.lines = [Line((PlacedWord(text, quad),), quad)]

    def paragraph(
        self,
        text: str,
        left: float,
        baseline: float,
        width: float,
        face: str,
        size: int,
        leading: float = 1.45,
        ink: Color = (25, 25, 25),
    ) -> float:
        """Writes a text in lines of at most `width` pixels; returns the baseline of the line that would follow."""
        letters, line = font(face, size), ""
        for word in [*text.split(), None]:
            longer = f"{line} {word}".strip()
            if line and (word is None or letters.getlength(longer) > width):
                self.write(line, left, baseline, face, size, ink)
                baseline += size * leading
                longer = word
            line = longer
        return baseline

    def rule(self, x0: float, y0: float, x1: float, y1: float, thickness: int = 1, ink: Color = (60, 60, 60)) -> None:
        """Draws a line between two points."""
        cv2.line(self.image, (round(x0), round(y0)), (round(x1), round(y1)), ink, thickness, cv2.LINE_AA)

    def box(self, x0: float, y0: float, x1: float, y1: float, color: Color, thickness: int = -1) -> None:
        """Draws a rectangle; a thickness of -1 fills it."""
        cv2.rectangle(self.image, (round(x0), round(y0)), (round(x1), round(y1)), color, thickness, cv2.LINE_AA)

    def lay(self, other: "Sheet", corners: Iterable, shadow: float = 0.0) -> None:
        """Lays another sheet on this one and takes over its lines.

        Args:
            corners: [4, 2], where its corners come to lie, clockwise from its top-left.
            shadow: Darkness of the shadow that it casts, 0 to 1.
        """
        source = rectangle(0, 0, other.width, other.height).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(source, np.asarray(corners, np.float32))
        size = (self.width, self.height)
        cover = cv2.warpPerspective(np.ones(other.image.shape[:2], np.float32), matrix, size)[..., None]
        if shadow:
            soft = cv2.GaussianBlur(np.roll(cover[..., 0], (6, 5), axis=(0, 1)), (0, 0), 6)[..., None]
            self.image *= 1 - shadow * soft
        # Area interpolation by hand: a sheet that shrinks is blurred first, so that thin strokes stay.
        shrink = np.sqrt(cv2.contourArea(source) / cv2.contourArea(np.asarray(corners, np.float32)))
        smooth = cv2.GaussianBlur(other.image, (0, 0), 0.45 * shrink) if shrink > 1.2 else other.image
        laid = cv2.warpPerspective(smooth, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        self.image += cover * (laid - self.image)
        for line in other.lines:
            words = tuple(PlacedWord(word.text, _moved(word.quad, matrix)) for word in line.words)
            self.lines.append(Line(words, _moved(line.quad, matrix), line.ignore))


def shrunken(sheet: Sheet, scale: float) -> Sheet:
    """The sheet in fewer pixels."""
    height, width = round(sheet.height * scale), round(sheet.width * scale)
    small = Sheet.plain(height, width, (0, 0, 0))
    small.lay(sheet, rectangle(0, 0, width, height))
    return small


@cache
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A font in a size in pixels.

    Raises:
        MissingDependencyError: matplotlib, which brings the fonts, is not installed.
    """
    spec = importlib.util.find_spec("matplotlib")
    if spec is None:
        raise MissingDependencyError(
            "matplotlib, which brings the fonts of the built-in set, is missing: pip install -e .[bench]"
        )
    if face == PILLOW_FACE:
        return ImageFont.load_default(size).font_variant(layout_engine=ImageFont.Layout.BASIC)
    folder = Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    path = folder / (FACES | MORE_FACES)[face]
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _words(text: str, left: float, baseline: float, letters: ImageFont.FreeTypeFont) -> Iterable[PlacedWord]:
    start = 0
    for word in text.split(" "):
        x = left + letters.getlength(text[:start])
        x0, _, x1, _ = letters.getbbox(word, anchor="ls")
        pad, above, below = (share * letters.size for share in (_SIDE, _ABOVE, _BELOW))
        yield PlacedWord(word, rectangle(x + x0 - pad, baseline - above, x + x1 + pad, baseline + below))
        start += len(word) + 1


def rectangle(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Corners of an upright rectangle, float64 [4, 2], clockwise from its top-left."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)


def _moved(quad: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.perspectiveTransform(quad[None], matrix)[0]
