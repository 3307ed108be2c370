"""Contact sheets of the detector's training pictures with their quads."""

from collections.abc import Callable

import cv2
import numpy as np

from synthetic.pictures.scenes import render_scene
from synthetic.surfaces.scene import Scene

_READ, _IGNORED, _START = (40, 200, 40), (40, 40, 230), (230, 120, 20)


def scene_sheet(seed: int, rows: int = 3, columns: int = 4) -> np.ndarray:
    """Scenes with their quads; see `sheet`."""
    return sheet(render_scene, seed, rows, columns)


def sheet(render: Callable[[np.random.Generator], Scene], seed: int, rows: int, columns: int) -> np.ndarray:
    """Pictures of one kind in rows, each of its own seed, with their quads.

    Args:
        render: Draws one from a generator.
        seed: Of the first picture; the others count on.
        rows: Pictures one below the other.
        columns: Pictures side by side.

    Returns:
        BGR uint8; quads are green, ignored ones red, their first corners blue.
    """
    drawn = [with_quads(render(np.random.default_rng(seed + index))) for index in range(rows * columns)]
    drawn = [cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_CONSTANT) for image in drawn]
    return np.vstack([np.hstack(drawn[row * columns : (row + 1) * columns]) for row in range(rows)])


def with_quads(scene: Scene) -> np.ndarray:
    """A copy of a scene's picture with its quads drawn, BGR uint8."""
    image = scene.image_bgr.copy()
    for quad, unread in zip(scene.quads, scene.ignore, strict=True):
        points = quad.round().astype(np.int32)
        cv2.polylines(image, [points], True, _IGNORED if unread else _READ, 1, cv2.LINE_AA)
        cv2.circle(image, points[0].tolist(), 2, _START, -1, cv2.LINE_AA)
    return image
