"""How far a network moved from its source: the same tensors through every form of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from converters import limits
from converters.errors import ParityError
from converters.plan import PlannedNetwork
from converters.quiet import Quiet
from tflite_ocr import engines, interpreter
from tflite_ocr.detection.detector import join
from tflite_ocr.errors import ArtifactError
from tflite_ocr.interpreter import quantize, tensor_specs
from tflite_ocr.manifest import ModelFile

Forward = Callable[[np.ndarray], np.ndarray]  # NHWC float32 -> float32

# Cosine with the source that a network must keep, by precision.
LIMITS = limits.COSINE
# By format, where it is no precision: all other formats are float32.
_FORMAT_LIMITS = {"onnx": LIMITS["float32"], "openvino": LIMITS["float32"]}
# Of painted boxes: equal scores may be chosen among in another order, and of overlapping boxes another one be left.
_PAINTED_LIMIT, _PAINTED_SIDE = 0.98, 128


def compare(reference: Forward, candidate: Forward, tensors: Sequence[np.ndarray]) -> dict[str, float]:
    """Largest absolute difference and cosine similarity over all tensors.

    Returns:
        {"max_abs_error", "cosine", "relative_error": the largest difference by the largest value of the reference};
        the cosine of two all-zero outputs is 1.
    """
    error, largest, dot, left, right = 0.0, 0.0, 0.0, 0.0, 0.0
    for tensor in tensors:
        wanted = np.asarray(reference(tensor), np.float64).reshape(-1)
        found = np.asarray(candidate(tensor), np.float64).reshape(-1)
        if wanted.shape != found.shape:
            raise ParityError("number of outputs", found.size, wanted.size)
        error, largest = max(error, float(np.abs(wanted - found).max())), max(largest, float(np.abs(wanted).max()))
        dot, left, right = dot + wanted @ found, left + wanted @ wanted, right + found @ found
    norm = np.sqrt(left * right)
    cosine = float(dot / norm) if norm else float(left == right)
    return {"max_abs_error": error, "cosine": cosine, "relative_error": error / largest if largest else error}


def require(name: str, measured: float, limit: float) -> None:
    """Raises ParityError when a similarity is below its limit (or not a number)."""
    if not measured >= limit:
        raise ParityError(name, measured, limit)


def measure(
    network: PlannedNetwork, kind: str, reference: Forward, candidate: Forward, tensors: Sequence[np.ndarray]
) -> dict[str, float]:
    """Differences of a network from its source, with the limits enforced.

    Args:
        tensors: Inputs, NHWC.

    Returns:
        {"max_abs_error", "cosine"}, with the output's name in front where there are several.

    Raises:
        ParityError: An output is too far from the source's.
    """
    if network.unordered:
        found = compare(_painted(reference), _painted(candidate), tensors)
        require(f"{network.name} {kind} painted cosine", found["cosine"], _PAINTED_LIMIT)
        return {f"painted_{metric}": value for metric, value in found.items()}
    figures = {}
    start = 0
    for name, channels in network.outputs or (("", None),):
        stop = None if channels is None else start + channels
        found = compare(
            lambda x, own=slice(start, stop): reference(x)[..., own],
            lambda x, own=slice(start, stop): candidate(x)[..., own],
            tensors,
        )
        start = stop
        figures |= {f"{name}_{metric}" if name else metric: value for metric, value in found.items()}
        label = f"{network.name} {name} {kind} cosine".replace("  ", " ")
        require(label, found["cosine"], {**LIMITS, **_FORMAT_LIMITS}[kind])
    return figures


def _painted(forward: Forward) -> Forward:
    """Boxes [1, N, 5] (score, ymin, xmin, ymax, xmax in 0..1) as a picture: where they lie, the highest score."""

    def paint(tensor: np.ndarray) -> np.ndarray:
        picture = np.zeros((_PAINTED_SIDE, _PAINTED_SIDE))
        boxes = forward(tensor)[0].astype(np.float64)
        places = np.rint(np.clip(boxes[:, 1:], 0, 1) * _PAINTED_SIDE).astype(int)
        for score, (top, left, bottom, right) in zip(boxes[:, 0], places, strict=True):
            window = picture[top:bottom, left:right]
            np.maximum(window, score, out=window)
        return picture

    return paint


def onnx_forward(path: Path, free: bool = False) -> Forward:
    """Runs an ONNX file (NCHW) on NHWC tensors.

    Args:
        free: Height and width that are noted for its input do not count.
    """
    session = onnx_session(_without_sizes(path) if free else str(path))
    name = session.get_inputs()[0].name

    def forward(tensor: np.ndarray) -> np.ndarray:
        return _to_nhwc(session.run(None, {name: np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))})[0])

    return forward


def onnx_session(model: str | bytes, level: str = "ORT_ENABLE_ALL"):
    """A model in ONNX Runtime on the CPU, with warnings off.

    Args:
        level: How far ONNX Runtime changes the graph, a name of its GraphOptimizationLevel.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def onnx_values(model, names: Sequence[str], tensors: Sequence[np.ndarray], level: str) -> Iterator[list[np.ndarray]]:
    """The named tensors of an onnx.ModelProto, which is changed, for each float32 NHWC input "x"; see onnx_session."""
    import onnx

    if names:  # asked for no outputs, ONNX Runtime gives all
        known = {output.name: output for output in model.graph.output}
        del model.graph.output[:]
        model.graph.output.extend(known.get(name, onnx.ValueInfoProto(name=name)) for name in names)
        _drop_others(model.graph)
        session = onnx_session(model.SerializeToString(), level)
        for tensor in tensors:
            yield session.run(list(names), {"x": np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))})


