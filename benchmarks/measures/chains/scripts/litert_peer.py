"""litert-torch and ai-edge-quantizer as their documentation calls them, behind onnx2torch; runs in their environment.

litert_peer.py float32|int8 SOURCE.onnx CALIBRATION.npy FOLDER writes FOLDER/float32.tflite or FOLDER/int8.tflite
"""

import runpy
import sys
from pathlib import Path

# By its path: this project's packages cannot be imported in that environment.
_SHIM = Path(__file__).parents[4] / "converters" / "sources" / "torchvision_shim.py"


def main(form: str, source: Path, calibration: Path, folder: Path) -> None:
    """Converts one file in one form; int8 is made of the float32 file, which is made first if it is not there."""
    import numpy

    tensors = numpy.load(calibration).transpose(0, 3, 1, 2).copy()
    plain = folder / "float32.tflite"
    if form == "float32" or not plain.is_file():
        runpy.run_path(str(_SHIM))["ensure_torchvision"]()  # onnx2torch imports it
        import litert_torch
        import onnx
        import onnx2torch
        import torch

        module = onnx2torch.convert(_folded(onnx.load(source))).eval()
        litert_torch.convert(module, (torch.from_numpy(tensors[:1]),)).export(str(plain))
    if form == "int8":
        from ai_edge_quantizer import quantizer, recipe

        chosen = quantizer.Quantizer(str(plain))
        chosen.load_quantization_recipe(recipe.static_wi8_ai8())
        inputs = {"serving_default": [{"args_0": tensor[None]} for tensor in tensors]}
        chosen.quantize(chosen.calibrate(inputs)).export_model(str(folder / "int8.tflite"), overwrite=True)


def _folded(model):
    """The model with its constants as initializers: onnx2torch finds those of nodes, as Paddle writes them, nowhere."""
    graph = model.graph
    constants = [node for node in graph.node if node.op_type == "Constant" and node.attribute[0].name == "value"]
    for node in constants:
        graph.initializer.add().CopyFrom(node.attribute[0].t)
        graph.initializer[-1].name = node.output[0]
        graph.node.remove(node)
    return model


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
