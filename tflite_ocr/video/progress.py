"""Progress of a video on stderr: a bar on a terminal, a line every few seconds elsewhere."""

import shutil
import sys
import time
from typing import TextIO

_BAR = 24  # characters
_REDRAW_S, _LINE_S = 0.2, 5.0


class VideoProgress:
    """Counts frames and shows their rate and the remaining time."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False):
        """Writes to a stream, stderr when None; nothing if `quiet`."""
        self._stream = sys.stderr if stream is None else stream
        self._terminal, self._quiet = self._stream.isatty() and not quiet, quiet
        self._started = self._drawn = time.monotonic()
        self.frames = 0

    def advance(self, done_s: float, total_s: float | None) -> None:
        """Counts one more frame.

        Args:
            done_s: Length of the part that is done, in seconds.
            total_s: Length of the video in seconds; None for one without end.
        """
        self.frames += 1
        now = time.monotonic()
        if not self._quiet and now - self._drawn >= (_REDRAW_S if self._terminal else _LINE_S):
            self._drawn = now
            text = self.line(done_s, total_s, now - self._started)
            if self._terminal:
                width = shutil.get_terminal_size().columns - 1
                print(f"\r\x1b[K{text[:width]}", end="", file=self._stream, flush=True)
            else:
                print(text, file=self._stream, flush=True)

    def line(self, done_s: float, total_s: float | None, elapsed_s: float) -> str:
        """The progress as text."""
        rate = f"{self.frames} frames, {self.frames / max(elapsed_s, 1e-9):.1f} FPS"
        if not total_s:
            return f"{rate}, {done_s:.0f} s of video"
        share = min(1.0, done_s / total_s)
        left_s = elapsed_s / share - elapsed_s if share > 0 else 0.0
        filled = int(_BAR * share)
        return f"[{'#' * filled}{'.' * (_BAR - filled)}] {share:4.0%} {rate}, {left_s:.0f} s left"

    def clear(self) -> None:
        """Removes the bar from the terminal."""
        if self._terminal:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
