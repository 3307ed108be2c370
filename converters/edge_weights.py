"""The edge networks from their files: weights in half precision beside the facts that rebuild the network."""

import dataclasses
import io
import zipfile
from pathlib import Path
from typing import BinaryIO

import torch

from converters import checkpoints
from converters.errors import checkpoint_error
from converters.networks.block_detector import BlockDetector, BlockDetectorShape
from converters.networks.edge_detector import DetectorShape, EdgeDetector
from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape

RECOGNIZER, DETECTOR = "recognizer", "detector"
_DROPPED = 2  # bits
_PLAIN = {field.name for field in dataclasses.fields(DetectorShape)}
Detector = EdgeDetector | BlockDetector


def save(file: BinaryIO, model: torch.nn.Module, kind: str, charset: tuple[str, ...] = ()) -> None:
    """Writes the weights of an edge network in float16, rounded and deflated; a recogniser with its charset."""
    state = {name: shortened(tensor.detach().cpu().half().contiguous()) for name, tensor in model.state_dict().items()}
    facts = {"kind": kind, "shape": dataclasses.asdict(model.shape), "charset": list(charset)}
    plain = io.BytesIO()
    torch.save({**facts, "state": state}, plain)
    # The archive that PyTorch writes is not packed, and reads as well when it is: a sixth less to carry.
    with zipfile.ZipFile(plain) as archive, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for entry in archive.infolist():
            packed.writestr(entry.filename, archive.read(entry))


def shortened(values: torch.Tensor) -> torch.Tensor:
    """float16 rounded to 9 significant bits instead of 11: finer than int8 still, and better to pack."""
    bits = values.view(torch.int16).int() & 0xFFFF
    return ((bits + (1 << _DROPPED - 1)) >> _DROPPED << _DROPPED).short().view(torch.float16)


def recognizer(path: Path) -> tuple[EdgeRecognizer, tuple[str, ...]]:
    """The recogniser in a file and its charset, blank first.

    Raises:
        ConversionError: The file is missing, damaged, or holds another network.
    """
    content = _content(path, RECOGNIZER)
    model = EdgeRecognizer(len(content["charset"]), _shape(path, content, RecognizerShape))
    return checkpoints.load_into(model, _floats(content), str(path)), tuple(content["charset"])


def detector(path: Path) -> Detector:
    """The detector in a file.

    Raises:
        ConversionError: The file is missing, damaged, or holds another network.
    """
    content = _content(path, DETECTOR)
    kind = DetectorShape if set(content["shape"]) <= _PLAIN else BlockDetectorShape
    return checkpoints.load_into(new_detector(_shape(path, content, kind)), _floats(content), str(path))


def new_detector(shape: DetectorShape | BlockDetectorShape) -> Detector:
    """A detector of a shape with random weights."""
    return EdgeDetector(shape) if isinstance(shape, DetectorShape) else BlockDetector(shape)


def _content(path: Path, kind: str) -> dict:
    content = checkpoints.load(path)
    wanted = {"kind", "shape", "charset", "state"}
    if not isinstance(content, dict) or not wanted <= set(content) or content["kind"] != kind:
        found = content.get("kind") if isinstance(content, dict) else type(content).__name__
        raise checkpoint_error(f"{path}: expected the weights of an edge {kind}, found {found!r}")
    return content


def _shape(path: Path, content: dict, kind: type):
    sizes = {name: _tuple(value) for name, value in content["shape"].items()}
    try:
        return kind(**sizes)
    except TypeError as error:
        raise checkpoint_error(f"{path}: expected the sizes of a {kind.__name__}, found {error}") from None


def _tuple(value):
    """Lists as tuples, those inside them too."""
    return tuple(_tuple(part) for part in value) if isinstance(value, list) else value


def _floats(content: dict) -> dict[str, torch.Tensor]:
    return {name: tensor.float() for name, tensor in content["state"].items()}
