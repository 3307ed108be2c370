"""Stage ONNX -> the formats of other engines, with the tensors that the runtime has: NHWC, any size if resizable."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper

from converters.errors import ConversionError
from converters.plan import Network
from converters.quiet import Quiet
from tflite_ocr import engines
from tflite_ocr.manifest import ModelFile, TensorSpec

INPUT, OUTPUT = "x", "y"
GRAPH, WEIGHTS = "model.xml", "model.bin"
_INNER = "nchw."
_OPSET = 17  # the newest that tf2onnx writes and all runtimes in use read
_ONNX_ERRORS = (onnx.checker.ValidationError, onnx.shape_inference.InferenceError)


def write_onnx(source: Path, target: Path, network: Network) -> None:
    """Writes a network as ONNX with NHWC tensors: input "x", output "y", or "y_0", "y_1" ... where it has several.

    Args:
        source: ONNX file of one input and one output, images among them NCHW; or the SavedModel of a network that
            comes from TensorFlow.
        target: The result; its sizes are free, but for the channels, where the network is resizable.
        network: What it is.

    Raises:
        ConversionError: The network cannot be written so; the operator is named.
        ImportError: tf2onnx is not installed.
    """
    if source.is_dir():
        _from_saved_model(source, target, network)
    else:
        _with_nhwc(source, target, network)


def _with_nhwc(source: Path, target: Path, network: Network) -> None:
    try:
        model = onnx.load(source)
        graph = model.graph
        constants = {item.name for item in graph.initializer}
        inputs = [item for item in graph.input if item.name not in constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise ConversionError(
                "onnx", f"{source.name}: expected one input and one output, found {len(inputs)} and {len(graph.output)}"
            )
        _rename(graph)
        batch, channels, *sizes = network.shape
        dims = ["batch", "height", "width"] if network.resizable else [batch, *sizes]
        del graph.input[:], graph.value_info[:]
        graph.input.append(helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [*dims, channels]))
        first = _INNER + inputs[0].name
        graph.node.insert(0, helper.make_node("Transpose", [INPUT], [first], "to_nchw", perm=[0, 3, 1, 2]))
        last = graph.output[0].name
        rank = _rank(model, last)
        turned = ("Transpose", {"perm": [0, 2, 3, 1]}) if rank == 4 else ("Identity", {})
        graph.node.append(helper.make_node(turned[0], [last], [OUTPUT], "to_nhwc", **turned[1]))
        del graph.output[:]
        graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [f"d{i}" for i in range(rank)]))
        onnx.checker.check_model(model)
        onnx.save(model, target)
    except (OSError, DecodeError, *_ONNX_ERRORS) as error:
        raise ConversionError("onnx", f"{source}: expected a valid ONNX model, found {error}") from None


def _rename(graph: onnx.GraphProto) -> None:
    """Gives every tensor another name, so that "x" and "y" are free."""
    for node in graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                names[i] = _INNER + name if name else ""
        if any(attribute.HasField("g") for attribute in node.attribute):
            raise ConversionError("onnx", f"operator {node.op_type}, node {node.name!r}: branches are not supported")
    for item in (*graph.initializer, *graph.output):
        item.name = _INNER + item.name


def _rank(model: onnx.ModelProto, output: str) -> int:
    """Number of dimensions of a tensor, by shape inference."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    del probe.graph.output[:]
    probe.graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, None))
    inferred = onnx.shape_inference.infer_shapes(probe)
    return len(inferred.graph.output[0].type.tensor_type.shape.dim)


def _from_saved_model(source: Path, target: Path, network: Network) -> None:
    """By tf2onnx; the signature's names become those of the other formats."""
    import tensorflow as tf
    import tf2onnx

    said = Quiet()
    try:
        with said:
            loaded = tf.saved_model.load(str(source))
            call = loaded.signatures["serving_default"]
            ((name, spec),) = call.structured_input_signature[1].items()
            model, _ = tf2onnx.convert.from_function(
                tf.function(lambda x: call(**{name: x})), [tf.TensorSpec(spec.shape, spec.dtype, INPUT)], opset=_OPSET
            )
            wanted = sorted(call.structured_outputs)
    except Exception as error:  # tf2onnx raises whatever its handlers meet
        reason = " ".join(str(error).split())[:300]
        raise ConversionError("onnx", f"{network.name}: tf2onnx failed: {reason} {said.tail(200)}") from None
    names = [f"{OUTPUT}_{i}" for i in range(len(wanted))] if len(wanted) > 1 else [OUTPUT]
    _name_tensors(model.graph, names)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def _name_tensors(graph: onnx.GraphProto, names: Sequence[str]) -> None:
    """Renames the outputs, which come sorted by their names in the signature."""
    for name, output in zip(names, list(graph.output), strict=True):
        graph.node.append(helper.make_node("Identity", [output.name], [name], f"give_{name}"))
        output.name = name


def write_openvino(source: Path, target: Path) -> None:
    """Writes an ONNX file as OpenVINO IR in float32: target/model.xml and target/model.bin.

    Raises:
        ConversionError: OpenVINO cannot convert the network.
        ImportError: OpenVINO is not installed.
    """
    import openvino

    target.mkdir()
    try:
        model = openvino.convert_model(str(source))
        openvino.save_model(model, str(target / GRAPH), compress_to_fp16=False)
    except RuntimeError as error:
        raise ConversionError("openvino", f"{source}: {' '.join(str(error).split())[:600]}") from None


def model_file(network: Network, format: str, paths: Sequence[Path]) -> ModelFile:
    """The manifest's entry of a network in another format, without parity figures.

    Args:
        network: The network.
        format: ONNX or OPENVINO.
        paths: Paths of its files: the graph, and the weights where they lie apart.
    """
    contents = [path.read_bytes() for path in paths]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    batch, channels, height, width = network.shape
    shape = (batch, height, width, channels)
    names = [f"{OUTPUT}_{i}" for i in range(len(network.outputs))] or [OUTPUT]
    stem = f"{network.name}_float32"
    file = ModelFile(
        path=stem + paths[0].suffix,
        precision="float32",
        sha256=digests[0],
        size_bytes=sum(map(len, contents)),
        inputs=(_float(INPUT, shape),),
        outputs=tuple(_float(name, ()) for name in names),
        canvas=() if network.stage else (height, width),
        resizable=network.resizable,
        stage=network.stage,
        step=network.step,
        format=format,
        weights_path=stem + paths[1].suffix if len(paths) > 1 else "",
        weights_sha256=digests[1] if len(paths) > 1 else "",
    )
    found = engines.load(contents, file, threads=2).run(np.zeros(shape, np.float32))
    return replace(file, outputs=tuple(_float(name, y.shape) for name, y in zip(names, found, strict=True)))


def _float(name: str, shape: Sequence[int]) -> TensorSpec:
    return TensorSpec(name, tuple(int(size) for size in shape), "float32")
