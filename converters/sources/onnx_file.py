"""A user's own detector and recogniser as ONNX files, described by a small JSON file (see onnx_facts.py)."""

import functools
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from converters.errors import source_error
from converters.onnx_rewrite import INT8_PASSES
from converters.plan import Plan, PlannedNetwork
from converters.sources import onnx_facts, onnx_graphs
from converters.sources.onnx_facts import DirectionFacts, OnnxDetectorFacts, OnnxFacts, RecognizerFacts
from converters.sources.onnx_graphs import Session
from tflite_ocr.manifest import Detector, DetectorResize, DirectionClassifier, ImageInput, Recognizer, Source

_log = logging.getLogger(__name__)

NAME = "onnx"
_MAPS = {"db": 1, "craft": 2}
_EXPORTED = 640  # width of the crops of a recogniser that follows them, as it is converted
_BOX_COLUMNS = 5  # at least: four of a box, and a score


def plan(files: str, canvases: Sequence[tuple[int, int]] = (), name: str = NAME, read_by: str = "tesseract") -> Plan:
    """The conversion of ONNX files.

    Args:
        files: "DET.onnx,REC.onnx" with the description in DET.json, or "DET.onnx,REC.onnx,FACTS.json"; of a detector
            alone, a recogniser alone or with a third file, the direction classifier, likewise.
        canvases: (height, width) in pixels in place of those of the description.
        read_by: What reads the text that a detector alone finds: "tesseract" or the name of another model.

    Raises:
        ConversionError: A file is missing or damaged, the description lacks something, or a network is not
            what the description says.
    """
    paths, facts = onnx_facts.opened(NAME, files)
    return plan_of(paths, facts, canvases, name, read_by)


def plan_of(
    paths: Sequence[Path],
    facts: OnnxFacts,
    canvases: Sequence[tuple[int, int]],
    name: str,
    read_by: str,
    digests: dict[str, str] | None = None,
) -> Plan:
    """The conversion of the ONNX files of a description.

    Args:
        paths: Paths of the parts that the description has, in the order detector, recogniser, direction classifier.
        digests: SHA-256 by name of what the files were made from; None where they are the source.
    """
    if canvases and facts.detector:
        facts = onnx_facts.with_canvases(facts, canvases)
    found = digests or {key: value for path in paths for key, value in onnx_graphs.digests_of(path).items()}
    source = Source(facts.name, facts.version, facts.url, facts.licence, found)
    by_role = dict(zip(facts.roles(), paths, strict=True))
    for path in paths:
        onnx_graphs.require_known(path)
    borrowed = None if facts.detector else _borrowed_detector()
    detector, networks = borrowed or _detector(by_role["detector"], facts.detector)
    recognizers, direction = (), None
    if facts.recognizer:
        recognizer, more = _recognizer(by_role["recognizer"], facts.recognizer, name)
        recognizers, networks = (recognizer,), networks + more
    if facts.direction:
        direction, more = _direction(by_role["direction"], facts.direction)
        networks += more
    return Plan(
        name=name,
        source=source,
        default_precision=facts.default_precision,
        detector=detector,
        recognizers=recognizers,
        networks=tuple(networks),
        direction=direction,
        parameters={"detector": "edge"} if borrowed else {},
        read_by="" if recognizers else read_by,
    )


def _borrowed_detector() -> tuple[Detector, list[PlannedNetwork]]:
    """That of the model in the repository, for a recogniser that came alone."""
    from converters.sources import edge

    own = edge.plan()
    return own.detector, [network for network in own.networks if network.role == "detector"]


def _detector(path: Path, facts: OnnxDetectorFacts) -> tuple[Detector, list[PlannedNetwork]]:
    session = Session(path)
    facts = _with_sizes(path, facts, session)
    shapes = [(1, len(facts.mean), *canvas) for canvas in facts.canvases]
    shapes = shapes if not facts.resizable else shapes[:1]
    if facts.decoder == "boxes":
        _check_boxes(path, facts, session, shapes)
    else:
        _check_maps(path, facts, session.shape(shapes, facts.output), shapes[0])
    networks = [
        _network("detector", "", path, facts, shape, functools.partial(onnx_graphs.write_detector, path, facts, shape))
        for shape in shapes
    ]
    # Of boxes the pixels are baked in, and their coordinates want more than 256 steps.
    networks = [replace(one, quantized=one.quantized and facts.decoder != "boxes") for one in networks]
    return Detector(
        decoder=facts.decoder,
        input=ImageInput(facts.color, facts.mean, facts.std, facts.pad),
        files=(),
        resize=DetectorResize(facts.min_side, facts.max_side, facts.multiple, facts.fit),
        options=dict(facts.options),
    ), networks


