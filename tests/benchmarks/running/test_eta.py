"""Calls are counted, and what is left is said."""

import io
import re

from benchmarks.running.eta import CallProgress


def test_elsewhere_than_on_a_terminal_each_part_is_a_line():
    stream = io.StringIO()
    progress = CallProgress(stream)
    progress.plan(600)
    progress.part("receipts, part 1")
    progress.note("an engine failed")
    progress.done()
    progress.done(199)
    assert progress.left == 400
    progress._begun -= 100  # as if 200 calls had taken as many seconds
    progress.part("receipts, part 2")
    first, note, second = stream.getvalue().splitlines()
    assert first == "receipts, part 1 (0 of 600 calls)" and note == "an engine failed"
    assert re.fullmatch(r"receipts, part 2 \(200 of 600 calls, about 03:2\d left\)", second)


def test_on_a_terminal_there_is_a_bar():
    stream = io.StringIO()
    stream.isatty = lambda: True
    progress = CallProgress(stream)
    progress.plan(4)
    progress.part("receipts")
    progress.done()
    progress.close()
    assert "receipts" in stream.getvalue() and "/4 " in stream.getvalue()
