"""The convolutions and dense layers of a frozen graph as tf_keras layers, the rest of the graph around them.

onnx2tf writes weights as constants, which no tool for training sees. Here every convolution and matrix
product with a constant kernel becomes a layer of tf_keras that holds kernel and bias as variables; the
operators that XNNPACK's sparse kernels allow between them become layers too, so that the policy of the
TensorFlow Model Optimization Toolkit can judge the network; whatever is left runs as pieces of the
old graph. After training the variables go back into the old graph as constants, so that the chain
behind sees the same operators as without pruning.
"""

from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
import tf_keras

from converters.pruning.frozen import FrozenGraph, run, set_constant, value_of
from converters.pruning.operators import LAYERS, layer_of
from converters.sources.tensorflow_heads import node_of

_BIAS = ("BiasAdd", "AddV2", "Add")


@dataclass(frozen=True)
class Weights:
    """Where the variables of a layer come from.

    Attributes:
        node: Node of the convolution or matrix product, whose second input is the kernel.
        bias_node: Node of the sum behind it; "" for none.
        transposed: The graph holds the kernel of a dense layer as [outputs, inputs].
    """

    layer: str
    node: str
    kernel: np.ndarray
    bias_node: str = ""
    bias_input: int = 1
    transposed: bool = False


@dataclass(frozen=True)
class Lifted:
    """A functional tf_keras model with what leads back from it to the graph."""

    model: tf_keras.Model
    weights: tuple[Weights, ...]


class GraphPiece(tf_keras.layers.Layer):
    """Operators of the old graph that have no variables."""

    def __init__(self, piece: tf.compat.v1.GraphDef, reads: list[str], makes: list[str], **options):
        super().__init__(trainable=False, **options)
        self._function = tf.function(
            lambda tensors: run(piece, dict(zip(reads, tensors, strict=True)), makes), autograph=False
        )

    def call(self, inputs):
        return self._function(inputs if isinstance(inputs, (list, tuple)) else [inputs])


def lift(graph: FrozenGraph, pointwise_as_dense: bool = False) -> Lifted:
    """Makes the functional model; its output is that of the graph up to the order of float additions.

    Args:
        graph: It may be given another height and width than it was frozen with, if its operators follow.
        pointwise_as_dense: 1x1 convolutions become dense layers, which have kernels of two dimensions.
    """
    return _Lifting(graph, pointwise_as_dense).lifted()


def lower(graph: FrozenGraph, lifted: Lifted, model: tf_keras.Model) -> FrozenGraph:
    """The graph with the weights of a trained copy of the lifted model."""
    definition = tf.compat.v1.GraphDef()
    definition.CopyFrom(graph.definition)
    for weights in lifted.weights:
        kernel, *bias = model.get_layer(weights.layer).get_weights()
        kernel = kernel.T if weights.transposed else kernel.reshape(weights.kernel.shape)
        set_constant(definition, weights.node, 1, kernel)
        if weights.bias_node:
            set_constant(definition, weights.bias_node, weights.bias_input, bias[0])
    return replace(graph, definition=definition)


