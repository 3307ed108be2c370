"""What every command line does around its work: streams, signals, warnings, errors as a line and an exit code."""

import _thread
import contextlib
import errno
import io
import logging
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import Any

from tflite_ocr.errors import MissingDependencyError, OcrError, OcrWarning, printable

# Added to a signal's number in exit codes, as shells do.
SIGNALLED = 128
INTERRUPTED, BROKEN_PIPE = SIGNALLED + 2, SIGNALLED + 13
_USUAL = (signal.SIG_DFL, signal.default_int_handler)
_AGAIN_S = 0.05
_KEPT = 1 << 16  # characters of the output of C libraries
_log = logging.getLogger(__name__)


class Stopped(KeyboardInterrupt):
    """A signal, by its number, asked the program to end."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


@dataclass(frozen=True)
class Manner:
    """Messages of a command line.

    Attributes:
        quiet: Whether the output of C libraries on standard error goes to the log.
    """

    prefix: str
    interrupted: str = "interrupted"
    missing: str = "pip install 'tflite-ocr[convert]'"
    unwritable: str = ""
    quiet: bool = False


def guarded(work: Callable[[], int], manner: Manner) -> int:
    """Runs the work of a command line and turns errors into messages.

    Returns:
        The result of `work`; the exit code of an OcrError; 1 for files that cannot be written; 141 when the reader
        of our output has closed it; 130 after Ctrl-C, and 128 plus its number after another signal to end.
    """
    with contextlib.ExitStack() as stack:
        open_streams()
        stack.enter_context(_warned(manner))
        came = stack.enter_context(stopping())
        if manner.quiet:
            stack.enter_context(_c_libraries_logged())
        try:
            code = work()
            sys.stdout.flush()
            return code
        except OcrError as error:
            return _fail(manner, str(error), error.exit_code)
        except ImportError as error:
            if came:  # NumPy reports an interruption of its own import as a broken installation
                return _fail(manner, manner.interrupted, SIGNALLED + came[0])
            found = f"a library is missing or broken: {error}"
            if error.name and not error.path:
                found = f"expected the package {error.name}, found none"
            return _fail(manner, f"{found}; {manner.missing}", MissingDependencyError.exit_code)
        except BrokenPipeError:
            _leave_stdout()
            return BROKEN_PIPE
        except OSError as error:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            _leave_stdout()
            named = error.filename and isinstance(error.filename, (str, bytes))
            place = f"{os.fsdecode(error.filename)}: " if named else ""
            return _fail(manner, f"{place}{error.strerror or error}{manner.unwritable}", OcrError.exit_code)
        except MemoryError:
            return _fail(manner, "there is not enough memory; read smaller images or fewer at once", OcrError.exit_code)
        except KeyboardInterrupt as error:
            return _fail(manner, manner.interrupted, SIGNALLED + getattr(error, "number", signal.SIGINT))


def log(verbose: int) -> None:
    """Writes log records to standard error: with 1 our own, with 2 also those of libraries, with 0 none."""
    if not verbose:
        return
    handler = _StandardError(logging.INFO if verbose == 1 else logging.DEBUG)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.basicConfig(level=handler.level, handlers=[handler])


class _StandardError(logging.Handler):
    """Writes to the current standard error, which changes while the output of C libraries is captured."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record as a line."""
        with contextlib.suppress(OSError):
            print(self.format(record), file=sys.stderr, flush=True)


@contextlib.contextmanager
def stopping(first: Callable[[], None] | None = None) -> Iterator[list[int]]:
    """Makes signals by which a terminal, a service manager or a container ends a program raise Stopped.

    Signals that nohup has set to be ignored stay ignored. Outside the main thread nothing is changed.

    Args:
        first: Called at the first signal instead, so that the work can be finished.

    Yields:
        The list of the signals received.
    """
    before, process, came = {}, os.getpid(), []

    def stop(number: int, frame: FrameType | None) -> None:
        if os.getpid() != process:  # a forked worker: it ends as if no handler had been set
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        if _loads_c_code(frame):
            _thread.start_new_thread(again, (number,))
            return
        came.append(number)
        if first is None or len(came) > 1:
            raise Stopped(number)
        first()

    hooks = sys.excepthook, sys.unraisablehook

    def shown(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """C code prints an error before it raises another one in its place."""
        if not isinstance(error, Stopped):
            hooks[0](kind, error, trace)

    def again(number: int) -> None:
        time.sleep(_AGAIN_S)
        os.kill(process, number)

    def lost(found: Any) -> None:
        """A signal that came where errors are ignored, as in __del__, comes again."""
        if isinstance(found.exc_value, Stopped):
            # Not Thread.start: it waits for the thread, and the signal might come meanwhile.
            _thread.start_new_thread(again, (found.exc_value.number,))
        else:
            hooks[1](found)

    if threading.current_thread() is threading.main_thread():
        sys.excepthook, sys.unraisablehook = shown, lost
        for number in (getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)):
            handler = signal.getsignal(number)
            if handler in _USUAL or (first and handler != signal.SIG_IGN):
                before[number] = signal.signal(number, stop)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if sys.excepthook is shown:
            sys.excepthook, sys.unraisablehook = hooks


