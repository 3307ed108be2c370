"""Processor and memory of this process while it reads."""

import os
import time

import psutil

from benchmarks.running import resources
from benchmarks.running.resources import MIB

_LEAST_S = 0.25  # processor time is counted in hundredths of a second


class Meter:
    """Looked at again and again; measures since the last look that is long enough ago."""

    def __init__(self):
        self._wall_s, self._cpu_s = time.perf_counter(), _own_cpu_s()
        self._percent, self._rss_mib = 0.0, resources.usage(os.getpid()).rss_bytes / MIB

    def look(self) -> tuple[float, float]:
        """(percent of one core of this process alone, resident MiB with the programs that it runs)."""
        now = time.perf_counter()
        if now - self._wall_s >= _LEAST_S:
            used = _own_cpu_s()
            self._percent = 100 * (used - self._cpu_s) / (now - self._wall_s)
            self._rss_mib = resources.usage(os.getpid()).rss_bytes / MIB
            self._wall_s, self._cpu_s = now, used
        return self._percent, self._rss_mib


def _own_cpu_s() -> float:
    """Of this process; a decoder that ends would bring the time of its whole life at once."""
    times = psutil.Process().cpu_times()
    return times.user + times.system
