"""One network on its way from its source to .tflite files: each stage is made when it is asked for, and kept."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converters import (
    equalize,
    measuring,
    mend,
    onnx_rewrite,
    other_formats,
    ranges,
    reading,
    refit,
    resizing,
    samples,
    saved_model,
    tflite_export,
    thinning,
    unsupported,
)
from converters.cache import Chain
from converters.errors import ConversionError
from converters.inputs import Inputs, reference
from converters.onnx_rewrite import EXACT_PASSES
from converters.plan import Plan, PlannedNetwork
from converters.publish import Made
from tflite_ocr.manifest import OPENVINO, ModelFile

_EXACTNESS_SAMPLES, _EQUALIZE_SAMPLES = 2, 32


class Part:
    """A network, its inputs and its stages.

    Attributes:
        source: The network from which the other forms are made, an ONNX file or a SavedModel.
        reference: Gives the network as its source has it, as a function of NHWC tensors.
        compared: Figures of the forms before the .tflite files, by "onnx" or "saved_model" and path.
    """

    def __init__(self, plan: Plan, network: PlannedNetwork, work: Path, settings, shared: dict, report: Callable):
        self.plan, self.settings, self.work = plan, settings, work
        self.chain = Chain(f"{plan.name}/{network.name}", report)
        if network.write_onnx:
            stage = "onnx", work / "source.onnx", network.write_onnx
        else:
            stage = "saved model", work / "saved_model", network.write_saved_model
        source = self.chain.step(*stage, network=network.fingerprint)
        self.inputs = Inputs(plan, network, settings.images, settings.lines, shared, source)
        self.reference = functools.partial(reference, network, source)
        self.calibration = {"calibration": settings.digest()}
        self.network, self.source = network, source
        self.compared: dict[tuple[str, Path], dict[str, float]] = {}
        self.network, self.source = thinning.without_channels(self)
        self.made = self._made(source)

    def _made(self, original: Path) -> Made:
        files, measured, exported = {}, {}, {}
        for precision in self.settings.precisions:
            stored = self._stored(precision)
            whole = self._saved_model(self.network, self.work, stored)
            saved = thinning.with_zeros(self, whole)
            target = self._tflite(saved, stored)
            files[precision], exported[precision] = target, saved
            measured[precision] = self.chain.figures(
                f"parity {stored}",
                self.work / f"{stored}.parity.json",
                lambda stored=stored, both=(whole, saved), file=target: measuring.measure(self, stored, both, file),
                self.source,
                target,
                network=self.network.fingerprint,
                **self.calibration,
            )
        pruned = bool(self.settings.thinning.zeros)
        return Made(self.network, files, measured, pruned, self._others(), original, exported, plain=dict(files))

    def _stored(self, precision: str) -> str:
        """The precision in which the network's own file is stored in a model of `precision`."""
        if not self.network.quantized and precision in ("dynamic", "int8"):
            return "float32"
        return self.network.int8_as if precision == "int8" else precision

    def _tflite(self, saved: Path, stored: str) -> Path:
        network, representative = self.network, self.inputs.representative

        def export(path: Path) -> None:
            try:
                tflite_export.export(saved, path, stored, representative)
            except ConversionError as error:
                raise unsupported.explained(error, saved) from None
            if network.follows_width:
                resizing.free_width(path)

        calibration = self.calibration if stored == "int8" else {}
        name, target = f"tflite {stored}", self.work / f"{stored}.tflite"
        return self.chain.step(name, target, export, saved, resizable=network.resizable, **calibration)

    def _saved_model(self, network: PlannedNetwork, work: Path, stored: str) -> Path:
        """The SavedModel of a network; int8 has one of its own where its graph differs."""
        if not network.write_onnx:
            return self.source
        if network.write_saved_model:
            fingerprint, target = network.fingerprint, work / "saved_model"
            return self.chain.step("saved model", target, network.write_saved_model, self.source, network=fingerprint)
        integer, inputs, step = stored == "int8", self.inputs, self.chain.step
        suffix = "_int8" if integer and (network.int8_passes or network.equalize) else ""
        graph = self._rewritten(work, suffix, EXACT_PASSES + (network.int8_passes if integer else ()))
        if integer and network.refit:
            exact, rough, target = self._rewritten(work, "", EXACT_PASSES), graph, work / "refitted.onnx"
            graph = step(
                "refit",
                target,
                lambda path: refit.refit(rough, exact, path, inputs.all()),
                rough,
                exact,
                **self.calibration,
            )
        if integer and network.equalize:
            uneven, balance, target = graph, network.equalize, work / "equalized.onnx"
            graph = step(
                "equalize",
                target,
                lambda path: equalize.equalize(uneven, path, inputs.some(_EQUALIZE_SAMPLES), balance),
                uneven,
                balance=balance,
                **self.calibration,
            )
        return step(
            f"saved model{suffix}",
            work / f"saved_model{suffix}",
            lambda path: saved_model.convert(graph, path, inputs.some(_EXACTNESS_SAMPLES)),
            graph,
        )

    def _rewritten(self, work: Path, suffix: str, passes: Sequence[Callable]) -> Path:
        source, shape = self.source, self.network.shape
        return self.chain.step(
            f"rewrite{suffix}",
            work / f"rewritten{suffix}.onnx",
            lambda path: onnx_rewrite.rewrite(source, path, {"x": shape}, passes),
            source,
            shape=shape,
            passes=[one_pass.__name__ for one_pass in passes],
        )

    def _others(self) -> dict[str, tuple[ModelFile, tuple[Path, ...]]]:
        """The network for other engines in float32, each compared with the source."""
        network, step, found = self.network, self.chain.step, {}
        if not self.settings.formats:
            return found
        graph = self.source if network.write_saved_model else self._rewritten(self.work, "", EXACT_PASSES)
        onnx_file = step(
            "onnx nhwc",
            self.work / "nhwc.onnx",
            lambda path: other_formats.write_onnx(graph, path, network),
            graph,
            shape=network.shape,
            resizable=network.resizable,
        )
        for name in self.settings.formats:
            paths = (onnx_file,)
            if name == OPENVINO:
                target = self.work / "openvino"
                step("openvino", target, lambda path: other_formats.write_openvino(onnx_file, path), onnx_file)
                paths = (target / other_formats.GRAPH, target / other_formats.WEIGHTS)
            file = other_formats.model_file(network, name, paths)
            figures = self.chain.figures(
                f"parity {name}",
                self.work / f"{name}.parity.json",
                lambda file=file, paths=paths: measuring.in_engine(self, file, paths),
                *paths,
                network=network.fingerprint,
                **self.calibration,
            )
            found[name] = replace(file, parity=figures), paths
        return found

    def float32(self) -> Path:
        """The network in float32, a .tflite file."""
        return self._tflite(self._saved_model(self.network, self.work, "float32"), "float32")

    def int8(self, form: str) -> Path | None:
        """Folder of the network in int8 without learning, see converters.ranges.export.

        Args:
            form: One of converters.mend.FORMS; None for one that this network does not have.
        """
        network, work, tensors, free = self.network, self.work, self.tensors, self.network.follows_width
        if form == mend.BALANCED:
            work /= "balanced"
            network = replace(network, equalize=network.equalize or 1.0, refit=bool(network.int8_passes))
            if network == self.network or network.write_saved_model or not network.write_onnx:
                return None
        saved = self._saved_model(network, work, "int8")
        measured = self.chain.step(
            f"int8, {mend.FORMS[mend.MEASURED if form == mend.CUT else form]}",
            work / "measured",
            lambda path: ranges.export(saved, path, tensors(), free),
            saved,
            free=free,
            **self.calibration,
        )
        if form != mend.CUT:
            return measured
        return self.chain.step(
            f"int8, {mend.FORMS[form]}",
            work / "cut",
            lambda path: ranges.cut(measured, path, tensors()),
            measured / ranges.FLOAT,
            **self.calibration,
        )

    def tensors(self) -> list[np.ndarray]:
        """Calibration inputs at all sizes at which the network is used: lines as they are read, other pictures."""
        if self.network.follows_width:
            facts, lines = self.plan.recognizer(self.network), self.settings.lines[:: samples.PART]
            return [*self.inputs.all(), *reading.tensors(facts, self.network, lines, True)]
        return [*self.inputs.all(), *samples.other_sizes(self.plan, self.network, self.settings.images)]
