"""Long stages say how far they are: a bar on a terminal, nothing elsewhere (the stage itself is a line)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call with the number of steps done and of all steps."""
    shown = tqdm(desc=name, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False, unit="step")

    def advance(done: int, of_all: int) -> None:
        shown.total = of_all
        shown.update(done - shown.n)

    try:
        yield advance
    finally:
        shown.close()
