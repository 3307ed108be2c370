"""The edge model: the detector and the recogniser that training/ makes, from their weights in half precision."""

import functools
import hashlib
from pathlib import Path

import torch

from converters import edge_weights, onnx_export
from converters.errors import source_error
from converters.networks.edge_detector import EdgeDetectorMap
from converters.plan import Plan, PlannedNetwork
from tflite_ocr.manifest import (
    Detector,
    DetectorResize,
    DoubtfulRegions,
    ImageInput,
    LanguageModelFacts,
    Recognizer,
    Retry,
    Source,
)

DETECTOR, RECOGNIZER, LANGUAGE_MODEL = "detector.pt", "recognizer.pt", "language_model.npz"
# The weights that are committed lie where the model is converted to.
WEIGHTS_FOLDER = Path(__file__).resolve().parents[2] / "artifacts" / "edge"
INPUT = ImageInput(color="BGR", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), pad="zero", shrink="area")
TEACHER_HEIGHT = 48
# How much wider crops are made than their height asks for: less than the recogniser was first trained for, which is
# as wide as if they were as high as its teacher's. Measured in docs/experiments.md, as what follows.
STRETCH = 1.25
# Frames of 720 rows are not enlarged before detection: that costs time and finds no more.
MIN_SIDE = 720
# Small pictures, which are text and little else, are enlarged no further: their letters would be larger than what the
# detector sees at once. Whatever is found, the picture is looked at once more at a quarter of the size.
RESIZE = DetectorResize(min_side=MIN_SIDE, max_side=2000, multiple=32, max_scale=2.0, second_scale=0.25)
# Every column of padding costs time, another width next to none.
WIDTHS = (*range(32, 640, 8), *range(640, 1281, 16))
CALIBRATED_WIDTH, CALIBRATED_SIDE = 320, 640
# Measured between 0 and 1 as the share of lines that int8 and float32 read the same; see docs/experiments.md.
BALANCE = 0.5
# The highest at which drawn videos lose hardly a text; F1 of drawn scenes and pages grows up to 0.8.
MIN_CONFIDENCE = 0.7
# Doubtful words, not long lines nor single letters, are read once more, larger.
RETRY = Retry(0.8, hopeless=0.3, characters=3, lowest=16, width=256, stretch=1.8, height=TEACHER_HEIGHT, wider=1.6)
# Half of the words that photographs of streets lose are in regions that the detector is less sure of than 0.5.
DOUBTFUL = DoubtfulRegions(lowest=0.35, sure=0.65, weight=0.75)
# What the language model counts beside the network.
RESCORING = {"weight": 0.3, "bonus": 1.0, "margin": 3.0, "width": 5, "hopeless": 0.3, "retry_lead": 3.0}


def plan(folder: Path | None = None) -> Plan:
    """The conversion of the edge model.

    Args:
        folder: Where detector.pt and recognizer.pt lie, perhaps with a language_model.npz; None for the committed ones.

    Raises:
        ConversionError: A file is absent or holds something else.
    """
    folder = folder or WEIGHTS_FOLDER
    paths = {name: folder / name for name in (DETECTOR, RECOGNIZER)}
    for path in paths.values():
        if not path.is_file():
            raise source_error(
                f"expected {path.name} in {folder}, found none; train it first (`make train`) or give --weights"
            )
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
    detector = EdgeDetectorMap(edge_weights.detector(paths[DETECTOR])).eval()
    recognizer, charset = edge_weights.recognizer(paths[RECOGNIZER])
    height = recognizer.shape.height
    language_model = folder / LANGUAGE_MODEL
    if not language_model.is_file():
        language_model = WEIGHTS_FOLDER / LANGUAGE_MODEL
    if not language_model.is_file():
        raise source_error(
            f"expected {LANGUAGE_MODEL} in {folder} or {WEIGHTS_FOLDER}, found none; make it: python -m training "
            f"language-model --out {language_model}"
        )
    words = language_model.read_bytes()
    return Plan(
        name="edge",
        source=Source(
            name="tflite-ocr edge", version="1", url="docs/finetune.md", licence="Apache-2.0", sha256=digests
        ),
        default_precision="int8",
        detector=Detector(
            decoder="db",
            input=INPUT,
            resize=RESIZE,
            files=(),
            options={
                "threshold": 0.3,
                "box_threshold": 0.5,
                "unclip_ratio": 1.6,
                "min_size": 2.0,
                "dilate": 0.0,
                "hollow": 0.5,
            },
            doubtful=DOUBTFUL,
        ),
        recognizers=(
            Recognizer(
                name="latin",
                languages=("latin",),
                input=INPUT,
                height=height,
                widths=WIDTHS,
                charset=charset,
                files=(),
                stretch=STRETCH,
                min_confidence=MIN_CONFIDENCE,
                frames=recognizer.shape.frames,
                retry=RETRY,
                language_model=LanguageModelFacts(
                    LANGUAGE_MODEL, hashlib.sha256(words).hexdigest(), len(words), **RESCORING
                ),
            ),
        ),
        networks=(
            _network("detector", detector, (1, 3, CALIBRATED_SIDE, CALIBRATED_SIDE), digests[DETECTOR]),
            _network("recognizer", recognizer, (1, 3, height, CALIBRATED_WIDTH), digests[RECOGNIZER], owner="latin"),
        ),
        attached=(language_model,),
    )


def _network(
    role: str, module: torch.nn.Module, shape: tuple[int, int, int, int], digest: str, owner: str = ""
) -> PlannedNetwork:
    return PlannedNetwork(
        name=role if not owner else f"{role}_{owner}",
        role=role,
        owner=owner,
        shape=shape,
        fingerprint=digest,
        write_onnx=functools.partial(onnx_export.export, module, shape),
        reference=functools.partial(onnx_export.forward, module),
        resizable=True,
        equalize=BALANCE if owner else 0.0,
    )
