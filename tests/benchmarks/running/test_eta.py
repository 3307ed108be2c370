"""What is left is estimated from calls of the same kind."""

import io

import pytest

from benchmarks.running.eta import Progress


def test_the_estimate_follows_each_engine():
    progress = Progress(io.StringIO())
    progress.plan("pages", "fast", 10)
    progress.plan("pages", "slow", 10)
    progress.plan("starts", "fast", 2)
    assert progress.left_s() == pytest.approx(22)  # a second each as long as nothing is known
    progress.call("pages", "fast", 0.1)
    progress.call("pages", "fast", 0.3)
    # Eight at 0.2 s, ten of the same kind at 0.2 s, two of which nothing is known.
    assert progress.left_s() == pytest.approx(8 * 0.2 + 10 * 0.2 + 2)
    progress.call("pages", "slow", 4.0)
    progress.drop("pages", "slow", 4)
    assert progress.left_s() == pytest.approx(8 * 0.2 + 5 * 4 + 2)


def test_elsewhere_than_on_a_terminal_each_part_is_a_line():
    stream = io.StringIO()
    progress = Progress(stream)
    progress.plan("pages", "x", 600)
    progress.part("receipts, part 1")
    progress.note("an engine failed")
    progress.call("pages", "x", 60.0)
    progress.part("receipts, part 2")
    assert stream.getvalue().splitlines() == [
        "receipts, part 1 (10 min left in all)",
        "an engine failed",
        "receipts, part 2 (9 h 59 min left in all)",
    ]


def test_on_a_terminal_there_is_a_bar():
    stream = io.StringIO()
    stream.isatty = lambda: True
    progress = Progress(stream)
    progress.plan("pages", "x", 4)
    progress.part("receipts")
    progress.call("pages", "x", 2.0)
    progress.close()
    assert "receipts" in stream.getvalue() and "/4 calls" in stream.getvalue()
