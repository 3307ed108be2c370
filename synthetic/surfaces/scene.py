"""A picture with text and where the text is: what a detector learns from."""

from dataclasses import dataclass

import cv2
import numpy as np

# Of a quad that the picture's border cuts: the smallest side in pixels that stays; what of the height may be lost above
# or below; and the length in heights that can be read.
_LEAST_SIDE = 2
_STRIP, _LEAST_RATIO = 0.15, 1.2
_BENT_STEPS = 9
# Lines of fewer pixels can not be read.
_LEAST_HEIGHT = 5
# Deviation of a line's grey levels below which it is not seen, and correlation with the clean line below which it is
# not recognized.
_LEAST_DEVIATION, _LEAST_LIKENESS = 7.0, 0.45


@dataclass(frozen=True)
class LabelledScene:
    """A picture and its lines of text."""

    image_bgr: np.ndarray  # uint8 [H, W, 3]
    # float32 [N, 4, 2], corners (x, y) in pixels, clockwise from the top-left of the text as it is read; 0 <= x <= W, 0
    # <= y <= H. One quad a stretch of text without wide gaps, tight around its ink
    quads: np.ndarray
    texts: tuple[str, ...]  # What is in each quad; "" where the picture's border cuts it
    ignore: np.ndarray  # bool [N], true where the text is too small, too blurred or too much cut to be read


def from_parts(
    image_bgr: np.ndarray, quads: list[np.ndarray], texts: list[str], ignore: list[bool], blur_height: float = 0.0
) -> LabelledScene:
    """Makes a scene of quads that may reach out of the picture: they are cut, and dropped where nothing is left.

    Args:
        image_bgr: uint8 [H, W, 3].
        quads: Each [4, 2], clockwise from the text's top-left.
        blur_height: Height of text in pixels that the picture's faults just leave readable; lines of less than half
            of it are ignored.

    Returns:
        The scene; its quads lie in the picture.
    """
    height, width = image_bgr.shape[:2]
    least = max(_LEAST_HEIGHT, 0.45 * blur_height)
    kept: list[tuple[np.ndarray, str, bool]] = []
    for quad, text, unread in zip(quads, texts, ignore, strict=True):
        quad = np.asarray(quad, np.float32)
        unread = bool(unread or _sides(quad).min() < least)
        for part, readable in cut(quad, width, height):
            whole = part is quad or _sides(part)[0] > 0.97 * _sides(quad)[0]
            kept.append((part, text if whole and readable else "", unread or not readable))
    return LabelledScene(
        image_bgr=image_bgr,
        quads=np.array([part for part, _, _ in kept], np.float32).reshape(len(kept), 4, 2),
        texts=tuple(text for _, text, _ in kept),
        ignore=np.array([unread for _, _, unread in kept], bool),
    )


