"""Says which operator of which node TensorFlow Lite does not have, out of the converter's long answer."""

import re
from collections.abc import Sequence
from pathlib import Path

from converters.converter_process import CRASHED
from converters.errors import ConversionError

_OPERATORS = re.compile(r"'?tf\.([A-Z]\w+)'?(?=\(| op is neither)")
# Recurrence in TensorFlow; in ONNX these are RECURRENT.
LOOPS = ("While", "StatelessWhile", "Enter", "TensorListReserve", "UnidirectionalSequenceLSTM")
RECURRENT = ("LSTM", "GRU", "RNN", "Loop", "Scan")


def explained(error: ConversionError, saved_model: Path) -> ConversionError:
    """The same error with operators and nodes, where it is about operators that cannot be converted."""
    if CRASHED in str(error):
        loops = [f"{op} (node {names[0]})" for op, names in sorted(_nodes(saved_model, LOOPS).items())]
        named = f" at a graph with {', '.join(loops[:3])}" if loops else ""
        return ConversionError(
            error.stage,
            f'{error.reason}{named}; keep this network in float32: "quantized": false in its description, or '
            "--precision float32",
        )
    operators = sorted(set(_OPERATORS.findall(str(error))))
    if not operators:
        return error
    nodes = _nodes(saved_model, operators)
    listed = "; ".join(f"{operator} (node {', '.join(nodes.get(operator, ['?'])[:3])})" for operator in operators)
    return ConversionError(
        error.stage,
        f"TensorFlow Lite has no operator for {listed}; take the part that holds it out of the graph (a training "
        "graph has to be exported for inference first)",
    )


def _nodes(saved_model: Path, operators: Sequence[str]) -> dict[str, list[str]]:
    """Names of the nodes of some operators, anywhere in a SavedModel."""
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString((saved_model / "saved_model.pb").read_bytes())
    found: dict[str, list[str]] = {}
    for meta in model.meta_graphs:
        functions = [node for function in meta.graph_def.library.function for node in function.node_def]
        for node in (*meta.graph_def.node, *functions):
            if node.op in operators:
                found.setdefault(node.op, []).append(node.name)
    return found
