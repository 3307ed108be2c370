"""The only import of LiteRT: loads a .tflite file with XNNPACK and runs it at any size that it allows."""

import contextlib
import hashlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tflite_ocr import c_messages, files
from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.manifest import ModelFile, TensorSpec

# Folder in which converters.publish stores new files before they get their names.
SPARE = ".publishing"
_MOST_BYTES = 1 << 31  # flatbuffers reach no further


def read_matching(path: Path, sha256: str) -> bytes:
    """The bytes of a file, after their SHA-256 has been compared.

    While a model is published, and after an interrupted publication, the file may be stored under its digest.

    Raises:
        ArtifactError: The file is missing, truncated or altered.
    """
    try:
        data = files.read_regular(path, _MOST_BYTES)
        digest = hashlib.sha256(data).hexdigest()
    except (OSError, ValueError) as error:
        data, digest, reason = b"", "", getattr(error, "strerror", None) or error
    if digest != sha256 and re.fullmatch("[0-9a-f]{64}", sha256):
        with contextlib.suppress(OSError):
            spare = files.read_regular(path.parent / SPARE / sha256, _MOST_BYTES)
            if hashlib.sha256(spare).hexdigest() == sha256:
                return spare
    if not digest:
        raise ArtifactError(f"{path}: expected the model file of the manifest, found {reason}; convert the model again")
    if digest != sha256:
        raise ArtifactError(
            f"{path}: expected a file of SHA-256 {sha256[:12]}..., found {len(data)} bytes of "
            f"{digest[:12]}...; the file was truncated or altered: convert the model again"
        )
    return data


class Network:
    """One .tflite file in one interpreter. Not thread-safe: callers hold `lock` or own it alone."""

    def __init__(self, data: bytes, file: ModelFile, threads: int):
        """Loads a model.

        Raises:
            ArtifactError: The bytes are no TensorFlow Lite model, or one that this LiteRT cannot run.
            ModelContractError: Its tensors are not those of the manifest.
        """
        self.file = file
        self.lock = threading.Lock()
        try:
            with c_messages.first_logged():
                self._interpreter = Interpreter(model_content=data, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ArtifactError(f"{file.path}: expected a TensorFlow Lite model, found {error}") from None
        self._input = _check(file, "input", file.inputs, self._interpreter.get_input_details())[0]["index"]
        outputs = _check(file, "output", file.outputs, self._interpreter.get_output_details())
        self._outputs = [detail["index"] for detail in outputs]
        self._shape = file.inputs[0].shape

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """Runs the network on its one input, re-planned first when the shape differs from the last one.

        Args:
            tensor: NHWC, of the input's dtype.

        Returns:
            A copy of every output, as stored (int8 outputs are not dequantized).

        Raises:
            ModelContractError: Another dtype, or another shape of a file that is not resizable.
        """
        check_input(self.file, tensor, self._shape)
        if tensor.shape != self._shape:
            self._resize(tensor.shape)
        try:
            self._interpreter.set_tensor(self._input, tensor)
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelContractError(f"{self.file.path}: expected a network that runs, found {error}") from None
        return [self._interpreter.get_tensor(index) for index in self._outputs]

    def run_real(self, values: np.ndarray) -> np.ndarray:
        """Runs the network on real values (float32, NHWC); its first output as real values."""
        return dequantize(self.run(quantize(values, self.file.inputs[0]))[0], self.file.outputs[0])

    def _resize(self, shape: tuple[int, ...]) -> None:
        try:
            self._interpreter.resize_tensor_input(self._input, shape, strict=False)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            self._shape = ()
            raise ModelContractError(f"{self.file.path}: cannot be resized to {shape}: {error}") from None
        self._shape = shape


def check_input(file: ModelFile, tensor: np.ndarray, planned: tuple[int, ...] | None = None) -> None:
    """Refuses tensors that a network does not take; engines themselves take some and give meaningless outputs.

    Raises:
        ModelContractError: Another dtype; or another shape than the `planned` one, of a file that is not resizable, or
            of another rank or number of channels.
    """
    exported, shape = file.inputs[0].shape, tensor.shape
    if tensor.dtype != file.inputs[0].dtype:
        raise ModelContractError(f"{file.path}: expected {file.inputs[0].dtype}, found {tensor.dtype}")
    if shape == planned:
        return
    if not file.resizable and shape != exported:
        raise ModelContractError(
            f"{file.path}: expected an input of shape {exported}, found {shape}; convert the model with this --canvas"
        )
    if len(shape) != len(exported) or shape[-1] != exported[-1] or 0 in shape:
        raise ModelContractError(
            f"{file.path}: expected an input like {exported} with {exported[-1]} channels, found {shape}"
        )


def quantize(values: np.ndarray, spec: TensorSpec) -> np.ndarray:
    """Real values as a tensor of `spec`: q = round(x / scale) + zero_point (arXiv 1712.05877, equation 1)."""
    if spec.dtype == "float32":
        return np.ascontiguousarray(values, np.float32)
    limits = np.iinfo(spec.dtype)
    return np.clip(np.rint(values / spec.scale) + spec.zero_point, limits.min, limits.max).astype(spec.dtype)


def dequantize(values: np.ndarray, spec: TensorSpec) -> np.ndarray:
    """The real values of a tensor of `spec`, float32."""
    if spec.dtype == "float32":
        return values
    return (values.astype(np.float32) - np.float32(spec.zero_point)) * np.float32(spec.scale)


def _check(file: ModelFile, kind: str, wanted: Sequence[TensorSpec], found: list[dict]) -> list[dict]:
    """The interpreter's tensors in the manifest's order, each compared with the manifest."""
    if len(wanted) != len(found):
        raise ModelContractError(f"{file.path}: expected {len(wanted)} {kind} tensors, found {len(found)}")
    by_name = {detail["name"]: detail for detail in found}
    ordered = []
    for spec in wanted:
        detail = by_name.get(spec.name)
        if detail is None:
            raise ModelContractError(f"{file.path}: expected an {kind} {spec.name!r}, found {sorted(by_name)}")
        actual = _spec(detail)
        if actual != spec:
            raise ModelContractError(
                f"{file.path}: the manifest promises {spec}, the file has {actual}; convert the model again"
            )
        ordered.append(detail)
    return ordered


def tensor_specs(data: bytes) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Inputs and outputs of a .tflite file, for writing a manifest."""
    interpreter = Interpreter(model_content=data, num_threads=1)
    return tuple(map(_spec, interpreter.get_input_details())), tuple(map(_spec, _in_order(interpreter)))


def _spec(detail: dict) -> TensorSpec:
    scale, zero_point = detail["quantization"]
    shape = tuple(int(size) for size in detail["shape"])
    return TensorSpec(detail["name"], shape, np.dtype(detail["dtype"]).name, float(scale), int(zero_point))


def _in_order(interpreter: Interpreter) -> list[dict]:
    """The outputs, several of them by the names of the signature, which converters keep; tensors are named anew."""
    details = interpreter.get_output_details()
    signatures = interpreter.get_signature_list()
    if len(details) < 2 or not signatures:
        return details
    by_name = interpreter.get_signature_runner(next(iter(signatures))).get_output_details()
    return [by_name[name] for name in sorted(by_name)]
