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

from tflite_ocr import forks, image_read, memory
from tflite_ocr.errors import ImageReadError, PagesLeftOutWarning
from tflite_ocr.image_limits import MAX_PIXELS, decoding_bytes
from tflite_ocr.image_read import ImageSource

MOST_CPU_S = 20
_REQUEST, _ANSWER = struct.Struct("<QQQ"), struct.Struct("<?QQQ")


class Worker:
    """A module of this package run as a process, which is started when it is asked for and may end at any time.

    Attributes:
        lock: Held by a thread from its request to the end of the answer.
        process: None where it does not run.
    """

    def __init__(self, module: str, most_cpu_s: int):
        """Prepares.

        Args:
            module: Its name; it takes `most_cpu_s` as its argument.
            most_cpu_s: Largest processor time of an answer in seconds.
        """
        self._command = (sys.executable, "-m", module, str(most_cpu_s))
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None
        forks.watch(self)

    def start(self) -> bool:
        """Starts the process, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return False
        folder = Path(__file__).resolve().parents[1]
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        return True

    def send(self, *pieces: bytes) -> None:
        """Writes a request."""
        requests = cast(BinaryIO, cast(subprocess.Popen, self.process).stdin)
        for piece in pieces:
            requests.write(piece)
        requests.flush()

    @property
    def answers(self) -> io.BufferedReader:
        """Where answers are read."""
        return cast(io.BufferedReader, cast(subprocess.Popen, self.process).stdout)

    def pixels(self, shape: tuple[int, ...]) -> np.ndarray:
        """The uint8 array of an answer.

        Raises:
            OSError: The process has ended.
        """
        picture = np.empty(shape, np.uint8)
        view = memoryview(picture.data).cast("B")
        while view:
            count = self.answers.readinto(view)
            if not count:
                raise OSError("the answer breaks off")
            view = view[count:]
        return picture

    def stop(self) -> str:
        """Ends the process; how it ended."""
        process, self.process = self.process, None
        if process is None:
            return "it had not begun"
        process.kill()
        with contextlib.suppress(OSError):
            cast(BinaryIO, process.stdin).close()
        cast(BinaryIO, process.stdout).close()
        code = process.wait()
        return f"signal {-code}" if code < 0 else f"status {code}"

    def after_fork(self) -> None:
        """See forks.Owner: a child starts its own process."""
        forks.abandon(self.process)
        self.process, self.lock = None, threading.Lock()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be ending
            self.stop()


class IsolatedReading:
    """Reads images as image.read does. Safe to use from many threads, which wait for one another."""

    def __init__(self, most_cpu_s: int = MOST_CPU_S):
        """Prepares; the process starts with the first image, each of which may take so much processor time."""
        self._worker = Worker(__name__, most_cpu_s)

    def read(self, source: ImageSource, max_pixels: int = MAX_PIXELS) -> np.ndarray:
        """BGR uint8 [H, W, 3], see image.read; arrays and Pillow images hold pixels already and are taken here.

        Raises:
            ImageReadError: As image.read, and where decoding has ended its process or took too long.
        """
        if not image_read.is_encoded(source):
            return image_read.read(source, max_pixels)
        name, data = image_read.load(source)
        with self._worker.lock:
            try:
                good, pages, picture = self._asked(name, data, max_pixels)
            except (OSError, struct.error):
                ending = self._worker.stop()
                raise ImageReadError(
                    f"{name}: expected an image that can be decoded, found one that ended the process which tried it "
                    f"({ending}); do not trust this file"
                ) from None
            except BaseException:  # interrupted between request and answer: the next one would get this answer
                self._worker.stop()
                raise
        if not good:
            raise ImageReadError(bytes(picture).decode("utf-8", "replace"))
        if pages > 1:
            warnings.warn(PagesLeftOutWarning(name, pages), stacklevel=2)
        return picture

    def close(self) -> None:
        """Ends the process; it starts again when another image is read."""
        with self._worker.lock:
            self._worker.stop()

    def _asked(self, name: str, data: bytes, max_pixels: int) -> tuple[bool, int, np.ndarray]:
        worker = self._worker
        worker.start()
        encoded = os.fsencode(name)
        worker.send(_REQUEST.pack(len(encoded), len(data), max_pixels) + encoded, data)
        good, height, width, pages = _ANSWER.unpack(worker.answers.read(_ANSWER.size))
        return good, pages, worker.pixels((height, width, 3) if good else (width,))


def limited_streams(memory: float) -> tuple[BinaryIO, BinaryIO]:
    """Requests and answers of a worker, which may take so many times `decoding_bytes` of memory from here on."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of libraries must not be mixed with the answers
    image_read.quiet_opencv()
    _limit_memory(int(memory * decoding_bytes()))
    return requests, answers


def serve(most_cpu_s: int) -> None:
    """Decodes the images from standard input until it ends."""
    requests, answers = limited_streams(1.2)
    while head := requests.read(_REQUEST.size):
        name_bytes, size, max_pixels = _REQUEST.unpack(head)
        name, data = os.fsdecode(requests.read(name_bytes)), requests.read(size)
        limit_time(most_cpu_s)
        for piece in _decoded(name, data, max_pixels):
            answers.write(piece)
        answers.flush()


def _decoded(name: str, data: bytes, max_pixels: int) -> tuple[bytes | memoryview, ...]:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            picture = image_read.decode(name, data, max_pixels)
        found = [item.message.pages for item in caught if isinstance(item.message, PagesLeftOutWarning)]
        return _ANSWER.pack(True, *picture.shape[:2], max(found, default=1)), plain_bytes(picture)
    except (ImageReadError, MemoryError) as error:
        message = (str(error) or f"{name}: there is not enough memory to decode it").encode("utf-8", "replace")
        return (_ANSWER.pack(False, 0, len(message), 1) + message,)


def plain_bytes(picture: np.ndarray) -> memoryview:
    """The bytes of an array as they are sent."""
    return np.ascontiguousarray(picture).data.cast("B")


def _limit_memory(more_bytes: int) -> None:
    """What decoding may take, beside what the process has already."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = memory.own_bytes()[0] + more_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def limit_time(seconds: int) -> None:
    """What an answer may take of the processor from here on."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    serve(int(sys.argv[1]))
