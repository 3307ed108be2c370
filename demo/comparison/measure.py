"""Has both readers read the clip, one after the other, each in a process of its own; results are kept."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.engines.installed import digest
from benchmarks.measures import recordings
from benchmarks.running import machine
from benchmarks.running.protocol import thread_environment
from converters import cache
from demo.comparison import records
from demo.comparison.records import Record
from demo.errors import DemoError
from tflite_ocr import manifest

ROLES = ("original", "converted")
_ROOT = Path(__file__).resolve().parents[2]
_LAST_WORDS = 600


def measure(
    clip: Path, model: Path, folder: Path, on_role: Callable[[str, bool], object] = lambda role, kept: None
) -> dict[str, Record]:
    """The records of both readers, measured now unless clip, model, machine and code are those of before."""
    manifest.load(model)
    own = [Path(__file__).with_name(name) for name in ("worker.py", "original.py", "replay.py")]
    key = {
        "clip": cache.digest_file(clip),
        "machine": [machine.processor()[0], machine.cores()],
        "model": cache.digest_file(model / manifest.FILE_NAME),
        "code": digest(Path(manifest.__file__).parent, *own),
        "recorded": cache.digest_file(recordings.FOLDER),
    }
    found = {}
    for role in ROLES:

        def make(path: Path) -> None:
            on_role(role, False)
            _run(role, clip, model, path)

        target = folder / f"{role}.json"
        if not cache.build(target, key, make):
            on_role(role, True)
        found[role] = records.read(target)
    return found


def _run(role: str, clip: Path, model: Path, target: Path) -> None:
    threads = machine.cores()
    given = [role, str(clip.resolve()), str(model.resolve()), str(threads), str(target.resolve())]
    command = [sys.executable, "-m", "demo.comparison.worker", *given]
    environment = os.environ | thread_environment(threads)
    run = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise DemoError(f"the {role} reader failed: {run.stderr.strip()[-_LAST_WORDS:]}")
