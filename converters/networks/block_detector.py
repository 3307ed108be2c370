"""The edge detector in the layout of PP-OCRv6's: depthwise blocks, a pyramid, a DB map (arXiv 1911.08947).

It can start from that detector's weights, see training/teacher/detector_start.py, and has what int8 delegates run fast:
ReLU for GELU, a stem of 4x4 patches, constants for the gates of the pyramid, depthwise kernels of at most 5x5, and
depth_to_space for all up-sampling. It works at any multiple of 32 pixels.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from converters.networks.edge_detector import MAP_STRIDE
from converters.networks.edge_recognizer import stage, staged

_KERNEL = 5  # of the pyramid's depthwise convolutions: XNNPACK has fast kernels up to 25 taps


@dataclass(frozen=True)
class BlockDetectorShape:
    """Sizes of a detector.

    Attributes:
        channels: At 1/4, 1/8, 1/16 and 1/32 of the resolution.
        blocks: Number of blocks of each stage, beside the one that halves the resolution.
        gated: For each stage the indices of its blocks with a gate.
        expansion: Channels inside a block, as a multiple of the stage's.
        pyramid: Channels of the levels below 1/4.
        fused: Channels of each level where they are joined.
    """

    patches: int = 32
    channels: tuple[int, int, int, int] = (48, 96, 192, 384)
    blocks: tuple[int, int, int, int] = (2, 2, 4, 2)
    gated: tuple[tuple[int, ...], ...] = ((0,), (0,), (0, 2), (0,))
    expansion: float = 1.0
    pyramid: int = 96
    fused: int = 24


class PatchStem(nn.Module):
    """To a quarter of height and width: patches of 4x4 pixels, then a 3x3 convolution.

    Two strided 3x3 convolutions would take as long as four layers at a quarter of the resolution.
    """

    def __init__(self, patches: int, out: int):
        super().__init__()
        self.patch = nn.Conv2d(3, patches, 4, 4)
        self.refine = nn.Conv2d(patches, out, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.refine(functional.relu(self.patch(x))))


class BlockDetector(nn.Module):
    """[N, 3, H, W] in [-1, 1] -> logits [N, 1, H / 2, W / 2] of text shrunk towards its middle line."""

    def __init__(self, shape: BlockDetectorShape | None = None):
        super().__init__()
        self.shape = shape = shape or BlockDetectorShape()
        channels, fused = shape.channels, shape.fused
        self.stem = PatchStem(shape.patches, channels[0])
        self.stages = nn.ModuleList(
            stage(
                channels[i - 1] if i else 0,
                size,
                [index in shape.gated[i] for index in range(shape.blocks[i])],
                shape.expansion,
                (2, 2),
            )
            for i, size in enumerate(channels)
        )
        widths = (fused, *[shape.pyramid] * 3)
        self.lateral = nn.ModuleList(nn.Conv2d(c, w, 1) for c, w in zip(channels, widths, strict=True))
        # Levels are widened fourfold and unfolded to twice their resolution, from the finest on: those of the pyramid,
        # and what is joined of them.
        self.unfold = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in zip(widths, widths[1:]))
        self.raised = nn.ModuleList(nn.Conv2d(fused, 4 * fused, 1) for _ in widths[1:])
        self.spread = nn.ModuleList(nn.Conv2d(w, w, _KERNEL, padding=_KERNEL // 2, groups=w) for w in widths)
        self.fuse = nn.ModuleList(
            nn.Conv2d(w, fused, 3 if i < 2 else 1, padding=1 if i < 2 else 0) for i, w in enumerate(widths)
        )
        self.fine = nn.Conv2d(fused, 4 * fused, 1)
        self.map = nn.Conv2d(4 * fused, (4 // MAP_STRIDE) ** 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.joined(self.levels(x)[1:]))

    def levels(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the stem and each of the stages gives, at 1/4, 1/4, 1/8, 1/16 and 1/32 of the resolution."""
        return staged(self.stem(x), self.stages)

    def joined(self, levels: list[torch.Tensor]) -> torch.Tensor:
        """The pyramid: levels from fine to coarse -> [N, fused, H / 4, W / 4]."""
        total = deeper = None
        for i in reversed(range(len(levels))):
            level = self.lateral[i](levels[i])
            if deeper is not None:
                level = level + functional.pixel_shuffle(self.unfold[i](deeper), 2)
            deeper = level
            part = self.fuse[i](self.spread[i](level))
            total = part if total is None else part + functional.pixel_shuffle(self.raised[i](total), 2)
        return functional.relu(total)

    def head(self, joined: torch.Tensor) -> torch.Tensor:
        """Logits of the joined levels."""
        return functional.pixel_shuffle(self.map(functional.relu(self.fine(joined))), 4 // MAP_STRIDE)
