"""A network of which some layers are float32 and the others int8: as few in float32 as the limits ask for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters import limits, ranges, samples
from converters.progress import bar
from converters.search import layers, operators, sensitivity, splice
from converters.search.operators import OperatorGraph
from tflite_ocr.manifest import MIXED

FILE = ".tflite"
# Inputs on which layers are compared, by role.
_SENSITIVITY = {"detector": 3}
_CROPS = 16


@dataclass(frozen=True)
class Form:
    """The network in int8, and in float32 with the same constants: only such a pair can be mixed.

    Equalized and learnt constants are others than those of the float32 model.

    Attributes:
        plain: .tflite file in float32 with the same constants.
        means: How it became int8, for users.
        folder: Folder of both, where converters.ranges made them.
    """

    int8: Path
    plain: Path
    means: str
    folder: Path


def measured(folder: Path, means: str) -> Form:
    """The form in a folder of converters.ranges.export."""
    return Form(folder / ranges.INT8, folder / ranges.FLOAT, means, folder)


@dataclass(frozen=True)
class FoundMix:
    """The fewest layers in float32 with which a network passes.

    Attributes:
        works: How many of the most sensitive layers.
        share: Share of all multiplications, those of layers in float32.
    """

    works: int
    share: float
    figures: Mapping[str, float]
    file: Path
    means: str


class Mix:
    """Layers in float32 among layers in int8."""

    def __init__(self, form: Form, part, folder: Path, figures: Callable, classes: bool, found=()):
        """Measures how much every layer suffers, unless `found` says it (sensitivity.Sensitivity)."""
        self.form, self._part, self._folder = form, part, folder
        self._figures, self._classes = figures, classes
        self._graphs = graphs(form)
        self._layers = layers.layers(self._graphs["float32"])
        self._found = list(found) or self._analysed()
        self.order = sensitivity.worth(self._found)

    def with_form(self, form: Form) -> "Mix":
        """The same layers in the same order of another form."""
        return Mix(form, self._part, self._folder, self._figures, self._classes, self._found)

    def joined(self, other: "Mix", folder: Path, means: str) -> "Mix":
        """Every layer with its ranges in that form in which it alone makes less noise."""
        noise = {one.layer: one for one in other._found}
        found = [min(one, noise[one.layer], key=lambda layer: layer.noise) for one in self._found]
        better = {one.layer for one, chosen in zip(self._found, found, strict=True) if one is chosen}
        plain, kept = self._graphs["float32"], {}
        for layer in (layer for layer in self._layers if layer.name in better):
            for step in plain.steps[layer.first : layer.stop]:
                for index in map(int, step.operator.outputs):
                    seen = plain.tensor(index).quantization
                    if seen is not None and seen.min is not None and len(seen.min):
                        kept[index] = float(seen.min[0]), float(seen.max[0])
        ranges.replace(other.form.folder, folder, {}, kept)
        return Mix(measured(folder, means), self._part, self._folder, self._figures, self._classes, found)

    def ordered(self) -> "Mix":
        """The same form with layers in its own order."""
        return Mix(self.form, self._part, self._folder, self._figures, self._classes)

    def fewest(self) -> FoundMix:
        """By bisection."""

        def passing(works: int) -> Mapping[str, float] | None:
            figures = self._figures(self._spliced(works))
            return figures if passes(MIXED if works else "int8", figures) else None

        works, figures = fewest(-1, len(self.order), passing)
        file = self._spliced(works, f"{self.form.int8.parent.name}.{works}{FILE}")
        return FoundMix(works, self._share(works), figures, file, self.form.means)

    def within(self, share: float) -> list[str]:
        """The most sensitive layers that together have no more than a share of the multiplications."""
        count = max(number for number in range(len(self.order) + 1) if self._share(number) <= share)
        return self.order[:count]

    def noise(self, share: float) -> float:
        """At the output, where the most sensitive layers that have no more than this share are float32."""
        noise = sensitivity.Noise(self.form.plain, inputs(self._part), self._classes)
        return noise.of(self._spliced(len(self.within(share))))

    def exact(self, names: Sequence[str]) -> list[int]:
        """The operators that are float32 where these layers are."""
        kinds = self._kinds(names)
        return [number for number, kind in enumerate(kinds) if kind == "float32"]

    def precisions(self, works: int) -> dict[str, str]:
        """Of all layers by name."""
        floats = set(self.order[:works])
        return {layer.name: "float32" if layer.name in floats else "int8" for layer in self._layers}

    def _analysed(self) -> list[sensitivity.Sensitivity]:
        with bar(f"{self._part.network.name} sensitivity") as advance:
            return sensitivity.analyse(
                self._graphs, self._layers, inputs(self._part), self._folder, advance, self._classes
            )

    def _share(self, works: int) -> float:
        floats = set(self.order[:works])
        all_of_it = sum(layer.multiplications for layer in self._layers)
        return sum(layer.multiplications for layer in self._layers if layer.name in floats) / max(1, all_of_it)

    def _kinds(self, names: Sequence[str]) -> list[str]:
        return layers.by_operator(self._graphs["float32"], self._layers, dict.fromkeys(names, "float32"), "int8")

    def _spliced(self, works: int, name: str = f"tried{FILE}") -> Path:
        file = self._folder / name
        splice.splice(self._graphs, self._kinds(self.order[:works]), file)
        return file


def inputs(part) -> list[np.ndarray]:
    """Inputs of a network on which its layers are compared."""
    found = part.inputs.some(_SENSITIVITY.get(part.network.role, _CROPS))
    if part.network.role == "detector":
        found += samples.detector_tensors(part.plan, part.network, part.settings.photographs[:1])
    return found


def fewest(
    fails: int, most: int, passing: Callable[[int], Mapping[str, float] | None]
) -> tuple[int, Mapping[str, float]]:
    """The least number that passes, by bisection, and its figures.

    Args:
        fails: A number below it.
        most: The number that is taken where none below it passes, without figures.
        passing: Figures of a number that passes, else None.
    """
    figures: Mapping[str, float] = {}
    while most - fails > 1:
        middle = (fails + most) // 2
        tried = passing(middle)
        if tried is None:
            fails = middle
        else:
            most, figures = middle, tried
    return most, figures


def graphs(form: Form) -> dict[str, OperatorGraph]:
    """Both files of a form, with the same operators."""
    return operators.read_aligned({"float32": form.plain, "int8": form.int8})


def passes(kind: str, figures: Mapping[str, float] | None) -> bool:
    return figures is not None and not limits.failures(kind, figures)
