"""Axes of scaling, and the rows that come of them."""

from pathlib import Path

import cv2
import pytest

from benchmarks.engines import ours, rapidocr, tesseract
from benchmarks.measures import scaling
from benchmarks.running.protocol import MeasurementChoice


@pytest.fixture
def axes(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(ours, "default_variant", lambda folder, t: fake("echo", name=f"{folder.name}-t{t}", threads=t))
    monkeypatch.setattr(rapidocr, "variant", lambda runtime, t: fake("echo", name=f"{runtime}-t{t}", skipped="none"))
    monkeypatch.setattr(tesseract, "variant", lambda t: fake("echo", name=f"tesseract-t{t}", threads=t))
    choice = MeasurementChoice((Path("ppocr"),), 4, True, tmp_path)
    return {axis.name: axis for axis in scaling.axes(choice, ("ours", "rapidocr", "tesseract"), rounds=2)}


def test_threads_double_up_to_all():
    assert scaling.thread_counts(1) == [1]
    assert scaling.thread_counts(2) == [1, 2]
    assert scaling.thread_counts(6) == [1, 2, 4, 6]
    assert scaling.thread_counts(8) == [1, 2, 4, 8]


def test_every_engine_that_takes_threads_runs_with_each_number_of_them(axes):
    threads = axes["threads"]
    assert [lane.variant.id for lane in threads.group.lanes] == ["ppocr-t1", "ppocr-t2", "ppocr-t4"]
    assert threads.engines == ("ppocr-t4",) * 3 and threads.xs == (1, 2, 4)
    values = {f"ppocr-t{t}": {"status": "ok", "ms": [[40 / t, 80 / t]]} for t in (1, 2)}
    rows = scaling.rows(threads, values | {"ppocr-t4": {"status": "failed", "reason": "why"}})
    found = [(row["engine"], row["x"], row["ms"]["median"]) for row in rows]
    assert found == [("ppocr-t4", 1, 40), ("ppocr-t4", 2, 20)]  # the fastest of the rounds


def test_pages_have_the_sizes_that_they_stand_for(axes):
    size = axes["size"]
    assert [lane.variant.id for lane in size.group.lanes] == ["ppocr-t4", "tesseract-t1"]
    sides = [max(cv2.imread(task["image"]).shape[:2]) for task in size.group.tasks]
    assert tuple(sides) == size.task_xs == scaling.QUICK_SIZES
    assert axes["threads"].group.tasks[0]["image"] in [task["image"] for task in size.group.tasks]


def test_the_time_of_a_batch_is_given_for_each_image(axes):
    batch = axes["batch"]
    assert [len(task["images"]) for task in batch.group.tasks] == list(batch.task_xs) == [1, 8]
    assert all(Path(path).is_file() for task in batch.group.tasks for path in task["images"])
    ok, refused = {"status": "ok", "ms": [[6.0], [16.0]]}, {"status": "skipped", "reason": "pages alone"}
    rows = scaling.rows(batch, {"ppocr-t4": ok, "tesseract-t1": refused})
    assert [(row["x"], row["ms"]["median"]) for row in rows] == [(1, 6), (8, 2)]


def test_nothing_is_drawn_for_no_engine(tmp_path):
    assert scaling.axes(MeasurementChoice((), 2, True, tmp_path), (), rounds=1) == []
    assert not list(tmp_path.iterdir())
