"""The edge detector: a probability map in the manner of DB (arXiv 1911.08947) from convolutions and ReLU only.

Every layer is one that int8 delegates run fast: dense 3x3 and 1x1 convolutions with a fused ReLU, additions, and
depth_to_space for all up-sampling. It has no normalization layers, so that what is trained is what is converted, and
works at any multiple of 32 pixels.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

# Pixels of the image to a pixel of the map.
MAP_STRIDE = 2


@dataclass(frozen=True)
class DetectorShape:
    """Sizes of a detector.

    Attributes:
        channels: At 1/4, 1/8, 1/16 and 1/32 of the resolution.
        blocks: At 1/4 the plain convolutions, at the others the residual blocks.
    """

    channels: tuple[int, int, int, int] = (48, 64, 80, 96)
    blocks: tuple[int, int, int, int] = (1, 2, 3, 2)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the second begins at zero: a deep stack starts as a shallow one."""

    def __init__(self, channels: int):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class EdgeDetector(nn.Module):
    """[N, 3, H, W] in [-1, 1] -> logits [N, 1, H / 2, W / 2] of text shrunk towards its middle line."""

    def __init__(self, shape: DetectorShape | None = None):
        super().__init__()
        self.shape = shape = shape or DetectorShape()
        first = shape.channels[0]
        # Patches of 4x4 pixels: a strided 3x3 convolution of three channels at full size would take as long as
        # everything at 1/4 of it together.
        self.stem = nn.Conv2d(3, first, 4, 4)
        self.fine = nn.Sequential(
            *(layer for _ in range(shape.blocks[0]) for layer in (nn.Conv2d(first, first, 3, padding=1), nn.ReLU()))
        )
        self.stages = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, channels, 3, 2, padding=1), nn.ReLU(), *(Residual(channels) for _ in range(blocks))
            )
            for before, channels, blocks in zip(shape.channels, shape.channels[1:], shape.blocks[1:])
        )
        # A level is widened fourfold and unfolded to twice its resolution.
        self.unfold = nn.ModuleList(
            nn.Conv2d(high, 4 * low, 1) for low, high in zip(shape.channels, shape.channels[1:])
        )
        self.merge = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for c in shape.channels[:-1])
        self.map = nn.Conv2d(first, (4 // MAP_STRIDE) ** 2, 1)
        _initialize(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        levels = [self.fine(functional.relu(self.stem(x)))]
        for stage in self.stages:
            levels.append(stage(levels[-1]))
        x = levels.pop()
        for unfold, merge in zip(self.unfold[::-1], self.merge[::-1], strict=True):
            x = functional.relu(merge(levels.pop() + functional.pixel_shuffle(unfold(x), 2)))
        return functional.pixel_shuffle(self.map(x), 4 // MAP_STRIDE)


class EdgeDetectorMap(nn.Module):
    """The detector with its sigmoid: probabilities [N, 1, H / 2, W / 2], as it is converted."""

    def __init__(self, detector: EdgeDetector):
        super().__init__()
        self.detector = detector

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.detector(x))


def _initialize(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            if module.weight.abs().sum() > 0:  # what was set to zero on purpose stays
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
