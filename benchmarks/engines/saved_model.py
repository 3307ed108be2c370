"""TensorFlow running the SavedModel, on a GPU where there is one."""

from pathlib import Path

import numpy as np

from benchmarks.engines import SEED, Call, SkippedEngine
from converters.quiet import Quiet


def device() -> str:
    """The device that TensorFlow runs on: "GPU" or "CPU".

    Raises:
        SkippedEngine: TensorFlow is not installed.
    """
    return "GPU" if _tensorflow().config.list_physical_devices("GPU") else "CPU"


def prepare(path: Path, shape: tuple[int, ...], threads: int) -> Call:
    """Loads a SavedModel of layout NHWC with one input; TensorFlow chooses its threads itself."""
    if not path.is_dir():
        raise SkippedEngine("the SavedModel was not kept; convert the model again")
    tf = _tensorflow()
    loaded = tf.saved_model.load(str(path))
    if "serving_default" not in loaded.signatures:
        raise SkippedEngine("the SavedModel has no serving_default signature")
    function = loaded.signatures["serving_default"]
    inputs = function.structured_input_signature[1]
    if len(inputs) != 1:
        raise SkippedEngine("only networks with one image input are run")
    ((name, spec),) = inputs.items()
    if not spec.shape.is_compatible_with(shape):
        raise SkippedEngine(f"fixed input {spec.shape.as_list()}, the .tflite file's is {list(shape)}")
    values = tf.constant(np.random.default_rng(SEED).uniform(-1, 1, shape), spec.dtype)

    def call(kept=loaded):  # a signature does not keep its variables alive
        return [output.numpy() for output in function(**{name: values}).values()]

    return call


def _tensorflow():
    try:
        with Quiet():  # it warns of GPU libraries registered twice
            import tensorflow
    except ImportError:
        raise SkippedEngine("TensorFlow is not installed: pip install -e .[convert]") from None
    return tensorflow
