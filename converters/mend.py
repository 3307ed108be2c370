"""Brings a network that fails in int8 back to reading, at the least cost: first all of it in int8 by better means,
then with kernels in int8 between activations in float32 (converters.hybrid), then with its most sensitive layers in
float32, as few as needed; where these are many, with rounding of the others that is learnt from the source; at last
all of it in float32.

Nobody has to ask for it, and no label is needed: the judge compares with the source (converters.gates).
"""

import json
import logging
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from converters import distil, hybrid, mixing, parity, ranges
from converters.errors import ConversionError
from converters.inputs import reference
from converters.mixing import FILE, Form, Mix, graphs, passes
from converters.parity import Forward
from converters.progress import bar
from converters.search import latency, sensitivity
from tflite_ocr.manifest import MIXED
from tflite_ocr.processors import cores

_log = logging.getLogger(__name__)

_FIGURES, _LEARNT = "mended.json", "learnt.json"
# A network that is no faster than its float32 file by so much is stored in float32: it reads better.
_FASTER = 0.97
# Of the multiplications of a network, the part in float32 that is not worth learning for, which takes minutes, and the
# part that is float32 where forms are compared and where rounding is learnt: the most sensitive layers mostly have few.
_UNLEARNT, _AFFORDABLE = 0.5, 0.1
# Nor is it worth learning where even the form that is all int8 takes more of the time of float32: on processors without
# instructions for products of int8 it takes 0.9, and learning an hour.
_SLOW = 0.6
# Part of the multiplications with kernels in int8 with which no mixed form is looked for, as it would hardly be faster.
_ENOUGH = 0.75
# Learning sees no more columns or rows of an input: its time goes by the pixels.
_LARGEST = 640
# Ways of becoming int8, in the order in which they are tried.
MEASURED, CUT, BALANCED = "measured", "cut", "balanced"
FORMS = {
    MEASURED: "ranges measured anew",
    CUT: "ranges cut where that rounds better",
    BALANCED: "channels of similar ranges, measured anew",
}
JOINED = "ranges measured anew or cut, layer by layer"


@dataclass(frozen=True)
class Mended:
    """A network that passes.

    Attributes:
        file: Named for what it is: int8, mixed or float32.
        figures: Figures of the learning, where some of it was learnt: the loss before and after.
    """

    file: Path
    layers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


def mend(part, plain: Path, judge: Callable[[Forward], dict[str, float]], key: Mapping, classes: bool) -> Mended:
    """Mends a network, as a stage."""
    float32 = part.float32()
    forms = _better(part)
    folder = part.work / "mended"
    sources = [file for form in forms for file in (form.int8, form.plain)] or [plain]
    part.chain.step(
        "mend", folder, lambda path: _Mending(path, part, float32, judge, key, classes).write(forms), *sources, **key
    )
    found = json.loads((folder / _FIGURES).read_text(encoding="utf-8"))
    kind = found["kind"]
    file = float32 if kind == "float32" else folder / (kind + FILE)
    return Mended(file, found["layers"], found["message"], found["figures"])


def _better(part) -> list[Form]:
    """The network in int8 by better means, as far as there are such files."""
    found = []
    for form, means in FORMS.items():
        try:
            folder = part.int8(form)
        except ConversionError as error:
            _log.info("%s: no %s: %s", part.network.name, means, error)
            continue
        found += [mixing.measured(folder, means)] if folder else []
    return found


@dataclass(frozen=True)
class _Passing:
    """A form that passes; see Mended.

    Attributes:
        file: None for the float32 file.
        ratio: Time by that of float32; 0 where nothing faster is looked for.
        share: Share of all multiplications, those in integers.
        learnt: Whether its rounding was learnt.
    """

    kind: str
    message: str
    file: Path | None = None
    ratio: float = 1.0
    layers: Mapping[str, str] = field(default_factory=dict)
    share: float = 0.0
    learnt: bool = False


