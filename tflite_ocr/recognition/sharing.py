"""Distributes work among threads so that neighbours stay together: pieces of equal size need no new planning."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Shares(Generic[T]):
    """Items in an order, cut into a run of about equal cost for each worker; safe to call from many threads.

    A worker takes the items of its own run, first to last; when it has none left, the last item of the run with the
    most remaining. So all workers end at about the same time, even if one is slower or never starts.
    """

    def __init__(self, items: Sequence[T], costs: Sequence[float], workers: int):
        """Cuts items in their order into runs for workers, at least one, by the cost of each item in any unit."""
        self._lock = threading.Lock()
        self._runs: list[deque[tuple[T, float]]] = [deque() for _ in range(workers)]
        self._left = [0.0] * workers
        total, done = sum(costs), 0.0
        for item, cost in zip(items, costs, strict=True):
            # An item belongs to the run that has its middle.
            run = min(workers - 1, int(workers * (done + cost / 2) / total)) if total else 0
            self._runs[run].append((item, cost))
            self._left[run] += cost
            done += cost

    def take(self, worker: int) -> T | None:
        """The next item for a worker, counted from 0; None when there is none left."""
        with self._lock:
            waiting = [run for run, items in enumerate(self._runs) if items]
            if not waiting:
                return None
            run = worker if worker in waiting else max(waiting, key=self._left.__getitem__)
            item, cost = self._runs[run].popleft() if run == worker else self._runs[run].pop()
            self._left[run] -= cost
            return item
