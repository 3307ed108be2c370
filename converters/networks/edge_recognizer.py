"""The edge recogniser: convolutions, ReLU and some gates, one or two CTC frames every 8 columns, any width.

Its convolutional part has the layout of PP-OCRv6's recogniser (PP-LCNet's line, arXiv 2109.15099), so that it can
start from those weights: a depthwise convolution mixes places, a residual pair of 1x1 convolutions mixes channels.
What an int8 delegate has no fast kernel for is removed: GELU became ReLU, attention became convolutions along the
line, the branched stem a plain one. Gates over the whole picture (squeeze and excitation) are cheap enough to stay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

# Columns of the input to a column of the output.
COLUMN_WIDTH = 8


@dataclass(frozen=True)
class RecognizerShape:
    """Sizes of a recogniser.

    Attributes:
        height: Height of the input in pixels, a multiple of 16.
        blocks: Number of blocks of each stage, beside the one that halves the height.
        gated: For each stage the indices of its blocks with a gate.
        expansion: Channels inside a block, as a multiple of the stage's.
        kernel: Columns that each of them sees.
        frames: CTC frames of a column. With two, letters half as wide can be distinguished, and equal neighbours.
    """

    height: int = 32
    stem: int = 32
    channels: tuple[int, int, int] = (96, 192, 384)
    blocks: tuple[int, int, int] = (3, 6, 2)
    gated: tuple[tuple[int, ...], ...] = ((), (), ())
    expansion: float = 2.0
    neck: int = 128
    neck_blocks: int = 3
    kernel: int = 5
    frames: int = 1


class Gate(nn.Module):
    """Squeeze and excitation (arXiv 1709.01507) with a hard sigmoid."""

    def __init__(self, channels: int, reduction: int = 4):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.excite = nn.Conv2d(channels // reduction, channels, 1)

    def weights(self, x: torch.Tensor) -> torch.Tensor:
        """[N, C, H, W] -> factors [N, C, 1, 1] in [0, 1]."""
        pooled = x.mean((2, 3), keepdim=True)
        return functional.hardsigmoid(self.excite(functional.relu(self.squeeze(pooled))))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weights(x)


class RecognizerBlock(nn.Module):
    """A 3x3 depthwise convolution, then 1x1 convolutions to `inner` channels and back, residual where sizes agree."""

    def __init__(
        self,
        before: int,
        channels: int,
        inner: int,
        activation: type[nn.Module],
        gated: bool = False,
        stride: tuple[int, int] = (1, 1),
    ):
        super().__init__()
        self.mix = nn.Conv2d(before, before, 3, stride, padding=1, groups=before)
        self.gate = Gate(before) if gated else nn.Identity()
        self.expand = nn.Conv2d(before, inner, 1)
        self.activation = activation()
        self.reduce = nn.Conv2d(inner, channels, 1)
        self.residual = before == channels and stride == (1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.gate(self.mix(x))
        changed = self.reduce(self.activation(self.expand(x)))
        return x + changed if self.residual else changed


def stage(
    before: int,
    size: int,
    gated: Sequence[bool],
    expansion: float,
    stride: tuple[int, int],
    activation: type[nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Blocks of one size, behind one that comes to it.

    Args:
        before: Channels of the stage before; 0 for the first stage, which has no block that comes to its size.
        gated: For each block whether it has a gate.
        expansion: Channels inside a block, as a multiple of `size`.
        stride: Stride of the block that comes to the size, (down, across).
    """
    inner = round(size * expansion)
    # A block that halves the resolution is as wide inside as its result.
    first = [RecognizerBlock(before, size, size, activation, stride=stride)] if before else []
    return nn.Sequential(*first, *(RecognizerBlock(size, size, inner, activation, gate) for gate in gated))


def staged(x: torch.Tensor, stages: Iterable[nn.Module]) -> list[torch.Tensor]:
    """What comes to the first stage, and what each of them gives."""
    found = [x]
    for module in stages:
        found.append(module(found[-1]))
    return found


