"""How far a network moved from its source: the same tensors through every form of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from converters import limits
from converters.errors import ParityError
from converters.quiet import Quiet
from tflite_ocr.errors import ArtifactError

Forward = Callable[[np.ndarray], np.ndarray]  # NHWC float32 -> float32

# Cosine with the source that a network must keep, by precision.
LIMITS = limits.COSINE


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


def mask_iou(reference: Forward, candidate: Forward, tensors: Sequence[np.ndarray], threshold: float) -> float:
    """Intersection over union of the text masks (first map > threshold), summed over all tensors; 1 without text."""
    shared, either = 0, 0
    for tensor in tensors:
        wanted, found = (np.asarray(f(tensor))[0, :, :, 0] > threshold for f in (reference, candidate))
        shared += int((wanted & found).sum())
        either += int((wanted | found).sum())
    return shared / either if either else 1.0


def require(name: str, measured: float, limit: float) -> None:
    """Raises ParityError when a similarity is below its limit (or not a number)."""
    if not measured >= limit:
        raise ParityError(name, measured, limit)


def onnx_forward(path: Path, free: bool = False) -> Forward:
    """Runs an ONNX file (NCHW) on NHWC tensors.

    Args:
        path: The file.
        free: Height and width that are noted for its input do not count.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    model = _without_sizes(path) if free else str(path)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def forward(tensor: np.ndarray) -> np.ndarray:
        return _to_nhwc(session.run(None, {name: np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))})[0])

    return forward


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
    from tflite_ocr.detection.detector import join
    from tflite_ocr.interpreter import Network, quantize, tensor_specs
    from tflite_ocr.manifest import ModelFile

    data = path.read_bytes()
    inputs, outputs = tensor_specs(data)
    file = ModelFile(path.name, "", "", len(data), inputs, outputs, (), resizable=True)
    with Quiet():
        network = Network(data, file, threads=2)
    return lambda tensor: join(network.run(quantize(tensor, inputs[0])), file)


def loads(path: Path) -> bool:
    """Whether the runtime takes a .tflite file: XNNPACK refuses int8 whose neighbouring scales are too far apart."""
    try:
        tflite_forward(path)
    except (ArtifactError, ValueError, RuntimeError):
        return False
    return True


def _to_nhwc(output: np.ndarray) -> np.ndarray:
    return output.transpose(0, 2, 3, 1) if output.ndim == 4 else output
