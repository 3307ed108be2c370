"""A user's own detector and recogniser as ONNX files, described by a small JSON file (see onnx_facts.py)."""

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import onnxruntime
from google.protobuf.message import DecodeError
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from converters.errors import ConversionError
from converters.onnx_rewrite import INT8_PASSES
from converters.plan import Network, Plan
from converters.rewrites.graph import add_node, constant, producer, save
from converters.sources import onnx_facts
from converters.sources.onnx_facts import DetectorFacts, RecognizerFacts
from tflite_ocr.manifest import Detector, DetectorResize, ImageInput, Recognizer, Source

NAME = "onnx"
# Operators that move values without changing them: a softmax in front of them may be taken off.
_MOVING = ("Identity", "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten")
_MAPS = {"db": 1, "craft": 2}
_ORT_ERRORS = (ort_errors.Fail, ort_errors.InvalidArgument, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf,
               ort_errors.NotImplemented, ort_errors.RuntimeException)


def plan(files: str, canvases: Sequence[tuple[int, int]] = ()) -> Plan:
    """The conversion of two ONNX files.

    Args:
        files: "DET.onnx,REC.onnx" with the description in DET.json, or "DET.onnx,REC.onnx,FACTS.json".
        canvases: (height, width) in pixels in place of those of the description.

    Raises:
        ConversionError: A file is missing or damaged, the description lacks something, or a network is not
            what the description says.
    """
    parts = [Path(part.strip()) for part in files.split(",") if part.strip()]
    if len(parts) not in (2, 3):
        raise ConversionError("source", f"expected onnx:DET.onnx,REC.onnx[,FACTS.json], found onnx:{files}")
    for path in parts[:2]:
        if not path.is_file():
            raise ConversionError("source", f"{path}: expected an ONNX file, found none")
    facts = onnx_facts.load(parts[2] if len(parts) == 3 else parts[0].with_suffix(".json"))
    if canvases:
        facts = replace(facts, detector=replace(facts.detector, canvases=tuple(canvases)))
    det, rec = facts.detector, facts.recognizer
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in parts[:2]}
    return Plan(
        name=NAME,
        source=Source(facts.name, facts.version, facts.url, facts.licence, digests),
        default_precision=facts.default_precision,
        detector=Detector(
            decoder=det.decoder, input=ImageInput(det.color, det.mean, det.std, det.pad), files=(),
            resize=DetectorResize(det.min_side, det.max_side, det.multiple, det.fit), options=dict(det.options),
        ),
        recognizers=(
            Recognizer(
                name=NAME, languages=rec.languages, input=ImageInput(rec.color, rec.mean, rec.std, rec.pad),
                height=rec.height, widths=rec.widths, charset=rec.classes(), files=(), blank=rec.blank,
                confidence=rec.confidence, min_confidence=rec.min_confidence,
            ),
        ),
        networks=(*_detectors(parts[0], det), *_recognizers(parts[1], rec)),
    )  # fmt: skip


def _detectors(path: Path, facts: DetectorFacts) -> list[Network]:
    shapes = [(1, len(facts.mean), *canvas) for canvas in facts.canvases]
    maps = _MAPS[facts.decoder]
    found = _output_shape(path, shapes, facts.output)
    order = found if facts.output_layout == "NCHW" else [found[0], found[-1], *found[1:-1]]
    if len(found) != 4 or order[0] != 1 or order[1] != maps or order[2] * shapes[0][3] != order[3] * shapes[0][2]:
        raise ConversionError(
            "source", f"{path.name}: expected {maps} map(s) for {facts.decoder} in {facts.output_layout}, with the "
            f"sides of the canvas {shapes[0][2]}x{shapes[0][3]}, found an output of shape {found}"
        )
    write = functools.partial(_write_detector, path, facts)
    return _networks("detector", "", path, facts, shapes if not facts.resizable else shapes[:1], write)


