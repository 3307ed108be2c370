"""Runs engines in turns: one task each, round after round, so that a noisy machine hits all alike.

Every engine has a worker process of its own; one computes at a time, the others wait for their pipe. An engine that
crashes or is late is ended and said to have failed, and the others go on. What an engine did in a group of tasks is a
cell, kept as soon as it is finished and taken up by the next run.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from statistics import median

import psutil

from benchmarks import resources
from benchmarks.cells import Cells
from benchmarks.eta import Progress
from benchmarks.protocol import Skipped, Variant
from benchmarks.supervisor import Worker, WorkerError

_PAUSE_S = 0.01  # lets the threads of one engine come to rest before the next begins
_MOST_FAILURES = 2  # after which an engine is not tried again
_FREE_BYTES = 1 << 30  # that a machine keeps when one more worker starts


@dataclass(frozen=True)
class Limits:
    """Seconds.

    Attributes:
        start_s: In which an engine is made, and a network prepared (int8 models are quantized then).
        call_s: In which a call is answered.
        cell_s: That one engine may spend in one group of tasks.
    """

    start_s: float = 900.0
    call_s: float = 120.0
    cell_s: float = 3600.0


@dataclass(frozen=True)
class Lane:
    """One engine in a group, and what its result depends on."""

    variant: Variant
    key: dict


@dataclass(frozen=True)
class Group:
    """Engines that do the same tasks in turns.

    Attributes:
        kind: Calls of one kind take similar time.
        title: For the progress.
        lanes: The engines.
        tasks: Requests of benchmarks.worker, each timed.
        rounds: How often each task is timed.
        enough_s: An engine that has spent as much gets no further round.
        setup: Requests before the first task.
        warm_up: How often the first task is run unmeasured.
        teardown: For each engine, requests after the last task.
    """

    kind: str
    title: str
    lanes: tuple[Lane, ...]
    tasks: tuple[dict, ...]
    rounds: int
    enough_s: float = 300.0
    setup: tuple[dict, ...] = ()
    warm_up: int = 1
    teardown: Callable[[Variant], Sequence[dict]] = lambda variant: ()


@dataclass
class _State:
    """An engine while its group runs."""

    lane: Lane
    worker: Worker
    times_ms: list[list[float]]
    lines: list[list[dict]]
    calls: int = 0
    spent_s: float = 0.0
    cpu_s: float = 0.0
    rss: list[int] = field(default_factory=list)
    peak_bytes: int = 0
    gpu_percent: list[float] = field(default_factory=list)
    gpu_bytes: int = 0


class Schedule:
    """Measures groups and keeps their cells. Leaving the `with` ends all workers, whatever happened.

    Args:
        cells: Where finished cells are.
        limits: Of time.
        progress: Is told of every call.
    """

    def __init__(self, cells: Cells, limits: Limits, progress: Progress):
        self._cells, self._limits, self._progress = cells, limits, progress
        self._workers: dict[str, Worker] = {}
        self._failures: dict[str, list[WorkerError]] = {}
        self._begun = datetime.now(timezone.utc).isoformat(timespec="seconds")

    def __enter__(self) -> "Schedule":
        return self

    def __exit__(self, *exception) -> None:
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()

    def run(self, groups: Sequence[Group]) -> list[dict[str, dict]]:
        """Measures what is not finished yet.

        Args:
            groups: In the order in which they are measured. Workers live until the last group that needs them.

        Returns:
            For each group the value of each engine by its variant's id: {"status": "ok", "ms": [[milliseconds of each
            round] of each task], "lines": [what was read] of each task, "cpu_percent", "steady_rss_bytes",
            "peak_rss_bytes", "gpu_percent", "gpu_memory_bytes", "run": when that run began}, or {"status": "failed",
            "timeout" or "skipped", "reason"}.
        """
        results = [self._known(group) for group in groups]
        for group, found in zip(groups, results, strict=True):
            for lane in _open(group, found):
                self._progress.plan(group.kind, lane.variant.id, _calls(group))
        for index, (group, found) in enumerate(zip(groups, results, strict=True)):
            lanes = _open(group, found)
            if lanes:
                self._progress.part(group.title)
            while lanes:
                lanes = self._measure_some(group, lanes, found)
            later = zip(groups[index + 1 :], results[index + 1 :], strict=True)
            needed = {lane.variant.id for other, known in later for lane in _open(other, known)}
            for name in set(self._workers) - needed:
                self._workers.pop(name).end()
        return results

    def _known(self, group: Group) -> dict[str, dict]:
        """Values that need no measuring: of finished cells, and of engines that cannot run here."""
        found = {}
        for lane in group.lanes:
            if lane.variant.skipped:
                found[lane.variant.id] = {"status": "skipped", "reason": lane.variant.skipped}
            elif (value := self._cells.find(lane.key)) is not None:
                found[lane.variant.id] = value
        return found

    def _measure_some(self, group: Group, lanes: list[Lane], found: dict[str, dict]) -> list[Lane]:
        """Measures as many engines at once as there is memory for; returns the others."""
        states: list[_State] = []
        for number, lane in enumerate(lanes):
            failures = self._failures.get(lane.variant.id, ())
            if len(failures) >= _MOST_FAILURES:
                self._progress.drop(group.kind, lane.variant.id, _calls(group))
                found[lane.variant.id] = {"status": failures[0].status, "reason": str(failures[0])}
                continue
            if states and lane.variant.id not in self._workers and _short_of_memory():
                rest = lanes[number:]
                break
            state = self._prepared(group, lane, found)
            if state:
                states.append(state)
        else:
            rest = []
        self._take_turns(group, states, found)
        if rest:
            self._progress.note(f"{group.title}: not enough memory for all engines at once, {len(rest)} follow")
            self.__exit__()
        return rest

    def _prepared(self, group: Group, lane: Lane, found: dict[str, dict]) -> _State | None:
        """An engine that has its worker and has warmed up; None where that went wrong, which is then in `found`."""
        limits, name = self._limits, lane.variant.id
        state = _State(lane, self._workers.get(name) or Worker(lane.variant), [[] for _ in group.tasks], [])
        try:
            if name not in self._workers:
                self._workers[name] = state.worker
                self._start(state.worker)
            for request in group.setup:
                state.worker.ask(request, limits.start_s)
            for _ in range(group.warm_up):
                answer = state.worker.ask(group.tasks[0], limits.call_s)
                self._count(group, state, answer["ms"] / 1000)
        except (Skipped, WorkerError) as error:
            self._give_up(group, state, error, found)
            return None
        return state

    def _start(self, worker: Worker) -> None:
        try:
            worker.start(self._limits.start_s)
        except Skipped:  # without an engine there is nothing to ask it for
            self._workers.pop(worker.variant.id).end()
            raise

    def _take_turns(self, group: Group, states: list[_State], found: dict[str, dict]) -> None:
        turns = list(states)
        for number in range(group.rounds):
            for state in [state for state in turns if number and state.spent_s > group.enough_s]:
                turns.remove(state)
                self._drop_rest(group, state)
            for index in range(len(group.tasks)):
                for state in list(turns):
                    if not self._call(group, state, index, found):
                        turns.remove(state)
                turns = turns[1:] + turns[:1]  # the one that begins changes
        for state in states:
            if state.lane.variant.id in found:
                continue
            try:
                for request in group.teardown(state.lane.variant):
                    state.worker.ask(request, self._limits.call_s)
            except (Skipped, WorkerError) as error:
                self._give_up(group, state, error, found)
                continue
            value = _value(state) | {"run": self._begun}
            self._cells.keep(state.lane.key, value)
            found[state.lane.variant.id] = value

    def _call(self, group: Group, state: _State, index: int, found: dict[str, dict]) -> bool:
        """One timed call; False when the engine is out."""
        time.sleep(_PAUSE_S)
        worker = state.worker
        left_s = self._limits.cell_s - state.spent_s
        try:
            before = resources.cpu_s(worker.pid)
            with _gpu_sampler(state) as sampler:
                answer = worker.ask(group.tasks[index], max(0.0, min(self._limits.call_s, left_s)))
            usage = resources.usage(worker.pid)
        except (Skipped, WorkerError) as error:
            if getattr(error, "status", "") == "timeout" and left_s < self._limits.call_s:
                error = WorkerError("timeout", f"not done after {self._limits.cell_s:g} s")
            self._give_up(group, state, error, found)
            return False
        except psutil.NoSuchProcess:
            self._give_up(group, state, WorkerError("failed", "ended after its answer"), found)
            return False
        state.times_ms[index].append(answer["ms"])
        if len(state.lines) == index:
            state.lines.append(answer.get("lines", []))
        state.spent_s += answer["ms"] / 1000
        state.cpu_s += usage.cpu_s - before
        state.rss.append(usage.rss_bytes)
        state.peak_bytes = usage.peak_bytes + worker.children_peak_bytes
        state.gpu_percent += sampler.percent
        state.gpu_bytes = max([state.gpu_bytes, *sampler.memory_bytes])
        self._count(group, state, answer["ms"] / 1000)
        return True

    def _count(self, group: Group, state: _State, seconds: float) -> None:
        state.calls += 1
        self._progress.call(group.kind, state.lane.variant.id, seconds)

    def _drop_rest(self, group: Group, state: _State) -> None:
        self._progress.drop(group.kind, state.lane.variant.id, _calls(group) - state.calls)
        state.calls = _calls(group)

    def _give_up(self, group: Group, state: _State, error: Exception, found: dict[str, dict]) -> None:
        """Notes why an engine is out of its group, and ends a worker that cannot be used any more."""
        name = state.lane.variant.id
        self._drop_rest(group, state)
        if isinstance(error, WorkerError):
            self._failures.setdefault(name, []).append(error)
            self._workers.pop(name).end()
            found[name] = {"status": error.status, "reason": str(error)}
            self._progress.note(f"{name}: {error.status}: {error}")
        else:
            found[name] = {"status": "skipped", "reason": str(error)}


def _open(group: Group, found: dict[str, dict]) -> list[Lane]:
    return [lane for lane in group.lanes if lane.variant.id not in found]


def _calls(group: Group) -> int:
    return group.warm_up + group.rounds * len(group.tasks)


def _short_of_memory() -> bool:
    return psutil.virtual_memory().available < _FREE_BYTES


def _gpu_sampler(state: _State) -> resources.GpuSampler | resources.NoGpu:
    on_gpu = state.lane.variant.info.device == "GPU"
    return resources.GpuSampler(state.worker.pid) if on_gpu else resources.NoGpu()


def _value(state: _State) -> dict:
    return {
        "status": "ok",
        "ms": state.times_ms,
        "lines": state.lines,
        "cpu_percent": 100 * state.cpu_s / state.spent_s if state.spent_s else None,
        "steady_rss_bytes": int(median(state.rss)),
        "peak_rss_bytes": state.peak_bytes,
        "gpu_percent": sum(state.gpu_percent) / len(state.gpu_percent) if state.gpu_percent else None,
        "gpu_memory_bytes": state.gpu_bytes or None,
    }
