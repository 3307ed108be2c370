"""Compares what two machines read in the same images, line by line."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Comparison:
    """What differs between two readings of the same images.

    Attributes:
        lines: Number of lines, of the longer reading of each image.
        different: How many of them have no equal text at their place on the other side.
        corner_px: Largest distance of a coordinate between quads of equal texts, in pixels.
        confidence: Largest difference of confidence between equal texts.
        messages: A text for each place where the sides differ.
    """

    lines: int = 0
    different: int = 0
    corner_px: float = 0.0
    confidence: float = 0.0
    messages: list[str] = field(default_factory=list)

    def within(self, percent: float) -> bool:
        """Whether at most this percentage of the lines differs; never when there are no lines."""
        return self.lines > 0 and 100 * self.different <= percent * self.lines


def compare(here: Sequence[dict], there: Sequence[dict]) -> Comparison:
    """Compares the records of reading.py of both sides.

    Raises:
        ValueError: The sides read other images, or are of one kind of machine.
    """
    if [record["image"] for record in here] != [record["image"] for record in there]:
        raise ValueError("expected the same images on both sides")
    machines = {record["machine"] for record in here}, {record["machine"] for record in there}
    if machines != ({"x86_64"}, {"aarch64"}):
        raise ValueError(f"expected x86_64 and aarch64, found {machines}")
    result = Comparison()
    for first, second in zip(here, there, strict=True):
        _compare_image(first, second, result)
    return result


def _compare_image(here: dict, there: dict, result: Comparison) -> None:
    ours, theirs = ([line[0] for line in record["lines"]] for record in (here, there))
    most, equal = max(len(ours), len(theirs)), 0
    for tag, i, j, k, m in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            name = Path(here["image"]).name
            result.messages.append(f"{name}: x86-64 {ours[i:j]} aarch64 {theirs[k:m]}")
            continue
        equal += j - i
        for (_, sure, quad), (_, other_sure, other_quad) in zip(here["lines"][i:j], there["lines"][k:m], strict=True):
            result.confidence = max(result.confidence, abs(sure - other_sure))
            moved = [abs(a - b) for p, q in zip(quad, other_quad, strict=True) for a, b in zip(p, q, strict=True)]
            result.corner_px = max(result.corner_px, *moved)
    result.lines += most
    result.different += most - equal
