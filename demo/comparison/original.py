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


def networks_of(model: Path) -> dict[str, Path]:
    """The ONNX file of every network from before the conversion.

    Raises:
        DemoError: They are not there: the model was converted elsewhere.
    """
    (stage,) = (stage for stage in conversion.stages(model) if stage.name == conversion.SOURCE)
    found = {part: model / path for part, path in stage.files.items()}
    absent = [path for path in found.values() if not path.is_file()]
    if absent:
        raise DemoError(
            f"{model}: expected the original network in {absent[0]}, found none, as the model was converted elsewhere; "
            f"convert it here with make convert MODEL={model.name}"
        )
    return found


def reader(model: Path, threads: int, where: str) -> Reader:
    """A Reader that computes with the original's operators in float32."""
    import torch

    torch.set_num_threads(threads)
    networks = {part: forward(path, where) for part, path in networks_of(model).items()}
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
