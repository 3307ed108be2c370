"""One network out of several files of it: every operator is taken, as it is, from the file of its precision.

Kernels, scales and zero points are those that the converter chose for the whole file. Where neighbours differ, the
value is converted between them: float32 to integers by QUANTIZE, back by DEQUANTIZE, as the converter itself does.
"""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from converters.search.operators import Operand, OperatorGraph, OperatorStep, Origin, code_of

_FLOAT, _INT8 = schema.TensorType.FLOAT32, schema.TensorType.INT8
_QUANTIZE, _DEQUANTIZE = schema.BuiltinOperator.QUANTIZE, schema.BuiltinOperator.DEQUANTIZE
# Versions of the operators that take all the number formats here.
_VERSIONS = {_QUANTIZE: 2, _DEQUANTIZE: 3}


def splice(graphs: Mapping[str, OperatorGraph], chosen: Sequence[str], target: Path) -> None:
    """Writes a network of mixed precision.

    Args:
        graphs: By precision; "float32" is among them. See operators.require_same.
    """
    target.write_bytes(_Splice(graphs, chosen).result())


class _Splice:
    """The network while it is put together."""

    def __init__(self, graphs: Mapping[str, OperatorGraph], chosen: Sequence[str]):
        self._graphs, self._chosen = graphs, chosen
        self._plain = graphs["float32"]
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]
        self._operators: list[Any] = []
        self._codes: dict[tuple, int] = {}
        self._kept: dict[tuple, int] = {}  # tensors that several operators read
        self._made: dict[Origin, int] = {}

    def result(self) -> bytes:
        inputs = [self._input(number) for number in range(len(self._plain.subgraph.inputs))]
        for number, precision in enumerate(self._chosen):
            self._add(number, self._graphs[precision], precision)
        outputs = [self._output(origin) for origin in self._plain.outputs]
        return self._pack(inputs, outputs)

    def _input(self, number: int) -> int:
        """An input of the network: int8 where all its readers take the same int8, else float32."""
        origin = Origin(-1, number)
        readers = [
            self._graphs[precision].tensor(operand.tensor)
            for step, precision in enumerate(self._chosen)
            for operand in self._graphs[precision].steps[step].operands
            if operand.origin == origin
        ]
        plain = self._plain.tensor(self._plain.subgraph.inputs[number])
        chosen = plain
        if readers and readers[0].type == _INT8 and len({_format(reader) for reader in readers}) == 1:
            chosen = readers[0]
        self._made[origin] = self._tensor(chosen, plain.name)
        return self._made[origin]

    def _add(self, number: int, graph: OperatorGraph, precision: str) -> None:
        step: OperatorStep = graph.steps[number]
        operator = copy.copy(step.operator)
        operator.inputs = np.array([self._operand(graph, precision, operand) for operand in step.operands], np.int32)
        operator.outputs = np.array([self._tensor(graph.tensor(index)) for index in step.operator.outputs], np.int32)
        self._made |= {Origin(number, place): int(made) for place, made in enumerate(operator.outputs)}
        code = graph.model.operatorCodes[step.operator.opcodeIndex]
        operator.opcodeIndex = self._code(code_of(graph.model, step.operator), code.version, code.customCode)
        self._operators.append(operator)

    def _operand(self, graph: OperatorGraph, precision: str, operand: Operand) -> int:
        if operand.tensor < 0:
            return -1
        wanted = graph.tensor(operand.tensor)
        if operand.origin is not None:
            return self._converted(self._made[operand.origin], wanted)
        key = (precision, operand.tensor)
        if key not in self._kept:
            if operand.widened >= 0:
                stored = self._constant(graph, graph.tensor(operand.widened))
                self._kept[key] = self._tensor(wanted)
                self._convert(_DEQUANTIZE, stored, self._kept[key])
            else:
                self._kept[key] = self._constant(graph, wanted)
        return self._kept[key]

    def _converted(self, made: int, wanted: Any) -> int:
        """The tensor that holds a computed value in the number format of `wanted`."""
        found = self._tensors[made]
        if _format(found) == _format(wanted):
            return made
        key = (made, _format(wanted))
        if key in self._kept:
            return self._kept[key]
        if found.type != _FLOAT and wanted.type != _FLOAT and found.type != wanted.type:
            made = self._converted(made, _as_float(found))
        target = self._tensor(wanted, found.name + b"/" + str(len(self._tensors)).encode())
        self._convert(_DEQUANTIZE if wanted.type == _FLOAT else _QUANTIZE, made, target)
        self._kept[key] = target
        return target

    def _output(self, origin: Origin) -> int:
        """An output of the network, int8 or float32."""
        made = self._made[origin]
        if self._tensors[made].type in (_INT8, _FLOAT):
            return made
        return self._converted(made, _as_float(self._tensors[made]))

    def _convert(self, builtin: int, source: int, target: int) -> None:
        operator = schema.OperatorT()
        operator.inputs, operator.outputs = np.array([source], np.int32), np.array([target], np.int32)
        operator.opcodeIndex = self._code(builtin, _VERSIONS[builtin], None)
        self._operators.append(operator)

    def _tensor(self, like: Any, name: bytes | None = None) -> int:
        """A computed tensor of the format and shape of another."""
        tensor = copy.copy(like)
        tensor.buffer = 0
        tensor.name = like.name if name is None else name
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def _constant(self, graph: OperatorGraph, like: Any) -> int:
        made = self._tensor(like)
        self._buffers.append(graph.model.buffers[like.buffer])
        self._tensors[made].buffer = len(self._buffers) - 1
        return made

    def _code(self, builtin: int, version: int, custom: bytes | None) -> int:
        return self._codes.setdefault((builtin, version, custom), len(self._codes))

    def _pack(self, inputs: list[int], outputs: list[int]) -> bytes:
        model, subgraph = copy.copy(self._plain.model), copy.copy(self._plain.subgraph)
        subgraph.tensors, subgraph.operators = self._tensors, self._operators
        subgraph.inputs, subgraph.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        model.subgraphs, model.buffers = [subgraph], self._buffers
        model.metadata = model.metadataBuffer = None
        model.operatorCodes = [_operator_code(*key) for key in self._codes]
        model.signatureDefs = copy.deepcopy(model.signatureDefs)
        for signature in model.signatureDefs or ():
            _rename(signature.inputs, self._plain.subgraph.inputs, inputs)
            _rename(signature.outputs, self._plain.subgraph.outputs, outputs)
        return flatbuffer_utils.convert_object_to_bytearray(model)


def _format(tensor: Any) -> tuple:
    """What two tensors must share for one to be read as the other."""
    found = tensor.quantization
    if tensor.type == _FLOAT or found is None or found.scale is None:
        return (tensor.type,)
    return tensor.type, tuple(found.scale), tuple(np.atleast_1d(found.zeroPoint))


def _as_float(tensor: Any) -> Any:
    plain = copy.copy(tensor)
    plain.type, plain.quantization = _FLOAT, None
    return plain


def _operator_code(builtin: int, version: int, custom: bytes | None) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode, code.version, code.customCode = builtin, version, custom
    # Codes above 127 have a field of their own; the old one then holds a placeholder.
    code.deprecatedBuiltinCode = min(builtin, schema.BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES)
    return code


def _rename(maps: Sequence[Any], old: Sequence[int], new: Sequence[int]) -> None:
    places = {int(before): int(after) for before, after in zip(old, new, strict=True)}
    for entry in maps:
        entry.tensorIndex = places[int(entry.tensorIndex)]
