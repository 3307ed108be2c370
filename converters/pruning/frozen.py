"""A SavedModel as one flat graph whose weights are constants, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from converters.errors import prune_error
from converters.quiet import Quiet
from converters.sources.tensorflow_heads import node_of

_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class FrozenGraph:
    """A graph of one input and one output without variables, functions and control inputs.

    Attributes:
        output: Name of the tensor, "node:0".
        shape: Shape of the input, NHWC.
    """

    definition: tf.compat.v1.GraphDef
    input: str
    output: str
    keys: tuple[str, str]
    shape: tuple[int, ...]


def load(folder: Path) -> FrozenGraph:
    """Reads the serving_default signature of a SavedModel.

    Raises:
        ConversionError: There is none, or it has more than one input or output.
    """
    if not (folder / "saved_model.pb").is_file():
        raise prune_error(f"{folder}: expected a SavedModel, found none")
    with Quiet():
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures[_SIGNATURE]
        inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
        if len(inputs) != 1 or len(outputs) != 1:
            raise prune_error(f"{folder}: expected one input and one output, found {len(inputs)} and {len(outputs)}")
        frozen = convert_variables_to_constants_v2(signature)
    ((key, spec),) = inputs.items()
    source, result = frozen.inputs[0].op.name, frozen.outputs[0].name
    definition = frozen.graph.as_graph_def()
    for node in definition.node:
        data = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(data)
    return FrozenGraph(needed(definition, result), source, result, (key, next(iter(outputs))), tuple(spec.shape))


def needed(definition: tf.compat.v1.GraphDef, output: str) -> tf.compat.v1.GraphDef:
    """The nodes that a tensor depends on, each behind those that it reads."""
    nodes = {node.name: node for node in definition.node}
    done: set[str] = set()
    result = tf.compat.v1.GraphDef(versions=definition.versions)
    stack = [node_of(output)]
    while stack:
        waiting = [read for read in map(node_of, nodes[stack[-1]].input) if read not in done]
        if waiting:
            stack += waiting
            continue
        name = stack.pop()
        if name not in done:
            done.add(name)
            result.node.append(nodes[name])
    return result


def value_of(nodes: dict[str, tf.compat.v1.NodeDef], tensor: str) -> np.ndarray | None:
    """The value of a constant, also behind Identity; None for anything that depends on the input."""
    node = nodes[node_of(tensor)]
    while node.op == "Identity":
        node = nodes[node_of(node.input[0])]
    return tf.make_ndarray(node.attr["value"].tensor) if node.op == "Const" else None


def set_constant(definition: tf.compat.v1.GraphDef, reader: str, position: int, value: np.ndarray) -> None:
    """Gives a node an input of its own, a constant that no other node reads."""
    node = next(node for node in definition.node if node.name == reader)
    name = f"{reader}/constant_{position}"
    made = definition.node.add(name=name, op="Const")
    made.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
    made.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    node.input[position] = name


def save(graph: FrozenGraph, folder: Path) -> None:
    """Writes a SavedModel with the signature that the graph was loaded with."""
    definition = needed(graph.definition, graph.output)
    module = tf.Module()
    with Quiet():
        module.forward = tf.function(
            lambda x: {graph.keys[1]: run(definition, {graph.input: x}, [graph.output])[0]},
            input_signature=[tf.TensorSpec(graph.shape, tf.float32, graph.keys[0])],
        )
        tf.saved_model.save(module, str(folder), signatures={_SIGNATURE: module.forward})


def forward(graph: FrozenGraph) -> Callable[[np.ndarray], np.ndarray]:
    """Runs the graph on float32 arrays of its shape."""
    function = tf.function(lambda x: run(graph.definition, {graph.input: x}, [graph.output])[0], autograph=False)
    concrete = function.get_concrete_function(tf.TensorSpec(graph.shape, tf.float32))
    return lambda x: concrete(tf.constant(x)).numpy()


def run(definition: tf.compat.v1.GraphDef, values: dict[str, tf.Tensor], wanted: list[str]) -> list[tf.Tensor]:
    """Puts a GraphDef into the graph that is being built."""
    body = tf.compat.v1.GraphDef(versions=definition.versions)
    body.node.extend(node for node in definition.node if node.op != "Placeholder")
    values = {f"{name}:0": value for name, value in values.items()}
    return tf.graph_util.import_graph_def(body, input_map=values, return_elements=wanted, name="")