class _Lifting:
    """One walk over a graph; `_made` holds the Keras tensors that stand for tensors of the graph."""

    def __init__(self, graph: FrozenGraph, pointwise_as_dense: bool):
        self._graph, self._pointwise_as_dense = graph, pointwise_as_dense
        self._nodes = {node.name: node for node in graph.definition.node}
        self._readers: dict[str, list[str]] = {}
        for node in graph.definition.node:
            for tensor in node.input:
                self._readers.setdefault(_full(tensor), []).append(node.name)
        self._readers.setdefault(_full(graph.output), []).append("")  # whoever runs the graph
        tf_keras.backend.clear_session()  # layers are named by counters, see saved_model
        source = tf_keras.Input(shape=graph.shape[1:], batch_size=graph.shape[0], name="x")
        self._source = source
        self._made = {_full(graph.input): source}
        self._skipped: set[str] = set()  # nodes that a layer does along with its own
        self._weights: list[Weights] = []
        self._constant = {n.name for n in graph.definition.node if value_of(self._nodes, n.name) is not None}

    def lifted(self) -> Lifted:
        for node in self._graph.definition.node:
            if node.name in self._skipped or node.name in self._constant or node.op == "Placeholder":
                continue
            if not self._lift_weights(node):
                self._lift_operator(node)
        result = self._tensor(_full(self._graph.output))
        return Lifted(tf_keras.Model(self._source, result), tuple(self._weights))

    def _lift_weights(self, node) -> bool:
        kernel = value_of(self._nodes, node.input[1]) if len(node.input) == 2 else None
        if kernel is None or not _is_known(node, kernel):
            return False
        source, result, dilation = self._dilated(node, kernel)
        outputs = kernel.shape[0] if _transposes(node) else int(np.prod(kernel.shape[_FIRST_OUTPUT[node.op] :]))
        bias, bias_node, bias_input = self._bias(result, outputs)
        x = self._tensor(_full(source))
        options = {"name": f"layer_{len(self._weights):03d}", "use_bias": bias is not None}
        if self._pointwise_as_dense and _is_pointwise(node, kernel, x.shape[-1]):
            layer = tf_keras.layers.Dense(outputs, **options)
        else:
            layer = _layer(node, kernel, outputs, x.shape[-1], dilation, options)
        self._made[_full(bias_node or result)] = layer(x)
        values = kernel.T if _transposes(node) else kernel
        layer.set_weights([values.reshape(layer.weights[0].shape)] + ([] if bias is None else [bias]))
        # A kernel of few different values was written down, not learnt: copies, interpolation, sums.
        layer.trainable = len(np.unique(np.abs(kernel))) > kernel.size // 2
        self._weights.append(Weights(layer.name, node.name, kernel, bias_node, bias_input, _transposes(node)))
        self._skipped |= {result, bias_node}
        return True

    def _dilated(self, node, kernel: np.ndarray) -> tuple[str, str, dict]:
        """What a convolution reads, what holds its result, and its dilation with the padding that it really has.

        TensorFlow writes a dilated convolution as an ordinary one on a batch of sub-images, whose sizes it fixes.
        """
        before, (after, *others) = self._nodes[node_of(node.input[0])], self._readers[_full(node.name)]
        if before.op != "SpaceToBatchND" or not after or others or self._nodes[after].op != "BatchToSpaceND":
            return node.input[0], node.name, {}
        block, pads = (value_of(self._nodes, before.input[i]) for i in (1, 2))
        crops = value_of(self._nodes, self._nodes[after].input[2])
        total = (np.array(kernel.shape[:2]) - 1) * block
        added = pads.sum(1) - crops.sum(1)
        if list(node.attr["strides"].list.i) != [1] * 4 or crops[:, 0].any() or node.attr["padding"].s != b"VALID":
            return node.input[0], node.name, {}
        if (added == total).all() and (pads[:, 0] == total // 2).all():
            return before.input[0], after, {"dilation_rate": tuple(block.tolist()), "padding": "same"}
        if not added.any() and not pads[:, 0].any():
            return before.input[0], after, {"dilation_rate": tuple(block.tolist()), "padding": "valid"}
        return node.input[0], node.name, {}

    def _bias(self, name: str, outputs: int) -> tuple[np.ndarray | None, str, int]:
        """What the only reader of a node adds to each of its outputs: value, node, position among its inputs."""
        readers = self._readers.get(_full(name), [])
        if len(readers) == 1 and readers[0] and self._nodes[readers[0]].op in _BIAS:
            total = self._nodes[readers[0]]
            position = 1 if _full(total.input[0]) == _full(name) else 0
            value = value_of(self._nodes, total.input[position])
            if value is not None and value.shape == (outputs,):
                return value, total.name, position
        return None, "", 1

    def _lift_operator(self, node) -> None:
        if node.op not in LAYERS:
            return
        constants = {i: value_of(self._nodes, name) for i, name in enumerate(node.input)}
        variables = [self._tensor(_full(name)) for i, name in enumerate(node.input) if constants[i] is None]
        made = layer_of(node, variables, constants)
        if made is not None:
            self._made[_full(node.name)] = made

    def _tensor(self, name: str):
        """The Keras tensor for a tensor of the graph; what is missing up to it becomes one piece."""
        if name in self._made:
            return self._made[name]
        members, reads, stack = set(), [], [node_of(name)]
        while stack:
            node = self._nodes[stack.pop()]
            if node.name in members:
                continue
            members.add(node.name)
            for tensor in map(_full, node.input):
                if tensor in self._made:
                    reads += [tensor] if tensor not in reads else []
                else:
                    stack.append(node_of(tensor))
        self._add_piece(members, reads)
        return self._made[name]

    def _add_piece(self, members: set[str], reads: list[str]) -> None:
        piece = tf.compat.v1.GraphDef(versions=self._graph.definition.versions)
        ordered = [node for node in self._graph.definition.node if node.name in members]
        names = {tensor: f"read_{i}" for i, tensor in enumerate(reads)}
        for tensor, name in names.items():
            placeholder = piece.node.add(name=name, op="Placeholder")
            placeholder.attr["dtype"].type = self._made[tensor].dtype.as_datatype_enum
        for node in ordered:
            copy = piece.node.add()
            copy.CopyFrom(node)
            del copy.input[:]
            copy.input.extend(names.get(_full(tensor), tensor) for tensor in node.input)
        makes = [
            tensor
            for tensor, readers in self._readers.items()
            if node_of(tensor) in members - self._constant and set(readers) - members
        ]
        results = GraphPiece(piece, list(names.values()), makes)([self._made[tensor] for tensor in reads])
        self._made.update(zip(makes, results, strict=True))


def _full(tensor: str) -> str:
    return tensor if ":" in tensor else f"{tensor}:0"


# The first axis of a kernel that numbers outputs.
_FIRST_OUTPUT = {"Conv2D": 3, "DepthwiseConv2dNative": 2, "MatMul": 1, "BatchMatMulV2": 1}


def _is_known(node, kernel: np.ndarray) -> bool:
    """Whether a Keras layer does what a node with a constant second input does."""
    if node.op not in _FIRST_OUTPUT or kernel.dtype != np.float32:
        return False
    if node.op in ("MatMul", "BatchMatMulV2"):
        return kernel.ndim == 2 and not (_flag(node, "transpose_a") or _flag(node, "adj_x"))
    return node.attr["padding"].s in (b"SAME", b"VALID") and node.attr["data_format"].s == b"NHWC"


def _is_pointwise(node, kernel: np.ndarray, inputs: int) -> bool:
    """Whether a convolution is one matrix product a pixel."""
    return node.op == "Conv2D" and kernel.shape[:3] == (1, 1, inputs) and list(node.attr["strides"].list.i) == [1] * 4


def _layer(node, kernel: np.ndarray, outputs: int, inputs: int, dilation: dict, options: dict):
    if node.op in ("MatMul", "BatchMatMulV2"):
        return tf_keras.layers.Dense(outputs, **options)
    options = {
        "kernel_size": kernel.shape[:2],
        "strides": tuple(node.attr["strides"].list.i[1:3]),
        "dilation_rate": tuple(node.attr["dilations"].list.i[1:3]),
        "padding": node.attr["padding"].s.decode().lower(),
        **dilation,
        **options,
    }
    if node.op == "DepthwiseConv2dNative":
        return tf_keras.layers.DepthwiseConv2D(depth_multiplier=kernel.shape[3], **options)
    return tf_keras.layers.Conv2D(outputs, groups=inputs // kernel.shape[2], **options)


def _transposes(node) -> bool:
    return _flag(node, "transpose_b") or _flag(node, "adj_y")


def _flag(node, name: str) -> bool:
    """An attribute; asking for one that is not there would make it."""
    return name in node.attr and node.attr[name].b
