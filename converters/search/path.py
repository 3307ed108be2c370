"""The path of a search: every step that was tried, what it cost, and what was decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from converters.search.latency import Latency
from converters.search.sensitivity import Sensitivity

WHOLE = "whole"


class SearchLog:
    """Steps in the order in which they were taken, and the sensitivities that were measured, as JSON values."""

    def __init__(self, tell: Callable[[str], None]):
        self._tell = tell
        self.steps: list[dict] = []
        self.sensitivities: list[dict] = []

    def add(
        self,
        network: str,
        pruning: str,
        tried: str,
        decision: str,
        accuracy: Mapping[str, float] | None = None,
        loss: float | None = None,
        latency: Latency | None = None,
        size_bytes: int = 0,
    ) -> None:
        """Keeps a step and says what it was.

        Args:
            network: "" for all networks of the model.
            pruning: WHOLE or what was taken out.
            loss: Points lost against float32 on the worst set, likewise.
            size_bytes: Size of the network's file; 0 for several networks.
        """
        timed = latency and asdict(latency)
        step = {
            "network": network,
            "pruning": pruning,
            "tried": tried,
            "decision": decision,
            "accuracy": accuracy or {},
        }
        self.steps.append({**step, "loss": loss, "latency": timed, "size_bytes": size_bytes})
        figures = "" if loss is None else f", {loss:+.2f} points lost"
        if latency:
            figures += f", {latency.ms:.2f} ms ({latency.ratio:.2f} of float32)"
        self._tell(f"{network or 'all networks'}, {pruning}: {tried}{figures}: {decision}")

    def add_sensitivity(self, network: str, pruning: str, found: Sequence[Sensitivity]) -> None:
        """Keeps the sensitivity of a network's layers, the most sensitive first."""
        self.sensitivities.append({"network": network, "pruning": pruning, "layers": [asdict(one) for one in found]})
