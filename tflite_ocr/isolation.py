"""Decodes images in a separate process, which may crash, hang or run out of memory without harm to this one.

The process starts with the first image and serves all further ones. Requests and answers go through its standard input
and output: a header of fixed size, then a name and a file; a header, then pixels or a message.
"""

import contextlib
import io
import os
import struct
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from tflite_ocr import forks, image_read
from tflite_ocr.errors import ImageReadError, PagesLeftOutWarning
from tflite_ocr.image_limits import MAX_PIXELS, decoding_bytes
from tflite_ocr.image_read import ImageSource

MOST_CPU_S = 20
_REQUEST, _ANSWER = struct.Struct("<QQQ"), struct.Struct("<?QQQ")


class IsolatedReading:
    """Reads images as image.read does. Safe to use from many threads, which wait for one another."""

    def __init__(self, most_cpu_s: int = MOST_CPU_S):
        """Prepares; the process starts with the first image, each of which may take so much processor time."""
        self._most_cpu_s = most_cpu_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        forks.watch(self)

    def read(self, source: ImageSource, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """BGR uint8 [H, W, 3], see image.read; arrays and Pillow images hold pixels already and are taken here.

        Raises:
            ImageReadError: As image.read, and where decoding has ended its process or took too long.
        """
        if not image_read.is_encoded(source):
            return image_read.read(source, max_pixels)
        name, data = image_read.load(source)
        with self._lock:
            try:
                good, pages, picture = self._asked(name, data, max_pixels)
            except (OSError, struct.error):
                ending = self._stop()
                raise ImageReadError(
                    f"{name}: expected an image that can be decoded, found one that ended the process which tried it "
                    f"({ending}); do not trust this file"
                ) from None
            except BaseException:  # interrupted between request and answer: the next one would get this answer
                self._stop()
                raise
        if not good:
            raise ImageReadError(bytes(picture).decode("utf-8", "replace"))
        if pages > 1:
            warnings.warn(PagesLeftOutWarning(name, pages), stacklevel=2)
        return picture

    def close(self) -> None:
        """Ends the process; it starts again when another image is read."""
        with self._lock:
            self._stop()

    def after_fork(self) -> None:
        """See forks.Owner: a child starts its own process."""
        forks.abandon(self._process)
        self._process, self._lock = None, threading.Lock()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be ending
            self._stop()

    def _asked(self, name: str, data: bytes, max_pixels: int) -> tuple[bool, int, np.ndarray]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(self._most_cpu_s)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).resolve().parents[1],
            )
        encoded = os.fsencode(name)
        requests, answers = cast(BinaryIO, self._process.stdin), cast(io.BufferedReader, self._process.stdout)
        requests.write(_REQUEST.pack(len(encoded), len(data), max_pixels) + encoded)
        requests.write(data)
        requests.flush()
        good, height, width, pages = _ANSWER.unpack(answers.read(_ANSWER.size))
        shape = (height, width, 3) if good else (width,)
        picture = np.empty(shape, np.uint8)
        view = memoryview(picture.data).cast("B")
        while view:
            count = answers.readinto(view)
            if not count:
                raise OSError("the answer breaks off")
            view = view[count:]
        return good, pages, picture

    def _stop(self) -> str:
        process, self._process = self._process, None
        if process is None:
            return "it had not begun"
        process.kill()
        with contextlib.suppress(OSError):
            cast(BinaryIO, process.stdin).close()
        cast(BinaryIO, process.stdout).close()
        code = process.wait()
        return f"signal {-code}" if code < 0 else f"status {code}"


def serve(most_cpu_s: int) -> None:
    """Decodes the images from standard input until it ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of libraries must not be mixed with the answers
    image_read.quiet_opencv()
    _limit_memory()
    while head := requests.read(_REQUEST.size):
        name_bytes, size, max_pixels = _REQUEST.unpack(head)
        name, data = os.fsdecode(requests.read(name_bytes)), requests.read(size)
        _limit_time(most_cpu_s)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                picture = image_read.decode(name, data, max_pixels)
            found = [item.message.pages for item in caught if isinstance(item.message, PagesLeftOutWarning)]
            pages = max(found, default=1)
            answers.write(_ANSWER.pack(True, *picture.shape[:2], pages))
            answers.write(np.ascontiguousarray(picture).data.cast("B"))
        except (ImageReadError, MemoryError) as error:
            message = (str(error) or f"{name}: there is not enough memory to decode it").encode("utf-8", "replace")
            answers.write(_ANSWER.pack(False, 0, len(message), 1) + message)
        answers.flush()


def _limit_memory() -> None:
    """What decoding may take, beside what the process has already."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + int(1.2 * decoding_bytes())
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _limit_time(seconds: int) -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    serve(int(sys.argv[1]))
