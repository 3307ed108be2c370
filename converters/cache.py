"""Results of stages on disk: reused when their inputs and parameters are the same, never half-written."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

STAMP = ".stamp.json"


def digest_file(path: Path) -> str:
    """SHA-256 of a file, or of all files below a folder with their names; hexadecimal."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file is not path:
            digest.update(str(file.relative_to(path)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def digest_code(*modules: ModuleType) -> str:
    """SHA-256 of the source of modules: a stage whose code changed is run again."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def build(target: Path, key: dict, make: Callable[[Path], None]) -> bool:
    """Makes `target`, a file or folder, unless it was made with an equal key before.

    Args:
        target: Its parent is created. What an interrupted run left is replaced.
        key: JSON values on which the result depends.
        make: Writes the result to the path that it is given, beside `target`; renamed when it returns.

    Returns:
        Whether it was made now.
    """
    stamp = target.with_name(target.name + STAMP)
    text = json.dumps(key, sort_keys=True)
    if target.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == text:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    fresh = target.with_name(f"new.{target.name}")
    _remove(fresh)
    try:
        make(fresh)
        make_durable(fresh)
        _remove(target)
        fresh.rename(target)
    finally:
        _remove(fresh)
    partial = stamp.with_name(stamp.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        make_durable(partial)
        make_durable(target.parent, below=False)  # the result has its name before a stamp says so
        partial.replace(stamp)
    finally:
        partial.unlink(missing_ok=True)
    return True


def make_durable(path: Path, below: bool = True) -> None:
    """Returns when a file, or a folder's names, are on the disk, so that a loss of power leaves them whole.

    Args:
        path: The file or the folder.
        below: Whether all below a folder is meant too.
    """
    for item in (path, *path.rglob("*")) if below and path.is_dir() else (path,):
        try:
            descriptor = os.open(item, os.O_RDONLY)
        except OSError:  # folders cannot be opened everywhere
            continue
        try:
            os.fsync(descriptor)
        except OSError:
            pass
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
