"""Has both readers read the clip, one after the other, each in a process of its own; results are kept."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

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


def measure(clip: Path, model: Path, folder: Path, on_role=lambda role, kept: None) -> dict[str, Record]:
    """The records of both readers, measured now unless they were before.

    Args:
        clip: The video.
        model: Folder of a converted model.
        folder: Where records are kept.
        on_role: Called with a role and whether its record was kept.

    Raises:
        DemoError: A reader failed.
        ArtifactError: There is no valid manifest.
    """
    manifest.load(model)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for role in ROLES:
        path = folder / f"{role}-{_key(clip, model)}.json"
        on_role(role, path.is_file())
        if not path.is_file():
            for old in folder.glob(f"{role}-*.json"):
                old.unlink()
            _run(role, clip, model, path)
        found[role] = records.read(path)
    return found


def _run(role: str, clip: Path, model: Path, target: Path) -> None:
    threads = machine.cores()
    part = target.with_name(f".{target.name}.part")
    command = [
        sys.executable,
        "-m",
        "demo.comparison.worker",
        role,
        str(clip.resolve()),
        str(model.resolve()),
        str(threads),
        str(part.resolve()),
    ]
    environment = os.environ | thread_environment(threads)
    run = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)
    try:
        if run.returncode != 0:
            raise DemoError(f"the {role} reader failed: {run.stderr.strip()[-_LAST_WORDS:]}")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _key(clip: Path, model: Path) -> str:
    """Changes with the clip, the model, the machine and the code that reads."""
    cpu, _ = machine.processor()
    digest = hashlib.sha256(f"{cache.digest_file(clip)} {cpu} {machine.cores()}".encode())
    digest.update((model / manifest.FILE_NAME).read_bytes())
    own = [Path(__file__).with_name(name) for name in ("worker.py", "original.py", "replay.py")]
    recorded = sorted((_ROOT / "benchmarks" / "recorded").glob("*.json"))
    for path in (*sorted(Path(manifest.__file__).parent.rglob("*.py")), *own, *recorded):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
