"""Recognisers with LSTM or GRU layers of one or both directions out of ONNX files, cut as EasyOCR's (converters.lstm).

Convolutions become one network, which int8 suits; each recurrent layer becomes the network of one step; what lies
between and behind them, linear layers alone, becomes 1x1 convolutions. What is built otherwise is left whole.
"""

import functools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import torch
from torch import nn

from converters import lstm, onnx_rewrite, saved_model
from converters.errors import ConversionError
from converters.lstm import RecognizerPart
from converters.plan import PlannedNetwork
from converters.rewrites.graph import save, weights
from converters.sources import onnx_graphs
from converters.sources.onnx_facts import RecognizerFacts

# Where PyTorch's gates (i, f, g, o; r, z, n) stand in ONNX (i, o, f, c; z, r, h).
_GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2)}
_LAYERS = {"LSTM": nn.LSTM, "GRU": nn.GRU}
_ACTIVATIONS = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
_AVERAGES = ("ReduceMean", "AveragePool", "GlobalAveragePool")
_MEAN = "\nmean"  # behind the name of a tensor whose rows are averaged


class _Other(Exception):
    """The graph has another structure than expected; the message says which."""


def cut(path: Path, facts: RecognizerFacts, shape: Sequence[int]) -> tuple[tuple[RecognizerPart, ...], str]:
    """Cuts the network of an ONNX file.

    Args:
        shape: NCHW, of the crops at which it is looked at.

    Returns:
        The parts behind the convolutions in the order in which they run, and which tensor they read, as write_features
        wants it; or none, and why the network has to stay whole.
    """
    try:
        model = onnx.load(path)
        simple = onnx_rewrite.simplify(model, {gs.import_onnx(model).inputs[0].name: shape})
        graph = gs.import_onnx(simple).fold_constants().toposort()
        output = next(tensor for tensor in graph.outputs if facts.output in (None, tensor.name))
        if facts.probabilities:
            output = onnx_graphs.last_operation(output).inputs[0]
        layers = [node for node in graph.nodes if node.op in _LAYERS]
        with torch.no_grad():
            found = _parts(graph, layers, output)
        columns = _columns(layers[0])
        if columns.partition(_MEAN)[0] not in gs.import_onnx(model).tensors():
            raise _Other(f"the tensor {columns} is not in the file")
        _require_same(path, facts, shape, columns, found)
        return found, columns
    except _Other as other:
        return (), str(other)
    except ConversionError as error:
        return (), error.reason


def _parts(graph: gs.Graph, layers: list[gs.Node], output: gs.Tensor) -> tuple[RecognizerPart, ...]:
    if not layers or any(node.op in ("RNN", "Loop", "Scan") for node in graph.nodes):
        raise _Other("it has other recurrent layers than LSTM and GRU")
    rnns = [_layer(node) for node in layers]
    shape = layers[0].inputs[0].shape
    if not shape or len(shape) != 3 or not all(isinstance(size, int) for size in shape) or shape[1] != 1:
        raise _Other(f"the {layers[0].op} reads a tensor of shape {shape}")
    ends = [*layers[1:], None]
    behind = [
        _chosen(node, rnn.hidden_size) + _linear(node.outputs[0], end, output)
        for node, rnn, end in zip(layers, rnns, ends, strict=True)
    ]
    return lstm.cut_layers(rnns, behind, shape[0])


def _columns(first: gs.Node) -> str:
    """Name of the images of one row that the first LSTM reads, or of higher ones whose rows are averaged (_MEAN).

    Exporters squeeze and transpose images to [frames, 1, channels] in front of it.
    """
    tensor, averaged = first.inputs[0], False
    frames, _, channels = tensor.shape
    while tensor.inputs and tensor.inputs[0].op in (*onnx_graphs.MOVING, *_AVERAGES):
        averaged |= tensor.inputs[0].op in _AVERAGES
        tensor = tensor.inputs[0].inputs[0]
    shape = list(tensor.shape or ())
    one_row = len(shape) == 4 and (averaged or shape[2] == 1)
    if not one_row or (shape[0], shape[1], shape[3]) != (1, channels, frames):
        raise _Other(f"the {first.op} reads {shape} as {frames} frames of {channels} channels")
    return tensor.name + ("" if shape[2] == 1 else _MEAN)


