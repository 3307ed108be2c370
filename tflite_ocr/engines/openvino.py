"""The only import of OpenVINO: runs the OpenVINO IR of a network on the CPU."""

import functools
import threading
from collections.abc import Sequence

import numpy as np
import openvino

from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.interpreter import check_input
from tflite_ocr.manifest import ModelFile


@functools.cache
def core() -> openvino.Core:
    """The only OpenVINO core of this process, which is never freed.

    On processors with AMX, OpenVINO gives the thread that compiles first its own signal stack, and unmaps it when the
    last core is freed. If another thread frees it, the first thread keeps the address of unmapped memory, and the
    next signal, such as Ctrl-C, overwrites whatever is there by then.
    """
    return openvino.Core()


class OpenVinoNetwork:
    """One network compiled by OpenVINO; see interpreter.Network, whose methods these are."""

    def __init__(self, contents: Sequence[bytes], file: ModelFile, threads: int):
        """Compiles a model, the bytes of its .xml and of its .bin file, see interpreter.Network.

        Raises:
            ArtifactError: The bytes are no OpenVINO IR, or one that this OpenVINO cannot run.
            ModelContractError: Its tensors are not those of the manifest.
        """
        self.file = file
        self.lock = threading.Lock()
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # On some processors OpenVINO computes in bf16 by default; the manifest's precision is what counts.
            "INFERENCE_PRECISION_HINT": "f32",
            # Networks of one thread each would all be pinned to the same core.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            weights = np.frombuffer(contents[1], np.uint8) if contents[1] else np.zeros(0, np.uint8)
            model = core().read_model(contents[0], openvino.Tensor(weights))
            names = [sorted(port.get_names()) for port in (*model.inputs, *model.outputs)]
            compiled = core().compile_model(model, "CPU", settings)
        except (RuntimeError, IndexError) as error:
            reason = " ".join(str(error).split())[:300]
            raise ArtifactError(f"{file.path}: expected an OpenVINO IR of two files, found {reason}") from None
        wanted = [spec.name for spec in (*file.inputs, *file.outputs)]
        if len(wanted) != len(names) or any(name not in found for name, found in zip(wanted, names, strict=True)):
            raise ModelContractError(f"{file.path}: expected tensors {wanted}, found {names}; convert it again")
        self._request = compiled.create_infer_request()

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """Runs the network: copies of all outputs for one NHWC float32 input."""
        check_input(self.file, tensor)
        try:
            found = self._request.infer({0: np.ascontiguousarray(tensor)})
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise ModelContractError(f"{self.file.path}: cannot be run at {tensor.shape}: {reason}") from None
        return [np.array(found[i]) for i in range(len(self.file.outputs))]

    def run_real(self, values: np.ndarray) -> np.ndarray:
        """The first output for real values; files of this format are not quantized."""
        return self.run(np.asarray(values, np.float32))[0]
