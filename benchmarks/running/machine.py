"""What figures were measured on, and with what."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

import psutil

from benchmarks.running import resources
from tflite_ocr.processors import cores

_ROOT = Path(__file__).resolve().parents[2]
_GIB = 1 << 30
# Instructions that decide how fast networks run.
_FLAGS = (
    "sse4_2 avx avx2 f16c fma avx_vnni avx512f avx512_vnni avx512_bf16 avx512_fp16 amx_tile amx_int8 amx_bf16 "
    "asimd asimddp asimdhp i8mm bf16 sve"
).split()
PACKAGES = (  # that run or make networks
    "tflite-ocr ai-edge-litert numpy opencv-python-headless tensorflow torch onnx2torch onnx onnxruntime openvino nncf "
    "rapidocr easyocr"
).split()


def describe() -> dict:
    """The report's "machine", except for recorded GPUs."""
    cpu, flags = processor()
    return {
        "cpu": cpu,
        "cores": cores(),
        "flags": flags,
        "memory_gib": round(psutil.virtual_memory().total / _GIB, 1),
        "os": _system(),
        "python": platform.python_version(),
        "packages": installed(PACKAGES),
        "commit": commit(),
        "gpu": resources.gpus(),
        "load": round(os.getloadavg()[0], 2),
        "recorded_gpu": [],
    }


def processor(path: Path = Path("/proc/cpuinfo")) -> tuple[str, list[str]]:
    """Its name, and those of its instruction sets that matter to networks."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine(), []
    values = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    known = set(values.get("flags", values.get("Features", "")).split())
    return values.get("model name") or platform.machine(), [flag for flag in _FLAGS if flag in known]


def installed(packages: Iterable[str]) -> dict[str, str]:
    """Versions of those of some distributions that are installed, by name."""
    found = {}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Of the checkout, with "+" when files differ from it; None where git or the history is absent."""
    revision, changes = (_git(*words) for words in (("rev-parse", "--short=12", "HEAD"), ("status", "--porcelain")))
    if revision is None:
        return None
    return revision + ("+" if changes else "")


def _git(*words: str) -> str | None:
    try:
        result = subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def _system() -> str:
    if hasattr(platform, "freedesktop_os_release"):
        try:
            return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}"
        except (OSError, KeyError):
            pass
    return platform.platform(terse=True)
