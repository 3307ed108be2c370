"""What a search chooses between, and what it chose."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converters.search.latency import Latency
from converters.search.layers import Layer
from converters.search.operators import Graph
from converters.search.sensitivity import Sensitivity


@dataclass(frozen=True)
class Prepared:
    """One network, whole or pruned, ready to be divided.

    Attributes:
        plain: .tflite file in float32, of the graph as it is.
        half: The same in float16.
        int8: What it is in an int8 model, whose graph may be another; None for a network that stays float32 there.
        int8_name: The precision of that.
        graphs: Files of the int8 graph by precision, int16x8 skipped; {} when they cannot be divided.
        layers: Of these.
        same: Whether the int8 graph is the plain one.
        int16x8: Makes that file.
        sensitivity: Measures the layers, the most sensitive first.
        work: Folder for files.
        other: The plain graph in their place, where the int8 graph is another that approximates it; else None.
    """

    plain: Path
    half: Path
    int8: Path | None
    graphs: Mapping[str, Graph]
    layers: Sequence[Layer]
    same: bool
    int16x8: Callable[[], Graph]
    sensitivity: Callable[[], list[Sensitivity]]
    work: Path
    int8_name: str = "int8"
    other: Callable[[], "Prepared"] | None = None


@dataclass(frozen=True)
class Candidate:
    """One network.

    Attributes:
        name: Name of the network.
        quantized: Whether it may have another precision than float; then it has a part of the budget.
        variants: By the name of the pruning, made when their turn comes.
    """

    name: str
    quantized: bool
    variants: Mapping[str, Callable[[], Prepared]]


@dataclass(frozen=True)
class Choice:
    """What a network becomes.

    Attributes:
        file: The network.
        pruning: WHOLE or what was taken out.
        layers: Precision by layer; "all" for a network in one precision that is not divided.
        latency: Its time.
        stored: Makes the same with float16 in place of float32; None when there is nothing to replace.
    """

    file: Path
    pruning: str
    layers: Mapping[str, str]
    latency: Latency
    stored: Callable[[], tuple[Path, Mapping[str, str]]] | None = field(default=None, compare=False)


def summary(layers: Mapping[str, str]) -> str:
    """The precisions of a network's layers in a few words."""
    if "all" in layers:
        return layers["all"]
    counts = {precision: list(layers.values()).count(precision) for precision in dict.fromkeys(layers.values())}
    return ", ".join(f"{count} layers {precision}" for precision, count in sorted(counts.items()))
