"""Stage ONNX -> ONNX before int8: channels of one tensor are given similar ranges, the function stays the same.

Activations have one quantization step a tensor, so a channel of small range next to one of large range is
left with few of the 256 values. Between linear operators a channel may be scaled freely if what makes
it is scaled and what reads it divides: cross-layer equalization (Nagel et al., arXiv 1906.04721, section
4.1), with the balance between activations and weights of SmoothQuant (Xiao et al., arXiv 2211.10438, equation 4).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs

from converters import parity
from converters.rewrites.graph import constant, save

# No channel is scaled by more than this against the widest one: nearly dead channels need no resolution.
_LARGEST_FACTOR = 64.0

# Operators that keep the scale of each channel of their inputs: y(s x) = s y(x) for s > 0.
_PASS_ON = {"Relu", "MaxPool", "AveragePool", "GlobalAveragePool"}


def equalize(source: Path, target: Path, tensors: Sequence[np.ndarray], balance: float) -> int:
    """Writes `source` with equalized channels to `target`.

    Args:
        source: ONNX file, NCHW, input "x".
        tensors: float32 NHWC calibration inputs.
        balance: Part of the difference in range that moves from the activations into the weights: 0 changes nothing,
            1 makes all channels of a group equally wide.

    Returns:
        The number of groups of tensors that were scaled.
    """
    graph = gs.import_onnx(onnx.load(source))
    groups = _groups(graph)
    ranges = _channel_ranges(source, {name for group in groups for name in group}, tensors)
    factors = {}
    for group in groups:
        factors.update(dict.fromkeys(group, _factors([ranges[name] for name in sorted(group)], balance)))
    _scale(graph, factors)
    save(graph, target)
    return len(groups)


def _groups(graph: gs.Graph) -> list[set[str]]:
    """Sets of tensors that must share their factors, and may have any."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            name = parent[name]
        return name

    fixed = {tensor.name for tensor in (*graph.inputs, *graph.outputs)}
    for node in graph.nodes:
        variables = [tensor for tensor in node.inputs if isinstance(tensor, gs.Variable)]
        if _is_simple(node) or _joins_for_convolutions(node):
            continue
        if node.op in _PASS_ON or (node.op == "Add" and len(variables) == 2 and _same_shape(variables)):
            tied = [*variables, node.outputs[0]]
        elif node.op == "Mul" and (x := _gated(node)) is not None:
            tied = [x, node.outputs[0]]
            fixed |= {tensor.name for tensor in variables if tensor is not x}
        else:
            fixed |= {tensor.name for tensor in (*variables, *node.outputs)}
            continue
        for tensor in tied[1:]:
            parent[root(tensor.name)] = root(tied[0].name)
    members: dict[str, set[str]] = {}
    for tensor in graph.tensors().values():
        if isinstance(tensor, gs.Variable) and tensor.shape and len(tensor.shape) == 4:
            members.setdefault(root(tensor.name), set()).add(tensor.name)
    joined = {node.outputs[0].name for node in graph.nodes if _joins_for_convolutions(node)}
    blocked = {root(name) for name in fixed | joined}
    return [group for key, group in members.items() if key not in blocked]


def _is_simple(node: gs.Node) -> bool:
    """A dense or depthwise convolution with constant weights."""
    if node.op != "Conv" or not all(isinstance(tensor, gs.Constant) for tensor in node.inputs[1:]):
        return False
    weight = node.inputs[1].values
    group = node.attrs.get("group", 1)
    return group == 1 or (group == weight.shape[0] and weight.shape[1] == 1)


def _joins_for_convolutions(node: gs.Node) -> bool:
    """A concatenation of channels that only dense convolutions read: they can divide each part by its own factors."""
    if node.op != "Concat" or node.attrs.get("axis") != 1:
        return False
    if not all(isinstance(tensor, gs.Variable) for tensor in node.inputs):
        return False
    readers = node.outputs[0].outputs
    return bool(readers) and all(_is_simple(reader) and reader.attrs.get("group", 1) == 1 for reader in readers)


def _same_shape(tensors: Iterable[gs.Variable]) -> bool:
    first, *others = [tensor.shape for tensor in tensors]
    return all(shape == first for shape in others)


def _gated(node: gs.Node):
    """The large factor of x * gate, gate [N, C, 1, 1]; None for other products."""
    first, second = node.inputs
    for x, gate in ((first, second), (second, first)):
        if isinstance(x, gs.Variable) and gate.shape is not None and len(gate.shape) == 4 and len(x.shape or ()) == 4:
            if list(gate.shape[2:]) == [1, 1] and list(x.shape[2:]) != [1, 1]:
                return x
    return None


def _channel_ranges(source: Path, names: set[str], tensors: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Largest absolute value of every channel of the named tensors."""
    ordered, ranges = sorted(names), {}
    for values in parity.onnx_values(onnx.load(source), ordered, tensors, "ORT_ENABLE_BASIC"):
        for name, value in zip(ordered, values, strict=True):
            ranges[name] = np.maximum(ranges.get(name, 0), np.abs(value).max(axis=(0, 2, 3)))
    return ranges


def _factors(ranges: Sequence[np.ndarray], balance: float) -> np.ndarray:
    """What each channel of a group is multiplied by; the widest channel keeps its range."""
    # Every tensor of the group counts alike, whatever its own range.
    logs = [np.log(np.maximum(r / max(r.max(), 1e-12), 1 / _LARGEST_FACTOR)) for r in ranges]
    mean = np.mean(logs, axis=0)
    return np.exp(-balance * (mean - mean.max())).astype(np.float32)


def _scale(graph: gs.Graph, factors: dict[str, np.ndarray]) -> None:
    """Multiplies channels where convolutions make them, divides where convolutions read them."""
    for node in graph.nodes:
        if node.op != "Conv":
            continue
        made, read = factors.get(node.outputs[0].name), _read_factors(node.inputs[0], factors)
        if made is not None:
            node.inputs[1] = constant(node.inputs[1].values * made.reshape(-1, 1, 1, 1))
            if len(node.inputs) > 2:
                node.inputs[2] = constant(node.inputs[2].values * made)
        if read is not None:
            shape = (1, -1, 1, 1) if node.attrs.get("group", 1) == 1 else (-1, 1, 1, 1)
            node.inputs[1] = constant(node.inputs[1].values / read.reshape(shape))


def _read_factors(tensor: gs.Variable, factors: dict[str, np.ndarray]) -> np.ndarray | None:
    """The factors of a tensor, put together from its parts when it is a concatenation."""
    join = tensor.inputs[0] if tensor.inputs and _joins_for_convolutions(tensor.inputs[0]) else None
    if join is None:
        return factors.get(tensor.name)
    parts = [factors.get(part.name, np.ones(part.shape[1], np.float32)) for part in join.inputs]
    return np.concatenate(parts)
