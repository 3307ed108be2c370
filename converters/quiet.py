"""Captures the output of TensorFlow and onnx2tf and keeps its tail for errors."""

import contextlib
import ctypes
import os
import sys
import tempfile
from collections.abc import MutableMapping


def tensorflow_environment(environment: MutableMapping[str, str]) -> None:
    """Lets TensorFlow, when it is loaded, log errors alone and use the Keras for which onnx2tf was made.

    It computes with its own kernels on every processor: oneDNN's, which it prefers where there are AVX512-VNNI or AMX,
    run graphs that no other computer runs, so that a network would be refused here and elsewhere for other reasons.
    """
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    environment.setdefault("TF_USE_LEGACY_KERAS", "1")
    environment.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


class Quiet:
    """Takes all that is written to standard output and standard error inside a `with`, by Python or by C++.

    C++ writes to the file descriptors 1 and 2, so these are bent to a temporary file and set right again
    at the end, whatever happens. Descriptors belong to the process: what other threads write meanwhile
    is taken too, and two of these must not run at the same time in two threads (one inside the other is fine).

    Example:
        with Quiet() as said:
            convert()
        said.tail()  # also after an exception
    """

    def __init__(self):
        self._text = ""
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Quiet":
        with contextlib.ExitStack() as stack:
            _flush()
            file = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace"))
            stack.callback(self._keep, file)
            for descriptor in (1, 2):
                stack.callback(_restore, os.dup(descriptor), descriptor)
                os.dup2(file.fileno(), descriptor)
            stack.callback(_flush)
            stack.enter_context(contextlib.redirect_stdout(file))
            stack.enter_context(contextlib.redirect_stderr(file))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self._stack.close()

    def tail(self, characters: int = 600) -> str:
        """The end of what was written, on one line; "" before the `with` has ended."""
        return " ".join(self._text.split())[-characters:]

    def _keep(self, file) -> None:
        file.flush()
        file.seek(0)
        self._text = file.read()


def _restore(kept: int, descriptor: int) -> None:
    os.dup2(kept, descriptor)
    os.close(kept)


def _flush() -> None:
    """Empties the buffers of Python and of C, so that text goes where it was written to."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    ctypes.CDLL(None).fflush(None)
