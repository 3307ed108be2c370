"""The other chains: each in an environment of its own, called as their documentation says."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from converters import cache
from converters.errors import ConversionError

_SCRIPTS = Path(__file__).parent / "scripts"
_SHOWN = 200  # characters of a failure
_LONGEST_S = 1800
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*: \S")
FORMS = ("float32", "int8")


@dataclass(frozen=True)
class Peer:
    """A chain from ONNX to .tflite."""

    title: str  # As tables name it
    script: str  # In the folder scripts; called with an ONNX file, calibration tensors (.npy, NHWC) and a folder
    # What its environment gets; () for the environment that runs this, which has onnx2tf 1.29 as part of the
    # [convert] extra
    requirements: tuple[str, ...] = ()
    oldest: int = 0  # The minor version of Python 3 that they ask for


PEERS = {
    "onnx2tf1": Peer("onnx2tf 1.29", "onnx2tf_peer.py"),
    "onnx2tf2": Peer(
        "onnx2tf 2", "onnx2tf_peer.py", ("onnx2tf>=2,<3", "tensorflow", "tf-keras", "onnxruntime", "psutil"), 12
    ),
    "litert-torch": Peer(
        "litert-torch, ai-edge-quantizer",
        "litert_peer.py",
        ("litert-torch", "ai-edge-quantizer", "onnx2torch", "torch==2.13.0"),
    ),
}


class Conversion(NamedTuple):
    """What a chain made of a network."""

    files: dict[str, Path]  # .tflite file by form, of those that were made
    reasons: dict[str, str]  # Why the others were not, by form


def environment(peer: Peer, folder: Path) -> Path:
    """The interpreter of a peer's environment, which is made if it is not there.

    Raises:
        ConversionError: It cannot be made: there is no Python that it runs on, or what pip says.
    """
    if not peer.requirements:
        return Path(sys.executable)
    named = "".join(letter if letter.isalnum() else "-" for letter in peer.requirements[0])
    home = folder / peer.script.removesuffix("_peer.py") / named
    python, ready = home / "bin" / "python", home / "ready"
    if ready.is_file():
        return python
    home.parent.mkdir(parents=True, exist_ok=True)
    steps = (
        [_interpreter(peer), "-m", "venv", "--clear", str(home)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.requirements],
    )
    for step in steps:
        ran = subprocess.run(step, capture_output=True, text=True)
        if ran.returncode:
            raise ConversionError("chains", f"{peer.title}: its environment cannot be made: {_last(ran.stderr)}")
    ready.touch()
    return python


def _interpreter(peer: Peer) -> str:
    """A Python that is new enough for a peer: this one, or another on the PATH."""
    if sys.version_info[1] >= peer.oldest:
        return sys.executable
    found = (shutil.which(f"python3.{minor}") for minor in range(peer.oldest, peer.oldest + 4))
    python = next(filter(None, found), None)
    if python is None:
        raise ConversionError(
            "chains",
            f"{peer.title}: expected Python 3.{peer.oldest} or later on the PATH, found 3.{sys.version_info[1]} alone; "
            "install one, or leave this chain out with --peers",
        )
    return python


def convert(peer: Peer, python: Path, source: Path, tensors: Sequence[np.ndarray], folder: Path) -> Conversion:
    """Lets a peer convert a network; what it made before with the same script is taken as it is.

    Args:
        tensors: float32 NHWC of the file's size, for calibration.
    """
    script = _SCRIPTS / peer.script
    kept = folder / f"reasons.{cache.digest_file(script)[:12]}.json"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "calibration.npy", np.concatenate(list(tensors)))
        reasons = {}
        for form in FORMS:
            command = [str(python), str(script), form, str(source), str(folder / "calibration.npy"), str(folder)]
            reasons[form] = _reason(command, folder / f"{form}.tflite")
        kept.write_text(json.dumps(reasons), encoding="utf-8")
    reasons = {form: text for form, text in json.loads(kept.read_text(encoding="utf-8")).items() if text}
    files = {form: folder / f"{form}.tflite" for form in FORMS if form not in reasons}
    return Conversion(files, reasons)


def _reason(command: Sequence[str], target: Path) -> str:
    """Runs a script; why it made no file, "" if it made one."""
    target.unlink(missing_ok=True)
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, cwd=target.parent)
    except subprocess.TimeoutExpired:
        return f"took more than {_LONGEST_S} s"
    if ran.returncode or not target.is_file():
        return _last(ran.stderr) or f"ended with {ran.returncode}"
    return ""


def _last(text: str) -> str:
    """The last line that names an exception, else the last one that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if _EXCEPTION.match(line)]
    return (named or lines or [""])[-1][:_SHOWN]
