"""Stage ONNX -> ONNX with fewer channels: what is left is a smaller dense network, faster on every CPU.

Which channels belong together (what makes them, what adds to them, what reads them) torch-pruning finds
out from the network's own gradient graph (DepGraph, Fang et al. 2023, arXiv 2301.12900); the groups of least
norm go. The smaller network then learns to give what the whole one gives on calibration images. Its
weights are written back into the old ONNX graph, so that the rewrites behind find what they always find.
"""

import copy
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import onnxsim
import torch

from converters.errors import ConversionError
from converters.pruning.options import LARGEST_LOGIT, ChannelOptions
from converters.rewrites.convolutions import explicit_padding
from converters.rewrites.graph import constant, save, sole_consumer, take_over, weights
from converters.sources.torchvision_shim import ensure_torchvision

LEARNING_RATE = 1e-3
# Channel counts are multiples of this: XNNPACK's kernels make this many at once.
ROUND_TO = 8
# Channels go a few at a time, with learning between, where there are steps enough for it.
ROUNDS, _ROUND_STEPS = 6, 80
_CONVOLUTIONS = ("Conv", "ConvTranspose")
# Operators that only move values.
_MOVING = {"Reshape", "Flatten", "Transpose", "Squeeze", "DepthToSpace", "Identity"}
# Operators that know how many channels they are given.
_COUNTING = {"Reshape", "Flatten", "Transpose", "Squeeze", "MatMul", "Split", "Slice", "DepthToSpace", "SpaceToDepth"}


