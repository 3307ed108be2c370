"""What scenes draw on: a skia canvas laid out for 1920x1080 that keeps the place of every text."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from demo.film import theme
from demo.film.fonts import font
from demo.film.theme import Type
from tflite_ocr.errors import MissingDependencyError

try:
    import skia
except ImportError as error:  # also when the system has no libEGL or libGL
    raise MissingDependencyError(
        f"expected skia-python for drawing the film, found: {error}; "
        "pip install -e .[demo], and apt-get install libegl1 libgl1"
    ) from None


class PlacedText(NamedTuple):
    """A text and the box of its ink in pixels of 1920x1080."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Stage:
    """One picture after the other in the same memory.

    Attributes:
        pixels: uint8 [h, w, 4] in the order that FFmpeg calls "rgba".
        texts: Every text drawn since `clear`, unless it was nearly invisible.
    """

    def __init__(self, width: int = theme.WIDTH, height: int = theme.HEIGHT):
        """A stage that is rendered in a size in pixels."""
        self.pixels = np.zeros((height, width, 4), np.uint8)
        self._surface = skia.Surface(self.pixels)
        self.canvas = self._surface.getCanvas()
        self.canvas.scale(width / theme.WIDTH, height / theme.HEIGHT)
        self.texts: list[PlacedText] = []
        self._alpha = 1.0
        self._background = self._painted_ground(width, height)

    def clear(self) -> None:
        """Begins a new picture on the film's background."""
        self.texts = []
        self.pixels[:] = self._background

    @contextlib.contextmanager
    def faded(self, alpha: float, dx: float = 0.0, dy: float = 0.0) -> Iterator[None]:
        """All that is drawn within is fainter, and moved by some pixels."""
        before, self._alpha = self._alpha, self._alpha * min(1.0, max(0.0, alpha))
        self.canvas.save()
        self.canvas.translate(dx, dy)
        yield
        self.canvas.restore()
        self._alpha = before

    def text(
        self,
        words: str,
        x: float,
        y: float,
        kind: Type,
        color: str = theme.INK,
        align: str = "left",
        alpha: float = 1.0,
    ) -> float:
        """Writes a line.

        Args:
            x: Place of its left end, right end or middle, as `align` says.
            y: Height of its baseline.
            align: "left", "right" or "middle".

        Returns:
            x of its right end.
        """
        letters = font(kind.face, kind.size)
        width = letters.measureText(words)
        left = x - {"left": 0.0, "right": width, "middle": width / 2}[align]
        if self._alpha * alpha > 0.02 and words.strip():
            self.canvas.drawString(words, left, y, letters, self._paint(color, alpha))
            self._keep(words, left, y, letters)
        return left + width

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str | None = theme.PANEL,
        edge: str | None = None,
        radius: float = 14,
        alpha: float = 1.0,
        line: float = 2,
    ) -> None:
        """Draws a rectangle with round corners."""
        if width <= 0 or height <= 0:
            return
        bounds = skia.Rect.MakeXYWH(x, y, width, height)
        if fill:
            self.canvas.drawRoundRect(bounds, radius, radius, self._paint(fill, alpha))
        if edge:
            self.canvas.drawRoundRect(bounds, radius, radius, self._stroke(edge, line, alpha))

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float = 3, alpha: float = 1.0) -> None:
        """Draws a line through points."""
        if len(points) < 2:
            return
        path = skia.Path()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self.canvas.drawPath(path, self._stroke(color, width, alpha))

    def arrow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        color: str,
        share: float = 1.0,
        width: float = 4,
        head: float = 14,
    ) -> None:
        """Draws an arrow as far as it has grown, 0 to 1."""
        if share <= 0:
            return
        way = np.array(end, float) - start
        along = way / (np.hypot(*way) or 1.0)
        across, tip = along[::-1] * (-head * 0.62, head * 0.62), np.array(start) + way * share
        base = tip - along * head
        self.line([start, tuple(tip - along * head * 0.6)], color, width)
        path = skia.Path()
        path.moveTo(*map(float, tip))
        path.lineTo(*map(float, base - across))
        path.lineTo(*map(float, base + across))
        path.close()
        self.canvas.drawPath(path, self._paint(color, 1.0))

    def dot(self, x: float, y: float, radius: float, color: str, alpha: float = 1.0) -> None:
        """Draws a disc."""
        self.canvas.drawCircle(x, y, radius, self._paint(color, alpha))

    def picture(
        self, pixels_rgba: np.ndarray, x: float, y: float, width: float, height: float, radius: float = 0
    ) -> None:
        """Shows an image, uint8 RGBA [h, w, 4], in a rectangle."""
        image = skia.Image.fromarray(np.ascontiguousarray(pixels_rgba), copy=False)
        bounds = skia.Rect.MakeXYWH(x, y, width, height)
        self.canvas.save()
        if radius:
            self.canvas.clipRRect(skia.RRect.MakeRectXY(bounds, radius, radius), True)
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        self.canvas.drawImageRect(image, bounds, sampling, self._paint("#ffffff", 1.0))
        self.canvas.restore()

    def quad(self, corners: Sequence[tuple[float, float]], color: str, width: float = 3, alpha: float = 1.0) -> None:
        """Draws the outline of four corners."""
        points = [tuple(map(float, corner)) for corner in corners]
        self.line([*points, points[0]], color, width, alpha)

    def _keep(self, words: str, left: float, baseline: float, letters) -> None:
        bounds = skia.Rect.MakeEmpty()
        letters.measureText(words, skia.TextEncoding.kUTF8, bounds)
        bounds = bounds.makeOffset(left, baseline)
        whole = self.canvas.getTotalMatrix().mapRect(bounds)
        scale = theme.WIDTH / self.pixels.shape[1]
        self.texts.append(
            PlacedText(words, *(side * scale for side in (whole.left(), whole.top(), whole.right(), whole.bottom())))
        )

    def _paint(self, color: str, alpha: float) -> skia.Paint:
        paint = skia.Paint(AntiAlias=True, Color=skia.Color(*rgb(color)))
        paint.setAlphaf(min(1.0, max(0.0, alpha * self._alpha)))
        return paint

    def _stroke(self, color: str, width: float, alpha: float) -> skia.Paint:
        paint = self._paint(color, alpha)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
        return paint

    def _painted_ground(self, width: int, height: int) -> np.ndarray:
        """From one dark to another, with noise below a step of grey, so that no bands are seen."""
        down = np.linspace(0, 1, height)[:, None, None]
        color = np.array(rgb(theme.GROUND)) * (1 - down) + np.array(rgb(theme.GROUND_LOW)) * down
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, (height, width, 1))
        background = np.full((height, width, 4), 255, np.uint8)
        background[..., :3] = np.clip(np.rint(color + noise), 0, 255)
        return background


def rgb(color: str) -> tuple[int, int, int]:
    """(red, green, blue) of "#rrggbb"."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def measure(words: str, kind: Type) -> float:
    """Width of a line in pixels of 1080 lines."""
    return font(kind.face, kind.size).measureText(words)


def wrap(words: str, width: float, kind: Type) -> list[str]:
    """Breaks a text into lines of at most `width` pixels; a single longer word has a line of its own."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, kind) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
