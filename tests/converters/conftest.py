"""Tiny ONNX graphs, and the difference that a rewrite makes to them at the size of export and at another one."""

import collections
from dataclasses import dataclass

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from converters import saved_model
from converters.rewrites.graph import IR_VERSION, tidy

EXPORT_SIZE, OTHER_SIZE = (12, 16), (20, 8)


def build(nodes, constants, channels=4, outputs=("y",), opset=20):
    """A model of input x [1, channels, h, w]; nodes are (operator, inputs, output, attributes)."""
    made = [helper.make_node(op, inputs.split(), [output], **attrs) for op, inputs, output, attrs in nodes]
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, channels, "h", "w"])
    results = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs]
    weights = [numpy_helper.from_array(np.asarray(values), name) for name, values in constants.items()]
    graph = helper.make_graph(made, "tiny", [x], results, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR_VERSION)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    onnx.checker.check_model(model)
    return model


def run(model, x):
    """All outputs by ONNX Runtime, without its own rewrites."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    content = model.SerializeToString() if isinstance(model, onnx.ModelProto) else str(model)
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def set_size(model, size):
    """A copy whose input has this height and width (numbers or names) and in which no inner shape is noted."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for dim, value in zip(copy.graph.input[0].type.tensor_type.shape.dim[2:], size, strict=True):
        dim.Clear()
        if isinstance(value, int):
            dim.dim_value = value
        else:
            dim.dim_param = value
    del copy.graph.value_info[:]
    for output in copy.graph.output:
        output.type.tensor_type.ClearField("shape")
    return copy


@dataclass(frozen=True)
class Change:
    """What a pass did: how often it matched, the operators left, the largest difference at either size."""

    count: int
    operators: dict
    error: float
    model: onnx.ModelProto

    def require(self, operators, most_error, count=1):
        """Asserts that a pass matched so often, left these operators, and changed no output by more than this."""
        assert self.count == count
        assert self.operators == operators
        assert self.error <= most_error


def differ(model, other, channels):
    """Largest absolute difference of two models with free sizes, over both sizes and all outputs."""
    error = 0.0
    for size in (EXPORT_SIZE, OTHER_SIZE):
        x = np.random.default_rng(7).normal(0, 2, (1, channels, *size)).astype(np.float32)
        for wanted, found in zip(run(model, x), run(other, x), strict=True):
            assert wanted.shape == found.shape
            error = max(error, float(np.abs(wanted - found).max()))
    return error


@pytest.fixture(scope="session")
def apply_pass():
    """Applies one pass at the size of export and compares its result there and at another size."""

    def apply(one_pass, nodes, constants, **options):
        model = build(nodes, constants, **options)
        fixed = onnx.shape_inference.infer_shapes(set_size(model, EXPORT_SIZE))
        graph = gs.import_onnx(fixed)
        count = one_pass(graph)
        exported = gs.export_onnx(tidy(graph))
        exported.ir_version = IR_VERSION
        onnx.checker.check_model(exported)
        free = set_size(exported, ("h", "w"))
        operators = dict(collections.Counter(node.op_type for node in exported.graph.node))
        return Change(count, operators, differ(model, free, options.get("channels", 4)), exported)

    return apply


@pytest.fixture(scope="session")
def tiny_onnx():
    """Builds a tiny model, see build."""
    return build


@pytest.fixture(scope="session")
def run_onnx():
    """Runs a model or file by ONNX Runtime, see run."""
    return run


@pytest.fixture(scope="session")
def convolutions_onnx(tmp_path_factory):
    """File of a tiny network of convolutions, [1, 3, 24, 32] -> [1, 4, 12, 16]."""
    rng = np.random.default_rng(11)
    constants = {
        "k": rng.normal(0, 0.3, (8, 3, 3, 3)),
        "b": rng.normal(0, 0.3, 8),
        "d": rng.normal(0, 0.3, (8, 1, 3, 3)),
        "p": rng.normal(0, 0.3, (4, 8, 1, 1)),
        "c": rng.normal(0, 0.3, 4),
    }
    nodes = [
        ("Conv", "x k b", "a", {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ("Relu", "a", "r", {}),
        ("Conv", "r d b", "e", {"pads": [1, 1, 1, 1], "group": 8}),
        ("Sigmoid", "e", "s", {}),
        ("Mul", "e s", "m", {}),
        ("Conv", "m p c", "y", {}),
    ]
    model = build(nodes, {name: values.astype(np.float32) for name, values in constants.items()}, channels=3)
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    onnx.save(onnx.shape_inference.infer_shapes(set_size(model, (24, 32))), path)
    return path


@pytest.fixture(scope="session")
def convolutions_saved_model(convolutions_onnx):
    """The same network as a SavedModel."""
    target = convolutions_onnx.parent / "saved_model"
    saved_model.convert(convolutions_onnx, target)
    return target