def _with_sizes(path: Path, facts: OnnxDetectorFacts, session: Session) -> OnnxDetectorFacts:
    """Where the description names no canvas: any size if the graph takes any, else the one that it takes."""
    if len(session.input_shape) != 4:
        session.require_takes((1, len(facts.mean), 0, 0))
    free = session.is_free(2) and session.is_free(3)
    if facts.resizable and not free:
        raise source_error(
            f'{path.name}: expected free height and width for "resizable": true, found an input of shape '
            f'{session.input_shape}; say "resizable": false or export it with free axes'
        )
    if facts.canvases:
        return replace(facts, resizable=bool(facts.resizable))
    if free:
        can = facts.decoder != "boxes" and facts.resizable is not False
        return replace(facts, canvases=(onnx_facts.CANVAS,), resizable=can)
    fixed = [size if isinstance(size, int) and size > 0 else onnx_facts.CANVAS[0] for size in session.input_shape[2:]]
    return replace(facts, canvases=(tuple(fixed),), resizable=False)


def _check_maps(path: Path, facts: OnnxDetectorFacts, found: list[int], shape: tuple) -> None:
    maps = _MAPS[facts.decoder]
    order = found if facts.output_layout == "NCHW" else [found[0], found[-1], *found[1:-1]]
    if len(found) != 4 or order[0] != 1 or order[1] != maps or order[2] * shape[3] != order[3] * shape[2]:
        raise source_error(
            f"{path.name}: expected {maps} map(s) for {facts.decoder} in {facts.output_layout}, with the sides of the "
            f'canvas {shape[2]}x{shape[3]}, found an output of shape {found}; "decoder", "output" or "output_layout" '
            f"may be others: python -m converters describe {path} looks at it"
        )


def _check_boxes(path: Path, facts: OnnxDetectorFacts, session: Session, shapes: Sequence[tuple]) -> None:
    output = facts.output or (session.outputs[0] if len(session.outputs) == 1 else None)
    found = session.shape(shapes, output)
    axis = 1 if facts.output_layout == "NCA" else 2
    wanted = 4 if facts.scores_output else _BOX_COLUMNS + facts.objectness
    fits = len(found) == 3 and found[0] == 1 and (found[axis] == 4 if facts.scores_output else found[axis] >= wanted)
    if fits and facts.scores_output:
        scores = session.shape(shapes, facts.scores_output)
        fits, found = len(scores) == 3 and scores[3 - axis] == found[3 - axis], [found, scores]
    if not fits:
        layout = "[1, columns, boxes]" if axis == 1 else "[1, boxes, columns]"
        raise source_error(
            f'{path.name}: expected boxes as {layout} with {wanted} columns or more, found {found}; see "output", '
            '"scores_output", "output_layout" and "objectness" in docs/convert.md'
        )


def _recognizer(path: Path, facts: RecognizerFacts, name: str) -> tuple[Recognizer, list[PlannedNetwork]]:
    session = Session(path)
    facts = _with_widths(facts, session)
    nearest = min(facts.widths, key=lambda width: abs(width - _EXPORTED))
    widths = (nearest,) if facts.resizable else facts.widths
    shapes = [(1, len(facts.mean), facts.height, width) for width in widths]
    found, classes = session.shape(shapes, facts.output), len(facts.charset) + 1
    axis = {"NTC": 2, "NCT": 1, "TNC": 2}[facts.output_layout]
    batch = 1 if facts.output_layout == "TNC" else 0
    row = len(found) == 3 or (facts.output_layout == "NCT" and len(found) == 4 and found[2] == 1)
    if not row or found[batch] != 1 or found[axis] != classes:
        raise source_error(
            f"{path.name}: expected {classes} classes (the charset and the blank) in the layout "
            f"{facts.output_layout}, found an output of shape {found}; {_advice(found, classes)}"
        )
    return Recognizer(
        name=name,
        languages=facts.languages,
        input=ImageInput(facts.color, facts.mean, facts.std, facts.pad),
        height=facts.height,
        widths=facts.widths,
        charset=facts.classes(),
        files=(),
        blank=facts.blank,
        confidence=facts.confidence,
        min_confidence=facts.min_confidence,
    ), _recognizer_networks(path, facts, name, shapes, len(found))


