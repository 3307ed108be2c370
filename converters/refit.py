"""Stage ONNX -> ONNX: convolutions behind an approximated activation are fitted to what the exact graph computes.

x * sigmoid(1.702 x) is not GELU; its error is small, but the same in every layer, and adds up. Each
1x1 convolution that reads such an activation is replaced by the one that, fed with the approximated
activations, comes nearest (least squares, ridge around the old weights) to the exact graph's output
on calibration data. From the first layer to the last, so that each also corrects what came before it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from converters import parity
from converters.rewrites.graph import constant, save

# Weight of the old kernel against the data, as a share of the inputs' mean power.
RIDGE = 1e-2


def refit(source: Path, exact: Path, target: Path, tensors: Sequence[np.ndarray], ridge: float = RIDGE) -> int:
    """Writes `source` with refitted convolutions to `target`.

    Args:
        source: ONNX file with approximated activations, NCHW, input "x".
        exact: The same graph with the exact ones; tensors between the activations have the same names.
        tensors: float32 NHWC calibration inputs.
        ridge: 0 fits the data alone; large values keep the old weights.

    Returns:
        The number of convolutions that were fitted.
    """
    graph = gs.import_onnx(onnx.load(source))
    names = [node.outputs[0].name for node in graph.nodes if _reads_silu(node)]
    wanted = dict(zip(names, _values(onnx.load(exact), names, tensors), strict=True))
    for name in names:
        node = next(node for node in graph.nodes if node.outputs and node.outputs[0].name == name)
        (x,) = _values(gs.export_onnx(graph), [node.inputs[0].name], tensors)
        _fit(node, _rows(x), _rows(wanted.pop(name)), ridge)
    save(graph, target)
    return len(names)


def _reads_silu(node: gs.Node) -> bool:
    """Whether a node is a 1x1 convolution of z * sigmoid(z) whose own output feeds no such product."""
    if node.op != "Conv" or tuple(node.inputs[1].shape[2:]) != (1, 1) or node.attrs.get("group", 1) != 1:
        return False
    if any(reader.op == "Sigmoid" for reader in node.outputs[0].outputs):
        return False  # its output was scaled for the next activation
    product = node.inputs[0].inputs[0] if node.inputs[0].inputs else None
    if product is None or product.op != "Mul":
        return False
    first, second = product.inputs
    return any(
        gate.inputs and gate.inputs[0].op == "Sigmoid" and gate.inputs[0].inputs[0] is z
        for z, gate in ((first, second), (second, first))
    )


def _values(model: onnx.ModelProto, names: list[str], tensors: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """The named tensors of a model for every input, NCHW."""
    model.ir_version = min(model.ir_version, 9)
    runs = parity.onnx_values(model, names, tensors, "ORT_ENABLE_ALL")
    return [list(values) for values in zip(*runs, strict=True)]


def _rows(values: list[np.ndarray]) -> np.ndarray:
    """NCHW arrays as one float64 matrix, a row a pixel."""
    return np.concatenate([v.transpose(0, 2, 3, 1).reshape(-1, v.shape[1]) for v in values]).astype(np.float64)


def _fit(node: gs.Node, x: np.ndarray, y: np.ndarray, ridge: float) -> None:
    """Solves for the kernel and bias that map x [P, C] to y [P, K], near the old kernel."""
    old = node.inputs[1].values[:, :, 0, 0].astype(np.float64)
    mean_x, mean_y = x.mean(0), y.mean(0)
    centred = x - mean_x
    gram = centred.T @ centred / len(x)
    penalty = ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
    # Normal equations of |(old + d) x - y|^2 + ridge |d|^2 for the change d.
    rest = y - mean_y - centred @ old.T
    kernel = old + np.linalg.solve(gram + penalty, centred.T @ rest / len(x)).T
    bias = mean_y - kernel @ mean_x
    node.inputs = [node.inputs[0], constant(kernel[:, :, None, None]), constant(bias)]
