"""TensorFlow running the SavedModel: on the CPU, on the CPU through XLA, and on a GPU, which is the baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.engines.installed import lacking
from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.engines.variants import Kind
from benchmarks.running import resources
from benchmarks.running.protocol import EngineVariant, MeasurementChoice, Skipped

NAME = "saved_model"
_KIND = Kind(NAME, __name__, ("tensorflow",))
_TITLES = {"plain": "TensorFlow SavedModel", "xla": "TensorFlow SavedModel, XLA"}


def variants(choice: MeasurementChoice, network: MeasuredNetwork) -> list[EngineVariant]:
    """The CPU with and without XLA x threads, and the GPU; in a quick run the plain CPU and the GPU."""
    absent = lacking(("tensorflow", ">=2.15", "convert"))
    if not absent and not network.saved_model.is_dir():
        absent = "the SavedModel was not kept; convert the model again"
    path, files = str(network.saved_model.resolve()), sorted(network.saved_model.rglob("*.pb"))
    return [
        _KIND.variant(
            _TITLES[compiler],
            network,
            "float32",
            threads,
            {"path": path, "device": device, "compiler": compiler},
            depends=files,
            mode=f"{compiler}-{device.lower()}",
            device=device,
            skipped=absent or (resources.no_gpu() if device == "GPU" else None),
        )
        for device in ("CPU", "GPU")
        for compiler in (("plain",) if choice.quick else _TITLES)
        for threads in (choice.thread_counts() if device == "CPU" else (None,))
    ]


def create(path: str, device: str, compiler: str, threads: int | None) -> SavedModel:
    """Makes the engine in a worker."""
    import tensorflow as tf

    if device == "CPU":
        tf.config.set_visible_devices([], "GPU")
    elif not tf.config.list_physical_devices("GPU"):
        raise Skipped(f"TensorFlow {tf.__version__} sees no GPU")
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    return SavedModel(Path(path), device, compiler == "xla")


class SavedModel:
    """A SavedModel of layout NHWC with one input as a network engine."""

    def __init__(self, path: Path, device: str, xla: bool):
        self._path, self._device, self._xla = path, device, xla

    def prepare(self, tensor: np.ndarray) -> None:
        import tensorflow as tf

        self._loaded = tf.saved_model.load(str(self._path))  # a signature does not keep its variables alive
        if "serving_default" not in self._loaded.signatures:
            raise Skipped("the SavedModel has no serving_default signature")
        signature = self._loaded.signatures["serving_default"]
        inputs = signature.structured_input_signature[1]
        if len(inputs) != 1:
            raise Skipped(f"only networks with one input are run, this has {len(inputs)}")
        ((name, spec),) = inputs.items()
        if not spec.shape.is_compatible_with(tensor.shape):
            raise Skipped(f"fixed input {spec.shape.as_list()}, asked for {list(tensor.shape)}")
        self._function = tf.function(lambda x: signature(**{name: x}), jit_compile=self._xla)
        self._values = tensor.astype(spec.dtype.as_numpy_dtype)

    def run(self) -> None:
        import tensorflow as tf

        with tf.device(f"/{self._device}:0"):
            self._found = [output.numpy() for output in self._function(tf.constant(self._values)).values()]

    def output(self) -> np.ndarray:
        return self._found[0]
