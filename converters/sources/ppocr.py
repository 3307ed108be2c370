"""PP-OCRv6 small: detector, recogniser and direction classifier out of the installed rapidocr package."""

import functools
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import onnxsim
import torch

from converters import onnx_export
from converters.charsets import foreign, keep
from converters.errors import source_error
from converters.networks.svtr_neck import HEADS, SvtrNeck
from converters.onnx_rewrite import INT8_PASSES
from converters.plan import Plan, PlannedNetwork
from converters.rewrites.graph import save
from converters.sources.installed import folder_of, version_of
from converters.sources.onnx_facts import FOLLOWED_WIDTHS
from tflite_ocr.manifest import Detector, DetectorResize, DirectionClassifier, ImageInput, Recognizer, Retry, Source
from tflite_ocr.recognition.ctc import UNKNOWN

DETECTOR, RECOGNIZER, DIRECTION = (
    "PP-OCRv6_det_small.onnx",
    "PP-OCRv6_rec_small.onnx",
    "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
)
_PUBLISHER = "https://github.com/RapidAI/RapidOCR"
INPUT = ImageInput(color="BGR", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), pad="zero")
HEIGHT = 48
# Reject classes of other scripts in a cut head: without any, it reads foreign signs as Latin (docs/experiments.md).
REJECTS = {"full": 0, "latin": 1000}
# RapidOCR's limit is 0.5; the cut head is better with 0.6 (docs/experiments.md).
MIN_CONFIDENCE = {"full": 0.5, "latin": 0.6}
# The narrowest width at which the network was trained; dense text needs its empty frames.
RETRY = Retry(0.8, width=320)
SEQUENCE = (1, 384, 1, 40)  # pooled features of a crop 320 pixels wide


def plan(charset: str = "latin", folder: Path | None = None) -> Plan:
    """The conversion of PP-OCRv6 small.

    Args:
        charset: "latin" cuts the recogniser's head to a few hundred classes and rejects, "full" keeps all 18,710.
        folder: Where the three ONNX files lie; None for the installed rapidocr package.

    Raises:
        ConversionError: The package or one of its files is absent.
    """
    folder = folder or package_folder()
    paths = {name: folder / name for name in (DETECTOR, RECOGNIZER, DIRECTION)}
    for path in paths.values():
        if not path.is_file():
            raise source_error(
                f"expected {path.name} in {folder}, found none; install rapidocr==3.10.0 (extra [convert])"
            )
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
    characters = read_charset(paths[RECOGNIZER])
    kept = keep(characters, charset)
    neck = read_neck(paths[RECOGNIZER], list(range(len(characters))))
    rejects = _likely(neck, foreign(characters))[: REJECTS[charset]]
    return Plan(
        name="ppocr",
        source=Source("PP-OCRv6 small", f"rapidocr {version_of('rapidocr')}", _PUBLISHER, "Apache-2.0", digests),
        default_precision="int8",
        detector=Detector(
            decoder="db",
            input=INPUT,
            resize=DetectorResize(min_side=736, max_side=2000, multiple=32),
            files=(),
            options={"threshold": 0.3, "box_threshold": 0.5, "unclip_ratio": 1.6},
        ),
        recognizers=(
            Recognizer(
                name=charset,
                languages=("latin",) if charset == "latin" else ("latin", "ch", "ja"),
                input=INPUT,
                height=HEIGHT,
                widths=FOLLOWED_WIDTHS,
                files=(),
                charset=(*(characters[i] for i in kept), *(UNKNOWN for _ in rejects)),
                min_confidence=MIN_CONFIDENCE[charset],
                retry=RETRY,
            ),
        ),
        direction=DirectionClassifier(input=INPUT, labels=(0, 180), threshold=0.9, files=()),
        networks=_networks(paths, digests, charset, neck, kept + rejects),
        parameters={"charset": charset},
    )


def _networks(
    paths: dict[str, Path], digests: dict[str, str], charset: str, neck: SvtrNeck, classes: list[int]
) -> tuple[PlannedNetwork, ...]:
    # Full equalization is the most accurate here (docs/experiments.md).
    recognizer = PlannedNetwork(
        name=f"recognizer_{charset}_features",
        role="recognizer",
        owner=charset,
        shape=(1, 3, HEIGHT, 320),
        fingerprint=digests[RECOGNIZER],
        write_onnx=functools.partial(_cut_features, paths[RECOGNIZER]),
        resizable=True,
        int8_passes=INT8_PASSES,
        refit=True,
        equalize=1.0,
    )
    _cut_head(neck, classes)
    return (
        PlannedNetwork(
            name="detector",
            role="detector",
            shape=(1, 3, 640, 640),
            fingerprint=digests[DETECTOR],
            write_onnx=functools.partial(_copy, paths[DETECTOR]),
            resizable=True,
            int8_passes=INT8_PASSES,
        ),
        recognizer,
        replace(
            recognizer,
            name=f"recognizer_{charset}_sequence",
            stage=1,
            shape=SEQUENCE,
            quantized=False,
            fingerprint=f"{digests[RECOGNIZER]} neck {hashlib.sha256(repr(classes).encode()).hexdigest()}",
            int8_passes=(),
            refit=False,
            equalize=0.0,
            write_onnx=functools.partial(onnx_export.export, neck, SEQUENCE),
            reference=functools.partial(onnx_export.forward, neck),
            write_saved_model=functools.partial(_lower, neck),
        ),
        PlannedNetwork(
            name="direction",
            role="direction",
            shape=(1, 3, HEIGHT, 192),
            fingerprint=digests[DIRECTION],
            write_onnx=functools.partial(_copy, paths[DIRECTION]),
        ),
    )


