"""Letters without a background: a few lines as one mask, which is laid on a picture at any angle."""

from dataclasses import dataclass

import cv2
import numpy as np

from synthetic.faults import warps
from synthetic.letters import ink, typesetting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import scene, sheet


@dataclass(frozen=True)
class Lettering:
    """Lines of lettering."""

    coverage: np.ndarray  # uint8 [h, w]
    # Around each line: float32 [4, 2] clockwise from the text's top-left, or [2 n, 2] for bent lines (see
    # synthetic.surfaces.scene.outline)
    outlines: tuple[np.ndarray, ...]
    texts: tuple[str, ...]  # What the lines say
    em: float  # Size of the em square, in pixels


def straight(texts: list[str], style: Style, align: str = "middle", leading: float = 1.2) -> Lettering | None:
    """Lines below each other; returns the block, or None where nothing has ink.

    Args:
        align: "left", "middle" or "right".
        leading: From baseline to baseline, in em squares.
    """
    fitted = [typesetting.fit(text, style.font) for text in texts]
    made = [(text, typesetting.set_line(text, style)) for text in fitted if text]
    made = [(text, line) for text, line in made if line is not None]
    if not made:
        return None
    pad = max(2, round(0.3 * style.size))
    width = max(line.coverage.shape[1] for _, line in made)
    tops = [round(index * leading * style.size) + line.top for index, (_, line) in enumerate(made)]
    bottoms = [top + line.coverage.shape[0] for top, (_, line) in zip(tops, made, strict=True)]
    upper = min(tops)
    coverage = np.zeros((max(bottoms) - upper + 2 * pad, width + 2 * pad), np.uint8)
    outlines = []
    for top, (_, line) in zip(tops, made, strict=True):
        h, w = line.coverage.shape
        x = pad + {"left": 0, "middle": (width - w) // 2, "right": width - w}[align]
        y = top - upper + pad
        np.maximum(coverage[y : y + h, x : x + w], line.coverage, out=coverage[y : y + h, x : x + w])
        outlines.append(sheet.widened(warps.box(x, y, x + w, y + h)))
    return Lettering(coverage, tuple(outlines), tuple(text for text, _ in made), style.size)


def stacked(text: str, style: Style) -> Lettering | None:
    """Letters below each other, as on hotels' signs; one line whose quad is the column."""
    letters = [typesetting.set_line(letter, style) for letter in typesetting.fit(text, style.font) if letter != " "]
    letters = [letter for letter in letters if letter is not None]
    if len(letters) < 2:
        return None
    gap, pad = max(1, round(0.12 * style.size)), max(2, round(0.3 * style.size))
    width = max(letter.coverage.shape[1] for letter in letters)
    height = sum(letter.coverage.shape[0] + gap for letter in letters) - gap
    coverage, y = np.zeros((height + 2 * pad, width + 2 * pad), np.uint8), pad
    for letter in letters:
        h, w = letter.coverage.shape
        x = pad + (width - w) // 2
        coverage[y : y + h, x : x + w] = letter.coverage
        y += h + gap
    box = warps.box(pad, pad, pad + width, pad + height)
    return Lettering(coverage, (sheet.widened(box),), (text,), style.size)


def bent(block: Lettering, bend: float) -> Lettering:
    """Lays a block on a circle; returns the bent block; its outlines follow the lines.

    Args:
        bend: Angle in radians that its width takes of the circle; positive bends the ends down.
    """
    height, width = block.coverage.shape
    radius = width / abs(bend)
    middle, half = width / 2, abs(bend) / 2
    # Rows far from the circle's centre are the longer ones: the upper ones where the ends hang down.
    outer = radius + height / 2
    wide = int(np.ceil(2 * outer * np.sin(min(half, np.pi / 2)))) + 2
    tall = int(np.ceil(outer - (radius - height / 2) * np.cos(min(half, np.pi)))) + 2
    sign = 1.0 if bend > 0 else -1.0
    centre_y = outer if sign > 0 else tall - outer
    x, y = np.arange(wide, dtype=np.float32)[None] - wide / 2, np.arange(tall, dtype=np.float32)[:, None] - centre_y
    angle = np.arctan2(x, -sign * y)
    map_x = (middle + angle * radius).astype(np.float32)
    map_y = (height / 2 + sign * (radius - np.hypot(x, y))).astype(np.float32)
    coverage = cv2.remap(block.coverage, map_x, map_y, cv2.INTER_LINEAR)
    outlines = []
    for corners in block.outlines:
        points = scene.outline(corners) if len(corners) == 4 else corners
        turn, reach = (points[:, 0] - middle) / radius, radius - sign * (points[:, 1] - height / 2)
        places = np.stack([wide / 2 + reach * np.sin(turn), centre_y - sign * reach * np.cos(turn)], axis=1)
        outlines.append(places.astype(np.float32))
    return Lettering(coverage, tuple(outlines), block.texts, block.em)


def lay(
    rng: np.random.Generator,
    image: np.ndarray,
    block: Lettering,
    matrix: np.ndarray,
    use: str = "scene",
    opacity: float = 1.0,
) -> list[np.ndarray]:
    """Draws a block on a picture, in place.

    Args:
        image: BGR uint8 [H, W, 3].
        matrix: 3 x 3, from the block's pixels to the picture's.

    Returns:
        The quads of the lines in the picture, float32 [4, 2] each; they may reach out of it.
    """
    quads = [scene.enclosing(warps.move(points, matrix)) for points in block.outlines]
    height, width = block.coverage.shape
    corners = warps.move(warps.corners(height, width), matrix)
    low = np.clip(np.floor(corners.min(axis=0)), 0, image.shape[1::-1]).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)), 0, image.shape[1::-1]).astype(int)
    if (high - low).min() < 2:
        return quads
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    coverage = cv2.warpPerspective(block.coverage, warps.shift(*-low) @ matrix, size)
    window = image[low[1] : high[1], low[0] : high[0]]
    scale = float(np.sqrt(abs(cv2.contourArea(corners)) / (height * width)))
    painted = ink.paint(rng, window, coverage, block.em * scale, use)
    window[...] = cv2.addWeighted(painted, opacity, window, 1 - opacity, 0)
    return quads


def placed(points: np.ndarray, text: str) -> sheet.Placed:
    """A line at its place, of a quad or an outline in a sheet's coordinates."""
    return sheet.Placed(scene.enclosing(points), text)
