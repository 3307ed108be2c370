"""Workers answer, crash, hang and refuse; whatever they do, they and their children are gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.running.protocol import Skipped
from benchmarks.running.supervisor import ROOT, EngineWorker, WorkerError

PYTHON_PATH = os.pathsep.join([str(ROOT), str(Path(__file__).resolve().parents[1])])
READ = {"do": "read", "image": "some/page.png"}


def gone(pid):
    """Whether a process has ended, or ends within five seconds."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_worker_answers_with_lines_and_the_time_of_the_call_alone(fake):
    with EngineWorker(fake("echo", seconds=0.05)) as worker:
        worker.start(30)
        answer = worker.ask(READ, 30)
        pid = worker.pid
    (line,) = answer["lines"]
    assert (line["text"], line["confidence"], line["quad"][0]) == ("page", 0.5, [1.0, 2.0])
    assert answer["ms"] >= 50
    assert gone(pid)


def test_crops_are_read_in_one_call(fake):
    with EngineWorker(fake("echo")) as worker:
        worker.start(30)
        answer = worker.ask({"do": "recognize", "images": ["a.png", "b.png"]}, 30)
    assert [line["text"] for line in answer["lines"]] == ["a", "b"]


def test_networks_run_on_tensors_in_files(fake, tmp_path):
    tensor = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    np.save(tmp_path / "in.npy", tensor)
    with EngineWorker(fake("network")) as worker:
        worker.start(30)
        worker.ask({"do": "prepare", "tensor": str(tmp_path / "in.npy")}, 30)
        assert worker.ask({"do": "run"}, 30)["ms"] >= 0
        worker.ask({"do": "output", "tensor": str(tmp_path / "out.npy")}, 30)
    assert (np.load(tmp_path / "out.npy") == 2 * tensor).all()


def test_a_crash_is_told_with_its_signal_and_the_last_words(fake):
    with EngineWorker(fake("crashing")) as worker:
        worker.start(30)
        with pytest.raises(WorkerError, match="SIGSEGV.*the last straw") as caught:
            worker.ask(READ, 30)
    assert caught.value.status == "failed"


def test_an_exception_is_told_by_the_end_of_its_traceback(fake):
    with EngineWorker(fake("raising")) as worker:
        with pytest.raises(WorkerError, match="exit code 1.*ValueError: no such model"):
            worker.start(30)


def test_a_worker_that_hangs_is_ended_in_time(fake):
    with EngineWorker(fake("hanging")) as worker:
        worker.start(30)
        pid = worker.pid
        with pytest.raises(WorkerError, match="no answer within 0.3 s") as caught:
            worker.ask(READ, 0.3)
        assert caught.value.status == "timeout"
        assert gone(pid)


def test_refusing_to_start_and_refusing_a_request_are_no_failures(fake):
    with EngineWorker(fake("refusing")) as worker:
        with pytest.raises(Skipped, match="not on this machine"):
            worker.start(30)
    with EngineWorker(fake("reading_only")) as worker:
        worker.start(30)
        with pytest.raises(Skipped, match="pages alone"):
            worker.ask({"do": "recognize", "images": ["a.png"]}, 30)
        assert worker.ask(READ, 30)["lines"]


def test_programs_that_an_engine_started_end_with_it(fake, tmp_path):
    with EngineWorker(fake("with_child", note=str(tmp_path / "pids"))) as worker:
        worker.start(30)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert all(gone(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends orphans, other systems do not")
def test_workers_end_when_their_parent_is_killed():
    code = (
        "import time\n"
        "from benchmarks.running.protocol import EngineInfo, EngineVariant\n"
        "from benchmarks.running.supervisor import EngineWorker\n"
        "worker = EngineWorker(EngineVariant('echo', EngineInfo('echo', 'Echo', '1'), 'fake_engines:echo',\n"
        f"                        environment={{'PYTHONPATH': {PYTHON_PATH!r}}}))\n"
        "worker.start(30)\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert gone(pid)