class Stem(nn.Module):
    """To a quarter of height and width: two strided 3x3 convolutions."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, 2, padding=1)
        self.second = nn.Conv2d(channels, out, 3, 2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.second(functional.relu(self.first(x))))


class BranchedStem(nn.Module):
    """To a quarter of height and width: strided 3x3 convolutions around a pair of 2x2 ones beside a maximum.

    The teacher's; it takes a quarter of the whole network's time in int8.
    """

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, 2, padding=1)
        self.narrow = nn.Conv2d(channels, channels // 2, 2)
        self.widen = nn.Conv2d(channels // 2, channels, 2)
        self.second = nn.Conv2d(2 * channels, channels, 3, 2, padding=1)
        self.third = nn.Conv2d(channels, out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.first(x))
        # An even kernel that keeps the size sees one more pixel to the right and below.
        y = functional.relu(self.narrow(functional.pad(x, (0, 1, 0, 1))))
        y = functional.relu(self.widen(functional.pad(y, (0, 1, 0, 1))))
        pooled = functional.max_pool2d(functional.pad(x, (0, 1, 0, 1)), 2, 1)  # x >= 0: zeros change no maximum
        x = functional.relu(self.second(torch.cat([pooled, y], 1)))
        return functional.relu(self.third(x))


class Features(nn.Module):
    """[N, 3, H, W] in [-1, 1] -> [N, C, H / 16, W / 4]."""

    def __init__(self, shape: RecognizerShape, activation: type[nn.Module] = nn.ReLU, stem: type[nn.Module] = Stem):
        super().__init__()
        channels = shape.channels
        self.stem = stem(shape.stem, channels[0])
        stages = []
        for i, count in enumerate(shape.blocks):
            gated = [index in shape.gated[i] for index in range(count)]
            stages.append(stage(channels[i - 1] if i else 0, channels[i], gated, shape.expansion, (2, 1), activation))
        self.stages = nn.Sequential(*stages)

    def staged(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the stem and each of the stages gives."""
        return staged(self.stem(x), self.stages)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.staged(x)[-1]


class LineBlock(nn.Module):
    """A convolution along the line and a 1x1 one, residual."""

    def __init__(self, channels: int, kernel: int):
        super().__init__()
        self.along = nn.Conv2d(channels, channels, (1, kernel), padding=(0, kernel // 2))
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.mix(functional.relu(self.along(x))))


class EdgeRecognizer(nn.Module):
    """[N, 3, height, W] in [-1, 1], W a multiple of 8 -> logits [N, frames * classes, 1, W / 8], frame after frame."""

    def __init__(self, classes: int, shape: RecognizerShape | None = None):
        super().__init__()
        self.shape = shape or RecognizerShape()
        self.features = Features(self.shape)
        size, halves = self.shape.neck, self.shape.frames
        # Features stand every 4 columns; what tells two frames of a column apart must not be averaged away.
        self.enter = nn.Conv2d(self.shape.channels[-1], size, (1, halves), (1, halves))
        self.neck = nn.Sequential(*(LineBlock(size, self.shape.kernel) for _ in range(self.shape.neck_blocks)))
        self.head = nn.Conv2d(size, halves * classes, 1)

    def rows(self, features: torch.Tensor) -> torch.Tensor:
        """Features [N, C, H, W / 4] of a picture of any height -> [N, C, 1, W / 4], the mean of its rows."""
        return features.mean(2, keepdim=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(self.rows(self.features(x)))

    def logits(self, rows: torch.Tensor) -> torch.Tensor:
        """[N, frames * classes, 1, W / 8] of the mean rows [N, C, 1, W / 4]."""
        if self.shape.frames == 1:
            rows = pooled(rows)
        return self.head(self.neck(functional.relu(self.enter(rows))))

    def frames(self, logits: torch.Tensor) -> torch.Tensor:
        """Logits in the order of their frames, [N, classes, frames * W / 8]."""
        count, channels, _, columns = logits.shape
        parts = logits.reshape(count, self.shape.frames, channels // self.shape.frames, columns)
        return parts.permute(0, 2, 3, 1).reshape(count, channels // self.shape.frames, -1)


def pooled(rows: torch.Tensor) -> torch.Tensor:
    """Mean rows [N, C, 1, W / 4] -> [N, C, 1, W / 8], the mean of pairs."""
    return functional.avg_pool2d(rows, (1, 2))
