"""A stream for C++ code to write to: exceptions that come through it, of a full disk or a signal, end in an abort."""

import io
from typing import BinaryIO


class CarefulStream(io.RawIOBase):
    """Keeps what goes wrong while it is written to; see check."""

    def __init__(self, stream: BinaryIO):
        """Writes to another stream."""
        self._stream = stream
        self._error: BaseException | None = None

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]
        """Never raises; after an error nothing is written."""
        size = len(memoryview(data).cast("B"))
        if self._error is None:
            try:
                self._stream.write(data)
            except BaseException as error:
                self._error = error
        return size

    def check(self) -> None:
        """Raises what went wrong: an OSError without the stream's name, which is no path, or a signal."""
        error, self._error = self._error, None
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror) from None
        if error is not None:
            raise error
