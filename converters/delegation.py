"""What XNNPACK runs of a .tflite file and what is left to the built-in kernels."""

import collections
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

from converters.errors import export_error
from converters.quiet import Quiet
from tflite_ocr.manifest import Delegation


def measure(path: Path, threads: int = 1) -> Delegation:
    """Counts partitions and undelegated operators by walking back from the outputs.

    The interpreter continues listing the operators that a partition replaced. A tensor that a DELEGATE
    node makes is followed to that node's inputs; what is never reached that way runs inside a partition.

    Args:
        path: A .tflite file, measured at the shapes with which it was exported.

    Raises:
        ConversionError: The file is missing or no model that LiteRT can run.
    """
    try:
        with Quiet():
            interpreter = Interpreter(str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise export_error(f"{path}: expected a TensorFlow Lite model, found {error}") from None
    operators = interpreter._get_ops_details()
    producers = collections.defaultdict(list)
    for operator in operators:
        for tensor in operator["outputs"]:
            producers[int(tensor)].append(operator)
    queue = [int(detail["index"]) for detail in interpreter.get_output_details()]
    seen, live = set(), {}
    while queue:
        tensor = queue.pop()
        if tensor in seen or tensor not in producers:
            continue
        seen.add(tensor)
        made = producers[tensor]
        operator = next((o for o in made if o["op_name"] == "DELEGATE"), made[0])
        live[operator["index"]] = operator["op_name"]
        queue += [int(i) for i in operator["inputs"] if i >= 0]
    names = collections.Counter(live.values())
    partitions = names.pop("DELEGATE", 0)
    total = sum(o["op_name"] != "DELEGATE" for o in operators)
    return Delegation(partitions, total - sum(names.values()), dict(sorted(names.items())))
