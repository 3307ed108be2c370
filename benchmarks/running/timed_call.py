"""One timed call of an engine, and what it and other programs used of the machine meanwhile."""

from dataclasses import dataclass

import psutil

from benchmarks.running import resources
from benchmarks.running.supervisor import EngineWorker

# The kernel counts processor time in ticks of 10 ms: of a call shorter than this nothing can be said.
_SHORTEST_MS = 50.0
_FREE_S, _FREE_SHARE = 0.02, 0.1  # what others may use of the processors during a call: seconds, and of its length


@dataclass(frozen=True)
class TimedCall:
    """What a call took."""

    ms: float  # Its time, as the worker measured it
    lines: list[dict]  # What was read, as the worker answered
    cpu_s: float  # Processor seconds of the worker and of the programs that it ran
    foreign_s: float  # Processor seconds of all else on this machine meanwhile, what a hypervisor took included
    rss_bytes: int  # Resident after the call
    peak_bytes: int  # The most that the worker had with the programs that it ran
    gpu_percent: list[float]  # Samples
    gpu_bytes: int  # The most of the samples

    @property
    def disturbed(self) -> bool:
        """Whether other programs computed so much meanwhile that the time may be theirs."""
        return self.ms >= _SHORTEST_MS and self.foreign_s > _FREE_S + _FREE_SHARE * self.ms / 1000

    @property
    def disturbance(self) -> float:
        """Processors that other programs used on average."""
        return self.foreign_s / max(self.ms / 1000, 1e-9)


def timed(worker: EngineWorker, request: dict, limit_s: float) -> TimedCall:
    """Asks a worker."""
    on_gpu = worker.pid if worker.variant.info.device == "GPU" else None
    busy, own = _busy_s(), resources.cpu_s(worker.pid)
    with resources.GpuSampler(on_gpu) as sampler:
        answer = worker.ask(request, limit_s)
    busy = _busy_s() - busy
    usage = resources.usage(worker.pid)
    return TimedCall(
        ms=answer["ms"],
        lines=answer.get("lines", []),
        cpu_s=usage.cpu_s - own,
        foreign_s=max(0.0, busy - (usage.cpu_s - own)),
        rss_bytes=usage.rss_bytes,
        peak_bytes=usage.peak_bytes + worker.children_peak_bytes,
        gpu_percent=sampler.percent,
        gpu_bytes=max(sampler.memory_bytes, default=0),
    )


def _busy_s() -> float:
    """Processor seconds that this machine has spent on anything since it started."""
    times = psutil.cpu_times()
    return sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal"))
