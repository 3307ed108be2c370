"""The whole way of a model: every network of a plan through every stage, then one manifest."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from converters import (
    cache,
    calibration,
    equalize,
    gates,
    joined,
    limits,
    mend,
    onnx_rewrite,
    other_formats,
    parity,
    publish,
    ranges,
    reading,
    refit,
    resizing,
    samples,
    saved_model,
    slice_ends,
    tflite_export,
    thinning,
    unsupported,
)
from converters.errors import ConversionError
from converters.inputs import Inputs, reference
from converters.onnx_rewrite import EXACT_PASSES
from converters.plan import Network, Plan
from converters.pruning.options import Thinning
from converters.publish import Made
from converters.rewrites import activations, bilinear, convolutions, graph, resampling, scalars
from tflite_ocr.manifest import OPENVINO, ModelFile

_log = logging.getLogger(__name__)

BUILD_FOLDER = ".build"
_PARITY_SAMPLES = 4
_EXACTNESS_SAMPLES = 2
_EQUALIZE_SAMPLES = 32
# Lines that converted recognisers must read like their source; drawn with another seed than those of the calibration.
_CHECKS, _CHECKS_SEED = 96, 3
_REWRITE_CODE = (onnx_rewrite, activations, bilinear, convolutions, graph, resampling, scalars)


@dataclass(frozen=True)
class Settings:
    """What the user chose.

    Attributes:
        precisions: Of tflite_ocr.manifest.UNIFORM, those to make.
        images: BGR uint8 calibration images.
        lines: BGR uint8 crops of lines for the recognisers and the direction classifier.
        formats: Of tflite_ocr.manifest.FORMATS, those to make beside TFLITE, in float32.
        thinning: What is taken out of the networks.
        checks: BGR uint8 crops of lines, others than those, which converted recognisers must read like their source;
            () for the same.
    """

    precisions: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    lines: tuple[np.ndarray, ...]
    formats: tuple[str, ...] = ()
    thinning: Thinning = field(default_factory=Thinning)
    checks: tuple[np.ndarray, ...] = ()

    def digest(self) -> str:
        """Of the calibration data."""
        return _digest((*self.images, *self.lines))


def _digest(pictures: Sequence[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()


def convert(plan: Plan, out: Path, settings: Settings, report=_log.info) -> tuple[Path, bool]:
    """Converts a plan to the folder out/<name>.

    Stages and their results lie in out/<name>/.build and are reused; the model files and the manifest
    appear together at the end, or, after an error, not at all.

    Args:
        plan: From a source.
        out: The folder of all models.
        settings: Precisions and calibration data.
        report: Called with one line of text a stage.

    Returns:
        The model's folder, and whether anything was made now.

    Raises:
        ConversionError: A stage failed.
        ParityError: A converted network is too far from its source.
    """
    folder = out / plan.name
    made, fresh = make(plan, folder / BUILD_FOLDER, settings, report)
    if settings.thinning:
        plan = replace(plan, parameters={**plan.parameters, **settings.thinning.parameters()})
    return folder, publish.finish(folder, plan, made, settings.precisions, fresh)


def make(plan: Plan, build: Path, settings: Settings, report=_log.info) -> tuple[list[Made], bool]:
    """All stages of all networks of a plan, without publishing anything; see convert.

    Args:
        plan: From a source.
        build: Folder of the stages' results.
        settings: Precisions and calibration data.
        report: Called with one line of text a stage.

    Returns:
        A result for every network, and whether anything was made now.
    """
    tensors: dict[tuple, Inputs] = {}
    stages = [_Stages(f"{plan.name}/{network.name}", report) for network in plan.networks]
    parts = [
        _convert_network(plan, network, build / network.name, settings, tensors, stage)
        for network, stage in zip(plan.networks, stages, strict=True)
    ]
    made = [part.made for part in parts]
    if not settings.thinning:
        lines = settings.checks or settings.lines
        key = {"calibration": settings.digest(), "checks": _digest(lines)}
        made = gates.settle(plan, parts, lines, settings.images, key, report)
    if settings.thinning.zeros:
        files = [path for result in made for path in result.files.values()]
        thinning.require_zeros(files, settings.thinning.zeros)
    return made, any(stage.fresh for stage in stages)


class _Stages:
    """Makes results of one network's stages, or takes those that are there; says which."""

    def __init__(self, name: str, report):
        self._name, self._report, self.fresh = name, report, False

    def __call__(self, name: str, target: Path, key: dict, make) -> Path:
        now = cache.build(target, key, make)
        self.fresh |= now
        self._report(f"{self._name}: {name} {'made' if now else 'reused'}")
        return target


