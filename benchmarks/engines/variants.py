"""Configurations of engines that run single networks, as the table of engines wants them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.engines.installed import code, digest, versions
from benchmarks.engines.networks import MeasuredNetwork, options
from benchmarks.running.protocol import EngineInfo, EngineVariant, MeasurementChoice, thread_environment


@dataclass(frozen=True)
class Kind:
    """What all configurations of one engine have in common."""

    name: str  # See EngineInfo
    module: str  # The file's __name__; its `create` makes the engine in a worker
    packages: tuple[str, ...]  # Distributions whose versions are in the report

    def variant(
        self,
        title: str,
        network: MeasuredNetwork,
        precision: str,
        threads: int | None,
        options: dict,
        *,
        depends: Sequence[Path] = (),
        mode: str = "",
        device: str = "CPU",
        skipped: str | None = None,
    ) -> EngineVariant:
        """Describes one configuration.

        Args:
            title: See EngineInfo, like precision, threads and device.
            precision: Stands in the id, unless there is a mode.
            depends: Files and folders that the results depend on, besides the engine's own code.
            mode: What the id says in place of the precision, where that is not enough.
        """
        return EngineVariant(
            id=f"{self.name}-{mode or precision}-t{threads}@{network.key}",
            info=EngineInfo(self.name, title, versions(*self.packages), network.model, precision, threads, device),
            factory=f"{self.module}:create",
            options=options | {"threads": threads},
            environment=thread_environment(threads) if threads else {},
            fingerprint=f"{code(sys.modules[self.module].__file__)} {digest(*depends)}",
            skipped=skipped,
        )

    def of_source(
        self,
        title: str,
        choice: MeasurementChoice,
        network: MeasuredNetwork,
        modes: dict[str, tuple[str, str | None]],
        device: str = "CPU",
    ) -> list[EngineVariant]:
        """Configurations that compute with the original, on the CPU with each number of threads; see OfSource."""
        given = options(network) | {"build": str(choice.build)}
        more = {"depends": (network.source,), "device": device}
        return [
            self.variant(title, network, precision, threads, given | {"mode": mode}, mode=mode, skipped=skipped, **more)
            for mode, (precision, skipped) in modes.items()
            for threads in (choice.thread_counts() if device == "CPU" else (None,))
        ]


class OfSource:
    """A network engine that computes with the original, an ONNX file of layout NCHW; it gives NHWC."""

    def __init__(self, network: MeasuredNetwork, mode: str, threads: int | None, build: Path):
        """Keeps what `prepare` needs."""
        self._network, self._mode, self._threads, self._build = network, mode, threads, build
        self._found: np.ndarray | None = None

    def output(self) -> np.ndarray:
        from benchmarks.engines.derived import nhwc

        return nhwc(self._found)
