"""A Reader whose networks are replaced by others of the same inputs and outputs: ONNX files or SavedModels.

All else, from the resizing of images to the decoding of texts, is the runtime's own code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.engines.derived import nchw, nhwc, onnx_session
from benchmarks.running.protocol import Skipped
from tflite_ocr import Reader
from tflite_ocr.engines import Networks
from tflite_ocr.manifest import ModelFile, TensorSpec

# float32 NHWC to float32 NHWC; called from several threads at once.
Forward = Callable[[np.ndarray], np.ndarray]


class Exchanged:
    """Stands where the runtime has a tflite_ocr.interpreter.Network."""

    def __init__(self, file: ModelFile, forward: Forward):
        self.file, self._forward = file, forward

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        return [self._forward(tensor)]

    def run_real(self, values: np.ndarray) -> np.ndarray:
        return self._forward(values)


class ExchangedNetworks(Networks):
    """Gives a Reader other networks than those of its model's files."""

    def __init__(self, network: Callable[[ModelFile], Forward]):
        """`network` gives the replacement of a .tflite file; its tensors are float32, whatever the file's are."""
        self._network, self._lock = network, threading.Lock()
        self._made: dict[str, Exchanged] = {}

    def facts(self, file: ModelFile) -> ModelFile:
        return replace(file, inputs=_floats(file.inputs), outputs=_floats(file.outputs))

    def load(self, file: ModelFile, threads: int) -> Exchanged:
        """See Networks; one network serves all threads."""
        with self._lock:
            if file.path not in self._made:
                self._made[file.path] = Exchanged(file, self._network(file))
            return self._made[file.path]


def reader(model: Path, precision: str, threads: int, network: Callable[[ModelFile], Forward]) -> Reader:
    """A Reader with other networks, see ExchangedNetworks, at the sizes at which those of a precision are run."""
    return Reader(model, precision, threads, networks=lambda folder: ExchangedNetworks(network))


def onnx(path: Path) -> Forward:
    """An ONNX file (NCHW) in ONNX Runtime, at any batch, height and width."""
    import onnx as format_onnx

    model = format_onnx.load(path)
    constants = {tensor.name for tensor in model.graph.initializer}
    (given,) = (value for value in model.graph.input if value.name not in constants)
    for value in (given, *model.graph.output):
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if axis != 1 or value is not given:
                size.dim_param = f"{value.name}_{axis}"
    del model.graph.value_info[:]  # sizes of the example input
    session = onnx_session(model.SerializeToString(), 1)
    name, output = given.name, model.graph.output[0].name

    def forward(tensor: np.ndarray) -> np.ndarray:
        return nhwc(session.run([output], {name: nchw(tensor)})[0])

    return forward


def saved_model(path: Path) -> Forward:
    """The serving_default signature of a SavedModel (NHWC) in TensorFlow on the CPU, at any batch, height and width."""
    import tensorflow as tf

    function = frozen(path)

    def forward(tensor: np.ndarray) -> np.ndarray:
        with tf.device("/CPU:0"):
            return function(tf.constant(tensor)).numpy()

    return forward


def frozen(path: Path):
    """A SavedModel's serving_default signature as a tf.function of one tensor, weights inside, at any size."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    loaded = tf.saved_model.load(str(path))
    fixed = convert_variables_to_constants_v2(loaded.signatures["serving_default"])
    graph = free_sizes(fixed.graph.as_graph_def())
    whole = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
    return whole.prune(*(whole.graph.get_tensor_by_name(ends[0].name) for ends in (fixed.inputs, fixed.outputs)))


def free_sizes(graph):
    """A frozen GraphDef of one example size that runs at all sizes: the same operators, its placeholders' sizes free.

    TensorFlow has no dilated depthwise convolution on the CPU; tf.nn.depthwise_conv2d puts SpaceToBatchND and
    BatchToSpaceND around a dense one, and pads to multiples of the dilation. These paddings are constants of the
    example size; here they are computed from the size at hand, as that function does.
    """
    for node in graph.node:
        node.attr.pop("_output_shapes", None)
        if node.op == "Placeholder":
            sizes = node.attr["shape"].shape.dim
            for axis, size in enumerate(sizes):
                size.size = size.size if axis == len(sizes) - 1 else -1
    by_name = {node.name: node for node in graph.node}
    users = {source.split(":")[0]: node for node in graph.node for source in node.input}
    for spread in [node for node in graph.node if node.op == "SpaceToBatchND"]:
        gathered = users[users[spread.name].name]
        if gathered.op != "BatchToSpaceND":
            raise Skipped(
                f"{spread.name}: expected a convolution between SpaceToBatchND and BatchToSpaceND, "
                f"found {gathered.op} behind it"
            )
        _free_dilation(graph, by_name, spread, gathered)
    return graph


def _free_dilation(graph, by_name: dict, spread, gathered) -> None:
    import tensorflow as tf

    block, paddings, crops = (
        tf.make_ndarray(by_name[name].attr["value"].tensor)
        for name in (spread.input[1], spread.input[2], gathered.input[2])
    )
    name = f"{spread.name}/sizes"
    own = paddings - crops  # what the convolution asks for, without what fills the last block
    with tf.Graph().as_default() as small, tf.name_scope(f"{name}/"):
        x = tf.compat.v1.placeholder(tf.float32, [None] * 4, name="x")
        rest = tf.math.floormod(-(tf.shape(x)[1:3] + own.sum(axis=1)), block)
        new_paddings = tf.stack([own[:, 0], own[:, 1] + rest], axis=1).op.name
        new_crops = tf.stack([tf.zeros_like(rest), rest], axis=1).op.name
    for node in small.as_graph_def().node:
        if node.op != "Placeholder":
            sources = [spread.input[0] if source == f"{name}/x" else source for source in node.input]
            del node.input[:]
            node.input.extend(sources)
            graph.node.append(node)
    spread.input[2], gathered.input[2] = new_paddings, new_crops


def _floats(specs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(spec.name, spec.shape, "float32") for spec in specs)