def package_folder() -> Path:
    """Where the installed rapidocr keeps its models."""
    return folder_of("rapidocr") / "models"


def read_charset(path: Path) -> list[str]:
    """The characters by class: blank, those in the file's metadata, space."""
    metadata = {entry.key: entry.value for entry in onnx.load(path, load_external_data=False).metadata_props}
    if "character" not in metadata:
        raise source_error(f"{path.name}: expected the metadata entry 'character', found none")
    return ["", *metadata["character"].splitlines(), " "]


def _copy(source: Path, target: Path) -> None:
    """The package's file with its first input named "x" and no other change."""
    graph = gs.import_onnx(onnx.load(source))
    graph.inputs[0].name = "x"
    save(graph, target)


def simplified(path: Path) -> gs.Graph:
    """The recogniser's graph at 48 x 320 pixels, constants folded."""
    model, _ = onnxsim.simplify(onnx.load(path), overwrite_input_shapes={"x": [1, 3, HEIGHT, 320]})
    return gs.import_onnx(model)


def _cut_features(source: Path, target: Path) -> None:
    """The convolutional part: all up to and with the only average pooling."""
    graph = simplified(source)
    pooling = [node for node in graph.nodes if node.op == "AveragePool"]
    if len(pooling) != 1:
        raise source_error(f"{source.name}: expected one AveragePool, found {len(pooling)}")
    graph.outputs = [pooling[0].outputs[0]]
    save(graph.cleanup(), target)


def read_neck(source: Path, kept: list[int]) -> SvtrNeck:
    """The part behind the average pooling as a torch module, its head cut to the kept classes."""
    graph = simplified(source)
    nodes = list(graph.nodes)
    start = next(i for i, node in enumerate(nodes) if node.op == "AveragePool")
    values = [
        torch.from_numpy(np.array(tensor.values))
        for node in nodes[start:]
        for tensor in node.inputs
        if isinstance(tensor, gs.Constant) and tensor.values.dtype == np.float32 and tensor.values.size > 1
    ]
    neck = SvtrNeck(classes=len(kept))
    state, take = {}, iter(values)

    def convolution(name: str, scale: float = 1.0) -> None:
        weight = next(take)
        if weight.ndim == 2:
            weight = weight.T[:, :, None, None]
        state[f"{name}.weight"], state[f"{name}.bias"] = weight * scale, next(take) * scale

    def norm(name: str) -> None:
        state[f"{name}.weight"], state[f"{name}.bias"] = (next(take).reshape(1, -1, 1, 1) for _ in range(2))

    for name in ("shortcut", "enter", "local"):
        convolution(name)
    for block in range(len(neck.blocks)):
        prefix = f"blocks.{block}"
        norm(f"{prefix}.norm1")
        convolution("joined")
        weight, bias = state.pop("joined.weight").chunk(3), state.pop("joined.bias").chunk(3)
        for name, w, b in zip(("query", "key", "value"), weight, bias, strict=True):
            scale = (w.shape[0] // HEADS) ** -0.5 if name == "query" else 1.0
            for head, (rows, offset) in enumerate(zip(w.chunk(HEADS), b.chunk(HEADS), strict=True)):
                state[f"{prefix}.attention.{name}.{head}.weight"] = rows * scale
                state[f"{prefix}.attention.{name}.{head}.bias"] = offset * scale
        convolution(f"{prefix}.attention.project")
        norm(f"{prefix}.norm2")
        convolution(f"{prefix}.expand")
        convolution(f"{prefix}.reduce")
    norm("norm")
    convolution("head")
    state["head.weight"], state["head.bias"] = state["head.weight"][kept], state["head.bias"][kept]
    neck.load_state_dict(state, strict=True)
    return neck.eval()


def _likely(neck: SvtrNeck, classes: list[int]) -> list[int]:
    """Some classes of the head, those first that pictures reach most easily; from the weights alone.

    Before the head a token is a normalized vector, whose mean and spread the last normalization gives, and a
    shortcut, here at rest. A class counts by its logit for the mean and one standard deviation more. On pictures
    without text this finds the classes that win there about as well as counting them on such pictures does.
    """
    with torch.no_grad():
        mean = (neck.norm.bias + torch.nn.functional.silu(neck.shortcut.bias).reshape(1, -1, 1, 1)).double().flatten()
        weight = neck.head.weight[classes, :, 0, 0].double()
        spread = (weight.square() @ neck.norm.weight.double().flatten().square()).sqrt()
        reached = weight @ mean + neck.head.bias[classes].double() + spread
    return [classes[i] for i in torch.argsort(reached, descending=True, stable=True).tolist()]


def _cut_head(neck: SvtrNeck, classes: list[int]) -> None:
    """Leaves only some classes in the head, in this order, in place."""
    neck.head.out_channels = len(classes)
    neck.head.weight.data, neck.head.bias.data = neck.head.weight.data[classes], neck.head.bias.data[classes]


def _lower(neck: SvtrNeck, target: Path) -> None:
    from converters.networks.svtr_neck_tf import write_saved_model

    write_saved_model(neck, SEQUENCE, target)
