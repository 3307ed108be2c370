"""Configurations of engines that run single networks, as the table of engines wants them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.installed import code, digest, require, versions
from benchmarks.engines.networks import Network
from benchmarks.running.protocol import EngineInfo, Skipped, Variant, thread_environment


def lacking(*packages: tuple[str, str, str]) -> str | None:
    """Why an engine cannot run here; None where everything that it needs is installed.

    Args:
        packages: (name, versions, extra) each, see installed.require.
    """
    try:
        for name, wanted, extra in packages:
            require(name, wanted, extra)
    except Skipped as reason:
        return str(reason)
    return None


@dataclass(frozen=True)
class Kind:
    """What all configurations of one engine have in common.

    Attributes:
        name: See EngineInfo.
        module: The file's __name__; its `create` makes the engine in a worker.
        packages: Distributions whose versions are in the report.
    """

    name: str
    module: str
    packages: tuple[str, ...]

    def variant(
        self,
        title: str,
        network: Network,
        precision: str,
        threads: int | None,
        options: dict,
        *,
        depends: Sequence[Path] = (),
        mode: str = "",
        device: str = "CPU",
        skipped: str | None = None,
    ) -> Variant:
        """Describes one configuration.

        Args:
            title: See EngineInfo, like precision, threads and device.
            network: What is run.
            precision: Stands in the id, unless there is a mode.
            threads: Goes to `create` too.
            options: Further arguments of `create`.
            depends: Files and folders that the results depend on, besides the engine's own code.
            mode: What the id says in place of the precision, where that is not enough.
            device: "CPU" or "GPU".
            skipped: See Variant.
        """
        return Variant(
            id=f"{self.name}-{mode or precision}-t{threads}@{network.key}",
            info=EngineInfo(self.name, title, versions(*self.packages), network.model, precision, threads, device),
            factory=f"{self.module}:create",
            options=options | {"threads": threads},
            environment=thread_environment(threads) if threads else {},
            fingerprint=f"{code(sys.modules[self.module].__file__)} {digest(*depends)}",
            skipped=skipped,
        )
