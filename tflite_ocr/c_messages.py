"""Keeps LiteRT's greeting from the terminal: it tells of its XNNPACK delegate once in every process."""

import contextlib
import ctypes
import logging
import os
import threading
from collections.abc import Iterator

from tflite_ocr import forks
from tflite_ocr.errors import printable

_MOST_BYTES = 1 << 16
_log = logging.getLogger(__name__)
_lock = threading.RLock()
forks.guard(_lock)
_heard = False


@contextlib.contextmanager
def first_logged() -> Iterator[None]:
    """Logs at debug level what C code says in the first of these blocks; later ones change nothing.

    It exchanges the variable `stderr` of the GNU C library, not the descriptor 2: what Python writes meanwhile in any
    thread reaches its standard error. Other C libraries change nothing.
    """
    global _heard
    if _heard:
        yield
        return
    with _lock:
        stream = None if _heard else _standard_error()
        if stream is None:
            _heard = True
            yield
            return
        libc = ctypes.CDLL(None)
        libc.fdopen.restype = ctypes.c_void_p
        kept, file = stream.value, os.memfd_create("messages")
        # It is never closed: another thread may have begun to write to it.
        stream.value = ours = libc.fdopen(file, b"w")
        try:
            yield
        finally:
            stream.value = kept
            _heard = True  # not before: other threads then no longer wait
            libc.fflush(ctypes.c_void_p(ours))
            for line in os.pread(file, _MOST_BYTES, 0).decode("utf-8", "replace").splitlines():
                _log.debug("%s", printable(line))


def _standard_error() -> ctypes.c_void_p | None:
    """The variable `stderr` of the C library, where it is a variable: in the GNU C library."""
    if "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", ()) or not hasattr(os, "memfd_create"):
        return None
    with contextlib.suppress(OSError, ValueError):
        if os.confstr("CS_GNU_LIBC_VERSION"):
            return ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr")
    return None
