"""One engine in a group of tasks, and what is known of it while the group runs."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.running.protocol import Variant
from benchmarks.running.supervisor import Worker
from benchmarks.running.timed_call import TimedCall


@dataclass(frozen=True)
class Lane:
    """One engine in a group, and what its result depends on."""

    variant: Variant
    key: dict


@dataclass
class LaneState:
    """An engine while its group runs."""

    lane: Lane
    worker: Worker
    times_ms: list[list[float]]
    lines: list[list[dict]]
    calls: int = 0
    spent_s: float = 0.0
    timed_s: float = 0.0
    repeated_s: float = 0.0
    disturbed: int = 0
    cpu_s: float = 0.0
    rss: list[int] = field(default_factory=list)
    peak_bytes: int = 0
    gpu_percent: list[float] = field(default_factory=list)
    gpu_bytes: int = 0

    def add(self, call: TimedCall, index: int) -> None:
        """Keeps a call of a task."""
        self.times_ms[index].append(call.ms)
        if len(self.lines) == index:
            self.lines.append(call.lines)
        self.timed_s += call.ms / 1000
        self.cpu_s += call.cpu_s
        self.disturbed += call.disturbed
        self.rss.append(call.rss_bytes)
        self.peak_bytes = call.peak_bytes
        self.gpu_percent += call.gpu_percent
        self.gpu_bytes = max(self.gpu_bytes, call.gpu_bytes)

    def value(self) -> dict:
        """What its cell says."""
        return {
            "status": "ok",
            "ms": self.times_ms,
            "lines": self.lines,
            "disturbed": self.disturbed,
            "cpu_percent": 100 * self.cpu_s / self.timed_s if self.timed_s else None,
            "steady_rss_bytes": int(median(self.rss)),
            "peak_rss_bytes": self.peak_bytes,
            "gpu_percent": sum(self.gpu_percent) / len(self.gpu_percent) if self.gpu_percent else None,
            "gpu_memory_bytes": self.gpu_bytes or None,
        }
