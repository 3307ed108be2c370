"""Turns, limits, failures, cells and interruptions, with engines that do nothing in processes that are real."""

import json
from dataclasses import replace

import psutil
import pytest

from benchmarks.running import schedule
from benchmarks.running.cells import Cells
from benchmarks.running.lanes import Lane
from benchmarks.running.schedule import Group, Limits, Schedule
from benchmarks.running.timed_call import TimedCall

LIMITS = Limits(start_s=30, call_s=30, cell_s=30)
QUICK_LIMITS = replace(LIMITS, call_s=0.4)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(schedule, "_PAUSE_S", 0)


def group(variants, images=("a.png", "b.png"), rounds=2, **more):
    tasks = tuple({"do": "read", "image": image} for image in images)
    lanes = tuple(Lane(variant, {"engine": variant.id, "images": list(images)}) for variant in variants)
    return Group("a group", lanes, tasks, rounds, **more)


@pytest.fixture
def run(Silent):
    """Runs groups; returns results and what was said."""

    def run(groups, folder, limits=LIMITS, fresh=False):
        progress = Silent()
        with Schedule(Cells(folder / "cells", fresh), limits, progress) as running:
            found = running.run(groups)
        assert not running._workers
        return found, progress

    return run


def test_engines_take_turns_image_by_image_after_a_warm_up(fake, log, tmp_path, run):
    variants = [fake("echo", name=name, log=log.path) for name in ("x", "y")]
    variants = [replace(v, options=v.options | {"name": v.id}) for v in variants]
    ((found,), progress) = run([group(variants)], tmp_path)
    assert log.lines()[:2] == ["x a.png", "y a.png"]
    assert log.lines()[2:] == ["x a.png", "y a.png", "y b.png", "x b.png"] * 2
    assert found["x"]["status"] == "ok"
    assert [len(times) for times in found["x"]["ms"]] == [2, 2]
    assert [[line["text"] for line in lines] for lines in found["x"]["lines"]] == [["a"], ["b"]]
    assert found["x"]["peak_rss_bytes"] >= found["x"]["steady_rss_bytes"] > 5 << 20
    assert progress.left == 0


def test_an_engine_that_crashes_or_hangs_is_said_to_and_the_others_finish(fake, log, tmp_path, run):
    variants = [
        fake("crashing", after=2),
        fake("echo", log=log.path),
        fake("hanging"),
        fake("raising"),
        fake("refusing"),
        fake("echo", name="absent", skipped="no such program"),
    ]
    ((found,), progress) = run([group(variants)], tmp_path, QUICK_LIMITS)
    assert {name: value["status"] for name, value in found.items()} == {
        "crashing": "failed",
        "echo": "ok",
        "hanging": "timeout",
        "raising": "failed",
        "refusing": "skipped",
        "absent": "skipped",
    }
    assert "SIGSEGV" in found["crashing"]["reason"] and "last straw" in found["crashing"]["reason"]
    assert "0.4 s" in found["hanging"]["reason"]
    assert found["absent"]["reason"] == "no such program"
    assert len(log.lines()) == 1 + 2 * 2
    assert len(progress.notes) == 3
    assert progress.left == 0


def test_an_engine_has_a_second_chance_and_no_third(fake, log, tmp_path, run):
    groups = [group([fake("crashing", log=log.path, after=1)], images=(name,), rounds=1) for name in "abc"]
    (found, progress) = run(groups, tmp_path)
    assert log.lines() == ["crashing a", "crashing b"]  # the warm-ups; the timed calls end the process
    assert [list(part.values())[0]["status"] for part in found] == ["failed"] * 3
    assert progress.left == 0


def test_an_engine_that_was_refused_a_start_is_asked_for_nothing(fake, tmp_path, run):
    found, _ = run([group([fake("refusing")]), group([fake("refusing")], images=("c.png",))], tmp_path)
    assert [part["refusing"]["status"] for part in found] == ["skipped", "skipped"]


def test_a_worker_lives_from_group_to_group(fake, tmp_path, Silent):
    note = tmp_path / "pids"
    variant = fake("with_child", note=str(note))
    seen = []

    class Watching(Silent):
        def part(self, title):
            seen.append(note.read_text() if note.exists() else None)

    with Schedule(Cells(tmp_path / "cells"), LIMITS, Watching()) as running:
        running.run([group([variant], images=(name,)) for name in "abc"])
    assert seen[0] is None and seen[1] == seen[2] == note.read_text()


def test_finished_cells_are_taken_up_and_unfinished_ones_done(fake, log, tmp_path, run):
    whole, broken = fake("echo", log=log.path), fake("crashing", name="second", log=log.path)
    run([group([whole, broken])], tmp_path)
    mended = replace(fake("echo", name="second", log=log.path), id="second")
    before = len(log.lines())
    ((found,), progress) = run([group([whole, mended])], tmp_path)
    assert found["echo"]["status"] == found["second"]["status"] == "ok"
    assert len(log.lines()) == before + 5  # of the second alone
    ((again,), _) = run([group([whole, mended])], tmp_path)
    assert again == found and len(log.lines()) == before + 5
    ((fresh,), _) = run([group([whole, mended])], tmp_path, fresh=True)
    assert len(log.lines()) == before + 15 and fresh["echo"]["lines"] == found["echo"]["lines"]


