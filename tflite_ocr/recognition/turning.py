"""Upside-down lines of models without a direction classifier: lines are read in both directions, the likelier counts.

Lines of a page that are cropped in the same direction have the same orientation, so a few of them decide for all.
Where lines are read well nothing is read twice.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tflite_ocr.page import Recognition
from tflite_ocr.recognition.ctc import likelihood
from tflite_ocr.recognition.direction import turn

# Shorter texts do not decide: "IO" is a text upside down, too.
_LEAST_CHARACTERS = 4
# A group of lines with at least this mean confidence of its characters is upright.
_WELL = 0.9
# Number of lines that are also read turned, and by how much more likely they must then be on average.
_TRIED, _GAIN = 4, 0.08
# In an upside-down group a line may be this much less likely when turned and still counts as turned.
_PRIOR = 0.1

Read = Callable[[list[np.ndarray]], list[Recognition]]


def upright(
    crops: Sequence[np.ndarray], groups: Sequence[tuple[int, bool]], results: Sequence[Recognition], read: Read
) -> list[tuple[Recognition, bool]]:
    """Reads upside-down lines again, turned.

    Args:
        crops: The crops of all pages, BGR uint8 [h, w, 3].
        groups: For each crop the group of one orientation to which it belongs: its page, and whether it lies across it.

    Returns:
        For each crop its text, and whether it was read turned by 180 degrees.
    """
    settled = [(result, False) for result in results]
    members: dict[tuple[int, bool], list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    tried = {group: found for group, indices in members.items() if (found := _to_try(results, indices))}
    order = [index for found in tried.values() for index in found]
    turned = dict(zip(order, read([turn(crops[index]) for index in order]), strict=True)) if order else {}
    heads = [group for group, found in tried.items() if _stands_on_its_head(results, found, turned)]
    others = [index for group in heads for index in members[group] if index not in turned]
    if others:
        turned |= zip(others, read([turn(crops[index]) for index in others]), strict=True)
    for group in heads:
        for index in members[group]:
            if likelihood(turned[index]) >= likelihood(results[index]) - _PRIOR:
                settled[index] = turned[index], True
    return settled


def _to_try(results: Sequence[Recognition], indices: list[int]) -> list[int]:
    """The lines of a group that decide; none where it is read well or has too little text."""
    long = [index for index in indices if len(results[index].text) >= _LEAST_CHARACTERS]
    characters = sum(len(results[index].text) for index in long)
    read = sum(likelihood(results[index]) * len(results[index].text) for index in long)
    if not long or read >= _WELL * characters:
        return []
    return sorted(long, key=lambda index: -len(results[index].text))[:_TRIED]


def _stands_on_its_head(results: Sequence[Recognition], tried: list[int], turned: dict[int, Recognition]) -> bool:
    gains = [likelihood(turned[index]) - likelihood(results[index]) for index in tried]
    return sum(gains) >= _GAIN * len(gains) and 2 * sum(gain > 0 for gain in gains) > len(gains)
