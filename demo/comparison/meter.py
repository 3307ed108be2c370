"""Processor and memory of this process while it reads."""

import os
import time

from benchmarks.running import resources
from benchmarks.running.resources import MIB

_LEAST_S = 0.25  # processor time is counted in hundredths of a second


class Meter:
    """Looked at again and again; measures since the last look that is long enough ago."""

    def __init__(self):
        self._wall_s, self._cpu_s = time.perf_counter(), resources.cpu_s(os.getpid())
        self._percent, self._rss_mib = 0.0, resources.usage(os.getpid()).rss_bytes / MIB

    def look(self) -> tuple[float, float]:
        """(percent of one core, resident MiB), of the programs that this process runs too."""
        now = time.perf_counter()
        if now - self._wall_s >= _LEAST_S:
            used = resources.usage(os.getpid())
            self._percent = 100 * (used.cpu_s - self._cpu_s) / (now - self._wall_s)
            self._rss_mib = used.rss_bytes / MIB
            self._wall_s, self._cpu_s = now, used.cpu_s
        return self._percent, self._rss_mib
