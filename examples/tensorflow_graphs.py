"""Writes a SavedModel in the older forms in which text detectors of TensorFlow are found, to try their conversion.

    python examples/tensorflow_graphs.py artifacts/ppocr/.build/detector/saved_model out/graphs

makes out/graphs/frozen.pb, and out/graphs/model.meta with the checkpoint out/graphs/model.ckpt.*; needs TensorFlow.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tflite_ocr import ArtifactError

tf1 = tf.compat.v1
WEIGHTS = 64  # constants of at least this many numbers become variables of the checkpoint


def frozen_graph(folder: Path) -> tf1.GraphDef:
    """The graph of serving_default with its weights as constants."""
    if not (folder / "saved_model.pb").is_file():
        raise ArtifactError(f"{folder}: expected a SavedModel, found none; run `make convert` first")
    function = tf.saved_model.load(str(folder)).signatures["serving_default"]
    definition = convert_variables_to_constants_v2(function).graph.as_graph_def()
    outputs = {node.name for node in definition.node} - {name for node in definition.node for name in node.input}
    with tf.Graph().as_default() as graph:  # the output's node gets the name that it has in the signature
        (output,) = tf1.import_graph_def(definition, return_elements=[f"{outputs.pop()}:0"], name="")
        tf.identity(output, name=next(iter(function.structured_outputs)))
    return graph.as_graph_def()


def write_checkpoint(definition: tf1.GraphDef, folder: Path) -> None:
    """Writes the same graph with variables in place of its larger constants, as a training run leaves it."""
    weights = {
        node.name: tf.make_ndarray(node.attr["value"].tensor)
        for node in definition.node
        if node.op == "Const" and node.attr["dtype"].type == tf.float32.as_datatype_enum
    }
    weights = {name: values for name, values in weights.items() if np.size(values) >= WEIGHTS}
    with tf.Graph().as_default(), tf1.Session() as session:
        variables = {
            f"{name}:0": tf.identity(tf1.get_variable(f"weights_{i}", initializer=values, use_resource=False))
            for i, (name, values) in enumerate(weights.items())
        }
        tf1.import_graph_def(definition, input_map=variables, name="")
        session.run(tf1.global_variables_initializer())
        saver = tf1.train.Saver()
        saver.save(session, str(folder / "model.ckpt"), write_meta_graph=False)
        saver.export_meta_graph(str(folder / "model.meta"))


if __name__ == "__main__":
    source, target = (Path(word) for word in sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    graph = frozen_graph(source)
    (target / "frozen.pb").write_bytes(graph.SerializeToString())
    write_checkpoint(graph, target)
    print(*sorted(str(path) for path in target.iterdir()), sep="\n")
