"""The original: the same reader, its networks taken from before the conversion and run by PyTorch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.engines import derived, exchanged
from benchmarks.engines.networks import part_of
from benchmarks.measures import conversion
from demo.errors import DemoError
from tflite_ocr import Reader
from tflite_ocr.errors import MissingDependencyError


def device() -> str:
    """ "cuda" where PyTorch sees a GPU, else "cpu".

    Raises:
        MissingDependencyError: PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise MissingDependencyError(
            "expected PyTorch for the original, found none: pip install -e .[convert]"
        ) from None
    return "cuda" if torch.cuda.is_available() else "cpu"


def reader(model: Path, threads: int, where: str) -> Reader:
    """A Reader that computes with the original's operators in float32."""
    import torch

    torch.set_num_threads(threads)
    (stage,) = (stage for stage in conversion.stages(model) if stage.name == conversion.SOURCE)
    absent = [path for path in stage.files.values() if not (model / path).is_file()]
    if absent:
        raise DemoError(f"{model}: expected {absent[0]}, the original network; convert the model again")
    networks = {part: forward(model / path, where) for part, path in stage.files.items()}
    # One call after the other: PyTorch itself spreads each over the cores.
    return exchanged.reader(model, "float32", 1, lambda file: networks[part_of(file.path)])


def forward(path: Path, where: str) -> Callable[[np.ndarray], np.ndarray]:
    """An ONNX file (NCHW) as a torch module that takes and gives NHWC arrays, float32, at any size."""
    import onnx
    import onnx_graphsurgeon as gs
    import torch

    from converters.quiet import Quiet
    from converters.rewrites import convolutions
    from converters.sources.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    from onnx2torch import convert

    model = onnx.load(path)
    del model.graph.value_info[:]  # sizes of the example input, which folding would believe
    graph = gs.import_onnx(model)
    for tensor in graph.inputs:
        tensor.shape = ["n", tensor.shape[1], "h", "w"]
    with Quiet():  # it warns of ONNX Runtime's age and folds without it
        graph.fold_constants()
    convolutions.explicit_padding(graph)  # the same paddings, written so that onnx2torch knows them
    module = convert(gs.export_onnx(graph.cleanup().toposort())).eval().to(where)

    def run(tensor: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            found = module(torch.from_numpy(derived.nchw(tensor)).to(where))
        return derived.nhwc((found[0] if isinstance(found, tuple | list) else found).cpu().numpy())

    return run