def unread(clean_bgr: np.ndarray, seen_bgr: np.ndarray, quads: list[np.ndarray]) -> list[bool]:
    """Which lines are not to be read in a picture that went through degradations, by comparing it to the clean one.

    A line counts as lost where the patch around it hardly resembles the clean patch any more (erased by a threshold,
    washed out, drowned in noise or blur), or where the ink hardly differed from its background from the beginning.

    Args:
        clean_bgr: uint8 [H, W, 3], before the degradations.
        seen_bgr: uint8 [H, W, 3], after them; no pixel has moved.
        quads: Each [4, 2].

    Returns:
        One a quad.
    """
    clean, seen = (cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (clean_bgr, seen_bgr))
    height, width = clean.shape
    lost = []
    for quad in quads:
        low = np.clip(np.floor(quad.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
        high = np.clip(np.ceil(quad.max(axis=0)), low + 1, (width, height)).astype(int)
        area = slice(low[1], high[1]), slice(low[0], high[0])
        lost.append(_differs(clean[area], seen[area]))
    return lost


def _differs(clean: np.ndarray, seen: np.ndarray) -> bool:
    clean, seen = clean.astype(np.float32), seen.astype(np.float32)
    clean, seen = clean - clean.mean(), seen - seen.mean()
    power, kept = float((clean * clean).mean()), float((seen * seen).mean())
    if power < _LEAST_DEVIATION**2 or kept < _LEAST_DEVIATION**2:
        return True
    return float((clean * seen).mean()) < _LEAST_LIKENESS * np.sqrt(power * kept)


def text_height(quads: list[np.ndarray], default: float) -> float:
    """Height of rather small lines among some (a fifth are smaller), in pixels; `default` where there are none."""
    return float(np.percentile([_sides(np.asarray(quad))[1] for quad in quads], 20)) if quads else float(default)


def outline(quad: np.ndarray) -> np.ndarray:
    """A quad as points along its upper side and back along its lower one, for maps that bend lines; [2 n, 2]."""
    shares = np.linspace(0, 1, _BENT_STEPS, dtype=np.float32)[:, None]
    above, below = quad[0] + (quad[1] - quad[0]) * shares, quad[3] + (quad[2] - quad[3]) * shares
    return np.concatenate([above, below[::-1]])


def enclosing(points: np.ndarray) -> np.ndarray:
    """The smallest rectangle around a moved outline, its corners in the outline's order; four points stay.

    Args:
        points: float32 [4, 2], or [2 n, 2] as `outline` orders them.

    Returns:
        float32 [4, 2].
    """
    if len(points) == 4:
        return np.asarray(points, np.float32)
    half = len(points) // 2
    ends = points[[0, half - 1, half, -1]]
    corners = cv2.boxPoints(cv2.minAreaRect(np.asarray(points, np.float32)))
    if np.cross(corners[1] - corners[0], corners[2] - corners[1]) < 0:
        corners = corners[::-1]
    turns = [np.roll(corners, -turn, axis=0) for turn in range(4)]
    return min(turns, key=lambda turned: float(np.linalg.norm(turned - ends, axis=1).sum())).astype(np.float32)


def cut(quad: np.ndarray, width: int, height: int) -> list[tuple[np.ndarray, bool]]:
    """Cuts a quad to the picture, along the text.

    Args:
        quad: float32 [4, 2].

    Returns:
        The stretch that is seen at nearly its whole height, and those where only a strip of the line is seen, each
        with whether it can be read; parts of less than two pixels are skipped.
    """
    if quad.min() >= 0 and (quad <= (width, height)).all():
        return [(quad, True)]
    inner = quad + (quad[[3, 2, 1, 0]] - quad) * _STRIP
    upper, lower = _inside(inner[0], inner[1], width, height), _inside(inner[3], inner[2], width, height)
    edges = [upper, lower, _inside(quad[0], quad[1], width, height), _inside(quad[3], quad[2], width, height)]
    seen = [edge for edge in edges if edge is not None]
    if not seen:
        return []
    first, last = min(edge[0] for edge in seen), max(edge[1] for edge in seen)
    if upper is None or lower is None or min(upper[1], lower[1]) <= max(upper[0], lower[0]):
        stretches = [(first, last, False)]
    else:
        start, stop = max(upper[0], lower[0]), min(upper[1], lower[1])
        stretches = [(first, start, False), (start, stop, True), (stop, last, False)]
    parts = []
    for begin, end, readable in stretches:
        part = _stretch(quad, begin, end)
        np.clip(part, 0, (width, height), out=part)
        if _sides(part).min() >= _LEAST_SIDE and cv2.contourArea(part) >= _LEAST_SIDE**2:
            length, tall = _sides(part)
            parts.append((part, readable and (end - begin > 0.9 or length > _LEAST_RATIO * tall)))
    return parts


def _inside(start: np.ndarray, stop: np.ndarray, width: int, height: int) -> tuple[float, float] | None:
    """The share, 0 to 1, of a line between two points that lies in the picture; None where it is nowhere."""
    first, last = 0.0, 1.0
    for begin, step, limit in zip(start.tolist(), (stop - start).tolist(), (width, height), strict=True):
        if abs(step) < 1e-6:
            if not 0 <= begin <= limit:
                return None
            continue
        enter, leave = sorted((-begin / step, (limit - begin) / step))
        first, last = max(first, enter), min(last, leave)
    return (first, last) if last > first else None


def _stretch(quad: np.ndarray, begin: float, end: float) -> np.ndarray:
    """The part of a quad between two shares of its length."""
    along = np.stack([quad[1] - quad[0], quad[2] - quad[3]])
    start = quad[[0, 3]]
    (a, d), (b, c) = start + along * begin, start + along * end
    return np.stack([a, b, c, d]).astype(np.float32)


def _sides(quad: np.ndarray) -> np.ndarray:
    """Length and height, float [2], each the mean of two opposite sides."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return np.array([sides[0] + sides[2], sides[1] + sides[3]]) / 2
