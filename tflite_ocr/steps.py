"""Where the time of reading goes: the code that reads names its steps; they are timed while somebody records them."""

import contextlib
import threading
import time
from collections.abc import Iterator

from tflite_ocr import forks

_NOT_TIMED = contextlib.nullcontext()
_recorder: "Steps | None" = None


class Steps:
    """Own time of nested steps: what a step spends in another is the other's. Counts from several threads add up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._lock = threading.Lock()
        self._local = threading.local()
        forks.watch(self)

    def after_fork(self) -> None:
        """See forks.Owner."""
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a block as `name`."""
        inner: list[float] = self._local.__dict__.setdefault("inner", [])
        inner.append(0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            own = spent - inner.pop()
            if inner:
                inner[-1] += spent
            with self._lock:
                self.seconds[name] = self.seconds.get(name, 0.0) + own
                self.calls[name] = self.calls.get(name, 0) + 1


@contextlib.contextmanager
def recording() -> Iterator[Steps]:
    """Times the steps of all Readers of this process until the block ends."""
    global _recorder
    before, _recorder = _recorder, Steps()
    try:
        yield _recorder
    finally:
        _recorder = before


def step(name: str) -> contextlib.AbstractContextManager[None]:
    """Names the step that a block is; nothing is timed where nobody records."""
    return _NOT_TIMED if _recorder is None else _recorder.step(name)
