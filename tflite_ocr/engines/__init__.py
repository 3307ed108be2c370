"""The engines that run networks: LiteRT, which is always installed, ONNX Runtime and OpenVINO. One file an engine.

All have the same inputs and outputs (NHWC), so that detectors and recognisers do not depend on engines: the format of
a file decides which one runs it.
"""

import importlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tflite_ocr import forks, interpreter
from tflite_ocr.errors import MissingDependencyError
from tflite_ocr.manifest import ONNX, OPENVINO, TFLITE, ModelFile

# Engine to the format of its files.
FORMATS = {"tflite": TFLITE, "onnxruntime": ONNX, "openvino": OPENVINO}
# Format to (module, class, package to install, extra that brings it).
_OPTIONAL = {
    ONNX: ("tflite_ocr.engines.onnxruntime", "OnnxNetwork", "onnxruntime", "onnxruntime"),
    OPENVINO: ("tflite_ocr.engines.openvino", "OpenVinoNetwork", "openvino", "openvino"),
}


class Engine(Protocol):
    """The methods of every engine; see interpreter.Network for arguments and errors."""

    file: ModelFile
    lock: threading.Lock

    def run(self, tensor: np.ndarray) -> list[np.ndarray]: ...

    def run_real(self, values: np.ndarray) -> np.ndarray: ...


def require(engine: str) -> str:
    """The format of the files that an engine runs.

    Raises:
        ValueError: No such engine.
        MissingDependencyError: Its package is not installed.
    """
    if engine not in FORMATS:
        raise ValueError(f"expected an engine of {', '.join(FORMATS)}, found {engine!r}")
    found = FORMATS[engine]
    if found in _OPTIONAL:
        _, _, package, extra = _OPTIONAL[found]
        if importlib.util.find_spec(package) is None:
            raise MissingDependencyError(
                f"engine {engine!r}: expected the package {package}, found none; pip install 'tflite-ocr[{extra}]'"
            )
    return found


def read_verified(folder: Path, file: ModelFile) -> list[bytes]:
    """The bytes of a network's file, and of its separate weights if it has some; all are checked against the manifest.

    Raises:
        ArtifactError: A file is missing, truncated or altered.
    """
    parts = [(file.path, file.sha256), (file.weights_path, file.weights_sha256)]
    return [interpreter.read_matching(Path(folder) / path, sha256) for path, sha256 in parts if path]


class Networks:
    """Makes the networks of a model's folder; a file is read and verified once. Safe to use from many threads.

    What a Reader computes with is exchanged by giving it another class with these two methods.
    """

    def __init__(self, folder: str | os.PathLike):
        self._folder = Path(folder)
        self._contents: dict[str, list[bytes]] = {}
        self._lock = threading.Lock()
        forks.watch(self)

    def after_fork(self) -> None:
        """See forks.Owner."""
        self._lock = threading.Lock()

    def facts(self, file: ModelFile) -> ModelFile:
        """The manifest's entry of a file, as it is run."""
        return file

    def load(self, file: ModelFile, threads: int) -> Engine:
        """A network for one thread at a time; see `read_verified` and `load` for the errors."""
        with self._lock:
            if file.path not in self._contents:
                self._contents[file.path] = read_verified(self._folder, file)
        return load(self._contents[file.path], file, threads)


def load(contents: Sequence[bytes], file: ModelFile, threads: int) -> Engine:
    """Loads a network into the engine of its format.

    Raises:
        ArtifactError: The bytes are no model of this format, or one that the engine cannot run.
        ModelContractError: Its tensors are not those of the manifest.
        MissingDependencyError: The engine's package is not installed.
    """
    if file.format == TFLITE:
        return interpreter.Network(contents[0], file, threads)
    engine = next(engine for engine, stored in FORMATS.items() if stored == file.format)
    require(engine)
    module, name, _, _ = _OPTIONAL[file.format]
    return getattr(importlib.import_module(module), name)(contents, file, threads)
