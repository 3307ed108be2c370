"""What a worker uses while it runs: processor time, memory, the GPU; and what an engine takes on disk."""

import importlib.metadata
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import psutil
from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

MIB = 1 << 20
_GPU_SAMPLE_S = 0.1
# Debian packages of a Tesseract for English.
_DEBIAN = "debian:"


@dataclass(frozen=True)
class Usage:
    """Of a process and the programs that it runs."""

    cpu_s: float  # Processor seconds since its start, of children that have ended too
    rss_bytes: int  # Resident now, of living children too
    peak_bytes: int  # Most that the process itself ever had resident


def usage(pid: int) -> Usage:
    """Of a process of this user.

    Raises:
        psutil.NoSuchProcess: It has ended.
    """
    process = psutil.Process(pid)
    rss = process.memory_info().rss
    for child in process.children(recursive=True):
        try:
            rss += child.memory_info().rss
        except psutil.NoSuchProcess:  # ended since
            continue
    return Usage(cpu_s(pid), rss, max(_peak_bytes(pid), process.memory_info().rss))


def cpu_s(pid: int) -> float:
    """Processor seconds of a process since its start, of its children that have ended too."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _peak_bytes(pid: int) -> int:
    """The kernel's own record, which no sampling can miss; 0 where it keeps none that others can read."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


class GpuSampler:
    """Looks at the first NVIDIA GPU ten times a second while a worker computes on it; at nothing for a pid of None.

    Attributes:
        percent: Utilisation of each look.
        memory_bytes: Memory of the worker, at each look.
    """

    def __init__(self, pid: int | None):
        self.percent: list[float] = []
        self.memory_bytes: list[int] = []
        self._pid, self._stop = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "GpuSampler":
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        nvml = _nvml() if self._pid is not None else None
        if nvml is None:
            return
        device = nvml.nvmlDeviceGetHandleByIndex(0)
        while not self._stop.wait(_GPU_SAMPLE_S):
            self.percent.append(float(nvml.nvmlDeviceGetUtilizationRates(device).gpu))
            running = nvml.nvmlDeviceGetComputeRunningProcesses(device)
            # In a container the driver shows other process ids; the whole GPU is then said to be the worker's.
            own = [process.usedGpuMemory for process in running if process.pid == self._pid]
            used = own[0] if own and own[0] is not None else nvml.nvmlDeviceGetMemoryInfo(device).used
            self.memory_bytes.append(int(used))


def gpus() -> list[dict]:
    """NVIDIA GPUs as the report lists them: name, driver, memory_mib."""
    nvml = _nvml()
    if nvml is None:
        return []
    devices = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    driver = nvml.nvmlSystemGetDriverVersion() if devices else ""
    memory = [nvml.nvmlDeviceGetMemoryInfo(device).total // MIB for device in devices]
    names = [nvml.nvmlDeviceGetName(device) for device in devices]
    return [{"name": name, "driver": driver, "memory_mib": mib} for name, mib in zip(names, memory, strict=True)]


def no_gpu() -> str | None:
    """Why an engine that needs one cannot run here; None where there is an NVIDIA GPU."""
    return None if gpus() else "no NVIDIA GPU is visible here"


def _nvml():
    """NVIDIA's management library, or None where there is none or no driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def installed_bytes(packages: tuple[str, ...]) -> int | None:
    """Size on disk of distributions with all that they need; a file that two of them own counts once.

    Args:
        packages: Names of Python distributions, or "debian:" and the name of a Debian package.

    Returns:
        None when one of the named ones is not installed in a way that its files can be counted.
    """
    total, files = 0, {}
    for name in packages:
        if name.startswith(_DEBIAN):
            size = _debian_bytes(name.removeprefix(_DEBIAN))
            if size is None:
                return None
            total += size
        elif names := _with_dependencies(name):
            files |= {path: size for needed in names for path, size in _sizes(needed).items()}
        else:
            return None
    return total + sum(files.values())


def _with_dependencies(name: str) -> set[str]:
    """Normalized names of a distribution and of all that it requires here; empty when it is not installed."""
    seen, todo = set(), [name]
    while todo:
        current = todo.pop().lower().replace("_", "-")
        if current in seen:
            continue
        try:
            requires = importlib.metadata.requires(current) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        seen.add(current)
        todo += [requirement.name for requirement in map(_needed, requires) if requirement]
    return seen


def _needed(text: str) -> Requirement | None:
    """A requirement that holds here without extras, else None."""
    try:
        requirement = Requirement(text)
        return requirement if requirement.marker is None or requirement.marker.evaluate({"extra": ""}) else None
    except (InvalidRequirement, UndefinedEnvironmentName):
        return None


def _sizes(name: str) -> dict[Path, int]:
    """Size of every file of a distribution by its path; of one that is installed as a link, those of its folder."""
    distribution = importlib.metadata.distribution(name)
    paths = [Path(distribution.locate_file(file)) for file in distribution.files or []]
    if any(path.name.startswith("__editable__") for path in paths):
        folder = Path(__file__).resolve().parents[2] / name.replace("-", "_")
        paths += [path for path in folder.rglob("*") if "artifacts" not in path.parts]
    return {path.resolve(): path.stat().st_size for path in paths if path.is_file()}


def _debian_bytes(package: str) -> int | None:
    """As dpkg keeps it, in KiB; None without dpkg or the package."""
    if sys.platform != "linux" or not shutil.which("dpkg-query"):
        return None
    command = ["dpkg-query", "-W", "-f", "${Installed-Size}", package]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(result.stdout) * 1024 if result.returncode == 0 and result.stdout.strip().isdigit() else None
