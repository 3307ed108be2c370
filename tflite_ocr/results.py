"""What the reader returns."""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Recognition:
    """Text of one crop.

    Attributes:
        text: The decoded text, possibly empty.
        confidence: In [0, 1]; how it is computed is a fact of the model's manifest.
    """

    text: str
    confidence: float


@dataclass(frozen=True)
class TextLine:
    """One line of text found in an image.

    Attributes:
        text: The decoded text, never empty.
        confidence: In [0, 1].
        quad: Four (x, y) corners in pixels of the upright image, clockwise from the corner that is
            top-left for a reader of the text.
    """

    text: str
    confidence: float
    quad: tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class TrackedLine(TextLine):
    """One line of text in a frame of a video.

    Attributes:
        track: Number of its track, from 1: the same in all frames that show this text, or a number that changes.
    """

    track: int


@dataclass(frozen=True)
class Page:
    """All lines of one image, in reading order, with its size and the time spent.

    Attributes:
        lines: The lines found; empty when there is no text.
        width: Width of the upright image in pixels.
        height: Height of the upright image in pixels.
        timing_ms: Milliseconds by stage: decode, detect, recognize, total.
    """

    lines: tuple[TextLine, ...]
    width: int
    height: int
    timing_ms: dict[str, float]