def _recognizers(path: Path, facts: RecognizerFacts) -> list[Network]:
    widths = facts.widths if not facts.resizable else facts.widths[len(facts.widths) // 2 :][:1]
    shapes = [(1, len(facts.mean), facts.height, width) for width in widths]
    found, classes = _output_shape(path, shapes, facts.output), len(facts.charset) + 1
    axis = 2 if facts.output_layout == "NTC" else 1
    row = len(found) == 3 or (facts.output_layout == "NCT" and len(found) == 4 and found[2] == 1)
    if not row or found[0] != 1 or found[axis] != classes:
        raise ConversionError(
            "source", f"{path.name}: expected {classes} classes (the charset and the blank) in the layout "
            f"{facts.output_layout}, found an output of shape {found}"
        )
    write = functools.partial(_write_recognizer, path, facts, len(found))
    return _networks("recognizer", NAME, path, facts, shapes, write)


def _networks(role: str, owner: str, path: Path, facts, shapes: Sequence[tuple], write) -> list[Network]:
    described = json.dumps(asdict(facts), sort_keys=True)
    content = hashlib.sha256(path.read_bytes() + described.encode()).hexdigest()
    return [
        Network(
            name=role if facts.resizable else f"{role}_{shape[2]}x{shape[3]}", role=role, owner=owner, shape=shape,
            fingerprint=content, write_onnx=write, resizable=facts.resizable, quantized=facts.quantized,
            int8_passes=INT8_PASSES,
        )
        for shape in shapes
    ]


def _output_shape(path: Path, shapes: Sequence[tuple], output: str | None) -> list[int]:
    """The shape of the output, by running the network once at the first of the shapes."""
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _ORT_ERRORS as error:
        raise ConversionError("source", f"{path}: expected an ONNX model, found {error}") from None
    inputs, outputs = session.get_inputs(), [item.name for item in session.get_outputs()]
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        found = ", ".join(f"{item.name}: {item.type}" for item in inputs)
        raise ConversionError("source", f"{path.name}: expected one input tensor(float), found {found}")
    if (output is None and len(outputs) > 1) or output not in (None, *outputs):
        raise ConversionError("source", f"{path.name}: expected \"output\" to be one of {outputs}, found {output!r}")
    fixed = inputs[0].shape
    for shape in shapes:
        sizes = zip(fixed, shape, strict=False)
        if len(fixed) != 4 or any(isinstance(size, int) and size > 0 and size != wanted for size, wanted in sizes):
            raise ConversionError("source", f"{path.name}: expected an input that takes {list(shape)}, found {fixed}")
    try:
        return list(session.run([output or outputs[0]], {inputs[0].name: np.zeros(shapes[0], np.float32)})[0].shape)
    except _ORT_ERRORS as error:
        raise ConversionError("source", f"{path.name}: cannot run at {list(shapes[0])}: {error}") from None


def _write_detector(source: Path, facts: DetectorFacts, target: Path) -> None:
    """Writes the network with input "x" and maps in NCHW, which the next stages turn into NHWC."""
    graph = _open(source, facts.output)
    if facts.output_layout == "NHWC":
        turned = producer(graph.outputs[0], "Transpose")
        if turned is None or list(turned.attrs["perm"]) != [0, 2, 3, 1]:
            raise ConversionError(
                "source", f"{source.name}: expected maps that a Transpose(0, 2, 3, 1) at the end brings to NHWC, found "
                f"{graph.outputs[0].inputs[0].op}; export the network in NCHW"
            )
        graph.outputs = [_typed(turned.inputs[0])]
    save(graph.cleanup().toposort(), target)


def _write_recognizer(source: Path, facts: RecognizerFacts, rank: int, target: Path) -> None:
    """Writes the network with input "x" and logits [1, frames, classes] or [1, classes, 1, frames].

    The next stages leave the first as it is and turn the second into NHWC: [1, 1, frames, classes].
    """
    graph = _open(source, facts.output)
    _take_off_softmax(graph, facts.probabilities, source.name)
    if facts.output_layout == "NCT" and rank == 3:
        logits = graph.outputs[0]
        if graph.opset >= 13:
            logits = add_node(graph, "Unsqueeze", [logits, constant([2], np.int64)])
        else:
            logits = add_node(graph, "Unsqueeze", [logits], axes=[2])
        graph.outputs = [_typed(logits)]
    save(graph.cleanup().toposort(), target)


def _open(source: Path, output: str | None) -> gs.Graph:
    try:
        graph = gs.import_onnx(onnx.load(source))
    except (OSError, DecodeError) as error:
        raise ConversionError("source", f"{source}: expected an ONNX model, found {error}") from None
    graph.inputs[0].name = "x"
    graph.outputs = [tensor for tensor in graph.outputs if output in (None, tensor.name)]
    return graph


def _take_off_softmax(graph: gs.Graph, wanted: bool, name: str) -> None:
    """Bypasses the softmax that ends the graph, which must be there exactly if it was announced."""
    tensor = graph.outputs[0]
    while tensor.inputs and tensor.inputs[0].op in _MOVING:
        tensor = tensor.inputs[0].inputs[0]
    node = tensor.inputs[0] if tensor.inputs else None
    found = node is not None and node.op in ("Softmax", "LogSoftmax")
    if wanted != found:
        last = node.op if node is not None else "an input"
        advice = "say \"probabilities\": true" if found else "say \"probabilities\": false or export the logits"
        raise ConversionError("source", f"{name}: the last operation is {last}; {advice}")
    if found:
        node.op = "Identity"
        node.attrs.clear()


def _typed(tensor: gs.Variable) -> gs.Variable:
    """An output of the graph needs a noted shape; inference makes it exact."""
    tensor.dtype, tensor.shape = np.float32, ["n", "c", "h", "w"]
    return tensor
