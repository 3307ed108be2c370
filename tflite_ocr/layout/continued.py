"""Columns that go on below a picture or a heading beside them: read to their end before the next column.

A recursive cut parts a page at every height at which a column gets narrower, as beside a picture that text runs around;
its parts would be read from left to right. Parts that follow each other from line to line are one column.
"""

from collections.abc import Sequence

import numpy as np

from tflite_ocr.layout.straight import Straight

# Lines that a part has at least, and their characters by the median: cells of tables have fewer.
_LEAST_LINES, _LEAST_CHARACTERS = 3, 10
# The step to the next part, in steps between lines; how far sides differ, in heights; how much heights differ.
_STEP, _ASIDE, _AS_HIGH = 1.4, 1.0, 1.2


def joined_parts(lines: Straight, parts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The same parts, in the order in which they are read.

    Args:
        lines: Of the page.
        parts: Indices of lines, as a recursive cut orders them; none is empty.
    """
    arrays = [np.array(part) for part in parts]
    after: dict[int, int] = {}
    for i, above in enumerate(arrays):
        found = [j for j in range(i + 1, len(arrays)) if _continues(lines, above, arrays[j])]
        if len(found) == 1 and found[0] not in after.values() and _stand_beside(lines, arrays, i, found[0]):
            after[i] = found[0]
    ordered: list[list[int]] = []
    done: set[int] = set()
    for i in range(len(parts)):
        at: int | None = i
        while at is not None and at not in done:
            done.add(at)
            ordered.append(list(parts[at]))
            at = after.get(at)
    return ordered


def _continues(lines: Straight, above: np.ndarray, below: np.ndarray) -> bool:
    """Whether a part begins one line below the end of another, at the same side and with letters as large."""
    if min(len(above), len(below)) < _LEAST_LINES:
        return False
    heights = [float(np.median(lines.height[part])) for part in (above, below)]
    if max(heights) > _AS_HIGH * min(heights):
        return False
    if any(np.median([len(lines.lines[i].text) for i in part]) < _LEAST_CHARACTERS for part in (above, below)):
        return False
    steps = [step for part in (above, below) for step in np.diff(np.sort(lines.middle[part])) if step > heights[0] / 2]
    if not steps or not 0 < lines.middle[below].min() - lines.middle[above].max() < _STEP * float(np.median(steps)):
        return False
    lefts = [float(np.median(lines.left[part])) for part in (above, below)]
    rights = [float(np.median(lines.right[part])) for part in (above, below)]
    return min(abs(lefts[0] - lefts[1]), abs(rights[0] - rights[1])) < _ASIDE * heights[0]


def _stand_beside(lines: Straight, parts: Sequence[np.ndarray], first: int, last: int) -> bool:
    """Whether all that would be read between two parts stands to the right of them."""
    own = np.concatenate([parts[first], parts[last]])
    middle = float((lines.left[own].min() + lines.right[own].max()) / 2)
    return all(float(lines.left[part].min()) > middle for part in parts[first + 1 : last])
