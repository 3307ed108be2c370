"""ONNX Runtime on the CPU: the network as it was before conversion."""

from pathlib import Path

import numpy as np

from benchmarks.engines import SEED, Call, SkippedEngine


def prepare(path: Path, shape: tuple[int, ...], threads: int) -> Call:
    """Loads an ONNX file of layout NCHW and runs it at the height and width of `shape` (NHWC)."""
    if not path.is_file():
        raise SkippedEngine(f"{path.name} was not kept; convert the model again")
    try:
        import onnxruntime
    except ImportError:
        raise SkippedEngine("onnxruntime is not installed: pip install -e .[bench]") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    if len(session.get_inputs()) != 1 or len(shape) != 4:
        raise SkippedEngine("only networks with one image input are run")
    first = session.get_inputs()[0]
    batch, height, width, channels = shape
    wanted = (batch, channels, height, width)
    if any(isinstance(size, int) and size != want for size, want in zip(first.shape, wanted, strict=True)):
        raise SkippedEngine(f"fixed input {first.shape}, the .tflite file's is {list(wanted)}")
    values = np.random.default_rng(SEED).uniform(-1, 1, wanted).astype(np.float32)
    return lambda: session.run(None, {first.name: values})
