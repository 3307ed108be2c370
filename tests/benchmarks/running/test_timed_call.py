"""What a call and the rest of the machine used; with a worker that really computes beside one that does nothing."""

import multiprocessing
import time

import pytest

from benchmarks.running import timed_call
from benchmarks.running.supervisor import EngineWorker
from benchmarks.running.timed_call import TimedCall


def call(ms, foreign_s):
    return TimedCall(ms, [], 0.0, foreign_s, 0, 0, [], 0)


def test_what_counts_as_disturbed():
    assert not call(1000, 0.11).disturbed and call(1000, 0.13).disturbed
    assert not call(40, 0.04).disturbed  # ticks are too coarse
    assert call(500, 0.25).disturbance == pytest.approx(0.5)


def test_another_program_shows_as_foreign(fake, monkeypatch):
    with EngineWorker(fake("echo")) as worker:
        worker.start(30)
        plain = worker.ask

        def slow(request, limit_s):
            time.sleep(0.5)
            return plain(request, limit_s) | {"ms": 500.0}

        monkeypatch.setattr(worker, "ask", slow)
        before = timed_call._busy_s()
        other = multiprocessing.get_context("spawn").Process(target=_spin, args=(60,))
        other.start()
        try:
            time.sleep(1.0)
            found = timed_call.timed(worker, {"do": "read", "image": "a.png"}, 10)
        finally:
            other.kill()
            other.join()
        assert timed_call._busy_s() > before
    assert found.lines[0]["text"] == "a"
    assert found.cpu_s < 0.2 < found.foreign_s


def _spin(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
