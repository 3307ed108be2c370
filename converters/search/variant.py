"""One network, whole or pruned, while the precisions of its layers are searched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converters.converter_process import INT16X8
from converters.search.latency import Latency
from converters.search.layers import NetworkLayer, by_operator
from converters.search.operators import OperatorGraph
from converters.search.path import WHOLE
from converters.search.sensitivity import Sensitivity, worth
from converters.search.splice import splice


@dataclass(frozen=True)
class Prepared:
    """One network, whole or pruned, ready to be divided.

    Attributes:
        plain: .tflite file in float32, of the graph as it is.
        int8: What it is in an int8 model, whose graph may be another; None for a network that stays float32 there.
        graphs: Files of the int8 graph by precision, int16x8 skipped; {} when they cannot be divided.
        other: The plain graph in their place, where the int8 graph is another that approximates it; else None.
    """

    plain: Path
    half: Path
    int8: Path | None
    graphs: Mapping[str, OperatorGraph]
    layers: Sequence[NetworkLayer]
    same: bool
    int16x8: Callable[[], OperatorGraph]
    sensitivity: Callable[[], list[Sensitivity]]
    work: Path
    int8_name: str = "int8"
    other: Callable[[], "Prepared"] | None = None


@dataclass(frozen=True)
class PrecisionChoice:
    """What a network becomes.

    Attributes:
        pruning: WHOLE or what was taken out.
        layers: Precision by layer; "all" for a network in one precision that is not divided.
        stored: Makes the same with float16 in place of float32; None when there is nothing to replace.
    """

    file: Path
    pruning: str
    layers: Mapping[str, str]
    latency: Latency
    stored: Callable[[], tuple[Path, Mapping[str, str]]] | None = field(default=None, compare=False)

    def summary(self) -> str:
        """The precisions of the layers in a few words."""
        kinds = list(self.layers.values())
        if "all" in self.layers:
            return self.layers["all"]
        return ", ".join(f"{kinds.count(kind)} layers {kind}" for kind in sorted(set(kinds)))


class Variant:
    """One network, whole or pruned, while its precisions are searched (converters.search.choose.PrecisionSearch)."""

    def __init__(self, search, name: str, pruning: str, prepared: Prepared, state: Mapping[str, Path], limit: float):
        self._search, self._name, self._pruning, self._prepared = search, name, pruning, prepared
        self._state, self._limit, self._allowed = state, limit, search.precisions
        self._float = next((one for one in ("float32", "float16") if one in self._allowed), None)
        if prepared.int8 is None:
            self._float = self._float or "float32"  # it has no other

    def choices(self) -> list[PrecisionChoice]:
        """All that stay within the limit, each timed."""
        prepared, found, name = self._prepared, [], self._prepared.int8_name
        if "int8" in self._allowed and prepared.int8 and self._within(f"{name} as a whole", prepared.int8):
            found.append(self._choice(prepared.int8, {one.name: "int8" for one in prepared.layers} or {"all": name}))
            if found[0].latency.ratio < 1:
                return found
        whole = bool(found)
        if self._float:
            file = prepared.plain if self._float == "float32" else prepared.half
            if self._within(f"{self._float} as a whole", file):
                found.append(self._choice(file, {"all": self._float}))
            elif self._pruning != WHOLE:
                return found  # more bits will not bring back what pruning lost
        if whole or not prepared.graphs:
            return found
        divided = self._divided()
        if not divided and prepared.other:
            plain = Variant(self._search, self._name, self._pruning, prepared.other(), self._state, self._limit)
            divided = plain._divided(untried=True)
        return [*divided, *found]

    def _divided(self, untried: bool = False) -> list[PrecisionChoice]:
        """Networks whose most sensitive layers have another precision than int8; `untried` when none may have it."""
        prepared, search, found = self._prepared, self._search, []
        graphs = dict(prepared.graphs)
        names = [layer.name for layer in prepared.layers]
        if "int8" in self._allowed:
            order = prepared.sensitivity()
            search.path.add_sensitivity(self._name, self._pruning, order)
            names = worth(order)
        if self._float and (
            prepared.same
            or self._within(f"{self._float} in the graph made for int8", self._spliced(graphs, self._float, names))
        ):
            found.append(self._bisected(graphs, self._float, names, untried))
        if INT16X8 in self._allowed:
            graphs[INT16X8] = prepared.int16x8()
            file, tried = self._spliced(graphs, INT16X8, names), f"{INT16X8} as a whole"
            latency, size = search.clock(self._name, file), file.stat().st_size
            if self._float and latency.ratio >= 1:
                decision = "slower than float32, no layer gains by it"
                search.path.add(self._name, self._pruning, tried, decision, latency=latency, size_bytes=size)
            elif self._within(tried, file):
                found.append(self._bisected(graphs, INT16X8, names))
        return found

    def _bisected(
        self, graphs: Mapping[str, OperatorGraph], kind: str, names: Sequence[str], untried: bool = False
    ) -> PrecisionChoice:
        """As few layers as possible in a precision, with which all layers are known to stay within the limit.

        Bisection takes more layers to be more accurate; where chance decides it ends at a number that works all the
        same, if not at the least.
        """
        fails, works = -1 if untried else 0, len(names)
        while "int8" in self._allowed and works - fails > 1:
            middle = (fails + works) // 2 if fails >= 0 else 0
            tried = f"{middle} of {len(names)} layers {kind}, the others int8"
            if self._within(tried, self._spliced(graphs, kind, names[:middle])):
                works = middle
            else:
                fails = middle

        def stored(kind: str = "float16") -> tuple[Path, dict[str, str]]:
            layers = {one.name: kind if one.name in names[:works] else "int8" for one in self._prepared.layers}
            return self._spliced(graphs, kind, names[:works]), layers

        return self._choice(*stored(kind), stored if kind == "float32" else None)

    def _spliced(self, graphs: Mapping[str, OperatorGraph], precision: str, names: Sequence[str]) -> Path:
        """The network with some layers in `precision` and the others in int8."""
        file = self._prepared.work / f"{precision}_{len(names)}.tflite"
        chosen = dict.fromkeys(names, precision)
        splice(graphs, by_operator(graphs["float32"], self._prepared.layers, chosen, "int8"), file)
        return file

    def _within(self, tried: str, file: Path) -> bool:
        files = {**self._state, self._name: file}
        return self._search.within(self._name, self._pruning, tried, files, self._limit)

    def _choice(self, file: Path, layers: Mapping[str, str], stored=None) -> PrecisionChoice:
        if layers == {"all": "float32"}:

            def stored():
                return self._prepared.half, {"all": "float16"}

        return PrecisionChoice(file, self._pruning, layers, self._search.clock(self._name, file), stored)
