"""Batches of lines with the teacher's answers, learnt from more than once.

Drawing a batch and asking the teacher takes as long as learning from it, and in a run that never comes to the end of
its data a batch teaches nearly as much a second and a third time ("data echoing", arXiv 1907.05550).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from training.data.line_batches import LineBatch

T = TypeVar("T")

_KEPT = 64


@dataclass(frozen=True)
class Lesson:
    """What is known about a batch of N lines of T frames."""

    batch: LineBatch  # The lines
    stages: Sequence[torch.Tensor]  # The teacher's features by stage, see TeacherRecognizer
    features: torch.Tensor  # The teacher's, float32 [N, C, T]
    logits: torch.Tensor  # The teacher's, float32 [N, classes, T]; -inf for classes that it does not know
    targets: Sequence[Sequence[int] | None]  # Classes of each line's text, None where it is unknown
    trust: torch.Tensor  # float32 [N], how much the teacher's frames of a line count


def repeated(items: Iterable[T], times: int, rng: np.random.Generator, kept: int = _KEPT) -> Iterator[T]:
    """Gives each item as it comes, and again among later ones.

    Args:
        items: Endless, or as many as there are; what is kept at their end is not given again.
        times: How often each is given; 1 for only once.
        kept: Items that wait before any is given again, so that equal ones do not stand together.
    """
    waiting: list[tuple[T, int]] = []
    for item in items:
        yield item
        if times > 1:
            waiting.append((item, times - 1))
        if len(waiting) <= kept:
            continue
        for _ in range(times - 1):
            i = int(rng.integers(len(waiting)))
            again, left = waiting[i]
            yield again
            if left > 1:
                waiting[i] = again, left - 1
            else:
                waiting[i] = waiting[-1]
                waiting.pop()
