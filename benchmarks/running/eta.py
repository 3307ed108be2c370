"""How far a run is and how long it still takes: a bar on a terminal, a line for each part elsewhere."""

import sys
import time
from collections import defaultdict
from typing import TextIO

from tqdm import tqdm

_GUESS_S = 1.0  # of a call of which nothing is known yet
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} calls [{elapsed}{postfix}]"


class Progress:
    """Counts calls; what is left is estimated from the calls of the same kind that are done.

    Args:
        stream: Where to write; stderr when None.
    """

    def __init__(self, stream: TextIO | None = None):
        self._stream = sys.stderr if stream is None else stream
        self._left: dict[tuple[str, str], int] = defaultdict(int)
        self._taken: dict[tuple[str, str], tuple[int, float]] = {}
        self._bar = tqdm(total=0, file=self._stream, disable=not self._stream.isatty(), bar_format=_BAR, leave=False)
        self._begun = time.monotonic()

    def plan(self, kind: str, engine: str, calls: int) -> None:
        """Adds calls that are to be made."""
        self._left[kind, engine] += calls
        self._bar.total += calls

    def part(self, title: str) -> None:
        """A part of the run begins."""
        if self._bar.disable:
            print(f"{title} ({_span(self.left_s())} left in all)", file=self._stream, flush=True)
        self._bar.set_description_str(title[:40])

    def call(self, kind: str, engine: str, seconds: float) -> None:
        """A call was made."""
        calls, total = self._taken.get((kind, engine), (0, 0.0))
        self._taken[kind, engine] = calls + 1, total + seconds
        self.drop(kind, engine, 1)

    def drop(self, kind: str, engine: str, calls: int) -> None:
        """Calls are done, or will not be made after all."""
        self._left[kind, engine] -= calls
        self._bar.set_postfix_str(f"{_span(self.left_s())} left", refresh=False)
        self._bar.update(calls)

    def note(self, text: str) -> None:
        """A line of its own."""
        if self._bar.disable:
            print(text, file=self._stream, flush=True)
        else:
            self._bar.write(text, file=self._stream)

    def left_s(self) -> float:
        """Seconds that the calls that are left will take."""
        return sum(count * self._expected_s(*key) for key, count in self._left.items() if count > 0)

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.close()

    def _expected_s(self, kind: str, engine: str) -> float:
        """Mean of an engine's calls of a kind, else of all engines' calls of the kind, else a guess."""
        if (kind, engine) in self._taken:
            calls, total = self._taken[kind, engine]
            return total / calls
        same = [taken for (other, _), taken in self._taken.items() if other == kind]
        calls = sum(count for count, _ in same)
        return sum(total for _, total in same) / calls if calls else _GUESS_S


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
