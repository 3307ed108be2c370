"""Runs what draws with Skia in a process of its own: this one may hold the native libraries of many other packages."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
_NOTHING_COLLECTED = 5


@pytest.mark.parametrize("name", ["film_checks.py", "picture_checks.py", "command_checks.py"])
def test_in_a_process_of_its_own(name):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(FOLDER / name)]
    run = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)
    if run.returncode == _NOTHING_COLLECTED and "skipped" in run.stdout:
        pytest.skip(run.stdout.strip().splitlines()[-2])
    assert run.returncode == 0, run.stdout[-4000:]
    assert "passed" in run.stdout


def test_a_failing_check_would_be_seen(tmp_path):
    (tmp_path / "checks.py").write_text("def test_wrong():\n    assert 1 == 2\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "checks.py")]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1
