"""The networks of converted models, each with its original, and the tensors on which all engines run them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from converters import calibration
from tflite_ocr import image, manifest
from tflite_ocr.manifest import PRECISIONS, DetectorResize, ImageInput, ModelFile, TensorSpec

# What the converters keep of their stages, beside the manifest.
BUILD_FOLDER = ".build"
CALIBRATION_IMAGES = 24
_FLOAT = TensorSpec("x", (), "float32")
_SEED = 0


@dataclass(frozen=True)
class Network:
    """One network at one input size.

    Attributes:
        model: Name of the model that it is part of.
        title: "detector", "recognizer latin", "recognizer latin, stage 1", "direction" ...
        part: Stem of its files.
        shape: [N, H, W, C] of its input.
        folder: Of the model.
        files: Path of the .tflite file of each precision that it is stored in, relative to the folder.
        input: How images become its input; None for a network that takes no image.
    """

    model: str
    title: str
    part: str
    shape: tuple[int, int, int, int]
    folder: Path
    files: dict[str, str]
    input: ImageInput | None = None

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

    def with_batch(self, size: int) -> "Network":
        """The same network for several inputs at once."""
        return replace(self, shape=(size, *self.shape[1:]))


def networks(folder: Path) -> list[Network]:
    """All networks of a converted model, at each size in which they are stored.

    Raises:
        ArtifactError: The folder has no valid manifest.
    """
    facts = manifest.load(folder)
    found: dict[tuple, Network] = {}
    for title, spec, files in _parts(facts):
        for file in sorted(files, key=_order):
            part, stored = _split(file.path)
            shape = tuple(file.inputs[0].shape)
            if len(shape) != 4:
                continue
            # A file that stands for several precisions is there once, with its own.
            precision = stored if stored in PRECISIONS else file.precision
            network = found.setdefault(
                (part, shape),
                Network(facts.name, _title(title, file), part, shape, folder, {}, spec if file.canvas else None),
            )
            network.files.setdefault(precision, file.path)
    return list(found.values())


def tensors(network: Network, count: int = 1) -> list[np.ndarray]:
    """Inputs of a network: drawn pictures or lines where it takes images, else random numbers.

    Args:
        network: For whose input size.
        count: How many; equal for equal networks.

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


def lines(network: Network, crops: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Crops of lines (BGR uint8) as float32 [1, H, W, C] inputs of a recogniser."""
    return [_line(crop, network) for crop in crops]


def _page(picture: np.ndarray, network: Network) -> np.ndarray:
    size = network.shape[1:3]
    resize = DetectorResize(min_side=min(size), max_side=max(size), multiple=1, fit="pad")
    return image.to_tensor(image.fit_canvas(picture, size, resize, network.input).image, network.input, _FLOAT)


def _line(crop: np.ndarray, network: Network) -> np.ndarray:
    height, width = network.shape[1:3]
    fitted = image.pad_crop(image.resize_crop(crop, height, width), width, network.input)
    return image.to_tensor(fitted, network.input, _FLOAT)


def _parts(facts: manifest.Manifest) -> Iterator[tuple[str, ImageInput, tuple[ModelFile, ...]]]:
    yield "detector", facts.detector.input, facts.detector.files
    for recognizer in facts.recognizers:
        yield f"recognizer {recognizer.name}", recognizer.input, recognizer.files
    if facts.direction:
        yield "direction", facts.direction.input, facts.direction.files


def _title(title: str, file: ModelFile) -> str:
    stage = f", stage {file.stage}" if file.stage else ""
    return title + stage + (" (one step)" if file.step else "")


def _order(file: ModelFile) -> tuple:
    return file.stage, file.inputs[0].shape, PRECISIONS.index(file.precision)


def _split(path: str) -> tuple[str, str]:
    """("recognizer_latin_features", "int8") of recognizer_latin_features_int8.tflite."""
    part, _, precision = Path(path).stem.rpartition("_")
    return part, precision


def find(folder: str, part: str, shape: list[int]) -> Network:
    """One network of a model, as workers are given it; the batch may differ from the stored one.

    Raises:
        ValueError: The model has no such network.
    """
    for network in networks(Path(folder)):
        if network.part == part and network.shape[1:] == tuple(shape[1:]):
            return network.with_batch(shape[0])
    raise ValueError(f"{folder}: expected a network {part} of {shape}, found none")


def options(network: Network) -> dict:
    """What `find` needs, as JSON values."""
    return {"folder": str(network.folder.resolve()), "part": network.part, "shape": list(network.shape)}
