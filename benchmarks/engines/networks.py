"""The networks of converted models, each with its original, and the tensors on which all engines run them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from converters import calibration
from tflite_ocr import image, manifest
from tflite_ocr.manifest import PRECISIONS, DetectorResize, ImageInput, TensorSpec

# What the converters keep of their stages, beside the manifest.
BUILD_FOLDER = ".build"
CALIBRATION_IMAGES = 24
_FLOAT = TensorSpec("x", (), "float32")
_SEED = 0


@dataclass(frozen=True)
class MeasuredNetwork:
    """One network at one input size."""

    model: str  # Name of the model that it is part of
    title: str  # "detector", "recognizer latin", "recognizer latin, stage 1", "direction"
    part: str  # Stem of its files
    shape: tuple[int, int, int, int]  # [N, H, W, C] of its input
    folder: Path  # Of the model
    files: dict[str, str]  # Path of the .tflite file of each precision that it is stored in, relative to the folder
    input: ImageInput | None = None  # How images become its input; None for a network that takes no image

    @property
    def source(self) -> Path:
        """The original, as ONNX."""
        return self.folder / BUILD_FOLDER / self.part / "source.onnx"

    @property
    def saved_model(self) -> Path:
        """The SavedModel that the float .tflite files were made of."""
        return self.folder / BUILD_FOLDER / self.part / "saved_model"

    @property
    def key(self) -> str:
        """For names of files and workers."""
        return f"{self.model}-{self.part}-{'x'.join(map(str, self.shape))}"

    def with_batch(self, size: int) -> "MeasuredNetwork":
        """The same network for several inputs at once."""
        return replace(self, shape=(size, *self.shape[1:]))


def networks(folder: Path) -> list[MeasuredNetwork]:
    """All networks of a converted model, at each size in which they are stored."""
    facts = manifest.load(folder)
    parts = [("detector", facts.detector), *((f"recognizer {one.name}", one) for one in facts.recognizers)]
    parts += [("direction", facts.direction)] if facts.direction else []
    found: dict[tuple, MeasuredNetwork] = {}
    for title, owner in parts:
        for file in sorted(owner.files, key=lambda f: (f.stage, f.inputs[0].shape, PRECISIONS.index(f.precision))):
            part, shape = part_of(file.path), tuple(file.inputs[0].shape)
            if len(shape) != 4:
                continue
            # A file that stands for several precisions is there once, with its own.
            stored = Path(file.path).stem.rpartition("_")[2]
            named = title + (f", stage {file.stage}" if file.stage else "") + (" (one step)" if file.step else "")
            own = MeasuredNetwork(facts.name, named, part, shape, folder, {}, owner.input if file.canvas else None)
            precision = stored if stored in PRECISIONS else file.precision
            found.setdefault((part, shape), own).files.setdefault(precision, file.path)
    return list(found.values())


def part_of(path: str) -> str:
    """The stem of a network's files: "recognizer_latin_features" of recognizer_latin_features_int8.tflite."""
    return Path(path).stem.rpartition("_")[0]


def tensors(network: MeasuredNetwork, count: int = 1) -> list[np.ndarray]:
    """Inputs of a network: drawn pictures or lines where it takes images, else random numbers.

    Returns:
        float32 [N, H, W, C] each.
    """
    batch, height, width, channels = network.shape
    wanted = count * batch
    if network.input is None:
        rng = np.random.default_rng(_SEED)
        return [rng.uniform(-1, 1, network.shape).astype(np.float32) for _ in range(count)]
    if network.title == "detector":
        singles = [_page(picture, network) for picture in calibration.default_images(wanted)]
    else:
        singles = [_line(crop, network) for crop, _ in calibration.rendered_lines(wanted)]
    return [np.concatenate(singles[i * batch : (i + 1) * batch]) for i in range(count)]


def lines(network: MeasuredNetwork, crops: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Crops of lines (BGR uint8) as float32 [1, H, W, C] inputs of a recogniser."""
    return [_line(crop, network) for crop in crops]


def _page(picture: np.ndarray, network: MeasuredNetwork) -> np.ndarray:
    size = network.shape[1:3]
    resize = DetectorResize(min_side=min(size), max_side=max(size), multiple=1, fit="pad")
    return image.to_tensor(image.fit_canvas(picture, size, resize, network.input).image, network.input, _FLOAT)


def _line(crop: np.ndarray, network: MeasuredNetwork) -> np.ndarray:
    height, width = network.shape[1:3]
    fitted = image.pad_crop(image.resize_crop(crop, height, width), width, network.input)
    return image.to_tensor(fitted, network.input, _FLOAT)


def find(folder: str, part: str, shape: list[int]) -> MeasuredNetwork:
    """One network of a model, as workers are given it; the batch may differ from the stored one.

    Raises:
        ValueError: The model has no such network.
    """
    for network in networks(Path(folder)):
        if network.part == part and network.shape[1:] == tuple(shape[1:]):
            return network.with_batch(shape[0])
    raise ValueError(f"{folder}: expected a network {part} of {shape}, found none")


def options(network: MeasuredNetwork) -> dict:
    """What `find` needs, as JSON values."""
    return {"folder": str(network.folder.resolve()), "part": network.part, "shape": list(network.shape)}