def _convert_network(
    plan: Plan, network: Network, work: Path, settings: Settings, tensors: dict, stage: _Stages
) -> gates.Part:
    if network.write_onnx:
        source = stage("onnx", work / "source.onnx", {"from": network.fingerprint}, network.write_onnx)
    else:
        source = stage("saved model", work / "saved_model", {"from": network.fingerprint}, network.write_saved_model)
    inputs = Inputs(plan, network, settings.images, settings.lines, tensors, source)
    original, thin, learnt = (network, source), settings.thinning, {"calibration": settings.digest()}
    network, source = thinning.without_channels(stage, network, work, source, thin.channels, learnt, inputs.all)
    files, measured, exported = {}, {}, {}
    for precision in settings.precisions:
        stored = _stored(network, precision)
        calibration_key = {"calibration": settings.digest()} if stored == "int8" else {}
        saved = _saved_model(stage, network, work, source, stored, calibration_key, inputs)
        whole, saved = saved, thinning.with_zeros(stage, network, saved, thin.zeros, learnt, inputs.all)
        target = _tflite(stage, network, work, saved, stored, calibration_key, inputs)
        figures = work / f"{stored}.parity.json"
        key = {
            "source": cache.digest_file(source),
            "from": cache.digest_file(target),
            "network": network.fingerprint,
            "calibration": settings.digest(),
            "code": cache.digest_code(parity, resizing, limits, *([thinning] if thin else [])),
        }

        def measure(path: Path, target=target, both=(whole, saved), stored=stored) -> None:
            if thin:
                found = thinning.measure(
                    plan, network, reference(*original), source, both, target, stored, inputs.some(_PARITY_SAMPLES)
                )
            else:
                found = _measure(plan, network, source, both[1], target, stored, inputs)
            path.write_text(json.dumps(found), encoding="utf-8")

        stage(f"parity {stored}", figures, key, measure)
        files[precision], exported[precision] = target, saved
        measured[precision] = json.loads(figures.read_text(encoding="utf-8"))
    others = _other_formats(stage, network, work, source, settings, inputs)
    made = Made(network, files, measured, bool(thin.zeros), others, original[1], exported, plain=dict(files))

    means = _Means(stage, plan, network, work, source, settings, inputs)
    return gates.Part(made, inputs, stage, means, work)


def _tflite(
    stage, network: Network, work: Path, saved: Path, stored: str, calibration_key: dict, inputs: Inputs
) -> Path:
    key = {
        "from": cache.digest_file(saved),
        **calibration_key,
        "code": cache.digest_code(tflite_export, resizing),
        "resizable": network.resizable,
    }
    return stage(
        f"tflite {stored}", work / f"{stored}.tflite", key, lambda path: _export(network, saved, path, stored, inputs)
    )


@dataclass(frozen=True)
class _Means:
    """What a network that fails may be made of, see converters.mend.Means."""

    stage: _Stages
    plan: Plan
    network: Network
    work: Path
    source: Path
    settings: Settings
    inputs: Inputs

    def float32(self) -> Path:
        """The network in float32."""
        saved = _saved_model(self.stage, self.network, self.work, self.source, "float32", {}, self.inputs)
        return _tflite(self.stage, self.network, self.work, saved, "float32", {}, self.inputs)

    def int8(self, form: str) -> Path | None:
        """Folder of the network in int8 with ranges measured anew, see converters.mend.Means."""
        key, network, work = {"calibration": self.settings.digest()}, self.network, self.work
        if form == mend.BALANCED:
            work /= "balanced"
            network = replace(network, equalize=network.equalize or 1.0, refit=bool(network.int8_passes))
            if network == self.network or network.write_saved_model or not network.write_onnx:
                return None
        saved = _saved_model(self.stage, network, work, self.source, "int8", key, self.inputs)
        free = _follows_width(network)
        key = {
            **key,
            "from": cache.digest_file(saved),
            "code": cache.digest_code(ranges, samples, reading, resizing),
            "free": free,
        }
        measured = self.stage(
            f"int8, {mend.FORMS[mend.BALANCED if form == mend.BALANCED else mend.MEASURED]}",
            work / "measured",
            key,
            lambda path: ranges.export(saved, path, self.tensors(), free),
        )
        if form != mend.CUT:
            return measured
        return self.stage(
            f"int8, {mend.FORMS[mend.CUT]}",
            work / "cut",
            {**key, "from": cache.digest_file(measured / ranges.FLOAT)},
            lambda path: ranges.cut(measured, path, self.tensors()),
        )

    def tensors(self) -> list[np.ndarray]:
        """Calibration inputs at all sizes at which the network is used."""
        return [*self.inputs.all(), *self.other_sizes()]

    def other_sizes(self) -> list[np.ndarray]:
        """Those that a resizable network gets beside its own size: lines as they are read, pictures of other shapes."""
        if _follows_width(self.network):
            facts = next(one for one in self.plan.recognizers if one.name == self.network.owner)
            return reading.tensors(facts, self.network, self.settings.lines[:: samples.PART], True)
        return samples.other_sizes(self.plan, self.network, self.settings.images)


