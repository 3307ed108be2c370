"""Long stages say how far they are: a bar on a terminal, elsewhere (a log) a line a minute."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

_SECONDS_A_LINE = 60.0


@contextmanager
def bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call with the number of steps done and of all steps."""
    if not sys.stderr.isatty():
        yield _lines(name)
        return
    shown = tqdm(desc=name, file=sys.stderr, leave=False, unit="step")

    def advance(done: int, of_all: int) -> None:
        shown.total = of_all
        shown.update(done - shown.n)

    try:
        yield advance
    finally:
        shown.close()


def _lines(name: str) -> Callable[[int, int], None]:
    began = said = time.monotonic()

    def advance(done: int, of_all: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < _SECONDS_A_LINE or not 0 < done < of_all:
            return
        said = now
        took = now - began
        left = took * (of_all - done) / done
        print(f"{name}: {done} of {of_all} steps, {took / 60:.0f} min, about {left / 60:.0f} left", file=sys.stderr)

    return advance
