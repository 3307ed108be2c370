"""Where pixels of a rendered page lie on the page of its PDF."""

import numpy as np

# Left, bottom, right, top of what is shown in points, and by how many degrees clockwise it is shown turned.
Frame = tuple[float, float, float, float, int]


def points_of_pixels(frame: Frame, width: float, height: float) -> np.ndarray:
    """The matrix [3, 3] from (x, y, 1) of a picture to (x, y, 1) in points of the page in the file.

    Args:
        frame: See Frame.
        width, height: Of the picture, in pixels.
    """
    left, bottom, right, top, turn = frame
    wide, high = right - left, top - bottom
    # From shares of the picture's sides; the shown page stands on another of its sides.
    corner, across, down = {
        0: ((left, top), (wide, 0), (0, -high)),
        90: ((left, bottom), (0, high), (wide, 0)),
        180: ((right, bottom), (-wide, 0), (0, high)),
        270: ((right, top), (0, -high), (-wide, 0)),
    }[turn % 360]
    return np.array([[*across, 0], [*down, 0], [*corner, 1]], np.float64).T @ np.diag((1 / width, 1 / height, 1))
