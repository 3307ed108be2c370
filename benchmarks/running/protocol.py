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
class FoundLine:
    """One text that an engine found.

    Attributes:
        text: As the engine gives it.
        confidence: In [0, 1]; None where the engine gives none.
        quad: Four (x, y) corners in pixels of the upright image, clockwise from the top-left of the text; None where
            nothing was located.
    """

    text: str
    confidence: float | None = None
    quad: Quad | None = None


def corners(quad) -> Quad:
    """Four corners as plain numbers, from an array or list [4, 2]."""
    return tuple((float(x), float(y)) for x, y in quad)


@dataclass(frozen=True)
class EngineInfo:
    """What the report says of an engine before it has run.

    Attributes:
        name: Name of its kind: "ours", "rapidocr", "tesseract", "pytorch" ...
        title: For people.
        version: Version of the engine and of what runs its networks.
        model: Whose networks it runs; None where it has one only.
        precision: "float32", "float16", "bf16", "dynamic", "int8", or None where the engine chooses.
        threads: None where the engine chooses.
        device: "CPU" or "GPU".
    """

    name: str
    title: str
    version: str
    model: str | None = None
    precision: str | None = None
    threads: int | None = None
    device: str = "CPU"


class Engine(Protocol):
    """The full way from an image file to text. What it cannot do raises Skipped."""

    def read(self, path: Path) -> list[FoundLine]:
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
class Variant:
    """One engine in one configuration: what the report says of it, and how a worker process makes it.

    Attributes:
        id: Unique in a report, the same in every run.
        info: Its description.
        factory: "package.module:function", called in the worker with `options` as keyword arguments; gives an Engine
            or a NetworkEngine, or raises Skipped.
        options: JSON values.
        environment: Variables set before the process starts, where threads are fixed by variables.
        fingerprint: Whatever its results depend on besides: digests of model files and of code.
        artifact_bytes: Size of its model files; None where they are not known.
        packages: Distributions that have to be installed to use it; their sizes are added up.
        skipped: Why it cannot run here; None where it can.
    """

    id: str
    info: EngineInfo
    factory: str = ""
    options: dict = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    artifact_bytes: int | None = None
    packages: tuple[str, ...] = ()
    skipped: str | None = None


@dataclass(frozen=True)
class Choice:
    """What is to be measured, as engines are asked for their variants.

    Attributes:
        models: Folders of converted models.
        threads: The most threads; one thread is measured besides.
        quick: Only the variants that matter most.
        build: Folder for derived models, kept from run to run.
        weights: Folder with EasyOCR's checkpoints; None for where EasyOCR and the converters keep theirs.
    """

    models: tuple[Path, ...]
    threads: int
    quick: bool
    build: Path
    weights: Path | None = None

    def thread_counts(self) -> tuple[int, ...]:
        """All and one, or all alone in a quick run."""
        return (self.threads,) if self.quick or self.threads == 1 else (self.threads, 1)


def thread_environment(threads: int) -> dict[str, str]:
    """Variables that bind the pools of OpenMP, BLAS and TensorFlow to a number of threads."""
    count = str(threads)
    names = (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    return dict.fromkeys(names, count)
