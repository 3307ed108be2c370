"""A flat surface under the pen: lines of text and rules are drawn on it, and the place of every line is kept."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from synthetic.faults import warps
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style

# Quads stand off the ink by this share of the line's height, at least by this many pixels.
_MARGIN, _LEAST_MARGIN = 0.1, 1.2
# Lines whose ends are nearer than this share of their height belong together, as words do.
_JOINED_GAP = 0.5


@dataclass(frozen=True)
class Placed:
    """A line on a sheet."""

    quad: np.ndarray  # float32 [4, 2], clockwise from the text's top-left, in the sheet's coordinates
    text: str  # What it says
    ignore: bool = False  # Whether it can not be read


@dataclass
class Surface:
    """What is drawn on. Coordinates are the page's; the image is a window of it whose corner lies at `origin`."""

    image: np.ndarray  # BGR uint8 [H, W, 3], changed in place
    origin: tuple[int, int] = (0, 0)  # x and y of the image's top-left corner on the page
    alpha: np.ndarray | None = None  # Opacity uint8 [H, W] of sheets that are laid on something; None is opaque
    lines: list[Placed] = field(default_factory=list)  # What has been written, as far as it is seen in the image

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the image on the page."""
        x, y = self.origin
        return x, y, x + self.image.shape[1], y + self.image.shape[0]

    def write(
        self,
        rng: np.random.Generator,
        text: str,
        style: Style,
        x: float,
        baseline: float,
        anchor: str = "left",
        gaps: float = 0.0,
        turns: int = 0,
        ignore: bool = False,
        keep: bool = True,
    ) -> float:
        """Writes a line; what lies outside of the image is cut off.

        Args:
            text: Characters that the font lacks are skipped.
            x: Place of the line's origin, middle or end, as the anchor says.
            anchor: "left", "middle" or "right".
            gaps: Pixels added to every blank.
            turns: Quarter turns clockwise around the origin; then the anchor is "left".
            ignore: Whether it is no text that anybody would read, such as a row of dashes.
            keep: Whether its place is kept; not that of the shadow of a line, for example.

        Returns:
            x where the line ends (of a turned line: its length).
        """
        text = typesetting.fit(text, style.font)
        length = typesetting.width(text, style) + gaps * text.count(" ")
        start = x - {"left": 0.0, "middle": length / 2, "right": length}[anchor]
        if not turns and not self._sees(start, baseline - 2 * style.size, start + length, baseline + style.size):
            return start + length
        made = typesetting.set_line(text, style, gaps)
        if made is None:
            return start + length
        coverage = style.wear(rng, made.coverage, style.size) if style.wear else made.coverage
        left, top = round(start) + made.left, round(baseline) + made.top
        if turns % 4:
            coverage, left, top = _turned(coverage, round(start), round(baseline), made.left, made.top, turns)
        self.lay(coverage, left, top, style.color, style.opacity)
        height, width = coverage.shape
        if keep:
            self.add(np.roll(warps.box(left, top, left + width, top + height), -turns, axis=0), text, ignore)
        return start + length

    def add(self, quad: np.ndarray, text: str, ignore: bool = False) -> None:
        """Keeps the place of a line, given tight around its ink; lines outside of the image are forgotten."""
        low, high = quad.min(axis=0), quad.max(axis=0)
        if self._sees(*low, *high):
            self.lines.append(Placed(widened(quad), text, ignore))

    def lay(self, coverage: np.ndarray, left: int, top: int, color, opacity: float = 1.0) -> None:
        """Lays ink through a mask uint8 [h, w] whose top-left corner lies at (left, top) of the page."""
        x, y = left - self.origin[0], top - self.origin[1]
        paint(self.image, coverage, x, y, color, opacity)
        if self.alpha is not None:
            rows, columns, part = _overlap(self.alpha, coverage, x, y)
            if part.size:
                target = self.alpha[rows, columns]
                np.maximum(target, (part * opacity).astype(np.uint8), out=target)

    def fill(self, left: float, top: float, right: float, bottom: float, color, radius: int = 0) -> None:
        """A filled rectangle, with round corners if a radius is given."""
        rectangle(self.image, [round(v) for v in self._local(left, top, right, bottom)], color, -1, radius)

    def frame(self, left: float, top: float, right: float, bottom: float, color, thickness: int = 1, radius: int = 0):
        """The edges of a rectangle."""
        rectangle(self.image, [round(v) for v in self._local(left, top, right, bottom)], color, thickness, radius)

    def rule(self, left: float, top: float, right: float, bottom: float, color, thickness: int = 1, dash: int = 0):
        """A straight line, broken into dashes of a length in pixels if one is given."""
        x0, y0, x1, y1 = self._local(left, top, right, bottom)
        if not dash:
            cv2.line(self.image, (round(x0), round(y0)), (round(x1), round(y1)), color, thickness)
            return
        steps = max(1, int(np.hypot(x1 - x0, y1 - y0) / (2 * dash)))
        for step in range(steps):
            (ax, ay), (bx, by) = (
                (round(x0 + (x1 - x0) * share), round(y0 + (y1 - y0) * share))
                for share in (step / steps, (step + 0.5) / steps)
            )
            cv2.line(self.image, (ax, ay), (bx, by), color, thickness)

    def picture(self, image: np.ndarray, left: float, top: float) -> None:
        """Puts a picture, BGR uint8 [h, w, 3], on the sheet."""
        x, y = round(left - self.origin[0]), round(top - self.origin[1])
        rows, columns, part = _overlap(self.image, image, x, y)
        self.image[rows, columns] = part

    def _local(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        x, y = self.origin
        limit = 8000  # OpenCV draws slowly, or nothing, far outside
        return tuple(float(np.clip(v, -limit, limit)) for v in (left - x, top - y, right - x, bottom - y))

    def _sees(self, left: float, top: float, right: float, bottom: float) -> bool:
        x0, y0, x1, y1 = self.bounds
        return left < x1 and right > x0 and top < y1 and bottom > y0


def joined(lines: list[Placed]) -> list[Placed]:
    """Makes one line of level lines that follow each other as closely as words do.

    Args:
        lines: Lines of an upright sheet.

    Returns:
        The joined lines, and the others as they were; ignored and turned lines are not joined.
    """
    if not lines:
        return []
    quads = np.stack([line.quad for line in lines])
    low, high = quads[:, 0], quads[:, 2]
    level = np.array([not line.ignore for line in lines]) & (high > low).all(axis=1)
    level &= (np.abs(quads[:, 1, 1] - low[:, 1]) < 0.5) & (np.abs(quads[:, 3, 0] - low[:, 0]) < 0.5)
    tall = np.maximum(high[:, 1] - low[:, 1], 1e-6)
    shared = np.minimum(high[:, None, 1], high[None, :, 1]) - np.maximum(low[:, None, 1], low[None, :, 1])
    least, most = np.minimum(tall[:, None], tall[None]), np.maximum(tall[:, None], tall[None])
    gap = low[None, :, 0] - high[:, None, 0]
    follows = level[:, None] & level[None] & (shared > 0.6 * least) & (most < 1.8 * least)
    follows &= (gap < _JOINED_GAP * least) & (gap > -0.5 * least) & (low[None, :, 0] > low[:, None, 0])
    groups = list(range(len(lines)))
    for first, second in np.argwhere(follows):
        old, new = groups[second], groups[first]
        groups = [new if group == old else group for group in groups]
    members: dict[int, list[Placed]] = {}
    for line, group in zip(lines, groups, strict=True):
        members.setdefault(group, []).append(line)
    return [_merged(group) for group in members.values()]


def _merged(lines: list[Placed]) -> Placed:
    if len(lines) == 1:
        return lines[0]
    lines = sorted(lines, key=lambda line: float(line.quad[0, 0]))
    quads = np.stack([line.quad for line in lines])
    (left, top), (right, bottom) = quads.min(axis=(0, 1)), quads.max(axis=(0, 1))
    return Placed(warps.box(left, top, right, bottom), " ".join(line.text for line in lines))


def paint(image: np.ndarray, coverage: np.ndarray, left: int, top: int, color, opacity: float = 1.0) -> None:
    """Lays ink on an image in place, through a mask; all text of all pictures is drawn by this function.

    Args:
        image: BGR uint8 [H, W, 3].
        coverage: uint8 [h, w].
        color: BGR [3], or a picture [h, w, 3] of the mask's size.
    """
    rows, columns, part = _overlap(image, coverage, left, top)
    if not part.size:
        return
    color = np.asarray(color, np.float32)
    if color.ndim == 3:
        color = _overlap(image, color, left, top)[2]
    target = image[rows, columns]
    alpha = part[..., None] * np.float32(opacity / 255)
    target[...] = (target + alpha * (color - target) + 0.5).astype(np.uint8)


def rectangle(image: np.ndarray, box, color, thickness: int, radius: int = 0) -> None:
    """A rectangle on an image in place: filled where the thickness is negative, with round corners."""
    left, top, right, bottom = box
    color = [float(value) for value in color]
    radius = int(min(radius, (right - left) / 2, (bottom - top) / 2))
    if radius < 2:
        cv2.rectangle(image, (left, top), (right, bottom), color, thickness)
        return
    if thickness < 0:
        cv2.rectangle(image, (left + radius, top), (right - radius, bottom), color, -1)
        cv2.rectangle(image, (left, top + radius), (right, bottom - radius), color, -1)
    else:
        for y in (top, bottom):
            cv2.line(image, (left + radius, y), (right - radius, y), color, thickness)
        for x in (left, right):
            cv2.line(image, (x, top + radius), (x, bottom - radius), color, thickness)
    for x, y, angle in (
        (left + radius, top + radius, 180),
        (right - radius, top + radius, 270),
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
    ):
        cv2.ellipse(image, (x, y), (radius, radius), angle, 0, 90, color, thickness, cv2.LINE_AA)


def widened(quad: np.ndarray) -> np.ndarray:
    """A quad that is tight around ink, with the margin that labels have; float32 [4, 2]."""
    quad = np.asarray(quad, np.float32)
    along, down = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
    length, height = max(float(np.linalg.norm(along)), 1e-6), max(float(np.linalg.norm(down)), 1e-6)
    margin = max(_LEAST_MARGIN, _MARGIN * min(height, 4 * length))
    along, down = along / length * margin, down / height * margin
    return quad + np.float32([-along - down, along - down, along + down, down - along])


def _overlap(image: np.ndarray, patch: np.ndarray, left: int, top: int) -> tuple[slice, slice, np.ndarray]:
    """Rows and columns of the image that a patch covers, and the part of the patch that does."""
    rows = slice(max(0, top), max(0, min(image.shape[0], top + patch.shape[0])))
    columns = slice(max(0, left), max(0, min(image.shape[1], left + patch.shape[1])))
    part = patch[rows.start - top : max(0, rows.stop - top), columns.start - left : max(0, columns.stop - left)]
    return rows, columns, part


def _turned(coverage: np.ndarray, x: int, y: int, left: int, top: int, turns: int) -> tuple[np.ndarray, int, int]:
    """A mask at (left, top) from the origin (x, y), turned around that; and its new top-left corner on the page."""
    height, width = coverage.shape
    codes = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}
    corners = {1: (-top - height, left), 2: (-left - width, -top - height), 3: (top, -left - width)}
    dx, dy = corners[turns % 4]
    return cv2.rotate(coverage, codes[turns % 4]), x + dx, y + dy