@pytest.mark.parametrize("damage", ["cut", "empty", "other key"])
def test_a_half_written_cell_is_measured_again(fake, log, tmp_path, damage, run):
    chosen = [group([fake("echo", log=log.path)])]
    run(chosen, tmp_path)
    (path,) = (tmp_path / "cells").iterdir()
    text = path.read_text(encoding="utf-8")
    changed = {"cut": text[: len(text) // 2], "empty": "", "other key": text.replace("a.png", "z.png")}
    path.write_text(changed[damage], encoding="utf-8")
    ((found,), _) = run(chosen, tmp_path)
    assert len(log.lines()) == 10 and found["echo"]["status"] == "ok"
    assert json.loads(path.read_text(encoding="utf-8"))["value"] == found["echo"]


def test_a_slow_engine_gets_fewer_rounds_and_a_very_slow_one_is_out(fake, tmp_path, run):
    variants = [fake("echo", name="slow", seconds=0.06), fake("echo", name="fast")]
    variants = [replace(v, options={"seconds": 0.06} if v.id == "slow" else {}) for v in variants]
    ((found,), progress) = run([group(variants, rounds=3, enough_s=0.1)], tmp_path)
    assert [len(times) for times in found["slow"]["ms"]] == [1, 1]
    assert [len(times) for times in found["fast"]["ms"]] == [3, 3]
    assert progress.left == 0
    ((found,), progress) = run([group(variants, rounds=3)], tmp_path / "other", replace(LIMITS, cell_s=0.1))
    assert found["slow"] == {"status": "timeout", "reason": "not done after 0.1 s"}
    assert found["fast"]["status"] == "ok" and progress.left == 0


def test_engines_follow_each_other_where_memory_is_short(fake, log, tmp_path, monkeypatch, run):
    monkeypatch.setattr(schedule, "_short_of_memory", lambda: True)
    variants = [replace(fake("echo", name=n), options={"name": n, "log": log.path}) for n in ("x", "y")]
    ((found,), progress) = run([group(variants, rounds=1)], tmp_path)
    assert log.lines() == ["x a.png", "x a.png", "x b.png", "y a.png", "y a.png", "y b.png"]
    assert found["y"]["status"] == "ok" and "memory" in progress.notes[0]


def test_memory_and_processor_of_the_worker_are_seen(fake, tmp_path, run):
    variants = [fake("echo"), fake("greedy", megabytes=300)]
    ((found,), _) = run([group(variants)], tmp_path)
    assert found["greedy"]["peak_rss_bytes"] > 300 << 20 > found["echo"]["peak_rss_bytes"]
    assert found["greedy"]["steady_rss_bytes"] < 200 << 20
    assert found["greedy"]["cpu_percent"] > 10


def test_an_interruption_keeps_finished_cells_and_leaves_no_process(fake, log, tmp_path, run, Silent):
    variant = fake("echo", log=log.path)
    pids = []

    class Interrupting(Silent):
        def done(self, calls=1):
            pids.extend(worker.pid for worker in running._workers.values())
            if len(log.lines()) == 7:
                raise KeyboardInterrupt

    chosen = [group([variant]), group([variant], images=("c.png", "d.png"))]
    with pytest.raises(KeyboardInterrupt):
        with Schedule(Cells(tmp_path / "cells"), LIMITS, Interrupting()) as running:
            running.run(chosen)
    assert pids and not any(psutil.pid_exists(pid) for pid in set(pids))
    assert len(list((tmp_path / "cells").iterdir())) == 1
    found, _ = run(chosen, tmp_path)
    assert [part["echo"]["status"] for part in found] == ["ok", "ok"]
    assert len(log.lines()) == 7 + 5


def test_a_disturbed_call_is_repeated_and_the_least_disturbed_one_counts(fake, tmp_path, run, monkeypatch):
    calls = iter([(1000, 0.0), (400, 0.4), (110, 0.0), (300, 0.3), (200, 0.1), (250, 0.2), (1500, 1.5)])

    def timed(worker, request, limit_s):
        ms, foreign_s = next(calls)
        return TimedCall(ms, [], 0.1, foreign_s, 1 << 20, 2 << 20, [], 0)

    monkeypatch.setattr(schedule, "timed", timed)
    monkeypatch.setattr(schedule, "_REPEATED_SHARE", 0.5)
    ((found,), progress) = run([group([fake("echo")], rounds=2)], tmp_path)
    # Of 400 and 110 the undisturbed one; of 300, 200 and 250 the least evil; then enough has been repeated.
    assert found["echo"]["ms"] == [[1000, 200], [110, 1500]]
    assert found["echo"]["disturbed"] == 2
    assert found["echo"]["cpu_percent"] == pytest.approx(100 * 0.4 / 2.81)
    assert progress.left == 0


def test_no_call_is_repeated_beyond_the_time_limit(fake, tmp_path, run, monkeypatch):
    monkeypatch.setattr(schedule, "timed", lambda *_: TimedCall(20_000, [], 20.0, 20.0, 1, 1, [], 0))
    ((found,), _) = run([group([fake("echo")], images=("a.png",), rounds=1)], tmp_path)
    assert found["echo"]["status"] == "ok" and found["echo"]["ms"] == [[20_000]]
