"""Activation functions that exporters spell out or that XNNPACK does not know."""

import numpy as np
import onnx_graphsurgeon as gs

from converters.rewrites.graph import add_node, constant, scalar, sole_consumer, split_scalar, take_over

# x * sigmoid(1.702 x) follows the error-function GELU within 0.021 (Hendrycks & Gimpel, arXiv 1606.08415, sec. 2).
QUICK_GELU = 1.702


def fuse_gelu(graph: gs.Graph) -> int:
    """x / sqrt(2) -> Erf -> + 1 -> * x -> * 0.5 becomes one Gelu operator (opset 20)."""
    count = 0
    for erf in [node for node in graph.nodes if node.op == "Erf"]:
        scaled = erf.inputs[0].inputs[0] if erf.inputs[0].inputs else None
        plus = sole_consumer(erf.outputs[0], "Add")
        times = plus and sole_consumer(plus.outputs[0], "Mul")
        half = times and sole_consumer(times.outputs[0], "Mul")
        if not scaled or scaled.op not in ("Div", "Mul") or not half:
            continue
        x, factor = split_scalar(scaled)
        if x is None or times.inputs[0] is not x and times.inputs[1] is not x:
            continue
        factor = 1 / factor if scaled.op == "Div" else factor
        if not np.isclose(factor, np.sqrt(0.5), rtol=1e-4) or split_scalar(plus)[1] != 1.0:
            continue
        if split_scalar(half)[1] != 0.5:
            continue
        add_node(graph, "Gelu", [x], take_over(half), approximate="none")
        count += 1
    return count


def gelu_to_scaled_silu(graph: gs.Graph) -> int:
    """Conv -> Gelu -> Conv becomes Conv' -> z * sigmoid(z) -> Conv'', with 1.702 folded into the weights.

    Not exact (QUICK_GELU): meant for int8, where one quantization step is of the size of the error
    and the built-in int8 GELU would split the graph. With z = 1.702 y the identity
    y * sigmoid(1.702 y) = z * sigmoid(z) / 1.702 moves both factors into the neighbouring kernels.
    """
    count = 0
    for gelu in [node for node in graph.nodes if node.op == "Gelu"]:
        before = gelu.inputs[0].inputs[0] if gelu.inputs[0].inputs else None
        after = sole_consumer(gelu.outputs[0], "Conv")
        if before is None or before.op != "Conv" or len(gelu.inputs[0].outputs) != 1 or after is None:
            continue
        before.inputs[1] = constant(before.inputs[1].values * QUICK_GELU)
        if len(before.inputs) > 2:
            before.inputs[2] = constant(before.inputs[2].values * QUICK_GELU)
        after.inputs[1] = constant(after.inputs[1].values / QUICK_GELU)
        z = gelu.inputs[0]
        gate = add_node(graph, "Sigmoid", [z])
        add_node(graph, "Mul", [z, gate], take_over(gelu))
        count += 1
    return count


def hard_sigmoid_to_clip(graph: gs.Graph) -> int:
    """HardSigmoid(x; a, b) becomes Clip(6 a x + 6 b, 0, 6) / 6: a fused ReLU6 after the convolution.

    The factor is folded into the convolution before it when there is one.
    """
    count = 0
    for node in [node for node in graph.nodes if node.op == "HardSigmoid"]:
        slope, offset = 6 * node.attrs.get("alpha", 0.2), 6 * node.attrs.get("beta", 0.5)
        x = node.inputs[0]
        conv = x.inputs[0] if x.inputs and x.inputs[0].op == "Conv" and len(x.outputs) == 1 else None
        if conv is not None and len(conv.inputs) > 2:
            conv.inputs[1] = constant(conv.inputs[1].values * slope)
            conv.inputs[2] = constant(conv.inputs[2].values * slope + offset)
        else:
            x = add_node(graph, "Add", [add_node(graph, "Mul", [x, constant(slope)]), constant(offset)])
        clipped = add_node(graph, "Clip", [x, constant(0.0), constant(6.0)])
        add_node(graph, "Mul", [clipped, constant(1 / 6)], take_over(node))
        count += 1
    return count


def residual_gate_to_product(graph: gs.Graph) -> int:
    """x + x * s with a small gate s becomes x * (s + 1): one pass over the large tensor instead of two."""
    count = 0
    for add in [node for node in graph.nodes if node.op == "Add"]:
        for x, product in (add.inputs, add.inputs[::-1]):
            mul = product.inputs[0] if product.inputs and product.inputs[0].op == "Mul" else None
            if mul is None or len(product.outputs) != 1 or not any(i is x for i in mul.inputs):
                continue
            gate = mul.inputs[1] if mul.inputs[0] is x else mul.inputs[0]
            if isinstance(gate, gs.Constant) or not gate.shape or any(d != 1 for d in gate.shape[2:]):
                continue
            opened = add_node(graph, "Add", [gate, constant(1.0)])
            add_node(graph, "Mul", [x, opened], take_over(add))
            count += 1
            break
    return count


def hard_swish_to_product(graph: gs.Graph) -> int:
    """x * clip(x + 3, 0, 6) / 6 keeps its ReLU6, with the division turned into a product.

    TFLite's fused HARD_SWISH has no int8 kernel in XNNPACK; the product form has.
    """
    count = 0
    for node in [node for node in graph.nodes if node.op == "Div" and scalar(node.inputs[1]) == 6.0]:
        node.op = "Mul"
        node.inputs[1] = constant(1 / 6)
        count += 1
    return count
