"""EasyOCR: the detector CRAFT and one of its recognisers, chosen by language."""

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from converters import lstm, onnx_export
from converters.checkpoints import load_into, load_state_dict
from converters.download import obtain
from converters.errors import source_error
from converters.networks.craft import Craft
from converters.networks.crnn import CROP_HEIGHT, Crnn
from converters.plan import Plan, PlannedNetwork
from converters.sources import easyocr_models
from converters.sources.easyocr_models import RecognizerModel
from converters.sources.installed import version_of
from tflite_ocr.files import user_folder
from tflite_ocr.manifest import Detector, DetectorResize, ImageInput, Recognizer, Source

# Of ImageNet, on which the detector's backbone was trained.
DETECTOR_INPUT = ImageInput(color="RGB", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), pad="black")
RECOGNIZER_INPUT = ImageInput(color="GRAY", mean=(0.5,), std=(0.5,), pad="edge")
CANVAS = (384, 640)
_PUBLISHER, _LICENCE = "https://github.com/JaidedAI/EasyOCR", "Apache-2.0 (recogniser), MIT (CRAFT)"
# EasyOCR pads crops to multiples of their height.
WIDTHS = tuple(CROP_HEIGHT * n for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32))


def plan(
    languages: Sequence[str] = ("en",),
    weights: Path | None = None,
    canvas: tuple[int, int] = CANVAS,
    detector: str = "craft",
    cache: Path | None = None,
) -> Plan:
    """The conversion of EasyOCR's detector and of the recogniser of some languages.

    Args:
        weights: Folder with the unpacked checkpoints; None to download them from EasyOCR's release page.
        canvas: (height, width) in pixels at which the detector is exported and calibrated, multiples of 32; the
            result can be resized.
        cache: Folder of downloads; None for ~/.cache/tflite-ocr.

    Raises:
        ConversionError: Languages that do not go together, weights that cannot be had, are damaged or of
            another architecture, or a canvas that is no multiple of 32.
    """
    if any(side < 32 or side % 32 for side in canvas):
        raise source_error(f"expected a canvas in multiples of 32, found {canvas[0]}x{canvas[1]}")
    remote = easyocr_models.detector(detector)
    model = easyocr_models.recognizer(languages)
    get = functools.partial(obtain, cache=cache or user_folder(), weights=weights, also=(_own_folder(),))
    paths = (get(remote), get(model.remote))
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    craft = load_craft(paths[0])
    crnn = keep_classes(load_crnn(paths[1], model), model.classes)
    return Plan(
        name="easyocr",
        source=Source("EasyOCR", version_of("easyocr"), _PUBLISHER, _LICENCE, digests),
        default_precision="int8",
        detector=Detector(
            decoder="craft",
            input=DETECTOR_INPUT,
            files=(),
            resize=DetectorResize(min_side=0, max_side=2560, multiple=32, fit="pad"),
            options={"text_threshold": 0.7, "link_threshold": 0.4, "low_text": 0.4},
        ),
        recognizers=(_facts(model),),
        networks=(
            PlannedNetwork(
                name="detector",
                role="detector",
                shape=(1, 3, *canvas),
                fingerprint=digests[remote.member],
                write_onnx=functools.partial(onnx_export.export, craft, (1, 3, *canvas)),
                reference=functools.partial(lstm.forward, craft),
                resizable=True,
            ),
            *_recognizer_networks(model, crnn, digests[model.remote.member]),
        ),
        parameters={"languages": ",".join(model.languages), "recognizer": model.name},
    )


def load_craft(path: Path) -> Craft:
    """CRAFT with the weights of a checkpoint in EasyOCR's format; see converters.checkpoints for the errors."""
    return load_into(Craft(), load_state_dict(path), path.name)


def load_crnn(path: Path, model: RecognizerModel) -> Crnn:
    """A recogniser with the weights of a checkpoint in EasyOCR's format; see load_craft."""
    return load_into(Crnn(model.shape), load_state_dict(path), path.name)


def keep_classes(crnn: Crnn, classes: Sequence[int]) -> Crnn:
    """Cuts the last layer to some classes.

    EasyOCR sets the probabilities of all others to zero and normalizes again, which is the softmax over
    the logits that are left.

    Args:
        crnn: Changed in place.
        classes: Class numbers, ascending, blank first.
    """
    index = torch.tensor(list(classes))
    old = crnn.Prediction
    crnn.Prediction = torch.nn.Linear(old.in_features, len(index))
    with torch.no_grad():
        crnn.Prediction.weight.copy_(old.weight[index])
        crnn.Prediction.bias.copy_(old.bias[index])
    crnn.shape = replace(crnn.shape, classes=len(index))
    return crnn.eval()


def _facts(model: RecognizerModel) -> Recognizer:
    characters = ("", *model.characters)
    return Recognizer(
        name=model.name,
        languages=model.languages,
        input=RECOGNIZER_INPUT,
        height=CROP_HEIGHT,
        widths=WIDTHS,
        charset=tuple(characters[i] for i in model.classes),
        files=(),
        confidence="easyocr",
        min_confidence=0.0,
    )


def _recognizer_networks(model: RecognizerModel, crnn: Crnn, digest: str) -> list[PlannedNetwork]:
    parts = lstm.cut(crnn)
    kept = hashlib.sha256(repr(model.classes).encode()).hexdigest()[:12]
    name, fingerprint = f"recognizer_{model.name}", f"{digest} classes {kept}"
    return lstm.networks(parts, name, model.name, fingerprint, functools.partial(_samples, parts))


def _samples(parts: tuple[lstm.RecognizerPart, ...], stage: int, crops: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What a later part reads when the first one reads these crops (NHWC, as the result)."""
    traced = (lstm.trace(parts, crop.transpose(0, 3, 1, 2))[0][stage] for crop in crops)
    return [np.ascontiguousarray(tensor.transpose(0, 2, 3, 1)) for tensor in traced]


def _own_folder() -> Path:
    """Where an installed EasyOCR keeps what it has downloaded."""
    home = os.environ.get("EASYOCR_MODULE_PATH") or os.environ.get("MODULE_PATH") or Path.home() / ".EasyOCR"
    return Path(home) / "model"
