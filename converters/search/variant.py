"""One network, whole or pruned, while the precisions of its layers are searched."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from converters.search.candidates import Choice, Prepared
from converters.search.latency import Latency
from converters.search.layers import by_operator
from converters.search.operators import Graph
from converters.search.path import WHOLE, SearchLog, Step
from converters.search.sensitivity import worth
from converters.search.splice import splice
from converters.tflite_export import INT16X8


class Trying(Protocol):
    """What a variant needs of the search that it belongs to."""

    precisions: Sequence[str]
    path: SearchLog

    def clock(self, name: str, file: Path) -> Latency: ...

    def within(self, network: str, pruning: str, tried: str, files: Mapping[str, Path], limit: float) -> bool: ...


class Variant:
    """One network, whole or pruned, while its precisions are searched."""

    def __init__(
        self, search: Trying, name: str, pruning: str, prepared: Prepared, state: Mapping[str, Path], limit: float
    ):
        self._search, self._name, self._pruning, self._prepared = search, name, pruning, prepared
        self._state, self._limit = state, limit
        allowed = search.precisions
        self._float = next((one for one in ("float32", "float16") if one in allowed), None)
        if prepared.int8 is None:
            self._float = self._float or "float32"  # it has no other
        self._allowed = allowed

    def choices(self) -> list[Choice]:
        """All that stay within the limit, each timed."""
        prepared = self._prepared
        found, whole = [], False
        name = prepared.int8_name
        if "int8" in self._allowed and prepared.int8 and self._within(f"{name} as a whole", prepared.int8):
            named = {layer.name: "int8" for layer in prepared.layers} or {"all": name}
            found.append(self._choice(prepared.int8, named))
            whole = True
            if found[0].latency.ratio < 1:
                return found
        if self._float:
            if self._within(f"{self._float} as a whole", self._whole_float()):
                found.append(self._choice(self._whole_float(), {"all": self._float}))
            elif self._pruning != WHOLE:
                return found  # more bits will not bring back what pruning lost
        if whole or not prepared.graphs:
            return found
        divided = self._divided()
        if not divided and prepared.other:
            plain = Variant(self._search, self._name, self._pruning, prepared.other(), self._state, self._limit)
            divided = plain._divided(untried=True)
        return [*divided, *found]

    def _whole_float(self) -> Path:
        return self._prepared.plain if self._float == "float32" else self._prepared.half

    def _divided(self, untried: bool = False) -> list[Choice]:
        """Networks whose most sensitive layers have another precision than int8; `untried` when none may have it."""
        prepared, found = self._prepared, []
        graphs = dict(prepared.graphs)
        names = [layer.name for layer in prepared.layers]
        if "int8" in self._allowed:
            order = prepared.sensitivity()
            self._search.path.add_sensitivity(self._name, self._pruning, order)
            names = worth(order)
        if self._float and (
            prepared.same
            or self._within(f"{self._float} in the graph made for int8", self._spliced(graphs, self._float, names))
        ):
            found.append(self._bisected(graphs, self._float, names, untried))
        if INT16X8 in self._allowed:
            graphs[INT16X8] = prepared.int16x8()
            file = self._spliced(graphs, INT16X8, names)
            latency = self._search.clock(self._name, file)
            if self._float and latency.ratio >= 1:
                self._search.path.add(
                    Step(
                        self._name,
                        self._pruning,
                        "int16x8 as a whole",
                        "slower than float32, no layer gains by it",
                        latency=latency,
                        size_bytes=file.stat().st_size,
                    )
                )
            elif self._within("int16x8 as a whole", file):
                found.append(self._bisected(graphs, INT16X8, names))
        return found

    def _bisected(
        self, graphs: Mapping[str, Graph], precision: str, names: Sequence[str], untried: bool = False
    ) -> Choice:
        """As few layers as possible in `precision`, with which all layers are known to stay within the limit.

        Bisection takes more layers to be more accurate; where chance decides it ends at a number that works all the
        same, if not at the least.
        """
        fails, works = -1 if untried else 0, len(names)
        while "int8" in self._allowed and works - fails > 1:
            middle = (fails + works) // 2 if fails >= 0 else 0
            tried = f"{middle} of {len(names)} layers {precision}, the others int8"
            if self._within(tried, self._spliced(graphs, precision, names[:middle])):
                works = middle
            else:
                fails = middle
        return self._choice(
            self._spliced(graphs, precision, names[:works]),
            self._layers(precision, names[:works]),
            (lambda: (self._spliced(graphs, "float16", names[:works]), self._layers("float16", names[:works])))
            if precision == "float32"
            else None,
        )

    def _spliced(self, graphs: Mapping[str, Graph], precision: str, names: Sequence[str]) -> Path:
        """The network with some layers in `precision` and the others in int8."""
        file = self._prepared.work / f"{precision}_{len(names)}.tflite"
        chosen = dict.fromkeys(names, precision)
        splice(graphs, by_operator(graphs["float32"], self._prepared.layers, chosen, "int8"), file)
        return file

    def _layers(self, precision: str, names: Sequence[str]) -> dict[str, str]:
        return {layer.name: precision if layer.name in names else "int8" for layer in self._prepared.layers}

    def _within(self, tried: str, file: Path) -> bool:
        files = {**self._state, self._name: file}
        return self._search.within(self._name, self._pruning, tried, files, self._limit)

    def _choice(self, file: Path, layers: Mapping[str, str], stored=None) -> Choice:
        if layers == {"all": "float32"}:

            def stored():
                return self._prepared.half, {"all": "float16"}

        return Choice(file, self._pruning, layers, self._search.clock(self._name, file), stored)
