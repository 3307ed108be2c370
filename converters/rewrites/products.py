"""Einsum as the matrix product that it is: onnx2tf tries every order of axes of both inputs, for minutes."""

import onnx_graphsurgeon as gs

from converters.rewrites.graph import add_node, each, take_over


@each("Einsum")
def einsum_to_product(graph: gs.Graph, node: gs.Node) -> bool:
    """An Einsum of two inputs over one index becomes MatMul, with Transpose before and behind it where needed."""
    terms, _, output = node.attrs["equation"].replace(" ", "").partition("->")
    names = terms.split(",")
    if len(names) != 2 or not output.isalpha() or any(len(set(one)) < len(one) for one in (*names, output)):
        return False
    sides = list(zip(names, node.inputs, strict=True))
    for (left, x), (right, y) in (sides, sides[::-1]):
        shared, summed = [i for i in output if i in left and i in right], [i for i in left if i not in output]
        rows, columns = [i for i in left if i in output and i not in right], [i for i in right if i not in left]
        whole = {*shared, *rows, *columns} == {*output} and summed == [i for i in right if i not in output]
        if whole and len(summed) == len(columns) == 1 and rows and (len(rows) == 1 or not shared):
            x = _ordered(graph, x, left, [*shared, *rows, *summed])
            y = _ordered(graph, y, right, [*shared, *summed, *columns])
            found = [*shared, *rows, *columns]
            _ordered(graph, add_node(graph, "MatMul", [x, y]), found, list(output), take_over(node))
            return True
    return False


def _ordered(graph: gs.Graph, x: gs.Tensor, before, after: list[str], output: gs.Tensor | None = None) -> gs.Tensor:
    if list(before) == after and output is None:
        return x
    return add_node(graph, "Transpose", [x], output, perm=[list(before).index(i) for i in after])
