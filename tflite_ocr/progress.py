"""Progress of a run of many images on stderr: a bar on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from typing import TextIO

_BAR = 24  # characters
_REDRAW_S = 0.1


class Progress:
    """Counts finished images and shows their number.

    Args:
        total: Number of images.
        stream: Stream to write to; stderr when None.
        quiet: Whether nothing is written.
    """

    def __init__(self, total: int, stream: TextIO | None = None, quiet: bool = False):
        self.total = total
        self.done = 0
        self._stream = sys.stderr if stream is None else stream
        self._terminal, self._quiet = self._stream.isatty() and not quiet, quiet
        self._started = time.monotonic()
        self._drawn = 0.0

    def advance(self, name: str) -> None:
        """Counts one more image."""
        self.done += 1
        if self._quiet:
            return
        if not self._terminal:
            print(f"{self.done}/{self.total} {name}", file=self._stream, flush=True)
            return
        now = time.monotonic()
        if now - self._drawn >= _REDRAW_S or self.done == self.total:
            self._drawn = now
            self._draw(name, now - self._started)

    def note(self, message: str) -> None:
        """Writes a separate line."""
        if self._quiet:
            return
        self.clear()
        print(message, file=self._stream, flush=True)

    def clear(self) -> None:
        """Removes the bar from the terminal."""
        if self._terminal:
            print("\r\x1b[K", end="", file=self._stream, flush=True)

    def _draw(self, name: str, elapsed_s: float) -> None:
        filled = _BAR * self.done // self.total
        left_s = elapsed_s / self.done * (self.total - self.done)
        text = f"[{'#' * filled}{'.' * (_BAR - filled)}] {self.done}/{self.total} {left_s:.0f} s left {name}"
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", file=self._stream, flush=True)