def _layer(node: gs.Node) -> nn.LSTM | nn.GRU:
    """An ONNX LSTM or GRU as PyTorch's."""
    called, gates = f"{node.op} (node {node.name or node.outputs[0].name})", _GATES[node.op]
    _require_plain(node, called)
    inputs = [*node.inputs, *([None] * 4)][:4]
    kernel, recurrent = weights(node, 1), weights(node, 2)
    bias = weights(node, 3) if inputs[3] is not None and not inputs[3].is_empty() else None
    if kernel is None or recurrent is None:
        raise _Other(f"{called} computes its weights")
    hidden, sides = recurrent.shape[2], _sides(node)
    half = len(gates) * hidden
    bias = np.zeros((len(sides), 2 * half), np.float32) if bias is None else bias
    layer = _LAYERS[node.op](kernel.shape[2], hidden, bidirectional=True)
    for parameter in layer.parameters():  # of a direction that is not there
        parameter.zero_()
    for i, suffix in enumerate(sides):
        values = {
            "weight_ih": kernel[i],
            "weight_hh": recurrent[i],
            "bias_ih": bias[i, :half],
            "bias_hh": bias[i, half:],
        }
        for key, value in values.items():
            blocks = np.split(value, len(gates))
            ordered = np.concatenate([blocks[gate] for gate in gates])
            getattr(layer, f"{key}_l0{suffix}").copy_(torch.from_numpy(ordered))
    return layer


def _require_plain(node: gs.Node, called: str) -> None:
    """Refuses what PyTorch's layers cannot do."""
    attributes, count = node.attrs, len(_sides(node))
    plain = not attributes.get("clip") and not attributes.get("input_forget") and not attributes.get("layout")
    plain &= node.op == "LSTM" or bool(attributes.get("linear_before_reset"))
    usual = _ACTIVATIONS[node.op] * count
    activations = [str(one).lower() for one in attributes.get("activations") or usual]
    if not plain or activations != usual or any(out.outputs for out in node.outputs[1:]):
        raise _Other(f"{called} has other options than PyTorch's")
    initial = [one for one in node.inputs[4:] if one is not None and not one.is_empty()]
    if any(not isinstance(one, gs.Constant) for one in initial) or any(
        np.any(one.values) for one in initial if one.values.dtype == np.float32
    ):
        raise _Other(f"{called} starts from a state, or ends early")


def _sides(node: gs.Node) -> tuple[str, ...]:
    """Endings of PyTorch's names for the directions that a layer has."""
    direction = node.attrs.get("direction", "forward")
    direction = direction.decode() if isinstance(direction, bytes) else direction
    return {"forward": ("",), "reverse": ("_reverse",), "bidirectional": ("", "_reverse")}[direction]


def _chosen(node: gs.Node, hidden: int) -> list[nn.Module]:
    """What takes the direction that a layer has out of both, of which the step always has two."""
    sides = _sides(node)
    if len(sides) == 2:
        return []
    layer = nn.Linear(2 * hidden, hidden)
    layer.weight.zero_()
    layer.weight[:, hidden if sides[0] else 0 :][:, :hidden].copy_(torch.eye(hidden))
    layer.bias.zero_()
    return [layer]


def _linear(tensor: gs.Tensor, end: gs.Node | None, output: gs.Tensor) -> list[nn.Module]:
    """The layers between the output of a recurrent layer and the next one, or the network's output."""
    found: list[nn.Module] = []
    while not (end is None and tensor is output):
        if len(tensor.outputs) != 1:
            raise _Other(f"{tensor.name} is read {len(tensor.outputs)} times")
        node = tensor.outputs[0]
        if node is end and node.inputs[0] is tensor:
            break
        if node.op == "Relu":
            found.append(nn.ReLU())
        elif node.op in ("MatMul", "Gemm"):
            found.append(_matrix(node, tensor))
        elif node.op == "Add" and found and isinstance(found[-1], nn.Linear):
            value = next((one.values for one in node.inputs if isinstance(one, gs.Constant)), None)
            if value is None or value.size != found[-1].out_features:
                raise _Other(f"Add (node {node.name}) adds something else than a bias")
            found[-1].bias.add_(torch.from_numpy(value.reshape(-1).copy()))
        elif node.op not in onnx_graphs.MOVING:
            raise _Other(f"{saved_model.named(node.op, node.name)} lies behind a recurrent layer")
        tensor = node.outputs[0]
    return found