def _drop_others(graph) -> None:
    """Removes the nodes of an onnx.GraphProto that its outputs do not need: ONNX Runtime would run them."""
    wanted, needed = {output.name for output in graph.output}, []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            needed.append(node)
            wanted.update(_read_by(node))
    del graph.node[:]
    graph.node.extend(reversed(needed))


def _read_by(node) -> Iterator[str]:
    """Names that a node reads; the graphs of If and Loop read tensors around them."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _read_by(inner)
            yield from (output.name for output in graph.output)


def _without_sizes(path: Path) -> bytes:
    import onnx

    model = onnx.load(path)
    for dim, name in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], "hw", strict=False):
        dim.dim_param = name
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return model.SerializeToString()


def module_forward(reference: Callable[[np.ndarray], np.ndarray]) -> Forward:
    """Runs a source's own forward function (NCHW) on NHWC tensors."""
    return lambda tensor: _to_nhwc(reference(np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))))


def saved_model_forward(path: Path) -> Forward:
    """Runs the serving_default signature of a SavedModel."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]
    name = next(iter(signature.structured_input_signature[1]))

    def forward(tensor: np.ndarray) -> np.ndarray:
        return next(iter(signature(**{name: tf.constant(tensor)}).values())).numpy()

    forward.keep = loaded  # the signature alone does not keep its variables alive
    return forward


def tflite_forward(path: Path) -> Forward:
    """Runs a .tflite file on float tensors, quantizing and dequantizing as the runtime does; outputs are joined."""
    data = path.read_bytes()
    inputs, outputs = tensor_specs(data)
    file = ModelFile(path.name, "", "", len(data), inputs, outputs, (), resizable=True)
    with Quiet():
        network = interpreter.Network(data, file, threads=2)
    return lambda tensor: join(network.run(quantize(tensor, inputs[0])), file)


def engine_forward(file: ModelFile, paths: Sequence[Path]) -> Forward:
    """Runs a network in the engine of its format."""
    network = engines.load([path.read_bytes() for path in paths], file, threads=2)
    return lambda tensor: join(network.run(tensor), file)


def loads(path: Path) -> bool:
    """Whether the runtime takes a .tflite file: XNNPACK refuses int8 whose neighbouring scales are too far apart."""
    try:
        tflite_forward(path)
    except (ArtifactError, ValueError, RuntimeError):
        return False
    return True


def _to_nhwc(output: np.ndarray) -> np.ndarray:
    return output.transpose(0, 2, 3, 1) if output.ndim == 4 else output
