"""The processors of this machine."""

import os

# More threads than this for a core only wait for each other, and where memory for them ends LiteRT waits for ever.
_A_CORE, _LEAST_LIMIT = 4, 64


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_threads() -> int:
    """The largest number of threads that is started."""
    return max(_LEAST_LIMIT, _A_CORE * cores())


def checked(threads: int) -> int:
    """A number of threads to start.

    Raises:
        ValueError: It is below 1, or far above the number of cores.
    """
    if not 1 <= threads <= most_threads():
        raise ValueError(f"expected 1 to {most_threads()} threads, found {threads}")
    return threads
