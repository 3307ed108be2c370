"""What an engine needs to be installed, said in the words of the report where it is not; its configurations."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.running.protocol import EngineInfo, EngineVariant, Skipped, thread_environment

_ROOT = Path(__file__).resolve().parent.parent.parent


def require(package: str, versions: str, extra: str) -> str:
    """The version of an installed distribution.

    Args:
        versions: Those that this engine was written for, such as ">=3.10,<4".

    Raises:
        Skipped: It is not installed, or its version does not fit.
    """
    import importlib.metadata  # neither is of use to a worker, which imports this file too

    from packaging.specifiers import SpecifierSet

    advice = f"pip install -e '.[{extra}]'"
    try:
        found = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise Skipped(f"{package} is not installed: {advice}") from None
    if not SpecifierSet(versions).contains(found, prereleases=True):
        raise Skipped(f"{package} {found} does not fit, expected {versions}: {advice}")
    return found


def lacking(*packages: tuple[str, str, str]) -> str | None:
    """Why an engine cannot run here; None where everything that it needs is installed."""
    try:
        for name, wanted, extra in packages:
            require(name, wanted, extra)
    except Skipped as reason:
        return str(reason)
    return None


def versions(*packages: str) -> str:
    """ "rapidocr 3.10.0, onnxruntime 1.23.0" of installed distributions; absent ones are skipped."""
    from benchmarks.running import machine

    return ", ".join(map(" ".join, machine.installed(packages).items()))


def digest(*paths: Path) -> str:
    """SHA-256, shortened, of files and of the Python files below folders."""
    result = hashlib.sha256()
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        for file in files:
            result.update(file.name.encode() + file.read_bytes())
    return result.hexdigest()[:16]


def code(module: str) -> str:
    """Digest of an engine's own file and of the worker: results of other code are not taken up."""
    return digest(_ROOT / "benchmarks" / "running" / "worker.py", Path(module))


def pipeline(
    module: str, id: str, info: EngineInfo, options: dict, depends: Sequence[str] = (), **more
) -> EngineVariant:
    """One configuration of an engine that reads images.

    Args:
        module: The engine's file, its __name__; `create` in it makes the engine in a worker.
        depends: Digests of what the results depend on, besides the engine's own code.
        more: Further fields of EngineVariant.
    """
    more = {"environment": thread_environment(info.threads) if info.threads else {}} | more
    fingerprint = " ".join([code(sys.modules[module].__file__), *depends])
    return EngineVariant(id, info, f"{module}:create", options, fingerprint=fingerprint, **more)
