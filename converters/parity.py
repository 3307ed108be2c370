"""How far a network moved from its source: the same tensors through every form of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from converters.errors import ParityError
from converters.quiet import Quiet

Forward = Callable[[np.ndarray], np.ndarray]  # NHWC float32 -> float32

# Cosine with the source that a network must keep, by precision.
LIMITS = {"onnx": 0.99999, "saved_model": 0.9999, "float32": 0.9999, "float16": 0.999, "dynamic": 0.95, "int8": 0.8}


def compare(reference: Forward, candidate: Forward, tensors: Sequence[np.ndarray]) -> dict[str, float]:
    """Largest absolute difference and cosine similarity over all tensors.

    Returns:
        {"max_abs_error", "cosine"}; the cosine of two all-zero outputs is 1.
    """
    error, dot, left, right = 0.0, 0.0, 0.0, 0.0
    for tensor in tensors:
        wanted = np.asarray(reference(tensor), np.float64).reshape(-1)
        found = np.asarray(candidate(tensor), np.float64).reshape(-1)
        if wanted.shape != found.shape:
            raise ParityError("number of outputs", found.size, wanted.size)
        error = max(error, float(np.abs(wanted - found).max()))
        dot, left, right = dot + wanted @ found, left + wanted @ wanted, right + found @ found
    norm = np.sqrt(left * right)
    return {"max_abs_error": error, "cosine": float(dot / norm) if norm else float(left == right)}


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


def onnx_forward(path: Path) -> Forward:
    """Runs an ONNX file (NCHW) on NHWC tensors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def forward(tensor: np.ndarray) -> np.ndarray:
        return _to_nhwc(session.run(None, {name: np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))})[0])

    return forward


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


def _to_nhwc(output: np.ndarray) -> np.ndarray:
    return output.transpose(0, 2, 3, 1) if output.ndim == 4 else output
