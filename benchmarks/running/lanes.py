"""One engine in a group of tasks, and what is known of it while the group runs."""

from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.running.protocol import EngineVariant
from benchmarks.running.supervisor import EngineWorker
from benchmarks.running.timed_call import TimedCall


@dataclass(frozen=True, eq=False)
class Lane:
    """One engine in a group, and what its result depends on."""

    variant: EngineVariant
    key: dict


class LaneState:
    """An engine while its group of tasks runs.

    Attributes:
        calls: Calls made, of those that were planned.
        spent_s: Seconds of all timed calls, the repeated ones included.
        repeated_s: Seconds of repeated calls.
    """

    def __init__(self, lane: Lane, worker: EngineWorker, tasks: int):
        self.lane, self.worker = lane, worker
        self.calls, self.spent_s, self.repeated_s = 0, 0.0, 0.0
        self._calls: list[list[TimedCall]] = [[] for _ in range(tasks)]

    def add(self, call: TimedCall, index: int) -> None:
        """Keeps a call of a task."""
        self._calls[index].append(call)

    def value(self) -> dict:
        """What its cell says."""
        calls = [call for task in self._calls for call in task]
        spent_s = sum(call.ms for call in calls) / 1000
        percent = [share for call in calls for share in call.gpu_percent]
        return {
            "status": "ok",
            "ms": [[call.ms for call in task] for task in self._calls],
            "lines": [task[0].lines for task in self._calls],
            "disturbed": sum(call.disturbed for call in calls),
            "cpu_percent": 100 * sum(call.cpu_s for call in calls) / spent_s if spent_s else None,
            "steady_rss_bytes": int(median(call.rss_bytes for call in calls)),
            "peak_rss_bytes": max(call.peak_bytes for call in calls),
            "gpu_percent": fmean(percent) if percent else None,
            "gpu_memory_bytes": max(call.gpu_bytes for call in calls) or None,
        }
