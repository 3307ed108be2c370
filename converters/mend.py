"""Brings a network that fails in int8 back to reading, at the least cost: first all of it in int8 by better means,
then with its most sensitive layers in float32, as few as needed; where these are many, with rounding of the others
that is learnt from the source; at last all of it in float32.

Nobody has to ask for it, and no label is needed: the judge compares with the source (converters.gates).
"""

import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from converters import distil, mixing, parity, ranges, resizing
from converters.errors import ConversionError
from converters.mixing import FILE, Form, Mix, graphs, passes
from converters.parity import Forward
from converters.progress import bar
from converters.search import latency
from tflite_ocr.manifest import MIXED
from tflite_ocr.processors import cores

_log = logging.getLogger(__name__)

_FIGURES, _LEARNT = "mended.json", "learnt.json"
# A network that is no faster than its float32 file by so much is stored in float32: it reads better.
_FASTER = 0.97
# Of the multiplications of a network, the part in float32 that is not worth learning for, which takes minutes, and the
# part that is float32 where forms are compared and where rounding is learnt: the most sensitive layers mostly have few.
_UNLEARNT, _AFFORDABLE = 0.5, 0.1
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
        layers: Precision by layer of a mixed one.
        message: What was done, for users.
        figures: Figures of the learning, where some of it was learnt: the loss before and after.
    """

    file: Path
    layers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


def mend(part, plain: Path, judge: Callable[[Forward], dict[str, float]], key: Mapping, classes: bool) -> Mended:
    """Mends a network, as a stage.

    Args:
        judge: Figures of a form of it.
        classes: Whether its output are logits of classes.
    """
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
        for tried in self._folder.iterdir():
            if tried.is_dir():
                shutil.rmtree(tried)
            elif tried.name != found["kind"] + FILE:
                tried.unlink()
        (self._folder / _FIGURES).write_text(json.dumps(found), encoding="utf-8")

    def _best(self, forms: Sequence[Form]) -> dict:
        """Which kind passes, its layers and what to tell of it."""
        for form in forms:
            figures = self._figures(form.int8)
            if passes("int8", figures):
                shutil.copyfile(form.int8, self._folder / f"int8{FILE}")
                return self._result("int8", f"all of it is int8, with {form.means} ({_shown(figures)})")
        try:
            return self._mixed(self._quietest(forms))
        except ConversionError as error:
            return self._float(f"its layers cannot be divided: {error}")

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

    def _result(self, kind: str, message: str, chosen: Mapping[str, str] | None = None) -> dict:
        return {"kind": kind, "layers": dict(chosen or {}), "message": message, "figures": self._learnt}

    def _float(self, reason: str) -> dict:
        self._learnt = {}
        return self._result("float32", f"stored in float32: {reason}")

    def _mixed(self, mix: Mix) -> dict:
        """The most sensitive layers in float32, as few as needed; the others with learnt rounding where it helps."""
        found = mix.fewest()
        if found.share > _UNLEARNT:
            learnt = self._learn(mix.form, mix)
            again = learnt and mix.with_form(learnt).fewest()
            if again and again.share < found.share:
                found = again
            else:
                self._learnt = {}
        if found.works == len(mix.order):
            return self._float("no layer of it may be int8")
        file = self._folder / ((MIXED if found.works else "int8") + FILE)
        found.file.rename(file)
        if not found.works:
            return self._result("int8", f"all of it is int8, with {found.means} ({_shown(found.figures)})")
        threads = cores() if self._part.network.role == "detector" else 1
        cost = latency.measure(file, self._float32, self._part.inputs.some(1)[0], threads)
        if cost.ratio > _FASTER:
            return self._float(
                f"with the {found.works} of {len(mix.order)} layers in float32 that it needs it takes "
                f"{cost.ratio:.2f} of the time of float32"
            )
        message = (
            f"{found.works} of {len(mix.order)} layers stay float32, {cost.ratio:.2f} of the time of float32, "
            f"{_megabytes(file)} of {_megabytes(self._float32)} MB, the others with {found.means} "
            f"({_shown(found.figures)})"
        )
        return self._result(MIXED, message, mix.precisions(found.works))

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
    source = resizing.source_forward(network, part.made.source)
    with bar(f"{network.name} learning") as advance:
        found = distil.learn(plain, int8, shown, source, options, advance, exact)
    ranges.replace(form.folder, folder, found.constants, found.ranges)
    before, after = found.loss
    figures = {"learnt_loss_before": before, "learnt_loss": after}
    (folder / _LEARNT).write_text(json.dumps(figures), encoding="utf-8")


def _smaller(tensor: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(tensor[:, :_LARGEST, :_LARGEST])


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f}"


def _shown(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
