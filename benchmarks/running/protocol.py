"""What every measured engine is to the rest: a description, a way to make it, and two or three methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # workers of engines without numpy start without it
    import numpy as np

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


class Skipped(Exception):
    """An engine cannot run this here; the message is the reason and is in the report."""


@dataclass(frozen=True)
class EngineLine:
    """One text that an engine found."""

    text: str  # As the engine gives it
    confidence: float | None = None  # In [0, 1]; None where the engine gives none
    # Four (x, y) corners in pixels of the upright image, clockwise from the top-left of the text; None where nothing
    # was located
    quad: Quad | None = None


def corners(quad) -> Quad:
    """Four corners as plain numbers, from an array or list [4, 2]."""
    return tuple((float(x), float(y)) for x, y in quad)


@dataclass(frozen=True)
class EngineInfo:
    """What the report says of an engine before it has run."""

    name: str  # Name of its kind: "ours", "rapidocr", "tesseract", "pytorch"
    title: str  # For people
    version: str  # Version of the engine and of what runs its networks
    model: str | None = None  # Whose networks it runs; None where it has one only
    precision: str | None = None  # "float32", "float16", "bf16", "dynamic", "int8", or None where the engine chooses
    threads: int | None = None  # None where the engine chooses
    device: str = "CPU"  # "CPU" or "GPU"


class MeasuredEngine(Protocol):
    """The full way from an image file to text. What it cannot do raises Skipped."""

    def read(self, path: Path) -> list[EngineLine]:
        """Finds and reads the text of an image."""

    def recognize(self, paths: Sequence[Path]) -> list[str]:
        """Reads cropped words or lines, in one call."""


class NetworkEngine(Protocol):
    """One network alone. What it cannot run raises Skipped."""

    def prepare(self, tensor: np.ndarray) -> None:
        """Loads the network and turns float32 [N, H, W, C] into its own layout and type, untimed."""

    def run(self) -> None:
        """Runs the network once, from its input in host memory to its output in host memory."""

    def output(self) -> np.ndarray:
        """The first output of the last run, float32, NHWC where it has four dimensions."""


@dataclass(frozen=True)
class EngineVariant:
    """One engine in one configuration: what the report says of it, and how a worker process makes it."""

    id: str  # Unique in a report, the same in every run
    info: EngineInfo  # Its description
    # "package.module:function", called in the worker with `options` as keyword arguments; gives a MeasuredEngine or a
    # NetworkEngine, or raises Skipped
    factory: str = ""
    options: dict = field(default_factory=dict)  # JSON values
    # Variables set before the process starts, where threads are fixed by variables
    environment: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""  # Whatever its results depend on besides: digests of model files and of code
    artifact_bytes: int | None = None  # Size of its model files; None where they are not known
    packages: tuple[str, ...] = ()  # Distributions that have to be installed to use it; their sizes are added up
    skipped: str | None = None  # Why it cannot run here; None where it can


@dataclass(frozen=True)
class MeasurementChoice:
    """What is to be measured, as engines are asked for their variants."""

    models: tuple[Path, ...]  # Folders of converted models
    threads: int  # The most threads; one thread is measured besides
    quick: bool  # Only the variants that matter most
    build: Path  # Folder for derived models, kept from run to run
    # Folder with EasyOCR's checkpoints; None for where EasyOCR and the converters keep theirs
    weights: Path | None = None
    precision: str | None = None  # Of our models; None for every one that they have

    def thread_counts(self) -> tuple[int, ...]:
        """All and one, or all alone in a quick run."""
        return (self.threads,) if self.quick or self.threads == 1 else (self.threads, 1)


def thread_environment(threads: int) -> dict[str, str]:
    """Variables that bind the pools of OpenMP, BLAS and TensorFlow to a number of threads."""
    names = "OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS TF_NUM_INTRAOP_THREADS TF_NUM_INTEROP_THREADS"
    return dict.fromkeys(names.split(), str(threads))
