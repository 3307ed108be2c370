"""Brings a network that fails in int8 back to reading, at the least cost: first all of it in int8 by better means,
then with its most sensitive layers in float32, as few as needed, at last all of it in float32.

Nobody has to ask for it, and no label is needed: the judge compares with the source (converters.gates).
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converters import cache, limits, parity, ranges
from converters.errors import ConversionError
from converters.parity import Forward
from converters.progress import bar
from converters.search import latency, layers, operators, sensitivity, splice
from converters.search.operators import Graph
from tflite_ocr.manifest import MIXED
from tflite_ocr.processors import cores

_FILE, _FIGURES = ".tflite", "mended.json"
# A network that is no faster than its float32 file by so much is stored in float32: it reads better.
_FASTER = 0.97
# Inputs on which layers are compared, by role.
_SENSITIVITY = {"detector": 3}
_CROPS = 12
_CODE = (limits, ranges, latency, layers, operators, sensitivity, splice)


@dataclass(frozen=True)
class Mended:
    """A network that passes.

    Attributes:
        file: Named for what it is: int8, mixed or float32.
        layers: Precision by layer of a mixed one.
        told: What was done, for users.
    """

    file: Path
    layers: Mapping[str, str] = field(default_factory=dict)
    told: str = ""


def mend(part, plain: Path, judge: Callable[[Forward], dict[str, float]], key: Mapping) -> Mended:
    """Mends a network, as a stage.

    Args:
        part: The network, see converters.gates.Part.
        plain: Its int8 file, which fails.
        judge: Figures of a form of it.
        key: What these depend on.
    """
    float32 = part.export("float32")
    better = _better(part, plain)
    folder = part.work / "mended"
    key = {
        **key,
        "from": [cache.digest_file(file) for file in (float32, plain, *better)],
        "code": cache.digest_code(*_CODE),
    }
    part.stage("mend", folder, key, lambda path: _write(path, part, float32, [plain, *better], judge))
    found = json.loads((folder / _FIGURES).read_text(encoding="utf-8"))
    kind = found["kind"]
    file = float32 if kind == "float32" else folder / (kind + _FILE)
    return Mended(file, found["layers"], found["told"])


def _better(part, plain: Path) -> list[Path]:
    """The network in int8 by better means, if there is such a file and it is another one."""
    try:
        file = part.export("int8")
    except ConversionError:
        return []
    return [file] if cache.digest_file(file) != cache.digest_file(plain) else []


def _write(folder: Path, part, float32: Path, candidates: Sequence[Path], judge) -> None:
    folder.mkdir()
    found = _Mending(folder, part, float32, judge).best(candidates)
    (folder / _FIGURES).write_text(json.dumps(found), encoding="utf-8")


class _Mending:
    """The tries, until one passes."""

    def __init__(self, folder: Path, part, float32: Path, judge):
        self._folder, self._part, self._float32, self._judge = folder, part, float32, judge

    def best(self, candidates: Sequence[Path]) -> dict:
        """Which kind passes, its layers and what to tell of it."""
        figures = [(self._figures(file), file) for file in candidates]
        figures.sort(key=lambda one: _distance(one[0]))
        best, file = figures[0]
        if best is not None and not limits.failures("int8", best):
            shutil.copyfile(file, self._folder / f"int8{_FILE}")
            told = f"all of it is int8, with ranges measured anew ({_shown(best)})"
            return {"kind": "int8", "layers": {}, "told": told}
        try:
            mixed = self._mixed(file)
        except ConversionError as error:
            return self._float(f"its layers cannot be divided: {error}")
        return mixed

    def _figures(self, file: Path) -> dict[str, float] | None:
        """What the judge says of a file; None for one that the runtime does not take."""
        return self._judge(parity.tflite_forward(file)) if parity.loads(file) else None

    def _float(self, reason: str) -> dict:
        return {"kind": "float32", "layers": {}, "told": f"stored in float32: {reason}"}

    def _mixed(self, int8: Path) -> dict:
        """The most sensitive layers in float32, as few as needed."""
        graphs = {"float32": operators.read(self._float32)}
        graphs["int8"] = operators.aligned(operators.read(int8), graphs["float32"])
        operators.require_same(list(graphs.values()))
        found = layers.layers(graphs["float32"])
        inputs = self._part.inputs.some(_SENSITIVITY.get(self._part.network.role, _CROPS))
        with bar(f"{self._part.network.name} sensitivity") as advance:
            order = sensitivity.worth(sensitivity.analyse(graphs, found, inputs, self._folder, advance))
        fails, works, figures = 0, len(order), {}
        while works - fails > 1:
            middle = (fails + works) // 2
            tried = self._spliced(graphs, found, order[:middle])
            measured = self._figures(tried)
            if measured is None or limits.failures(MIXED, measured):
                fails = middle
            else:
                works, figures = middle, measured
        if works == len(order):
            return self._float("no layer of it may be int8")
        file = self._spliced(graphs, found, order[:works])
        threads = cores() if self._part.network.role == "detector" else 1
        cost = latency.measure(file, self._float32, inputs[0], threads)
        if cost.ratio > _FASTER:
            return self._float(
                f"with the {works} of {len(order)} layers in float32 that it needs it takes "
                f"{cost.ratio:.2f} of the time of float32"
            )
        named = {layer.name: "float32" if layer.name in order[:works] else "int8" for layer in found}
        return {
            "kind": MIXED,
            "layers": named,
            "told": f"{works} of {len(order)} layers stay float32, {cost.ratio:.2f} of the time of float32, "
            f"{_megabytes(file)} of {_megabytes(self._float32)} MB ({_shown(figures)})",
        }

    def _spliced(self, graphs: Mapping[str, Graph], found, names: Sequence[str]) -> Path:
        file = self._folder / (MIXED + _FILE)
        chosen = dict.fromkeys(names, "float32")
        splice.splice(graphs, layers.by_operator(graphs["float32"], found, chosen, "int8"), file)
        return file


def _distance(figures: Mapping[str, float] | None) -> float:
    """How far figures are from perfect, to tell the better of two that fail; None is farthest."""
    if figures is None:
        return float("inf")
    return sum(value if name.startswith("character_error") else 1 - value for name, value in figures.items())


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f}"


def _shown(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
