"""Fake engines in real worker processes."""

import os
from pathlib import Path

import pytest

from benchmarks.running.protocol import EngineInfo, EngineVariant

HERE = Path(__file__).resolve().parent
PYTHON_PATH = os.pathsep.join([str(HERE.parents[1]), str(HERE)])


@pytest.fixture
def fake():
    """Makes a variant of an engine of fake_engines.py, by the name of its factory."""

    def make(factory, name=None, threads=None, skipped=None, **options):
        name = name or factory
        return EngineVariant(
            id=name,
            info=EngineInfo(name, name.title(), "1.0", threads=threads),
            skipped=skipped,
            factory=f"fake_engines:{factory}",
            options=options,
            environment={"PYTHONPATH": PYTHON_PATH},
        )

    return make


@pytest.fixture
def log(tmp_path):
    """A file in which fake engines note their calls, and a function that reads it."""

    class Log:
        path = str(tmp_path / "calls.txt")

        def lines(self):
            return Path(self.path).read_text(encoding="utf-8").splitlines() if Path(self.path).exists() else []

    return Log()


@pytest.fixture(scope="session", name="Silent")
def silent():
    """A class that takes CallProgress's place."""
    return _Silent


class _Silent:
    """Notes what the schedule says, and counts calls that are planned and done."""

    def __init__(self):
        self.left = 0
        self.notes = []

    def plan(self, calls):
        self.left += calls

    def done(self, calls=1):
        self.left -= calls

    def part(self, title):
        pass

    def note(self, text):
        self.notes.append(text)
