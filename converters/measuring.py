"""The figures of a network's files: how near each form that it has on its way is to the source."""

from collections.abc import Sequence
from pathlib import Path

from converters import finding, limits, parity, resizing
from converters.inputs import reference
from tflite_ocr.manifest import ModelFile

# Inputs on which forms are compared.
SAMPLES = 4


def measure(part, stored: str, saved: tuple[Path, Path], target: Path) -> dict[str, float]:
    """Figures of a .tflite file, with the limits enforced but for those of int8, which may be mended.

    Args:
        saved: SavedModels before and after pruning put zeros in, one and the same without.

    Raises:
        ConversionError: A network that was said to be resizable is not.
        ParityError: A form is too far from the one before it.
    """
    network, tensors = part.network, part.inputs.some(SAMPLES)
    if part.settings.thinning:
        return _pruned(part, stored, saved, target)
    original = reference(network, part.source)
    if stored == "int8" and not parity.loads(target):
        return {"cosine": 0.0}
    candidate = parity.tflite_forward(target)
    if not network.write_onnx:
        return parity.measure(network, stored, original, candidate, tensors)
    figures = _of_forms(part, None if _approximates(network, stored) else saved[1])
    found = parity.compare(original, candidate, tensors)
    figures |= found
    if stored != "int8":
        limits.require(network.name, stored, found)
    if network.resizable and network.reference and not network.stage:
        tensor = resizing.other_size(tensors[0], height_too=network.role == "detector")
        figures["resized_cosine"] = resizing.cosine(network.name, original, candidate, tensor)
        name = f"{network.name} {stored} cosine at another size"
        parity.require(name, figures["resized_cosine"], parity.LIMITS[stored])
    return figures


def _of_forms(part, saved: Path | None) -> dict[str, float]:
    """Figures of the forms before the .tflite file, with the limits enforced; measured once for all precisions."""
    makers = {("onnx", part.source): parity.onnx_forward} if part.network.reference else {}
    if saved:
        makers["saved_model", saved] = parity.saved_model_forward
    figures = {}
    for (name, path), forward in makers.items():
        if (name, path) not in part.compared:
            found = parity.compare(reference(part.network, part.source), forward(path), part.inputs.some(SAMPLES))
            limits.require(part.network.name, name, found)
            part.compared[name, path] = found
        figures |= {f"{name}_{metric}": value for metric, value in part.compared[name, path].items()}
    return figures


def _pruned(part, stored: str, saved: tuple[Path, Path], target: Path) -> dict[str, float]:
    """A pruned network is no copy of its source: that distance is recorded, and the steps around pruning are held."""
    network, tensors = part.network, part.inputs.some(SAMPLES)
    before, after = (parity.saved_model_forward(folder) for folder in saved)
    original, final = part.reference(), parity.tflite_forward(target)
    steps = {stored: (after, final)}
    if not _approximates(network, stored):
        steps = {"saved_model": (parity.onnx_forward(part.source), before), **steps}
    figures = {}
    for name, (first, second) in steps.items():
        cosine = figures[f"{name}_step_cosine"] = parity.compare(first, second, tensors)["cosine"]
        parity.require(f"{network.name} {name} cosine", cosine, parity.LIMITS[name])
    figures |= parity.compare(original, final, tensors)
    if network.role == "detector":
        masks = [[one(x)[0, :, :, 0] > part.plan.text_threshold for one in (original, final)] for x in tensors]
        figures["mask_iou"] = finding.mask_iou(masks)
    return figures


def _approximates(network, stored: str) -> bool:
    """Whether a form is another function on purpose, so that it is only measured whole."""
    return stored == "int8" and bool(network.int8_passes)


def in_engine(part, file: ModelFile, paths: Sequence[Path]) -> dict[str, float]:
    """Figures of a network in the format of another engine, with the limits enforced."""
    network, candidate = part.network, parity.engine_forward(file, paths)
    source = reference(network, part.source)
    return parity.measure(network, file.format, source, candidate, part.inputs.some(SAMPLES))