def _follows_width(network: Network) -> bool:
    return network.resizable and network.role == "recognizer" and not network.stage


def _let_resize(network: Network, file: Path) -> None:
    if _follows_width(network):
        resizing.free_width(file)


def _export(network: Network, saved: Path, target: Path, stored: str, inputs: Inputs) -> None:
    try:
        tflite_export.export(saved, target, stored, inputs.representative)
    except ConversionError as error:
        raise unsupported.explained(error, saved) from None
    _let_resize(network, target)


def _stored(network: Network, precision: str) -> str:
    """The precision in which a network's own file is stored in a model of `precision`."""
    if not network.quantized and precision in ("dynamic", "int8"):
        return "float32"
    return network.int8_as if precision == "int8" else precision


def _saved_model(
    stage, network: Network, work: Path, source: Path, stored: str, calibration_key: dict, inputs: Inputs
) -> Path:
    """The SavedModel of a network; int8 has one of its own where its graph differs."""
    if not network.write_onnx:
        return source
    if network.write_saved_model:
        key = {"network": network.fingerprint, "from": cache.digest_file(source)}
        return stage("saved model", work / "saved_model", key, network.write_saved_model)
    integer = stored == "int8"
    suffix = "_int8" if integer and (network.int8_passes or network.equalize) else ""

    passes = EXACT_PASSES + (network.int8_passes if integer else ())
    graph_file = _rewritten(stage, network, work, source, suffix, passes)
    if integer and network.refit:
        exact = _rewritten(stage, network, work, source, "", EXACT_PASSES)
        graph_file = _refitted(stage, work, graph_file, exact, calibration_key, inputs)
    if integer and network.equalize:
        graph_file = _equalized(stage, network, work, graph_file, calibration_key, inputs)
    key = {"from": cache.digest_file(graph_file), "code": cache.digest_code(saved_model, slice_ends)}
    return stage(
        f"saved model{suffix}",
        work / f"saved_model{suffix}",
        key,
        lambda path: saved_model.convert(graph_file, path, inputs.some(_EXACTNESS_SAMPLES)),
    )


def _rewritten(stage, network: Network, work: Path, source: Path, suffix: str, passes) -> Path:
    key = {
        "from": cache.digest_file(source),
        "shape": network.shape,
        "code": cache.digest_code(*_REWRITE_CODE),
        "passes": [one_pass.__name__ for one_pass in passes],
    }
    return stage(
        f"rewrite{suffix}",
        work / f"rewritten{suffix}.onnx",
        key,
        lambda path: onnx_rewrite.rewrite(source, path, {"x": network.shape}, passes),
    )