def _matrix(node: gs.Node, tensor: gs.Tensor) -> nn.Linear:
    matrix = weights(node, 1)
    if node.inputs[0] is not tensor or matrix is None or matrix.ndim != 2:
        raise _Other(f"{saved_model.named(node.op, node.name)} lies behind a recurrent layer and is no linear layer")
    attributes = node.attrs
    if attributes.get("transA") or attributes.get("alpha", 1.0) != 1 or attributes.get("beta", 1.0) != 1:
        raise _Other(f"Gemm (node {node.name}) is no linear layer")
    matrix = matrix if attributes.get("transB") else matrix.T
    layer = nn.Linear(matrix.shape[1], matrix.shape[0])
    layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(matrix)))
    bias = weights(node, 2)
    layer.bias.copy_(torch.zeros(matrix.shape[0]) if bias is None else torch.from_numpy(bias.reshape(-1).copy()))
    return layer


def _require_same(
    path: Path, facts: RecognizerFacts, shape: Sequence[int], columns: str, parts: tuple[RecognizerPart, ...]
) -> None:
    """Compares the parts with the whole on noise, so that no wrong cut is ever taken."""
    x = np.random.default_rng(0).normal(0, 1, tuple(shape)).astype(np.float32)
    session = onnx_graphs.Session(path)
    logits = session.run(x, facts.output or session.outputs[0])
    with tempfile.TemporaryDirectory() as folder:
        found = lstm.run(parts, _features(path, facts, columns, Path(folder))(x))[0]
    if facts.output_layout == "NCT":
        logits = logits.reshape(logits.shape[1], -1).T
    logits = logits.reshape(found.shape) if logits.size == found.size else None
    if logits is None:
        raise _Other(f"its parts give {found.shape}, the whole another size")
    if facts.probabilities:
        found = np.exp(found - found.max(1, keepdims=True))
        found /= found.sum(1, keepdims=True)
    error = float(np.abs(found - logits).max() / np.abs(logits).max())
    if not error <= saved_model.EXACT:
        raise _Other(f"its parts are {error:.2g} of the largest output away from the whole")


def _features(path: Path, facts: RecognizerFacts, columns: str, folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """The part before the first LSTM as a function; its file lies in a folder for that long."""
    target = folder / "features.onnx"
    write_features(path, facts, columns, target)
    session = onnx_graphs.Session(target)
    return lambda x: session.run(x, session.outputs[0])


def write_features(source: Path, facts: RecognizerFacts, columns: str, target: Path) -> None:
    """Writes all that lies before the first LSTM, with input "x" and feature columns [1, channels, 1, frames]."""
    graph = onnx_graphs.opened(source, facts.output)
    name, mean, _ = columns.partition(_MEAN)
    found = graph.tensors()[name]
    if mean:
        found = onnx_graphs.reduced(graph, "ReduceMean", found)
    found.dtype, found.shape = np.float32, ["n", "c", "h", "w"]
    graph.outputs = [found]
    save(graph.cleanup().toposort(), target)


def networks(
    path: Path, facts: RecognizerFacts, columns: str, parts: Sequence[RecognizerPart], owner: str, fingerprint: str
) -> list[PlannedNetwork]:
    """The networks behind the features; in int8 models their weights are int8 and their activations float."""
    inputs = functools.partial(_samples, path, facts, columns, parts)
    return lstm.networks(parts, "recognizer", owner, fingerprint, inputs, first=1, quantized=facts.quantized)


def _samples(
    path: Path,
    facts: RecognizerFacts,
    columns: str,
    parts: Sequence[RecognizerPart],
    stage: int,
    crops: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """What a part reads when the convolutions read these crops (NHWC, as the result)."""
    with tempfile.TemporaryDirectory() as folder:
        forward = _features(path, facts, columns, Path(folder))
        features = [forward(np.ascontiguousarray(crop.transpose(0, 3, 1, 2))) for crop in crops]
    inputs = [lstm.trace(parts, one)[0][stage - 1] for one in features]
    return [np.ascontiguousarray(tensor.transpose(0, 2, 3, 1)) for tensor in inputs]
