"""The processors of this machine."""

import os

_MOST_THREADS = 1024


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked(threads: int) -> int:
    """A number of threads to start.

    Raises:
        ValueError: It is below 1, or above what any machine has processors for.
    """
    if not 1 <= threads <= _MOST_THREADS:
        raise ValueError(f"expected 1 to {_MOST_THREADS} threads, found {threads}")
    return threads
