"""The other end of benchmarks.running.worker: starts a process for an engine, asks it, and ends it when it is late."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.running.protocol import EngineVariant, Skipped

ROOT = Path(__file__).resolve().parents[2]
_LAST_WORDS = 400  # characters of a dead worker's standard error that are repeated


class WorkerError(Exception):
    """A worker ended or was ended.

    Attributes:
        status: "failed" or "timeout", as in the report.
    """

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status = status


class EngineWorker:
    """One process that holds one engine.

    The process is in a session of its own: Ctrl-C reaches this side alone, which then ends it with all that it started.

    Example:
        with EngineWorker(variant) as worker:
            worker.start(limit_s=60)
            answer = worker.ask({"do": "read", "image": "page.png"}, limit_s=10)
    """

    def __init__(self, variant: EngineVariant):
        self.variant = variant
        self.children_peak_bytes = 0
        self._stderr = tempfile.TemporaryFile()
        self._process: subprocess.Popen | None = None
        self._answers = -1
        self._rest = b""

    @property
    def pid(self) -> int:
        """Of the running process."""
        return self._process.pid

    def start(self, limit_s: float) -> float:
        """Starts the process and makes the engine.

        Returns:
            The moment of the start, of time.perf_counter.

        Raises:
            Skipped: The engine cannot run here.
            WorkerError: The process ended or was late; it has been ended.
        """
        reading, writing = os.pipe()
        variant = self.variant
        # The checkout first, so that a worker imports the same benchmarks.
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"} | variant.environment
        begun = time.perf_counter()
        try:
            command = [sys.executable, "-m", "benchmarks.running.worker", str(writing)]
            streams = {"stdin": subprocess.PIPE, "stdout": self._stderr, "stderr": self._stderr}
            self._process = subprocess.Popen(
                command, **streams, pass_fds=(writing,), start_new_session=True, env=environment
            )
        finally:
            os.close(writing)
            self._answers = reading
        self.ask({"factory": variant.factory, "options": variant.options, "threads": variant.info.threads}, limit_s)
        return begun

    def ask(self, request: dict, limit_s: float) -> dict:
        """Sends a request and waits for its answer, see benchmarks.running.worker.

        Raises:
            Skipped: The engine cannot do this; the process continues.
            WorkerError: The process ended or was late; it has been ended.
        """
        deadline = time.monotonic() + limit_s
        with contextlib.suppress(BrokenPipeError):  # a dead process is noticed at the other pipe
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        answer = json.loads(self._line(deadline, limit_s))
        self.children_peak_bytes = answer.pop("children_peak_bytes")
        if "skipped" in answer:
            raise Skipped(answer["skipped"])
        return answer

    def end(self) -> None:
        """Ends the process and all that it started; nothing happens when there is none."""
        if self._process is not None:
            self._kill()
            with contextlib.suppress(BrokenPipeError):  # a request that it never read
                self._process.stdin.close()
            os.close(self._answers)
            self._process = None
        self._stderr.close()

    def __enter__(self) -> "EngineWorker":
        return self

    def __exit__(self, *exception) -> None:
        self.end()

    def _line(self, deadline: float, limit_s: float) -> bytes:
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self._kill()
                raise WorkerError("timeout", f"no answer within {limit_s:g} s{self._last_words()}")
            data = os.read(self._answers, 1 << 16)
            if not data:
                code = self._process.wait()
                self._kill()
                ending = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
                raise WorkerError("failed", ending + self._last_words())
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # the whole session has ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _last_words(self) -> str:
        self._stderr.seek(0)
        said = self._stderr.read().decode("utf-8", "replace")
        words = " ".join(said.split())[-_LAST_WORDS:]
        return f"; its last words: {words}" if words else ""
