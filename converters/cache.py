"""Results of stages on disk: reused when their inputs, parameters and code are the same, never half-written."""

import ast
import functools
import hashlib
import inspect
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

STAMP = ".stamp.json"
_ROOT = Path(__file__).resolve().parents[1]


class Chain:
    """The stages of one network: makes their results, or takes those that are there, and says which.

    Attributes:
        fresh: Whether anything was made now.
    """

    def __init__(self, name: str, report: Callable[[str], None]):
        self._name, self._report, self.fresh = name, report, False

    def step(self, name: str, target: Path, make: Callable[[Path], object], *sources: Path, **parameters) -> Path:
        """The result of a stage. Its key are the contents of the sources, the parameters and the code (modules_of).

        Args:
            make: Writes it to the path that it is given.
            parameters: JSON values on which the result depends besides.
        """
        key = {"from": [digest_file(path) for path in sources], "code": digest_code(make), **parameters}
        now = build(target, key, make)
        self.fresh |= now
        self._report(f"{self._name}: {name} {'made' if now else 'reused'}")
        return target

    def figures(self, name: str, target: Path, measure: Callable[[], dict], *sources: Path, **parameters) -> dict:
        """What a stage measures, kept as JSON in `target`; the rest as for step."""

        def write(path: Path) -> None:
            path.write_text(json.dumps(measure()), encoding="utf-8")

        return json.loads(self.step(name, target, write, *sources, **parameters).read_text(encoding="utf-8"))


def digest_file(path: Path) -> str:
    """SHA-256 of a file, or of all files below a folder with their names; hexadecimal."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file is not path:
            digest.update(str(file.relative_to(path)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def modules_of(make: Callable) -> set[str]:
    """The modules of this project's converters that decide what a function makes.

    Of a function of a module that module; of one within another, such as a lambda, those that it names; always with
    all that these import in turn.
    """
    make = getattr(make, "func", make)  # of a functools.partial
    if "<locals>" not in getattr(make, "__qualname__", ""):
        waiting = [getattr(make, "__module__", None) or ""]
    else:
        named = inspect.getclosurevars(make)
        values = [*named.globals.values(), *named.nonlocals.values()]
        waiting = [value.__name__ for value in values if inspect.ismodule(value)]
        waiting += [value.__module__ for value in values if inspect.isclass(value)]
        functions = [value for value in values if inspect.isroutine(value)]
        waiting += [name for function in functions for name in modules_of(function)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found and _module(name)[0]:
            found.add(name)
            waiting += _module(name)[1]
    return found


def digest_code(make: Callable) -> str:
    """SHA-256 of the sources of modules_of; a stage whose code changed is run again."""
    digest = hashlib.sha256()
    for name in sorted(modules_of(make)):
        digest.update(name.encode() + _module(name)[0])
    return digest.hexdigest()


@functools.cache
def _module(name: str) -> tuple[bytes, tuple[str, ...]]:
    """The source of a module of the converters, b"" for others, and the names that it imports of them."""
    path = _ROOT / f"{name.replace('.', '/')}.py"
    if not name.startswith("converters.") or not path.is_file():
        return b"", ()
    source, names = path.read_bytes(), []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    return source, tuple(names)


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