def _loads_c_code(frame: FrameType | None) -> bool:
    """Whether an extension module is being imported: an exception that comes through its start ends in an abort.

    Or in an ImportError, and what is installed is then said to be missing.
    """
    while frame is not None:
        loader = frame.f_locals.get("self") if frame.f_code.co_name in ("create_module", "exec_module") else None
        if isinstance(loader, ExtensionFileLoader):
            return True
        frame = frame.f_back
    return False


def open_streams() -> None:
    """Replaces closed standard streams, and makes text streams UTF-8.

    Reading or writing a closed one then raises OSError; a closed standard error discards everything. No file that is
    opened later gets its number.
    """
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
    if sys.stdin is None:
        sys.stdin = _Closed("standard input")
    if sys.stdout is None:
        sys.stdout = _Closed("standard output")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    for stream, encoding in ((sys.stdout, "utf-8"), (sys.stderr, None)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


class _Closed(io.TextIOBase):
    """A standard stream that was closed before the program began."""

    def __init__(self, name: str):
        self._name = name

    @property
    def buffer(self) -> "_Closed":
        """Itself."""
        return self

    def read(self, size: int | None = -1) -> str:
        """Fails."""
        raise OSError(errno.EBADF, "it is closed", self._name)

    def write(self, text: str) -> int:
        """Fails."""
        raise OSError(errno.EBADF, "it is closed", self._name)


class _Messages(io.TextIOWrapper):
    """Standard error that drops messages when nobody reads them any more, so that the work is finished."""

    def write(self, text: str) -> int:
        """Writes a message, or nothing."""
        try:
            return super().write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Writes what is still to be written, or drops it."""
        try:
            super().flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        super().flush()


@contextlib.contextmanager
def _warned(manner: Manner) -> Iterator[None]:
    """Shows our own warnings as lines like our errors; every one, as two files may have the same name."""

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *where: Any) -> None:
        if issubclass(category, OcrWarning):
            _say(manner, str(message))
        else:
            sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, *where[1:]))

    with warnings.catch_warnings():
        warnings.simplefilter("always", OcrWarning)
        warnings.showwarning = show  # type: ignore[assignment]  # file and line are taken by place
        yield


@contextlib.contextmanager
def _c_libraries_logged() -> Iterator[None]:
    """Captures what C libraries write to descriptor 2 and logs it at debug level at the end; Python's output stays."""
    if sys.stderr is not sys.__stderr__ or not isinstance(sys.stderr, io.TextIOWrapper):
        yield  # something else, such as a test, has replaced it
        return
    before = sys.stderr
    with tempfile.TemporaryFile() as said:
        before.flush()
        kept = os.dup(2)
        own = _Messages(open(os.dup(2), "wb"), before.encoding, "backslashreplace", line_buffering=True)
        os.dup2(said.fileno(), 2)
        sys.stderr = own
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(max(0, said.seek(0, os.SEEK_END) - _KEPT))
            for line in said.read().decode("utf-8", "replace").splitlines():
                _log.debug("%s", printable(line))
            # The standard error that was there before is the same terminal or file; messages still to come may use it.
            sys.stderr = before
            own.close()


def _say(manner: Manner, message: str) -> None:
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""  # there may be a progress bar
    with contextlib.suppress(OSError):
        print(f"{clear}{manner.prefix}{printable(message)}", file=sys.stderr, flush=True)


def _fail(manner: Manner, message: str, code: int) -> int:
    _say(manner, message)
    return code


def _leave_stdout() -> None:
    """Redirects standard output, which Python flushes once more at its exit, to the null device."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
