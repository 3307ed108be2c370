"""What the student detector is trained to, made of the teacher's map and of the quads that are known."""

import cv2
import numpy as np

# DB's labels are the text shrunk by D = area * (1 - r^2) / perimeter with r = 0.4 (arXiv 1911.08947, section 3.4).
_SHRINK = 0.4
# Mean of the teacher's map inside a shrunk line from which on it has seen the line.
_SEEN = 0.35
_UNSURE = (0.1, 0.6)  # between which it does not know whether an unreadable line is text
_MARGIN = 0.25  # of a line's height around it, in which the teacher's map is not questioned


def targets(
    teacher: np.ndarray, quads: np.ndarray, ignore: np.ndarray, complete: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Joins what the teacher sees with what is known to be there.

    Args:
        teacher: float32 [h, w], probabilities in [0, 1].
        quads: float32 [N, 4, 2] in pixels of the map.
        ignore: bool [N].
        complete: Whether all text lies in the quads; elsewhere the teacher alone counts then no more. Otherwise an
            unreadable line in which the teacher is sure follows the teacher.

    Returns:
        float32 [h, w] probabilities to learn, and float32 [h, w] weights: 0 where nobody knows.
    """
    weight = np.ones_like(teacher)
    target, near = teacher.copy(), np.zeros(teacher.shape, np.uint8)
    for quad, unreadable in zip(quads, ignore, strict=True):
        height = _height(quad)
        surroundings = np.zeros_like(near)
        _draw(surroundings, _moved(quad, -_MARGIN * height))
        near |= surroundings
        core = np.zeros_like(near)
        _draw(core, _moved(quad, _shrink_distance(quad)))
        inside = core > 0
        seen = float(teacher[inside].mean()) if inside.any() else 0.0
        if unreadable:
            if complete or not inside.any() or _UNSURE[0] < seen < _UNSURE[1]:
                weight[surroundings > 0] = 0
            continue
        if inside.any() and seen < _SEEN:
            target[inside] = 1
            weight[(surroundings > 0) & ~inside] = 0.3  # the teacher's shape of the border is missing
    if complete:
        target[near == 0] = 0  # what the teacher takes for text there is none
    return target, weight


def _shrink_distance(quad: np.ndarray) -> float:
    area = abs(float(cv2.contourArea(quad)))
    perimeter = float(np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1).sum())
    return area * (1 - _SHRINK**2) / max(perimeter, 1e-6)


def _height(quad: np.ndarray) -> float:
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return float(min(sides[0] + sides[2], sides[1] + sides[3]) / 2)


def _moved(quad: np.ndarray, distance: float) -> np.ndarray:
    """A convex quad with its sides moved inwards by a distance in pixels; outwards where it is negative."""
    center = quad.mean(0)
    edges = np.roll(quad, -1, axis=0) - quad
    normals = np.stack([-edges[:, 1], edges[:, 0]], 1) / np.maximum(np.linalg.norm(edges, axis=1, keepdims=True), 1e-6)
    inwards = np.sign(((center - quad) * normals).sum(1, keepdims=True))
    normals = normals * inwards
    offsets = (normals * quad).sum(1) + distance
    corners = []
    for i in range(4):
        before, own = normals[i - 1], normals[i]
        determinant = before[0] * own[1] - before[1] * own[0]
        if abs(determinant) < 1e-3:
            return quad
        x = (offsets[i - 1] * own[1] - offsets[i] * before[1]) / determinant
        y = (before[0] * offsets[i] - own[0] * offsets[i - 1]) / determinant
        corners.append((x, y))
    return np.float32(corners)


def _draw(mask: np.ndarray, quad: np.ndarray) -> None:
    cv2.fillPoly(mask, [np.rint(quad).astype(np.int32)], 1)
