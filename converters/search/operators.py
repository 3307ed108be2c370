"""A .tflite file as a list of operators that compute, whatever conversions between number formats stand between them.

Files of one network in several precisions have the same list: the n-th operator of each is the same layer. That is
checked, and it is what lets converters.search.splice take one operator out of one file and the next out of another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from converters.errors import search_error

_CODES = schema.BuiltinOperator
NAMES = {code: name for name, code in vars(_CODES).items() if isinstance(code, int)}
_CONVERSIONS = (_CODES.QUANTIZE, _CODES.DEQUANTIZE)
# Operators with a kernel, which is their second input.
KERNELS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL", "CONV_3D")


@dataclass(frozen=True)
class Origin:
    """Where a value comes from: output `number` of operator `step`; input `number` of the network when step is -1."""

    step: int
    number: int


@dataclass(frozen=True)
class Operand:
    """One input of an operator.

    Attributes:
        tensor: Index of the tensor as the operator takes it; -1 for one that is skipped.
        origin: Origin of a computed value; None for a constant.
        widened: For a constant that is stored in float16: the tensor that is stored; else -1.
    """

    tensor: int
    origin: Origin | None = None
    widened: int = -1


@dataclass(frozen=True)
class OperatorStep:
    """An operator that computes, conversions skipped."""

    name: str
    operator: Any
    operands: tuple[Operand, ...]
    kernel: str = ""


@dataclass(frozen=True)
class OperatorGraph:
    """A file's operators.

    Attributes:
        model: The whole file, ai_edge_litert.schema_py_generated.ModelT.
    """

    model: Any
    steps: tuple[OperatorStep, ...]
    outputs: tuple[Origin, ...]

    @property
    def subgraph(self) -> Any:
        """The only one."""
        return self.model.subgraphs[0]

    def tensor(self, index: int) -> Any:
        """The tensor of an index."""
        return self.subgraph.tensors[index]


def read(path: Path) -> OperatorGraph:
    """Reads a .tflite file.

    Raises:
        ConversionError: It has more than one subgraph (loops, branches) or operators with a state.
    """
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(path.read_bytes()))
    if len(model.subgraphs) != 1 or any(tensor.isVariable for tensor in model.subgraphs[0].tensors):
        raise search_error(f"{path.name}: expected a network without loops and states, found some")
    subgraph = model.subgraphs[0]
    origins = {int(index): Origin(-1, number) for number, index in enumerate(subgraph.inputs)}
    widened: dict[int, int] = {}
    steps: list[OperatorStep] = []
    for operator in subgraph.operators:
        code = code_of(model, operator)
        if code in _CONVERSIONS:
            source, target = int(operator.inputs[0]), int(operator.outputs[0])
            if source in origins:
                origins[target] = origins[source]
            else:
                widened[target] = source
            continue
        operands = tuple(
            Operand(int(index), origins.get(int(index)), widened.get(int(index), -1)) for index in operator.inputs
        )
        for number, index in enumerate(operator.outputs):
            origins[int(index)] = Origin(len(steps), number)
        name = NAMES[code]
        steps.append(OperatorStep(name, operator, operands, _kernel(model, name, operands)))
    return OperatorGraph(model, tuple(steps), tuple(origins[int(index)] for index in subgraph.outputs))


def aligned(graph: OperatorGraph, like: OperatorGraph) -> OperatorGraph:
    """The graph with its operators in the order of another one's.

    The converter sorts operators anew in every precision; of independent ones either may come first. Operators are
    paired by what they make, from the outputs back to the inputs.

    Returns:
        The sorted graph, or `graph` itself where the two are no more than alike: see require_same.
    """
    pairs: dict[int, int] = {}
    waiting = list(zip(graph.outputs, like.outputs, strict=False))
    while waiting:
        origin, wanted = waiting.pop()
        if origin.step < 0 or wanted.step < 0 or origin.step in pairs:
            continue
        pairs[origin.step] = wanted.step
        both = zip(graph.steps[origin.step].operands, like.steps[wanted.step].operands, strict=False)
        waiting += [(one.origin, other.origin) for one, other in both if one.origin and other.origin]
    if sorted(pairs) != sorted(pairs.values()) or sorted(pairs) != list(range(len(graph.steps))):
        return graph

    def moved(origin: Origin | None) -> Origin | None:
        return origin if origin is None or origin.step < 0 else Origin(pairs[origin.step], origin.number)

    def renumbered(step: OperatorStep) -> OperatorStep:
        return replace(step, operands=tuple(replace(one, origin=moved(one.origin)) for one in step.operands))

    order = sorted(pairs, key=pairs.__getitem__)
    outputs = tuple(moved(origin) for origin in graph.outputs)
    return OperatorGraph(graph.model, tuple(renumbered(graph.steps[number]) for number in order), outputs)


def read_aligned(files: Mapping[str, Path | OperatorGraph]) -> dict[str, OperatorGraph]:
    """Files of one network by their precision, their operators in the order of "float32".

    Raises:
        ConversionError: They differ in more than their precision.
    """
    found = {kind: read(file) if isinstance(file, Path) else file for kind, file in files.items()}
    graphs = {kind: aligned(graph, found["float32"]) for kind, graph in found.items()}
    require_same(list(graphs.values()))
    return graphs


def require_same(graphs: Sequence[OperatorGraph]) -> None:
    """Checks that files differ in their precision alone.

    Raises:
        ConversionError: An operator of one is no operator of another, or reads something else there.
    """
    first = [(step.name, [operand.origin for operand in step.operands]) for step in graphs[0].steps]
    for graph in graphs[1:]:
        other = [(step.name, [operand.origin for operand in step.operands]) for step in graph.steps]
        if other != first or graph.outputs != graphs[0].outputs:
            place = next((i for i, (a, b) in enumerate(zip(first, other, strict=False)) if a != b), len(first))
            raise search_error(
                f"expected the same operators in every precision, found a difference at operator {place}"
            )


def code_of(model: Any, operator: Any) -> int:
    """The built-in operator that an operator of a model is, a key of NAMES."""
    return flatbuffer_utils.get_builtin_code_from_operator_code(model.operatorCodes[operator.opcodeIndex])


def _kernel(model: Any, name: str, operands: Sequence[Operand]) -> str:
    """The shape of a layer's kernel as stored, such as 96x3x3x48; "" for an operator without one."""
    if name not in KERNELS or operands[1].origin is not None:
        return ""
    shape = model.subgraphs[0].tensors[operands[1].tensor].shape
    return "x".join(str(int(size)) for size in np.atleast_1d(shape))
