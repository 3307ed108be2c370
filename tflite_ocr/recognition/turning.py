"""Upside-down lines of models without a direction classifier: lines are read in both directions, the likelier counts.

Lines of a page that are cropped in the same direction have the same orientation, so a few of them decide for all.
Where lines are read well nothing is read twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr.page import Recognition, TextLine
from tflite_ocr.recognition.ctc import UNKNOWN
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


@dataclass(frozen=True)
class OrientedCrop:
    """A line that was read, BGR uint8 [h, w, 3]; lines along a page, or across it, are a group of one orientation."""

    image_bgr: np.ndarray
    group: tuple[int, bool]
    result: Recognition


def upright(crops: Sequence[OrientedCrop], read: Read) -> list[tuple[Recognition, bool]]:
    """Reads upside-down lines again, turned.

    Args:
        crops: The crops of all pages.
        read: Function that reads crops.

    Returns:
        For each crop its text, and whether it was read turned by 180 degrees.
    """
    settled = [(crop.result, False) for crop in crops]
    groups: dict[tuple[int, bool], list[int]] = {}
    for index, crop in enumerate(crops):
        groups.setdefault(crop.group, []).append(index)
    tried = {group: found for group, members in groups.items() if (found := _to_try(crops, members))}
    order = [index for found in tried.values() for index in found]
    turned = dict(zip(order, read([turn(crops[index].image_bgr) for index in order]), strict=True)) if order else {}
    heads = [group for group, found in tried.items() if _stands_on_its_head(crops, found, turned)]
    others = [index for group in heads for index in groups[group] if index not in turned]
    if others:
        turned |= zip(others, read([turn(crops[index].image_bgr) for index in others]), strict=True)
    for group in heads:
        for index in groups[group]:
            if likelihood(turned[index]) >= likelihood(crops[index].result) - _PRIOR:
                settled[index] = turned[index], True
    return settled


def likelihood(result: Recognition | TextLine) -> float:
    """The confidence of a text, in which unknown characters count as 0."""
    if not result.text:
        return 0.0
    return result.confidence * (1 - result.text.count(UNKNOWN) / len(result.text))


def _to_try(crops: Sequence[OrientedCrop], members: list[int]) -> list[int]:
    """The lines of a group that decide; none where it is read well or has too little text."""
    long = [index for index in members if len(crops[index].result.text) >= _LEAST_CHARACTERS]
    characters = sum(len(crops[index].result.text) for index in long)
    read = sum(likelihood(crops[index].result) * len(crops[index].result.text) for index in long)
    if not long or read >= _WELL * characters:
        return []
    return sorted(long, key=lambda index: -len(crops[index].result.text))[:_TRIED]


def _stands_on_its_head(crops: Sequence[OrientedCrop], tried: list[int], turned: dict[int, Recognition]) -> bool:
    gains = [likelihood(turned[index]) - likelihood(crops[index].result) for index in tried]
    return sum(gains) >= _GAIN * len(gains) and 2 * sum(gain > 0 for gain in gains) > len(gains)
