"""Memory, processor time and sizes of things whose size is known."""

import importlib.metadata
import os
import subprocess
import sys
import time

import psutil
import pytest

from benchmarks.running import resources

MEGABYTES = 120


def test_memory_of_a_process_and_of_its_child():
    code = (
        f"import subprocess, sys\nheld = b'x' * ({MEGABYTES} << 20)\ndel held\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "print(child.pid, flush=True)\nsys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child = psutil.Process(int(process.stdout.readline()))
        time.sleep(0.1)
        found = resources.usage(process.pid)
        alone = psutil.Process(process.pid).memory_info().rss
        assert found.rss_bytes > alone
        if sys.platform == "linux":
            assert found.peak_bytes > MEGABYTES << 20 > alone
        child.kill()
    finally:
        process.communicate()
    with pytest.raises(psutil.NoSuchProcess):
        resources.usage(process.pid)


def test_processor_time_grows_with_work():
    before = resources.cpu_s(os.getpid())
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert resources.cpu_s(os.getpid()) - before == pytest.approx(0.1, abs=0.05)


def test_installed_size_is_that_of_the_files_of_all_that_is_needed():
    files = {file.locate().resolve() for file in importlib.metadata.files("numpy")}
    own = sum(file.stat().st_size for file in files if file.is_file())
    assert resources.installed_bytes(("numpy",)) == own
    assert resources.installed_bytes(("numpy", "numpy")) == own
    runtime = resources.installed_bytes(("tflite-ocr",))
    assert own < runtime < 400e6
    assert "numpy" in resources._with_dependencies("tflite-ocr")
    assert "pytest" not in resources._with_dependencies("tflite-ocr")  # of an extra
    assert resources.installed_bytes(("numpy", "no-such-package-here")) is None
    assert resources.installed_bytes(("debian:no-such-package-here",)) is None


class Nvml:
    """One GPU on which a process computes."""

    def __init__(self, pid):
        self.pid = pid

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return index

    def nvmlDeviceGetCount(self):  # noqa: N802
        return 1

    def nvmlDeviceGetName(self, device):  # noqa: N802
        return "A GPU"

    def nvmlSystemGetDriverVersion(self):  # noqa: N802
        return "1.2"

    def nvmlDeviceGetUtilizationRates(self, device):  # noqa: N802
        return type("Rates", (), {"gpu": 40})

    def nvmlDeviceGetComputeRunningProcesses(self, device):  # noqa: N802
        return [type("Process", (), {"pid": self.pid, "usedGpuMemory": 5 << 20})]

    def nvmlDeviceGetMemoryInfo(self, device):  # noqa: N802
        return type("Memory", (), {"used": 9 << 20, "total": 16 << 30})


@pytest.mark.parametrize(("pid", "megabytes"), [(1, 5), (2, 9)])
def test_a_gpu_is_looked_at_while_a_worker_computes(monkeypatch, pid, megabytes):
    monkeypatch.setattr(resources, "_nvml", lambda: Nvml(pid))
    monkeypatch.setattr(resources, "_GPU_SAMPLE_S", 0.005)
    with resources.GpuSampler(pid=1) as sampler:
        time.sleep(0.1)
    assert set(sampler.percent) == {40.0}
    assert set(sampler.memory_bytes) == {megabytes << 20}
    assert resources.gpus() == [{"name": "A GPU", "driver": "1.2", "memory_mib": 16 * 1024}]


def test_without_a_gpu_nothing_is_seen(monkeypatch):
    monkeypatch.setattr(resources, "_nvml", lambda: None)
    with resources.GpuSampler(pid=1) as sampler:
        pass
    assert sampler.percent == [] and resources.gpus() == []
