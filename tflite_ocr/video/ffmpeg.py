"""FFmpeg as a process: where it is, how it is started and ended, and its messages."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, cast

from tflite_ocr.errors import MissingDependencyError

if sys.platform == "linux":
    import resource

ENVIRONMENT = "TFLITE_OCR_FFMPEG"
_INSTALL = "install one with `pip install tflite-ocr[video]`, or name yours with --ffmpeg PATH or $" + ENVIRONMENT
# "[h264 @ 0x55..] [error] message", as written with -loglevel level+...; several components may be named in front.
_LINE = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\] )*\[(\w+)\] ?(.*)$")
_KEPT_ERRORS = 8
_GRACE_S = 3.0  # seconds after which a process that was asked to end is killed


def executable(wanted: str | os.PathLike | None = None) -> str:
    """Path of the FFmpeg program: the given one, $TFLITE_OCR_FFMPEG, or the one of imageio-ffmpeg.

    Raises:
        MissingDependencyError: It is not there, or imageio-ffmpeg is not installed.
    """
    wanted = wanted or os.environ.get(ENVIRONMENT)
    if wanted:
        found = shutil.which(os.fspath(wanted))
        if found is None:
            raise MissingDependencyError(f"{os.fspath(wanted)}: expected the program ffmpeg, found none; {_INSTALL}")
        return found
    try:
        import imageio_ffmpeg  # here: it comes with the [video] extra only
    except ImportError:
        raise MissingDependencyError(f"expected an FFmpeg for reading video, found none; {_INSTALL}") from None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise MissingDependencyError(f"imageio-ffmpeg has no FFmpeg for this machine; {_INSTALL}") from None


class Process:
    """A running FFmpeg in its own process group, which a terminal's Ctrl-C does not reach; counts and keeps errors."""

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        level: str,
        on_line: Callable[[str, str], None] | None = None,
        stdin: bool = False,
        stdout: bool = False,
    ):
        """Starts FFmpeg with arguments after the options common to all runs.

        Messages of `level` and worse go to `on_line` as (level, message), in a thread of its own; with `stdin` we
        write to its standard input, with `stdout` we read its output.

        Raises:
            MissingDependencyError: The program cannot be run.
        """
        command = [program, "-hide_banner", "-nostats", *([] if stdin else ["-nostdin"])]
        command += ["-loglevel", f"level+{level}", *arguments]
        try:
            self.popen = subprocess.Popen(
                command,
                bufsize=0,
                start_new_session=True,
                stderr=subprocess.PIPE,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,
            )
        except OSError as error:
            raise MissingDependencyError(f"{program}: cannot be run: {error.strerror}; {_INSTALL}") from None
        self.errors: deque[str] = deque(maxlen=_KEPT_ERRORS)
        self.error_count = 0
        self._on_line = on_line
        self._listener = threading.Thread(target=self._listen, name="ffmpeg-messages", daemon=True)
        self._listener.start()

    def limit_memory(self, most_bytes: int) -> None:
        """Lets requests for more memory fail, where the system can do that to a process that runs (Linux)."""
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # it has ended already
                resource.prlimit(self.popen.pid, resource.RLIMIT_DATA, (most_bytes, most_bytes))

    def wait(self, timeout_s: float | None = None) -> int:
        """Waits for the end; the exit status, negative for a signal. All messages have been seen by then."""
        status = self.popen.wait(timeout_s)
        self._listener.join()
        return status

    def stop(self) -> None:
        """Ends the process if it still runs; one that writes a file is first asked to end."""
        if self.popen.poll() is None:
            if self.popen.stdout:
                self.popen.kill()  # it may be waiting for us to read and would not react
            else:
                self.popen.terminate()
            try:
                self.popen.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.wait()
        for stream in (self.popen.stdin, self.popen.stdout):
            with contextlib.suppress(BrokenPipeError):
                if stream:
                    stream.close()

    def complaint(self) -> str:
        """The most specific of the last errors, for a message; "" when there was none."""
        specific = [line for line in self.errors if not line.startswith(("Error opening output", "Conversion failed"))]
        return "; ".join((specific or list(self.errors))[:2])

    def _listen(self) -> None:
        stream = cast(IO[bytes], self.popen.stderr)
        for raw in stream:
            level, message = split_line(raw.decode("utf-8", "replace").rstrip())
            if level in ("error", "fatal", "panic"):
                self.errors.append(message)
                self.error_count += 1
            if self._on_line:
                self._on_line(level, message)
        if self._on_line:
            self._on_line("end", "")
        stream.close()


def split_line(line: str) -> tuple[str, str]:
    """(level, message) of a line of FFmpeg's messages; the level is "" for lines without one."""
    match = _LINE.match(line)
    return (match.group(1), match.group(2)) if match else ("", line)


def run(program: str, arguments: Sequence[str]) -> Process:
    """Runs FFmpeg to its end; see `popen.returncode` and `complaint` of the result."""
    process = Process(program, arguments, "error")
    try:
        process.wait()
    finally:
        process.stop()
    return process
