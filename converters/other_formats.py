"""Stage ONNX -> the formats of other engines, with the tensors that the runtime has: NHWC, any size if resizable."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
from google.protobuf.message import DecodeError
from onnx import helper

from converters.errors import ConversionError, one_line
from converters.plan import PlannedNetwork
from converters.quiet import Quiet
from converters.rewrites.graph import IR_VERSION
from tflite_ocr import engines
from tflite_ocr.manifest import ModelFile, TensorSpec

INPUT, OUTPUT = "x", "y"
GRAPH, WEIGHTS = "model.xml", "model.bin"
_INNER = "nchw."
_OPSET = 17  # the newest that tf2onnx writes and all runtimes in use read
_ONNX_ERRORS = (onnx.checker.ValidationError, onnx.shape_inference.InferenceError)


def write_onnx(source: Path, target: Path, network: PlannedNetwork) -> None:
    """Writes a network as ONNX with NHWC tensors: input "x", output "y", or "y_0", "y_1" ... where it has several.

    Args:
        source: ONNX file of one input and one output, images among them NCHW; or the SavedModel of a network that
            comes from TensorFlow.
        target: The result; its sizes are free, but for the channels, where the network is resizable.

    Raises:
        ConversionError: The network cannot be written so; the operator is named.
        ImportError: tf2onnx is not installed.
    """
    if source.is_dir():
        _from_saved_model(source, target, network)
        return
    try:
        graph = gs.import_onnx(onnx.shape_inference.infer_shapes(onnx.load(source)))
        graph.inputs = [tensor for tensor in graph.inputs if isinstance(tensor, gs.Variable)]
        found = len(graph.inputs), len(graph.outputs)
        if found != (1, 1):
            raise ConversionError(
                "onnx", f"{source.name}: expected one input and one output, found {found[0]} and {found[1]}"
            )
        for node in graph.nodes:
            if any(isinstance(value, gs.Graph) for value in node.attrs.values()):
                raise ConversionError("onnx", f"operator {node.op}, node {node.name!r}: branches are not supported")
        for tensor in graph.tensors().values():  # so that "x" and "y" are free
            tensor.name = _INNER + tensor.name
        (first,), (last,) = graph.inputs, graph.outputs
        batch, channels, *sizes = network.shape
        dims = ["batch", "height", "width"] if network.resizable else [batch, *sizes]
        x = gs.Variable(INPUT, np.float32, [*dims, channels])
        rank = len(last.shape or ())
        y = gs.Variable(OUTPUT, np.float32, [f"d{i}" for i in range(rank)])
        graph.nodes.insert(0, gs.Node("Transpose", "to_nchw", {"perm": [0, 3, 1, 2]}, [x], [first]))
        operator, attributes = ("Transpose", {"perm": [0, 2, 3, 1]}) if rank == 4 else ("Identity", {})
        graph.nodes.append(gs.Node(operator, "to_nhwc", attributes, [last], [y]))
        graph.inputs, graph.outputs = [x], [y]
        for tensor in graph.tensors().values():
            if isinstance(tensor, gs.Variable) and tensor not in (x, y):
                tensor.shape = None
        model = gs.export_onnx(graph)
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        onnx.save(model, target)
    except (OSError, DecodeError, *_ONNX_ERRORS) as error:
        raise ConversionError("onnx", f"{source}: expected a valid ONNX model, found {error}") from None


def _from_saved_model(source: Path, target: Path, network: PlannedNetwork) -> None:
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
        raise ConversionError("onnx", f"{network.name}: tf2onnx failed: {one_line(error)} {said.tail(200)}") from None
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
        raise ConversionError("openvino", f"{source}: {one_line(error, 600)}") from None


def model_file(network: PlannedNetwork, format: str, paths: Sequence[Path]) -> ModelFile:
    """The manifest's entry of a network in another format, without parity figures.

    Args:
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
