"""A Reader in forked processes: children read by threads and networks of their own, and end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tflite_ocr import forks

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")


def run(*arguments):
    command = [sys.executable, str(ROOT / "tests" / "forked_reading.py"), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]


@pytest.mark.parametrize(
    "case",
    [
        "os_fork",
        "deleted",
        "closed",
        "detector",
        "while_others_read",
        "while_another_computes",
        "while_another_renders",
        "pool",
        "pickled",
        "server",
    ],
)
def test_children_read_and_end(case):
    run(case)


def test_a_video_that_a_parent_began_is_refused_in_a_child_and_goes_on_in_the_parent(tmp_path):
    clips = pytest.importorskip("tests.tflite_ocr.video.clips", reason="imageio-ffmpeg is not installed")
    run("video", clips.encode(tmp_path / "in.mp4", [clips.page(("HELLO", 20, 60))] * 12), 12)


def test_what_is_abandoned_is_never_deleted():
    deleted = []

    class Held:
        def __del__(self):
            deleted.append(self)

    held = Held()
    forks.abandon(held)
    del held
    assert deleted == []
