"""Exact rewrites of ONNX graphs towards what XNNPACK runs; one family of patterns a file.

Every pass is a function `(graph: onnx_graphsurgeon.Graph) -> int` that edits the graph in place and
returns how often its pattern was found. Unless its docstring says otherwise a pass keeps the outputs
(to float rounding) at every input size, so that the rewritten graph can still be resized.
"""
