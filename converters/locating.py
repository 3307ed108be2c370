"""Which operator a conversion gets wrong: the graph is cut behind one node after the other, and what is left converted.

Only networks that are refused are looked at, so that the message can name the node.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from converters.rewrites.graph import tidy

Wrong = Callable[[onnx.ModelProto], bool]


def first_wrong(model: onnx.ModelProto, wrong: Wrong) -> onnx.NodeProto:
    """A node whose output is wrong while all its inputs are right, found by bisection.

    Args:
        model: A graph that is wrong as a whole, its nodes in topological order.
        wrong: Whether a part of it, from the input to one tensor, is converted to something else.
    """
    nodes = list(model.graph.node)
    places = {name: place for place, node in enumerate(nodes) for name in node.output}
    floats = {info.name for info in model.graph.value_info if info.type.tensor_type.elem_type == onnx.TensorProto.FLOAT}
    known: dict[int, bool] = {}

    def is_wrong(place: int) -> bool:
        if place not in known:
            name = nodes[place].output[0]
            known[place] = name in floats and wrong(ending_at(model, name))
        return known[place]

    last = places[model.graph.output[0].name]
    known[last] = True
    while True:
        right = -1
        while last - right > 1:
            middle = (right + last) // 2
            right, last = (right, middle) if is_wrong(middle) else (middle, last)
        before = [places[name] for name in nodes[last].input if name in places and is_wrong(places[name])]
        if not before:
            return nodes[last]
        last = min(before)


def ending_at(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """The part of a graph that makes one tensor, as a graph of its own."""
    graph = gs.import_onnx(model)
    graph.outputs = [graph.tensors()[name]]
    part = gs.export_onnx(tidy(graph))
    part.ir_version = model.ir_version
    return part


def difference(wanted: np.ndarray, found: np.ndarray) -> float:
    """Largest difference by the largest value, in whichever order of axes is nearest; infinite for other sizes."""
    orders = itertools.permutations(range(found.ndim)) if found.ndim == wanted.ndim else ()
    turned: Sequence[np.ndarray] = [found.transpose(order) for order in orders]
    errors = [float(np.abs(wanted - one).max()) for one in turned if one.shape == wanted.shape]
    return min(errors, default=np.inf) / max(float(np.abs(wanted).max()), 1e-12)
