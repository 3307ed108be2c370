"""The teacher of the detector: PP-OCRv6 small's detector as a torch module made from its ONNX file."""

from pathlib import Path

import onnx
import onnxsim
import torch
from torch import nn

from converters.sources import ppocr
from converters.sources.torchvision_shim import ensure_torchvision

# Pads of a 2x2 kernel that keeps the size, as ONNX writes them: (top, left, bottom, right).
_SAME_UPPER = [0, 0, 1, 1]
_IR_VERSION = 9  # the newest that onnx2torch was made for


class TeacherDetector(nn.Module):
    """[1, 3, H, W] in [-1, 1], H and W as given, multiples of 32 -> probabilities [1, 1, H, W].

    Args:
        height: Height of the images in pixels.
        width: Width of the images in pixels.
        folder: Where the ONNX files lie; None for the installed rapidocr package.
    """

    def __init__(self, height: int, width: int, folder: Path | None = None):
        super().__init__()
        path = (folder or ppocr.package_folder()) / ppocr.DETECTOR
        self.network = _as_torch(path, (1, 3, height, width))
        self.eval().requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)


def _as_torch(path: Path, shape: tuple[int, int, int, int]) -> nn.Module:
    ensure_torchvision()  # onnx2torch imports it
    from onnx2torch import convert

    model = onnx.load(path)
    model, _ = onnxsim.simplify(model, overwrite_input_shapes={model.graph.input[0].name: list(shape)})
    for node in model.graph.node:
        automatic = [attribute for attribute in node.attribute if attribute.name == "auto_pad"]
        if automatic and automatic[0].s == b"SAME_UPPER":
            node.attribute.remove(automatic[0])
            node.attribute.append(onnx.helper.make_attribute("pads", _SAME_UPPER))
    model.ir_version = min(model.ir_version, _IR_VERSION)
    return convert(model)
