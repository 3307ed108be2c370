"""The only import of ONNX Runtime: runs the ONNX form of a network on the CPU."""

import threading
from collections.abc import Sequence

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.interpreter import check_input
from tflite_ocr.manifest import ModelFile

_FAILURES = (
    *(states.Fail, states.InvalidArgument, states.InvalidGraph, states.InvalidProtobuf, states.NotImplemented),
    *(states.RuntimeException, states.NoSuchFile),
)
_ERRORS_ONLY = 3


class OnnxNetwork:
    """One ONNX file in one session; see interpreter.Network, whose methods these are."""

    def __init__(self, contents: Sequence[bytes], file: ModelFile, threads: int):
        """Loads a model, see interpreter.Network; operators run one after another, each in so many threads.

        Raises:
            ArtifactError: The bytes are no ONNX model, or one that this ONNX Runtime cannot run.
            ModelContractError: Its tensors are not those of the manifest.
        """
        self.file = file
        self.lock = threading.Lock()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _ERRORS_ONLY
        # Waiting threads would spin on the cores that other sessions need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(contents[0], options, providers=["CPUExecutionProvider"])
        except _FAILURES as error:
            raise ArtifactError(f"{file.path}: expected an ONNX model, found {error}") from None
        for kind, specs, found in (
            ("inputs", file.inputs, self._session.get_inputs()),
            ("outputs", file.outputs, self._session.get_outputs()),
        ):
            wanted, names = [spec.name for spec in specs], [item.name for item in found]
            if wanted != names:
                raise ModelContractError(f"{file.path}: expected {kind} {wanted}, found {names}; convert it again")

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """Runs the network: all outputs for one NHWC float32 input."""
        spec = self.file.inputs[0]
        check_input(self.file, tensor)
        try:
            return self._session.run(None, {spec.name: tensor})
        except _FAILURES as error:
            raise ModelContractError(f"{self.file.path}: cannot be run at {tensor.shape}: {error}") from None

    def run_real(self, values: np.ndarray) -> np.ndarray:
        """The first output for real values; files of this format are not quantized."""
        return self.run(np.ascontiguousarray(values, np.float32))[0]
