"""Places labels beside symbols so that they cover neither symbols nor each other.

The page leaves this to Vega's label transform, which needs a browser's canvas; pictures are drawn without one.
"""

from dataclasses import dataclass
from typing import NamedTuple

_GLYPH_WIDTH = 0.56  # of a letter, in heights of the font; a little more than most sans-serif fonts have
_BOLD = 1.08
_LINE_HEIGHT = 1.15
_REACH = 8.0  # pixels from the centre of a symbol to its edge


class PlotBox(NamedTuple):
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "PlotBox") -> bool:
        """True where the two share area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def inside(self, other: "PlotBox") -> bool:
        """True where no part of this one is outside the other."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True)
class Request:
    """A label to be placed beside the symbol whose centre is (x, y) in pixels; a bold one comes first, and is wider."""

    x: float
    y: float
    text: str
    bold: bool = False


def place(requests: list[Request], plot: PlotBox, size: float) -> list[PlotBox | None]:
    """The first free place around its symbol for each label; None where there is none."""
    taken = [PlotBox(one.x - _REACH, one.y - _REACH, one.x + _REACH, one.y + _REACH) for one in requests]
    placed: list[PlotBox | None] = [None] * len(requests)
    for index in sorted(range(len(requests)), key=lambda index: not requests[index].bold):
        fitting = (box for box in _candidates(requests[index], size) if box.inside(plot))
        placed[index] = next((box for box in fitting if not any(box.overlaps(other) for other in taken)), None)
        taken += filter(None, [placed[index]])
    return placed


def _candidates(request: Request, size: float) -> list[PlotBox]:
    """Aslant before level: on the level of a symbol runs the line of the front."""
    width = len(request.text) * size * _GLYPH_WIDTH * (_BOLD if request.bold else 1)
    height = size * _LINE_HEIGHT
    right, middle, left = request.x + _REACH + 1, request.x - width / 2, request.x - _REACH - 1 - width
    level, above, below = request.y - height / 2, request.y - _REACH - height, request.y + _REACH
    places = [(right, below), (right, above), (left, above), (left, below)]
    places += [(right, level), (left, level), (middle, above), (middle, below)]
    return [PlotBox(x, y, x + width, y + height) for x, y in places]
