"""The path of a search: every step that was tried, what it cost, and what was decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from converters.search.latency import Latency
from converters.search.sensitivity import Sensitivity

WHOLE = "whole"


@dataclass(frozen=True)
class Step:
    """One thing that was tried.

    Attributes:
        network: Network of the model; "" for all of them.
        pruning: WHOLE or what was taken out.
        tried: In words.
        decision: In words.
        accuracy: Percent by set; {} where nothing was read.
        loss: Points lost against float32 on the worst set; None where nothing was read.
        latency: Latency of the network; None where it was not timed.
        size_bytes: Size of the network's file; 0 for several networks.
    """

    network: str
    pruning: str
    tried: str
    decision: str
    accuracy: Mapping[str, float] = field(default_factory=dict)
    loss: float | None = None
    latency: Latency | None = None
    size_bytes: int = 0


@dataclass
class SearchLog:
    """Steps in the order in which they were taken.

    Attributes:
        tell: Called with one line of text a step.
    """

    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    sensitivities: list[tuple[str, str, Sequence[Sensitivity]]] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Keeps a step and says what it was."""
        self.steps.append(step)
        figures = "" if step.loss is None else f", {step.loss:+.2f} points lost"
        if step.latency:
            figures += f", {step.latency.ms:.2f} ms ({step.latency.ratio:.2f} of float32)"
        self.tell(f"{step.network or 'all networks'}, {step.pruning}: {step.tried}{figures}: {step.decision}")

    def add_sensitivity(self, network: str, pruning: str, found: Sequence[Sensitivity]) -> None:
        """Keeps the sensitivity of a network's layers, the most sensitive first."""
        self.sensitivities.append((network, pruning, tuple(found)))

    def as_json(self) -> dict:
        """For the report."""
        return {
            "steps": [asdict(step) for step in self.steps],
            "sensitivity": [
                {"network": network, "pruning": pruning, "layers": [asdict(one) for one in found]}
                for network, pruning, found in self.sensitivities
            ],
        }
