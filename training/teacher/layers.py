"""The teacher's detector layer by layer, as far as a student can begin with its weights."""

from pathlib import Path

import numpy as np
import onnx
import onnxsim
import torch
from torch import nn
from torch.nn import functional

from converters.networks.edge_recognizer import BranchedStem, stage, staged
from converters.sources import ppocr
from training.errors import TrainingError

CHANNELS, BLOCKS, GATED = (48, 96, 192, 384), (2, 2, 4, 2), ((0,), (0,), (0, 2), (0,))
STEM, PYRAMID, FUSED = 24, 96, 24
_SHAPE = (1, 3, 640, 640)


class AddedGate(nn.Module):
    """x + x g with a gate g of the whole picture (squeeze and excitation, arXiv 1709.01507), steeper than a block's."""

    def __init__(self, channels: int):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 4, 1)
        self.excite = nn.Conv2d(channels // 4, channels, 1)

    def factors(self, x: torch.Tensor) -> torch.Tensor:
        """1 + g, [N, C, 1, 1]."""
        pooled = x.mean((2, 3), keepdim=True)
        return 1 + (0.2 * self.excite(functional.relu(self.squeeze(pooled))) + 0.5).clamp(0, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factors(x)


class TeacherLayers(nn.Module):
    """[N, 3, H, W] in [-1, 1], multiples of 32 -> logits [N, 1, H, W].

    Args:
        folder: Where the ONNX files lie; None for the installed rapidocr package.

    Raises:
        TrainingError: The file holds other layers.

    Attributes:
        stem: To [N, 48, H / 4, W / 4].
        stages: To 1/4, 1/8, 1/16 and 1/32 of the resolution.
        lateral: A convolution and a gate for each level, the coarsest first.
        spread: A 7x7 depthwise convolution, a 1x1 one and a gate for each level, the coarsest first.
        fuse: Joins the levels, the coarsest first.
        enlarge: From 1/4 to 1/2 of the resolution.
        map: From 1/2 to all of it.
    """

    def __init__(self, folder: Path | None = None):
        super().__init__()
        self.stem = BranchedStem(STEM, CHANNELS[0])
        self.stages = nn.ModuleList()
        for i, size in enumerate(CHANNELS):
            gates = [index in GATED[i] for index in range(BLOCKS[i])]
            self.stages.append(stage(CHANNELS[i - 1] if i else 0, size, gates, 2.0, (2, 2), nn.GELU))
        self.lateral = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, PYRAMID, 1), AddedGate(PYRAMID)) for c in CHANNELS[::-1]
        )
        self.spread = nn.ModuleList()
        for _ in CHANNELS:
            wide = nn.Conv2d(PYRAMID, PYRAMID, 7, padding=3, groups=PYRAMID)
            self.spread.append(nn.Sequential(wide, nn.Conv2d(PYRAMID, FUSED, 1), AddedGate(FUSED)))
        self.fuse = nn.Conv2d(len(CHANNELS) * FUSED, FUSED, 3, padding=1)
        self.enlarge = nn.ConvTranspose2d(FUSED, FUSED, 2, 2)
        self.map = nn.ConvTranspose2d(FUSED, 1, 2, 2)
        _fill(self, (folder or ppocr.package_folder()) / ppocr.DETECTOR)
        self.eval().requires_grad_(False)

    def levels(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the stem and each of the stages gives."""
        return staged(self.stem(x), self.stages)

    def joined(self, levels: list[torch.Tensor]) -> torch.Tensor:
        """The pyramid: levels from fine to coarse -> [N, 24, H / 4, W / 4]."""
        total, parts = None, []
        for i, level in enumerate(levels[::-1]):
            level = self.lateral[i](level)
            total = level if total is None else level + _enlarged(total, 2)
            parts.append(_enlarged(self.spread[i](total), 2 ** (len(levels) - 1 - i)))
        return functional.relu(self.fuse(torch.cat(parts, 1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.map(functional.relu(self.enlarge(self.joined(self.levels(x)[1:]))))


def _enlarged(x: torch.Tensor, times: int) -> torch.Tensor:
    return x if times == 1 else functional.interpolate(x, scale_factor=times, mode="nearest")


def _fill(layers: TeacherLayers, path: Path) -> None:
    """Copies the file's convolutions, which are in the order of the modules."""
    model, _ = onnxsim.simplify(onnx.load(path), overwrite_input_shapes={"x": list(_SHAPE)})
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = [node for node in model.graph.node if node.op_type in ("Conv", "ConvTranspose")]
    modules = [module for module in layers.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    if len(found) != len(modules):
        raise TrainingError(f"{path}: expected {len(modules)} convolutions, found {len(found)}; the file is another's")
    for module, node in zip(modules, found, strict=True):
        weight = values[node.input[1]]
        if weight.shape != tuple(module.weight.shape):
            raise TrainingError(
                f"{path}: {node.output[0]}: expected a kernel of {tuple(module.weight.shape)}, found {weight.shape}"
            )
        module.weight.data = torch.from_numpy(np.array(weight))
        bias = _bias(model.graph, node, values)
        module.bias.data = torch.zeros(len(module.bias)) if bias is None else torch.from_numpy(np.array(bias))


def _bias(graph: onnx.GraphProto, node: onnx.NodeProto, values: dict[str, np.ndarray]) -> np.ndarray | None:
    """A convolution's own bias, or what is added behind it."""
    if len(node.input) > 2:
        return values[node.input[2]].reshape(-1)
    for reader in graph.node:
        if reader.op_type == "Add" and node.output[0] in reader.input:
            added = [values[name] for name in reader.input if name in values]
            return added[0].reshape(-1) if added else None
    return None