class _Mending:
    """The tries, until one passes."""

    def __init__(self, folder: Path, part, float32: Path, judge, key: Mapping, classes: bool):
        self._folder, self._part, self._float32, self._judge = folder, part, float32, judge
        self._key, self._classes = key, classes
        self._learnt: dict[str, float] = {}

    def write(self, forms: Sequence[Form]) -> None:
        """Makes the folder: the file that passes and what is known of it."""
        self._folder.mkdir()
        found = self._best(forms)
        made = self._folder / (found.kind + FILE)
        if found.file and found.file != made:
            shutil.copyfile(found.file, made)
        for tried in self._folder.iterdir():
            if tried.is_dir():
                shutil.rmtree(tried)
            elif tried != made:
                tried.unlink()
        told = {"kind": found.kind, "layers": dict(found.layers), "message": found.message}
        figures = self._learnt if found.learnt else {}
        (self._folder / _FIGURES).write_text(json.dumps({**told, "figures": figures}), encoding="utf-8")

    def _best(self, forms: Sequence[Form]) -> "_Passing":
        for form in forms:
            figures = self._figures(form.int8)
            if passes("int8", figures):
                return _all_int8(form.int8, form.means, figures)
        kernels = self._kernels()
        if kernels and kernels.share >= _ENOUGH:
            return kernels
        try:
            found = self._mixed(self._quietest(forms), learn=kernels is None)
        except ConversionError as error:
            found = _float(f"its layers cannot be divided: {error}")
        return kernels if kernels and kernels.ratio < found.ratio else found

    def _quietest(self, forms: Sequence[Form]) -> Mix:
        """The form of the least noise; where ranges were both measured and cut, each layer with the better ones."""
        if not forms:
            raise ConversionError("tflite", "TensorFlow's converter makes no int8 of it")
        same = [form for form in forms if form.means != FORMS[BALANCED]] or forms
        first, *others = (Mix(form, self._part, self._folder, self._figures, self._classes) for form in same)
        for other in others:
            first = first.joined(other, self._folder / "joined", JOINED)
        mixes = [first, *(first.with_form(form) for form in forms if form not in same)]
        best = min(mixes, key=lambda one: one.noise(_AFFORDABLE))
        return best if best is first else best.ordered()

    def _figures(self, file: Path) -> dict[str, float] | None:
        """What the judge says of a file; None for one that the runtime does not take."""
        return self._judge(parity.tflite_forward(file)) if parity.loads(file) else None

    def _kernels(self) -> "_Passing | None":
        """Kernels in int8 in as many layers as the limits allow; None where that is not faster than float32."""
        part, file = self._part, self._folder / f"kernels{FILE}"
        try:
            network = hybrid.Hybrid(self._float32, part.tensors())
        except ConversionError as error:
            _log.info("%s: no kernels in int8: %s", part.network.name, error)
            return None
        order: list[str] = []

        def passing(works: int) -> Mapping[str, float] | None:
            network.write(file, order[:works])
            figures = self._figures(file)
            return figures if passes(MIXED, figures) else None

        count, works, figures = len(network.kernels), 0, passing(0) if network.kernels else None
        if count and figures is None:
            noise = sensitivity.Noise(self._float32, mixing.inputs(part), self._classes)
            order = network.sensitive(noise, self._folder)
            works, figures = mixing.fewest(0, count, passing)
            network.write(file, order[:works])
        ratio = self._ratio(file) if works < count else math.inf
        if ratio > _FASTER:
            return None
        rounded = network.kernels.keys() - set(order[:works])
        share = network.share(rounded)
        message = (
            f"{len(rounded)} of {len(network.found)} layers, {share:.0%} of the multiplications, have kernels in int8 "
            f"between activations in float32, {self._cost(ratio, file)} ({_shown(figures)})"
        )
        return _Passing(MIXED, message, file, ratio, network.precisions(rounded), share)

    def _mixed(self, mix: Mix, learn: bool) -> "_Passing":
        """The most sensitive layers in float32, as few as needed; the others with learnt rounding where it helps."""
        found, learnt = mix.fewest(), None
        if learn and found.share > _UNLEARNT and self._ratio(mix.form.int8) <= _SLOW:
            learnt = self._learn(mix.form, mix)
            again = learnt and mix.with_form(learnt).fewest()
            if again and again.share < found.share:
                found = again
            else:
                learnt = None
        if found.works == len(mix.order):
            return _float("no layer of it may be int8")
        if not found.works:
            return replace(_all_int8(found.file, found.means, found.figures), learnt=learnt is not None)
        ratio = self._ratio(found.file)
        if ratio > _FASTER:
            return _float(
                f"with the {found.works} of {len(mix.order)} layers in float32 that it needs it takes "
                f"{ratio:.2f} of the time of float32"
            )
        message = (
            f"{found.works} of {len(mix.order)} layers stay float32, {self._cost(ratio, found.file)}, the others with "
            f"{found.means} ({_shown(found.figures)})"
        )
        kinds = mix.precisions(found.works)
        return _Passing(MIXED, message, found.file, ratio, kinds, 1 - found.share, learnt is not None)

    def _ratio(self, file: Path) -> float:
        """Time of a form by that of float32."""
        threads = cores() if self._part.network.role == "detector" else 1
        return latency.measure(file, self._float32, self._part.inputs.some(1)[0], threads).ratio

    def _cost(self, ratio: float, file: Path) -> str:
        return f"{ratio:.2f} of the time of float32, {_megabytes(file)} of {_megabytes(self._float32)} MB"

    def _learn(self, form: Form, mix: Mix) -> Form | None:
        """The network with rounding that is learnt, as a stage; None if an operator cannot be learnt through."""
        options = distil.Options(classes=self._classes)
        floats = mix.within(_AFFORDABLE)
        folder = self._part.work / "learnt"
        try:
            self._part.chain.step(
                "learn",
                folder,
                lambda path: _write_learnt(self._part, path, form, options, mix.exact(floats)),
                form.int8,
                form.plain,
                options=asdict(options),
                floats=floats,
                **self._key,
            )
        except ConversionError as error:
            _log.info("%s: nothing is learnt: %s", self._part.network.name, error)
            return None
        self._learnt = json.loads((folder / _LEARNT).read_text(encoding="utf-8"))
        return mixing.measured(folder, "rounding learnt from the source")


def _write_learnt(part, folder: Path, form: Form, options: distil.Options, exact: Sequence[int]) -> None:
    plain, int8 = graphs(form).values()
    network, shown = part.network, part.tensors()
    shown = [_smaller(one) for one in shown] if network.resizable else shown
    source = reference(network, part.made.source, free=True)
    with bar(f"{network.name} learning") as advance:
        found = distil.learn(plain, int8, shown, source, options, advance, exact)
    ranges.replace(form.folder, folder, found.constants, found.ranges)
    before, after = found.loss
    figures = {"learnt_loss_before": before, "learnt_loss": after}
    (folder / _LEARNT).write_text(json.dumps(figures), encoding="utf-8")


def _smaller(tensor: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(tensor[:, :_LARGEST, :_LARGEST])


def _all_int8(file: Path, means: str, figures: Mapping[str, float]) -> _Passing:
    return _Passing("int8", f"all of it is int8, with {means} ({_shown(figures)})", file, ratio=0.0, share=1.0)


def _float(reason: str) -> _Passing:
    return _Passing("float32", f"stored in float32: {reason}")


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f}"


def _shown(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
