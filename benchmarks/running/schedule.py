"""Runs engines interleaved: one task each, round after round, so that a noisy machine hits all alike.

Every engine has a worker process of its own; one computes at a time, the others wait for their pipe. An engine that
crashes or is late is ended and counts as failed; the others continue. A call during which other programs computed
is repeated, as often as time allows; the least disturbed one counts. What an engine did in a group of tasks is a cell,
kept as soon as it is finished and taken up by the next run.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import psutil

from benchmarks.running.cells import Cells
from benchmarks.running.eta import CallProgress
from benchmarks.running.lanes import Lane, LaneState
from benchmarks.running.protocol import EngineVariant, Skipped
from benchmarks.running.supervisor import EngineWorker, WorkerError
from benchmarks.running.timed_call import TimedCall, timed

_PAUSE_S = 0.01  # lets the threads of one engine come to rest before the next begins
# A disturbed call is repeated so often at most, all repeated calls of an engine together this share of its others.
_MOST_REPEATS, _REPEATED_SHARE = 2, 0.25
_MOST_FAILURES = 2  # after which an engine is not tried again
_FREE_BYTES = 1 << 30  # that a machine keeps when one more worker starts


@dataclass(frozen=True)
class Limits:
    """Seconds."""

    start_s: float = 900.0  # In which an engine is made, and a network prepared (int8 models are quantized then)
    call_s: float = 120.0  # In which a call is answered
    cell_s: float = 3600.0  # That one engine may spend in one group of tasks


@dataclass(frozen=True)
class Group:
    """Engines that do the same tasks interleaved."""

    title: str  # For the progress
    lanes: tuple[Lane, ...]  # The engines
    tasks: tuple[dict, ...]  # Requests of benchmarks.running.worker, each timed
    rounds: int  # How often each task is timed
    enough_s: float = 300.0  # An engine that has spent as much gets no further round
    setup: tuple[dict, ...] = ()  # Requests before the first task
    warm_up: int = 1  # How often the first task is run unmeasured
    teardown: Callable[[EngineVariant], Sequence[dict]] = (
        lambda variant: ()
    )  # For each engine, requests after the last task


class Schedule:
    """Measures groups and keeps their cells. Leaving the `with` ends all workers, whatever happened."""

    def __init__(self, cells: Cells, limits: Limits, progress: CallProgress):
        self._cells, self._limits, self._progress = cells, limits, progress
        self._workers: dict[str, EngineWorker] = {}
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
            round] of each task], "lines": [what was read] of each task, "disturbed": calls, "cpu_percent",
            "steady_rss_bytes", "peak_rss_bytes", "gpu_percent", "gpu_memory_bytes", "run": when that run began}, or
            {"status": "failed", "timeout" or "skipped", "reason"}.
        """
        results = [self._cells.known(group.lanes) for group in groups]
        for group, found in zip(groups, results, strict=True):
            self._progress.plan(len(_open(group, found)) * _calls(group))
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

    def _measure_some(self, group: Group, lanes: list[Lane], found: dict[str, dict]) -> list[Lane]:
        """Measures as many engines at once as there is memory for; returns the others."""
        states: list[LaneState] = []
        for number, lane in enumerate(lanes):
            failures = self._failures.get(lane.variant.id, ())
            if len(failures) >= _MOST_FAILURES:
                self._progress.done(_calls(group))
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

    def _prepared(self, group: Group, lane: Lane, found: dict[str, dict]) -> LaneState | None:
        """An engine that has its worker and has warmed up; None where that went wrong, which is then in `found`."""
        limits, name = self._limits, lane.variant.id
        started = name in self._workers
        state = LaneState(lane, self._workers.get(name) or EngineWorker(lane.variant), len(group.tasks))
        try:
            if name not in self._workers:
                self._workers[name] = state.worker
                state.worker.start(limits.start_s)
                started = True
            for request in group.setup:
                state.worker.ask(request, limits.start_s)
            for _ in range(group.warm_up):
                state.worker.ask(group.tasks[0], limits.call_s)
                self._count(state)
        except (Skipped, WorkerError) as error:
            if not started and isinstance(error, Skipped):  # without an engine there is nothing to ask it for
                self._workers.pop(name).end()
            self._give_up(group, state, error, found)
            return None
        return state

    def _take_turns(self, group: Group, states: list[LaneState], found: dict[str, dict]) -> None:
        turns = list(states)
        for number in range(group.rounds):
            for state in [state for state in turns if number and state.spent_s > group.enough_s]:
                turns.remove(state)
                self._count(state, _calls(group) - state.calls)
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
            value = state.value() | {"run": self._begun}
            self._cells.keep(state.lane.key, value)
            found[state.lane.variant.id] = value

    def _call(self, group: Group, state: LaneState, index: int, found: dict[str, dict]) -> bool:
        """One timed call, the least disturbed of some; False when the engine is out."""
        best = None
        for _ in range(1 + _MOST_REPEATS):
            call = self._once(group, state, index, found)
            if call is None:
                return False
            if best is not None:
                state.repeated_s += call.ms / 1000
            if best is None or call.disturbance < best.disturbance:
                best = call
            more_s = best.ms / 1000
            enough = state.repeated_s + more_s > _REPEATED_SHARE * state.spent_s
            if not best.disturbed or enough or state.spent_s + 2 * more_s > self._limits.cell_s:
                break
        state.add(best, index)
        self._count(state)
        return True

    def _once(self, group: Group, state: LaneState, index: int, found: dict[str, dict]) -> TimedCall | None:
        """One call; None when the engine is out."""
        time.sleep(_PAUSE_S)
        left_s = self._limits.cell_s - state.spent_s
        try:
            call = timed(state.worker, group.tasks[index], max(0.0, min(self._limits.call_s, left_s)))
        except (Skipped, WorkerError, psutil.NoSuchProcess) as error:
            if getattr(error, "status", "") == "timeout" and left_s < self._limits.call_s:
                error = WorkerError("timeout", f"not done after {self._limits.cell_s:g} s")
            if isinstance(error, psutil.NoSuchProcess):
                error = WorkerError("failed", "ended after its answer")
            self._give_up(group, state, error, found)
            return None
        state.spent_s += call.ms / 1000
        return call

    def _count(self, state: LaneState, calls: int = 1) -> None:
        state.calls += calls
        self._progress.done(calls)

    def _give_up(self, group: Group, state: LaneState, error: Exception, found: dict[str, dict]) -> None:
        """Notes why an engine is out of its group, and ends a worker that cannot be used any more."""
        name, status = state.lane.variant.id, getattr(error, "status", "skipped")
        self._count(state, _calls(group) - state.calls)
        found[name] = {"status": status, "reason": str(error)}
        if isinstance(error, WorkerError):
            self._failures.setdefault(name, []).append(error)
            self._workers.pop(name).end()
            self._progress.note(f"{name}: {status}: {error}")


def _open(group: Group, found: dict[str, dict]) -> list[Lane]:
    return [lane for lane in group.lanes if lane.variant.id not in found]


def _calls(group: Group) -> int:
    return group.warm_up + group.rounds * len(group.tasks)


def _short_of_memory() -> bool:
    return psutil.virtual_memory().available < _FREE_BYTES
