"""Places labels beside symbols so that they cover neither symbols nor each other.

The page leaves this to Vega's label transform, which needs a browser's canvas; pictures are drawn without one.
"""

from dataclasses import dataclass

_GLYPH_WIDTH = 0.56  # of a letter, in heights of the font; a little more than most sans-serif fonts have
_BOLD = 1.08
_LINE_HEIGHT = 1.15


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """True where the two share area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def inside(self, other: "Box") -> bool:
        """True where no part of this one is outside the other."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True)
class Request:
    """A label to be placed.

    Attributes:
        x: Centre of its symbol, in pixels.
        y: Vertical centre of its symbol, in pixels.
        text: What it says.
        bold: Placed first, and wider.
    """

    x: float
    y: float
    text: str
    bold: bool = False


def place(requests: list[Request], plot: Box, size: float, reach: float = 8.0) -> list[Box | None]:
    """Gives each label the first place around its symbol that is free.

    Args:
        requests: The symbols with their labels.
        plot: Where labels may be.
        size: Size of the font, in pixels.
        reach: From the centre of a symbol to its edge, in pixels.

    Returns:
        A box for each request, None where there is no free place.
    """
    taken = [Box(one.x - reach, one.y - reach, one.x + reach, one.y + reach) for one in requests]
    placed: list[Box | None] = [None] * len(requests)
    for index in sorted(range(len(requests)), key=lambda index: not requests[index].bold):
        for box in _candidates(requests[index], size, reach):
            if box.inside(plot) and not any(box.overlaps(other) for other in taken):
                placed[index] = box
                taken.append(box)
                break
    return placed


def _candidates(request: Request, size: float, reach: float) -> list[Box]:
    """Aslant before level: on the level of a symbol runs the line of the front."""
    width = len(request.text) * size * _GLYPH_WIDTH * (_BOLD if request.bold else 1)
    height = size * _LINE_HEIGHT
    lefts = {"right": request.x + reach + 1, "middle": request.x - width / 2, "left": request.x - reach - 1 - width}
    tops = {"level": request.y - height / 2, "above": request.y - reach - height, "below": request.y + reach}
    places = [("right", "below"), ("right", "above"), ("left", "above"), ("left", "below")]
    places += [("right", "level"), ("left", "level"), ("middle", "above"), ("middle", "below")]
    return [Box(lefts[x], tops[y], lefts[x] + width, tops[y] + height) for x, y in places]
