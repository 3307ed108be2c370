"""Activation functions that exporters spell out or that XNNPACK does not know."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import (
    add_node,
    constant,
    each,
    is_private,
    producer,
    scalar,
    sole_consumer,
    split_scalar,
    take_over,
    weights,
)

# x * sigmoid(1.702 x) follows the error-function GELU within 0.021 (Hendrycks & Gimpel, arXiv 1606.08415, sec. 2).
QUICK_GELU = 1.702
_LEAK = 0.1  # any but 1 will do


@each("Erf")
def fuse_gelu(graph: gs.Graph, erf: gs.Node) -> bool:
    """x / sqrt(2) -> Erf -> + 1 -> * x -> * 0.5 becomes one Gelu operator (opset 20)."""
    scaled = erf.inputs[0].inputs[0] if erf.inputs[0].inputs else None
    plus = sole_consumer(graph, erf.outputs[0], "Add")
    times = plus and sole_consumer(graph, plus.outputs[0], "Mul")
    half = times and sole_consumer(graph, times.outputs[0], "Mul")
    if not scaled or scaled.op not in ("Div", "Mul") or not half:
        return False
    x, factor = split_scalar(scaled)
    if x is None or not any(factor_input is x for factor_input in times.inputs):
        return False
    if scaled.op == "Div" and scaled.inputs[0] is not x:
        return False
    factor = 1 / factor if scaled.op == "Div" else factor
    if not np.isclose(factor, np.sqrt(0.5), rtol=1e-4) or split_scalar(plus)[1] != 1.0:
        return False
    if split_scalar(half)[1] != 0.5:
        return False
    add_node(graph, "Gelu", [x], take_over(half), approximate="none")
    return True


@each("Gelu")
def gelu_to_scaled_silu(graph: gs.Graph, gelu: gs.Node) -> bool:
    """Conv -> Gelu -> Conv becomes Conv' -> z * sigmoid(z) -> Conv'', with 1.702 folded into the weights.

    Not exact (QUICK_GELU): meant for int8, where one quantization step is of the size of the error
    and the built-in int8 GELU would split the graph. With z = 1.702 y the identity
    y * sigmoid(1.702 y) = z * sigmoid(z) / 1.702 moves both factors into the neighbouring kernels.
    """
    z = gelu.inputs[0]
    before = producer(z, "Conv") if is_private(graph, z) else None
    after = sole_consumer(graph, gelu.outputs[0], "Conv")
    if before is None or after is None or after.inputs[0] is not gelu.outputs[0]:
        return False
    kernel, bias, following = weights(before, 1), weights(before, 2), weights(after, 1)
    if kernel is None or following is None or (bias is None and len(before.inputs) > 2):
        return False
    before.inputs[1] = constant(kernel * QUICK_GELU)
    if bias is not None:
        before.inputs[2] = constant(bias * QUICK_GELU)
    after.inputs[1] = constant(following / QUICK_GELU)
    gate = add_node(graph, "Sigmoid", [z])
    add_node(graph, "Mul", [z, gate], take_over(gelu))
    return True


@each("HardSigmoid")
def hard_sigmoid_to_clip(graph: gs.Graph, node: gs.Node) -> bool:
    """HardSigmoid(x; a, b) becomes Clip(6 a x + 6 b, 0, 6) / 6: a fused ReLU6 after the convolution.

    The factor is folded into the convolution with a bias before it when nothing else reads that one.
    """
    slope, offset = 6 * node.attrs.get("alpha", 0.2), 6 * node.attrs.get("beta", 0.5)
    x = node.inputs[0]
    conv = producer(x, "Conv") if is_private(graph, x) else None
    if conv is not None and weights(conv, 1) is not None and weights(conv, 2) is not None:
        conv.inputs[1] = constant(weights(conv, 1) * slope)
        conv.inputs[2] = constant(weights(conv, 2) * slope + offset)
    else:
        x = add_node(graph, "Add", [add_node(graph, "Mul", [x, constant(slope)]), constant(offset)])
    clipped = add_node(graph, "Clip", [x, constant(0.0), constant(6.0)])
    add_node(graph, "Mul", [clipped, constant(1 / 6)], take_over(node))
    return True


@each("Add")
def residual_gate_to_product(graph: gs.Graph, add: gs.Node) -> bool:
    """x + x * s with a small gate s becomes x * (s + 1): one pass over the large tensor instead of two."""
    for x, product in (add.inputs, add.inputs[::-1]):
        mul = producer(product, "Mul") if is_private(graph, product) else None
        if mul is None or not any(i is x for i in mul.inputs):
            continue
        gate = mul.inputs[1] if mul.inputs[0] is x else mul.inputs[0]
        if isinstance(gate, gs.Constant) or not gate.shape or any(d != 1 for d in gate.shape[2:]):
            continue
        opened = add_node(graph, "Add", [gate, constant(1.0)])
        add_node(graph, "Mul", [x, opened], take_over(add))
        return True
    return False


@each("Div")
def hard_swish_to_product(graph: gs.Graph, node: gs.Node) -> bool:
    """x * clip(x + 3, 0, 6) / 6 keeps its ReLU6, with the division turned into a product.

    TFLite's converter takes the form with the division for a HARD_SWISH, which XNNPACK does not run in int8.
    """
    product = producer(node.inputs[0], "Mul") if scalar(node.inputs[1]) == 6.0 else None
    if product is None or not any(producer(factor, "Clip") for factor in product.inputs):
        return False
    node.op = "Mul"
    node.inputs[1] = constant(1 / 6)
    return True


@each("HardSigmoid")
def fuse_hard_swish(graph: gs.Graph, node: gs.Node) -> bool:
    """x * HardSigmoid(x; 1/6, 1/2), as older operator sets have it, becomes one HardSwish."""
    x, times = node.inputs[0], sole_consumer(graph, node.outputs[0], "Mul")
    usual = np.allclose((node.attrs.get("alpha", 0.2), node.attrs.get("beta", 0.5)), (1 / 6, 0.5), atol=1e-4)
    if times is None or not usual or not any(one is x for one in times.inputs):
        return False
    add_node(graph, "HardSwish", [x], take_over(times))
    return True


@each("HardSwish")
def hard_swish_operator_to_product(graph: gs.Graph, node: gs.Node) -> bool:
    """The operator HardSwish becomes x * clip(x + 3, 0, 6) / 6, in the form that hard_swish_to_product leaves."""
    x, output = node.inputs[0], take_over(node)
    clipped = add_node(graph, "Clip", [add_node(graph, "Add", [x, constant(3.0)]), constant(0.0), constant(6.0)])
    add_node(graph, "Mul", [add_node(graph, "Mul", [x, clipped]), constant(1 / 6)], output)
    return True


@each("PRelu")
def prelu_to_leaky_relu(graph: gs.Graph, node: gs.Node) -> bool:
    """PRelu of one slope for all channels becomes LeakyRelu, which XNNPACK runs in every precision."""
    slope = weights(node, 1)
    if slope is None or slope.size == 0 or not np.all(slope == slope.flat[0]):
        return False
    x, output = node.inputs[0], take_over(node)
    add_node(graph, "LeakyRelu", [x], output, alpha=float(slope.flat[0]))
    return True


@each("PRelu")
def prelu_to_products(graph: gs.Graph, node: gs.Node) -> bool:
    """PRelu of a slope s a channel becomes (1 - c) x + c LeakyRelu(x; a), c = (1 - s) / (1 - a).

    XNNPACK runs neither PRelu nor a ReLU that stands alone in int8, but LeakyRelu.
    """
    slope = weights(node, 1)
    if slope is None:
        return False
    x, output = node.inputs[0], take_over(node)
    share = (1 - slope) / (1 - _LEAK)
    kept = add_node(graph, "Mul", [x, constant(1 - share)])
    opened = add_node(graph, "Mul", [add_node(graph, "LeakyRelu", [x], alpha=_LEAK), constant(share)])
    add_node(graph, "Add", [kept, opened], output)
    return True
