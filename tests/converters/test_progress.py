"""In a log, long stages say once a minute how far they are."""

import pytest

from converters import progress


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_line_a_minute(clock, capsys):
    with progress.bar("recognizer learning") as advance:
        for done in range(1, 11):
            clock[0] += 30.0
            advance(done, 10)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"recognizer learning: {done} of 10 steps, {done // 2} min, about {(10 - done) // 2} left"
        for done in (2, 4, 6, 8)
    ]


def test_a_short_stage_says_nothing(clock, capsys):
    with progress.bar("recognizer learning") as advance:
        advance(1, 2)
        clock[0] += 59.0
        advance(2, 2)
    assert capsys.readouterr().err == ""