def _recognizer_networks(
    path: Path, facts: RecognizerFacts, name: str, shapes: Sequence[tuple], rank: int
) -> list[PlannedNetwork]:
    """One network a width; of recurrent ones the features of each, and what lies behind them once."""
    recurrent, parts, found = onnx_graphs.recurrence(path), None, ""
    if recurrent:
        from converters.sources import onnx_lstm

        parts, found = onnx_lstm.cut(path, facts, shapes[0])
    if not parts:
        if recurrent and facts.quantized:
            _log.warning(
                "%s: operator %s has no int8 form, and cannot be taken apart, as %s: the recognizer stays float32 in "
                "int8 and dynamic models",
                path.name,
                recurrent,
                found,
            )
            facts = replace(facts, quantized=False)
        write = functools.partial(onnx_graphs.write_recognizer, path, facts, rank)
        return [_network("recognizer", name, path, facts, shape, write) for shape in shapes]
    write = functools.partial(onnx_lstm.write_features, path, facts, found)
    networks = [_network("recognizer", name, path, facts, shape, write) for shape in shapes]
    return [*networks, *onnx_lstm.networks(path, facts, found, parts, name, networks[0].fingerprint)]


def _with_widths(facts: RecognizerFacts, session: Session) -> RecognizerFacts:
    if facts.widths:
        return facts
    if len(session.input_shape) == 4 and not session.is_free(3):
        return replace(facts, widths=(session.input_shape[3],))
    narrowest = onnx_facts.NARROWEST * facts.height
    followed = tuple(width for width in onnx_facts.FOLLOWED_WIDTHS if width >= narrowest)
    return replace(facts, widths=followed if facts.resizable else onnx_facts.WIDTHS)


def _advice(found: list[int], classes: int) -> str:
    if len(found) == 3:
        for layout, axis, batch in (("TNC", 2, 1), ("NTC", 2, 0), ("NCT", 1, 0)):
            if found[batch] == 1 and found[axis] == classes:
                return f'say "output_layout": "{layout}"'
        if classes + 1 in found:
            return "is the space its last class? Then it is a line of its own at the end of charset_file"
    return "python -m converters describe FILE looks at a network and says what fits"


def _direction(path: Path, facts: DirectionFacts) -> tuple[DirectionClassifier, list[PlannedNetwork]]:
    session = Session(path)
    shape = (1, len(facts.mean), facts.height, facts.width)
    found = session.shape([shape], facts.output)
    if found != [1, len(facts.labels)]:
        raise source_error(
            f"{path.name}: expected an output of shape {[1, len(facts.labels)]} for the labels {list(facts.labels)}, "
            f"found {found}; is it another network?"
        )
    write = functools.partial(onnx_graphs.write_direction, path, facts.output)
    spec = ImageInput(facts.color, facts.mean, facts.std, facts.pad)
    network = _network("direction", "", path, facts, shape, write)
    return DirectionClassifier(input=spec, labels=facts.labels, threshold=facts.threshold, files=()), [network]


def _network(role: str, owner: str, path: Path, facts, shape: tuple, write) -> PlannedNetwork:
    described = json.dumps([asdict(facts), sorted(onnx_graphs.digests_of(path).values())], sort_keys=True)
    resizable = bool(getattr(facts, "resizable", False))
    return PlannedNetwork(
        name=role if resizable or role == "direction" else f"{role}_{shape[2]}x{shape[3]}",
        role=role,
        owner=owner,
        shape=shape,
        fingerprint=hashlib.sha256(described.encode()).hexdigest(),
        write_onnx=write,
        resizable=resizable,
        quantized=facts.quantized,
        int8_passes=INT8_PASSES,
    )