def _other_formats(
    stage, network: Network, work: Path, source: Path, settings: Settings, inputs: Inputs
) -> dict[str, tuple[ModelFile, tuple[Path, ...]]]:
    """The network for other engines in float32, each compared with the source."""
    if not settings.formats:
        return {}
    graph_file = source
    if not network.write_saved_model:
        graph_file = _rewritten(stage, network, work, source, "", EXACT_PASSES)
    key = {
        "from": cache.digest_file(graph_file),
        "shape": network.shape,
        "resizable": network.resizable,
        "code": cache.digest_code(other_formats),
    }
    onnx_file = stage(
        "onnx nhwc", work / "nhwc.onnx", key, lambda path: other_formats.write_onnx(graph_file, path, network)
    )
    found = {}
    for name in settings.formats:
        paths = (onnx_file,)
        if name == OPENVINO:
            key = {"from": cache.digest_file(onnx_file), "code": cache.digest_code(other_formats)}
            folder = stage(
                "openvino", work / "openvino", key, lambda path: other_formats.write_openvino(onnx_file, path)
            )
            paths = (folder / other_formats.GRAPH, folder / other_formats.WEIGHTS)
        figures = work / f"{name}.parity.json"
        key = {
            "from": [cache.digest_file(path) for path in paths],
            "network": network.fingerprint,
            "calibration": settings.digest(),
            "code": cache.digest_code(parity, joined),
        }
        file = other_formats.model_file(network, name, paths)
        stage(
            f"parity {name}",
            figures,
            key,
            lambda path, file=file, paths=paths: path.write_text(
                json.dumps(
                    joined.measure(
                        network,
                        file.format,
                        reference(network, source),
                        joined.engine_forward(file, paths),
                        inputs.some(_PARITY_SAMPLES),
                    )
                ),
                encoding="utf-8",
            ),
        )
        found[name] = replace(file, parity=json.loads(figures.read_text(encoding="utf-8"))), paths
    return found


def _refitted(stage, work: Path, approximated: Path, exact: Path, calibration_key: dict, inputs: Inputs) -> Path:
    key = {
        "from": [cache.digest_file(approximated), cache.digest_file(exact)],
        **calibration_key,
        "code": cache.digest_code(refit),
    }
    return stage(
        "refit", work / "refitted.onnx", key, lambda path: refit.refit(approximated, exact, path, inputs.all())
    )


def _equalized(stage, network: Network, work: Path, graph_file: Path, calibration_key: dict, inputs: Inputs) -> Path:
    key = {
        "from": cache.digest_file(graph_file),
        **calibration_key,
        "balance": network.equalize,
        "code": cache.digest_code(equalize),
    }
    return stage(
        "equalize",
        work / "equalized.onnx",
        key,
        lambda path: equalize.equalize(graph_file, path, inputs.some(_EQUALIZE_SAMPLES), network.equalize),
    )


def _measure(
    plan: Plan, network: Network, source: Path, saved: Path, target: Path, stored: str, inputs: Inputs
) -> dict[str, float]:
    """Differences at every arrow, with the limits enforced but for the last one of int8, which may be mended."""
    tensors = inputs.some(_PARITY_SAMPLES)
    original = reference(network, source)
    figures = {}
    if stored == "int8" and not parity.loads(target):
        return {"cosine": 0.0}
    if not network.write_onnx:
        return joined.measure(network, stored, original, parity.tflite_forward(target), tensors)
    arrows = {stored: parity.tflite_forward(target)}
    if stored != "int8" or not network.int8_passes:  # an int8 graph that approximates on purpose is measured whole
        arrows = {"saved_model": parity.saved_model_forward(saved), **arrows}
    if network.reference:
        arrows = {"onnx": parity.onnx_forward(source), **arrows}
    for name, candidate in arrows.items():
        found = parity.compare(original, candidate, tensors)
        prefix = "" if name == stored else f"{name}_"
        figures.update({prefix + metric: value for metric, value in found.items()})
        if name != "int8":
            limits.require(network.name, name, found)
    if network.resizable and network.reference and not network.stage:
        tensor = resizing.other_size(tensors[0], height_too=network.role == "detector")
        figures["resized_cosine"] = resizing.cosine(network.name, original, arrows[stored], tensor)
        name = f"{network.name} {stored} cosine at another size"
        parity.require(name, figures["resized_cosine"], parity.LIMITS[stored])
    return figures


def default_settings(
    precisions: Sequence[str], calibration_folder: Path | None, formats: Sequence[str] = ()
) -> Settings:
    """Settings with the built-in calibration images, or those of a folder."""
    images = calibration.load_images(calibration_folder) if calibration_folder else calibration.default_images(24)
    own = images if calibration_folder else None
    checks = [crop for crop, _ in calibration.rendered_lines(_CHECKS, seed=_CHECKS_SEED)]
    return Settings(
        tuple(precisions), tuple(images), tuple(samples.line_crops(own, 96)), tuple(formats), checks=tuple(checks)
    )
