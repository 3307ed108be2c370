"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from typing import TextIO

_BAR = 24  # characters
_REDRAW_S, _LINE_S = 0.1, 5.0


class _Bar:
    """Writes to a stream, stderr when None; nothing if `quiet`."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False):
        self._stream = sys.stderr if stream is None else stream
        self._terminal, self._quiet = self._stream.isatty() and not quiet, quiet
        self._started = self._drawn = time.monotonic()

    def clear(self) -> None:
        """Removes the bar from the terminal."""
        if self._terminal:
            print("\r\x1b[K", end="", file=self._stream, flush=True)

    def _due(self, seconds: float) -> bool:
        """Whether something is to be written that is written once in so many seconds."""
        now = time.monotonic()
        due = not self._quiet and now - self._drawn >= seconds
        self._drawn = now if due else self._drawn
        return due

    def _write(self, text: str) -> None:
        if self._terminal:
            text = f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}"
        print(text, end="" if self._terminal else "\n", file=self._stream, flush=True)

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._started


class Progress(_Bar):
    """Counts finished images of a number of them, and shows their number."""

    def __init__(self, total: int, stream: TextIO | None = None, quiet: bool = False):
        super().__init__(stream, quiet)
        self.total, self.done, self._drawn = total, 0, 0.0

    def advance(self, name: str) -> None:
        """Counts one more image."""
        self.done += 1
        if not self._terminal and self._due(0):
            self._write(f"{self.done}/{self.total} {name}")
        elif self._terminal and self._due(0 if self.done == self.total else _REDRAW_S):
            left_s = self._elapsed_s() / self.done * (self.total - self.done)
            self._write(f"{_bar(self.done / self.total)} {self.done}/{self.total} {left_s:.0f} s left {name}")


class VideoProgress(_Bar):
    """Counts frames and shows their rate and the remaining time."""

    frames = 0

    def advance(self, done_s: float, total_s: float | None) -> None:
        """Counts one more frame.

        Args:
            done_s: Length of the part that is done, in seconds.
            total_s: Length of the video in seconds; None for one without end.
        """
        self.frames += 1
        if self._due(2 * _REDRAW_S if self._terminal else _LINE_S):
            self._write(self._line(done_s, total_s, self._elapsed_s()))

    def _line(self, done_s: float, total_s: float | None, elapsed_s: float) -> str:
        rate = f"{self.frames} frames, {self.frames / max(elapsed_s, 1e-9):.1f} FPS"
        if not total_s:
            return f"{rate}, {done_s:.0f} s of video"
        share = min(1.0, done_s / total_s)
        left_s = elapsed_s / share - elapsed_s if share > 0 else 0.0
        return f"{_bar(share)} {share:4.0%} {rate}, {left_s:.0f} s left"


def _bar(share: float) -> str:
    filled = int(_BAR * share)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}]"