def slim(
    source: Path,
    target: Path,
    options: ChannelOptions,
    tensors: Sequence[np.ndarray],
    progress: Callable[[int, int], None] = lambda step, steps: None,
) -> bool:
    """Takes channels out of a network and fits what is left.

    Args:
        source: ONNX file of one input "x" and one output; both keep their shapes.
        tensors: float32 NHWC inputs to learn on, all of one shape, which may be smaller than that of the network when
            it can be resized; no labels.

    Returns:
        Whether there was anything to take out; if not, `target` is the network as it was.

    Raises:
        ConversionError: There are no tensors, or PyTorch cannot run the network.
    """
    if not tensors:
        raise ConversionError("channels", "expected calibration images to learn on, found none; give --calibration DIR")
    batches = [torch.from_numpy(np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))) for tensor in tensors]
    batches = batches[: max(1, options.steps)]
    graph = _open(source, tuple(batches[0].shape))
    network = _as_torch(graph, source.name)
    torch.manual_seed(0)
    student = copy.deepcopy(network)
    # The gradient of a sigmoid vanishes where a student is surely wrong: both are compared before it.
    last = _last_sigmoid(graph)
    for module in (network, student) if last else ():
        module.set_submodule(last, torch.nn.Identity())
    wanted = _outputs(network, batches)
    if last:
        wanted = [output.clamp(-LARGEST_LOGIT, LARGEST_LOGIT) for output in wanted]
    rounds = max(1, min(ROUNDS, options.steps // _ROUND_STEPS))
    pruner, before = _pruner(student, graph, options.ratio, batches[0], rounds), _size(student)
    done = 0
    for number in range(rounds):
        pruner.step()
        end = options.steps * (number + 1) // rounds
        if _size(student) < before:  # a network that is still whole has nothing to learn
            _distill(student, batches, wanted, range(done, end), options.steps, progress)
        done = end
    fewer = _size(student) < before
    if fewer:
        _write_back(graph, student)
    whole = gs.import_onnx(onnx.load(source))
    for end, original in zip((*graph.inputs, *graph.outputs), (*whole.inputs, *whole.outputs), strict=True):
        end.shape = original.shape
    save(graph, target)
    return fewer


def _open(source: Path, shape: tuple[int, ...]) -> gs.Graph:
    """The graph at a fixed shape with names that are identifiers, constants folded."""
    model = onnx.load(source)
    del model.graph.value_info[:]
    model, _ = onnxsim.simplify(model, overwrite_input_shapes={"x": list(shape)})
    graph = gs.import_onnx(model)
    explicit_padding(graph)
    _fold_biases(graph)
    for number, node in enumerate(graph.nodes):
        node.name = f"node_{number}"
    return graph


def _fold_biases(graph: gs.Graph) -> None:
    """Constants that are added to the channels of a convolution become its bias."""
    for node in [node for node in graph.nodes if node.op in _CONVOLUTIONS and len(node.inputs) == 2]:
        total = sole_consumer(graph, node.outputs[0], "Add")
        if total is None:
            continue
        bias = next((value for value in map(partial(weights, total), (0, 1)) if value is not None), None)
        if bias is not None and bias.ndim == 4 and bias.shape[1] == bias.size > 1:
            node.inputs.append(constant(bias.reshape(-1)))
            node.outputs = [take_over(total)]
    graph.cleanup()


def _as_torch(graph: gs.Graph, name: str) -> torch.nn.Module:
    ensure_torchvision()  # onnx2torch imports it
    from onnx2torch import convert

    model = gs.export_onnx(graph)
    model.ir_version = min(model.ir_version, 9)  # the newest that onnx2torch was made for
    try:
        return convert(model).eval()
    except NotImplementedError as error:
        raise ConversionError(
            "channels", f"{name}: PyTorch cannot run it: {error}; convert without --channels"
        ) from None


def _outputs(network: torch.nn.Module, batches: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        return [network(batch) for batch in batches]


def _size(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _pruner(network: torch.nn.Module, graph: gs.Graph, ratio: float, example: torch.Tensor, rounds: int):
    """Takes channels out in place, at each step() a part of them."""
    import torch_pruning

    for parameter in network.parameters():
        parameter.requires_grad_(True)
    ends = [_layer(network, node) for node in _last_convolutions(graph)]
    return torch_pruning.pruner.BasePruner(
        network,
        example,
        importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=ratio,
        ignored_layers=ends,
        round_to=ROUND_TO,
        iterative_steps=rounds,
    )


def _last_convolutions(graph: gs.Graph) -> list[gs.Node]:
    """The convolutions whose channels somebody counts: an output, a reshaping or a matrix product behind them."""
    found, seen = [], set()
    stack = [tensor for node in graph.nodes if node.op in _COUNTING for tensor in node.inputs]
    stack += graph.outputs
    while stack:
        for node in stack.pop().inputs:
            if node.name in seen:
                continue
            seen.add(node.name)
            if node.op in (*_CONVOLUTIONS, "Gemm"):
                found.append(node)
            elif node.op not in _COUNTING:
                stack += [tensor for tensor in node.inputs if isinstance(tensor, gs.Variable)]
    return found


def _last_sigmoid(graph: gs.Graph) -> str:
    """The name of the Sigmoid that makes the output, moved about or not; "" for none."""
    node = graph.outputs[0].inputs[0]
    while node.op in _MOVING and node.inputs[0].inputs:
        node = node.inputs[0].inputs[0]
    return node.name if node.op == "Sigmoid" else ""


def _distill(
    network: torch.nn.Module,
    batches: Sequence[torch.Tensor],
    wanted: Sequence[torch.Tensor],
    steps: range,
    total: int,
    progress,
) -> None:
    power = float(torch.stack([output.var() for output in wanted]).mean()) or 1.0
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=max(len(steps), 1))
    order = np.random.default_rng(steps.start)
    for step in steps:
        if (step - steps.start) % len(batches) == 0:
            turn = order.permutation(len(batches))
        index = turn[(step - steps.start) % len(batches)]
        loss = (network(batches[index]) - wanted[index]).square().mean() / power
        if not torch.isfinite(loss):
            raise ConversionError("channels", "the distillation diverged; give a smaller share to --channels")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress(step + 1, total)


def _write_back(graph: gs.Graph, network: torch.nn.Module) -> None:
    """Puts the weights of the torch modules into the nodes from which they were made."""
    for node in graph.nodes:
        module = _layer(network, node)
        if node.op in _CONVOLUTIONS:
            node.inputs[1] = constant(module.weight.detach().numpy())
            _set_bias(node, module)
            node.attrs["group"] = module.groups
        elif node.op == "Gemm":
            weight = module.weight.detach().numpy()
            node.inputs[1] = constant(weight if node.attrs.get("transB") else weight.T)
            _set_bias(node, module)
        elif node.op == "BatchNormalization":
            values = (module.weight, module.bias, module.running_mean, module.running_var)
            for position, value in enumerate(values, start=1):
                node.inputs[position] = constant(value.detach().numpy())
    for tensor in graph.tensors().values():
        if isinstance(tensor, gs.Variable) and not any(tensor is end for end in (*graph.inputs, *graph.outputs)):
            tensor.shape = None  # inferred again


def _layer(network: torch.nn.Module, node: gs.Node) -> torch.nn.Module:
    """The layer with a node's weights; uneven padding is in a module before it."""
    module = network.get_submodule(node.name)
    return module[-1] if isinstance(module, torch.nn.Sequential) else module


def _set_bias(node: gs.Node, module: torch.nn.Module) -> None:
    if module.bias is not None:
        node.inputs[2] = constant(module.bias.detach().numpy())
