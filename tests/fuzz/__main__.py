"""python -m tests.fuzz [TARGET ...] --seconds 60: each target so long, in a process of its own; exit 1 on a finding.

A finding is: an error that is none of ours or not one printable line, a crash, more than 1 GB, more than 10 s of CPU,
a file left in the temporary folder. The input is kept. With --coverage, atheris (to be installed first) chooses inputs.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.fuzz import targets
from tests.fuzz.mutations import damaged

MOST_CPU_S, MOST_BYTES, MOST_WALL_S = 10.0, 1 << 30, 120
_ADDRESSES = 12 << 30
_SAY_EVERY_S = 2.0


class Judge:
    """Reads one input after another and keeps those at which something is wrong."""

    def __init__(self, name: str, folder: Path):
        self._target, self._folder, self._name = targets.TARGETS[name], folder, name
        self.counts = {"read": 0, "refused": 0}
        self.findings: dict[str, str] = {}
        # Open all the time: to truncate a file and close it takes the disk milliseconds.
        self._current = open(folder / "current", "wb", buffering=0)
        self._left = self._temporary()

    def __call__(self, data: bytes) -> bool:
        """Whether the input could be read."""
        self._current.seek(0)
        self._current.write(data)
        self._current.truncate()
        began, base, wrong, good = self._cpu_s(), self._peak(anew=True), "", False
        largest = self._largest_child()
        try:
            self._target.read(data)
            good = True
        except self._target.allowed as error:
            wrong = "" if str(error).isprintable() else f"not printable: {str(error)!r:.80}"
        except MemoryError:
            wrong = "MemoryError"
        except Exception as error:  # what a fuzzer looks for
            wrong = f"{type(error).__name__}: {error!s:.150}"
        self.counts["read" if good else "refused"] += 1
        if (cpu_s := self._cpu_s() - began) > MOST_CPU_S:
            wrong = wrong or f"CPU: {cpu_s:.1f} s"
        child = self._largest_child()
        if (taken := max(self._peak() - base, child if child > largest else 0)) > MOST_BYTES:
            wrong = wrong or f"memory: {taken / 1e6:.0f} MB"
        left = self._temporary() - self._left
        self._left |= left
        wrong = wrong or (f"left: {min(left)}" if left else "")
        kind = wrong.partition(":")[0]
        if wrong and kind not in self.findings:
            path = self._folder / f"{self._name}-{len(self.findings)}.bin"
            path.write_bytes(data)
            self.findings[kind] = f"{wrong} ({path})"
        return good

    def _temporary(self) -> set[str]:
        """Files in the temporary folder, but the model that a target keeps there."""
        return {name for name in os.listdir(tempfile.gettempdir()) if not name.startswith(targets.KEPT)}

    def _cpu_s(self) -> float:
        """Seconds of the processor, of this process and of children that have ended."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    def _largest_child(self) -> int:
        """The most memory of a child that has ended, of all so far, in bytes."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024

    def _peak(self, anew: bool = False) -> int:
        """The most memory that was taken, in bytes; with `anew` it is counted from here."""
        if anew:
            with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
                file.write("5")
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def work(name: str, folder: Path, seconds: float, most: int, seed: int, coverage: bool) -> dict:
    """Fuzzes one target in this process; what was counted and found."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    rng, pool = random.Random(seed), targets.pool_of(name)
    judge, extra, began = Judge(name, folder), [], time.monotonic()
    if coverage:
        return _covered(judge, pool, folder, seconds, seed)
    for data in pool:
        judge(data)
    while time.monotonic() - began < seconds and sum(judge.counts.values()) < most:
        data = damaged(rng, targets.draw(rng, pool, extra), pool)
        if judge(data) and len(data) < 65_536 and rng.random() < 0.05:
            extra = [*extra[-200:], data]
    return {"target": name, **judge.counts, "findings": judge.findings}


def _covered(judge: Judge, pool: list[bytes], folder: Path, seconds: float, seed: int) -> dict:
    import atheris

    for name in [name for name in sys.modules if name.startswith(("tflite_ocr.image", "tflite_ocr.manifest"))]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["tflite_ocr"]):
        from tflite_ocr import image, manifest  # noqa: F401
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(pool):
        (corpus / f"seed{number}").write_bytes(data)
    said = time.monotonic()

    def one(data: bytes) -> None:
        nonlocal said
        judge(data)
        if time.monotonic() - said > _SAY_EVERY_S or sum(judge.counts.values()) == 1:  # it ends without a last word
            said = time.monotonic()
            print(json.dumps({"target": judge._name, **judge.counts, "findings": judge.findings}), flush=True)

    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={int(seconds)}",
            "-max_len=65536",
            "-rss_limit_mb=0",
            f"-seed={seed + 1}",
            "-verbosity=0",
            str(corpus),
        ],
        one,
        custom_mutator=lambda data, size, number: damaged(random.Random(number), bytes(data), pool)[:size],
    )
    atheris.Fuzz()
    return {}


def supervise(name: str, options: argparse.Namespace) -> dict:
    """Fuzzes one target in a child, which may crash or hang."""
    folder = options.keep / name
    folder.mkdir(parents=True, exist_ok=True)
    words = [
        "--worker",
        name,
        "--seconds",
        str(options.seconds),
        "--inputs",
        str(options.inputs),
        "--seed",
        str(options.seed),
        "--keep",
        str(folder),
        *(["--coverage"] if options.coverage else []),
    ]
    temporary = tempfile.mkdtemp(dir=folder)
    environment = {
        **os.environ,
        "TMPDIR": temporary,
        "OPENCV_TEMP_PATH": temporary,
        "OPENCV_LOG_LEVEL": "OFF",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", *words],
            capture_output=True,
            text=True,
            env=environment,
            errors="replace",
            cwd=targets.ROOT,
            timeout=options.seconds + MOST_WALL_S,
        )
    except subprocess.TimeoutExpired:
        return {"target": name, "findings": {"hang": f"see {folder / 'current'}"}}
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"target"')]
    if done.returncode == 77:
        return {"target": name, "skipped": done.stderr.strip().splitlines()[-1], "findings": {}}
    if done.returncode or not lines:
        crash = f"status {done.returncode}, input {folder / 'current'}: {done.stderr[-300:]}"
        return {"target": name, "findings": {"crash": crash}}
    return json.loads(lines[-1])


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *targets.TARGETS], help="all when none is named")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (60)")
    parser.add_argument("--inputs", type=int, default=1 << 40, help="at most so many for each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("out/fuzz"), help="folder for findings (out/fuzz)")
    parser.add_argument("--coverage", action="store_true", help="with atheris")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        try:
            found = work(options.worker, options.keep, options.seconds, options.inputs, options.seed, options.coverage)
        except ImportError as error:
            print(error, file=sys.stderr)
            return 77
        print(json.dumps(found))
        return 0
    results = [supervise(name, options) for name in options.targets or targets.TARGETS]
    for result in results:
        print(json.dumps(result))
    return int(any(result["findings"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
