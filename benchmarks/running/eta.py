"""How far a run is and how long it still takes: a bar on a terminal, a line for each part elsewhere."""

import sys
import time
from typing import TextIO

from tqdm import tqdm


class CallProgress:
    """Counts calls, on a stream; stderr when None."""

    def __init__(self, stream: TextIO | None = None):
        self._stream = sys.stderr if stream is None else stream
        self._bar = tqdm(total=0, file=self._stream, disable=not self._stream.isatty(), unit=" calls", leave=False)
        self._planned, self._done, self._begun = 0, 0, time.monotonic()

    @property
    def left(self) -> int:
        """Calls that are still to be made."""
        return self._planned - self._done

    def plan(self, calls: int) -> None:
        """Adds calls that are to be made."""
        self._planned += calls
        self._bar.total = self._planned

    def part(self, title: str) -> None:
        """A part of the run begins."""
        if self._bar.disable:
            seconds = (time.monotonic() - self._begun) * self.left / max(1, self._done)
            left = f", about {tqdm.format_interval(seconds)} left" if self._done else ""
            print(f"{title} ({self._done} of {self._planned} calls{left})", file=self._stream, flush=True)
        self._bar.set_description_str(title[:40])

    def done(self, calls: int = 1) -> None:
        """Calls were made, or will not be made after all."""
        self._done += calls
        self._bar.update(calls)

    def note(self, text: str) -> None:
        """A line of its own."""
        self._bar.write(text, file=self._stream)

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.close()
