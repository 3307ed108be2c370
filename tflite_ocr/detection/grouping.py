"""Groups words into lines, with the rules and default thresholds of EasyOCR.

Level words are sorted from top to bottom and chained into rows while their centres agree, then each row is cut
where the gap to the next word is wide or the letters change size. A turned word is a line by itself.
"""

from dataclasses import dataclass

import numpy as np

from tflite_ocr.geometry import upright_quads

# Pixels: least horizontal distance of a slope, so that narrow words do not look steep.
_MIN_RUN = 10
# Factor of a turned word's margin against a level word's.
_TURNED_MARGIN = 1.44


@dataclass(frozen=True)
class GroupingOptions:
    """Thresholds of the grouping; all but the first are shares of a height.

    Attributes:
        slope_ths: A word is level if its upper and lower edge both rise or fall by less than this.
        ycenter_ths: Words of a row differ in centre by less than this share of the row's mean height.
        height_ths: Words of a line differ in height by less than this share of the line's mean height.
        width_ths: The gap before a word of a line is less than this share of the word's height.
        add_margin: Lines grow on all sides by this share of their shorter side.
    """

    slope_ths: float = 0.1
    ycenter_ths: float = 0.5
    height_ths: float = 0.5
    width_ths: float = 0.5
    add_margin: float = 0.1


def group_words(words: np.ndarray, options: GroupingOptions) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Groups words, int32 [N, 4, 2] in image pixels, clockwise from the top-left corner, into lines.

    Returns:
        quads: float32 [M, 4, 2], clockwise from the top-left corner: first the level lines, axis-aligned with
            whole pixels, then the turned words. Margins may exceed the image.
        level: bool [M].
    """
    quads = words.astype(np.float64)
    level = is_level(quads, options.slope_ths)
    lines, members = _level_lines(words, np.flatnonzero(level), options)
    turned = np.flatnonzero(~level)
    grown = _grow_turned(quads[turned], options.add_margin)
    grouped = np.concatenate([upright_quads(np.array(lines, np.float64).reshape(-1, 4)), grown]).astype(np.float32)
    return grouped, members + [turned[i : i + 1] for i in range(len(turned))], np.arange(len(grouped)) < len(members)


def is_level(quads: np.ndarray, slope_ths: float) -> np.ndarray:
    """Which quads [N, 4, 2] have a level upper and lower edge, bool [N]; see GroupingOptions."""
    upper, lower = quads[:, 1] - quads[:, 0], quads[:, 2] - quads[:, 3]
    edges = np.stack([upper, lower], axis=1)
    slopes = edges[:, :, 1] / np.maximum(_MIN_RUN, edges[:, :, 0])
    return np.abs(slopes).max(axis=1) < slope_ths


def _level_lines(
    words: np.ndarray, level: np.ndarray, options: GroupingOptions
) -> tuple[list[tuple[int, int, int, int]], list[np.ndarray]]:
    """Lines (left, top, right, bottom) of the words of the indices `level`, and the indices of their words."""
    low, high = words[level].min(axis=1), words[level].max(axis=1)
    # Plain numbers: the chaining is sequential, and lists are several times faster than scalars of numpy.
    boxes = np.concatenate([low, high], axis=1).tolist()
    order = sorted(range(len(boxes)), key=lambda i: boxes[i][1] + boxes[i][3])
    lines, members = [], []
    for row in _rows(boxes, order, options.ycenter_ths):
        for line in _cut(boxes, sorted(row, key=lambda i: boxes[i][0]), options):
            left, top = (min(boxes[i][axis] for i in line) for axis in (0, 1))
            right, bottom = (max(boxes[i][axis] for i in line) for axis in (2, 3))
            margin = int(options.add_margin * min(right - left, bottom - top))
            lines.append((left - margin, top - margin, right + margin, bottom + margin))
            members.append(level[line])
    return lines, members


def _rows(boxes: list[list[int]], order: list[int], ycenter_ths: float) -> list[list[int]]:
    """Chains boxes, given from top to bottom, into rows of about equal centres."""
    rows: list[list[int]] = []
    centers = heights = 0.0
    for index in order:
        _, top, _, bottom = boxes[index]
        center, height = 0.5 * (top + bottom), bottom - top
        if rows and abs(centers / len(rows[-1]) - center) < ycenter_ths * (heights / len(rows[-1])):
            rows[-1].append(index)
            centers, heights = centers + center, heights + height
        else:
            rows.append([index])
            centers, heights = center, height
    return rows


def _cut(boxes: list[list[int]], row: list[int], options: GroupingOptions) -> list[list[int]]:
    """Cuts a row, given from left to right, into lines of close words of about equal height."""
    lines: list[list[int]] = []
    heights = reach = 0
    for index in row:
        left, top, right, bottom = boxes[index]
        height = bottom - top
        mean = heights / len(lines[-1]) if lines else 0.0
        alike = abs(mean - height) < options.height_ths * mean
        # The gap is measured from the word before, not from the farthest end so far: parity with EasyOCR.
        if lines and alike and left - reach < options.width_ths * height:
            lines[-1].append(index)
            heights += height
        else:
            lines.append([index])
            heights = height
        reach = right
    return lines


def _grow_turned(quads: np.ndarray, add_margin: float) -> np.ndarray:
    """Grows turned quads [N, 4, 2] along their diagonals, which are taken as no steeper than 45 degrees a run."""
    width = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    height = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    margin = np.trunc(_TURNED_MARGIN * add_margin * np.minimum(width, height))
    # Corner i minus corner i + 2, for the diagonals from the top-left and from the top-right corner.
    diagonals = quads[:, :2] - quads[:, 2:]
    angles = np.abs(np.arctan(diagonals[:, :, 1] / np.maximum(_MIN_RUN, diagonals[:, :, 0])))
    angles = np.tile(angles, 2)
    outwards = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    steps = np.stack([np.cos(angles), np.sin(angles)], axis=2)
    return quads + margin[:, np.newaxis, np.newaxis] * outwards * steps
