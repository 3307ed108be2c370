"""The sequence part of PP-OCR's recogniser (SVTR neck and CTC head, arXiv 2205.00159) on tokens laid out as an image.

The published graph moves between [N, T, C] tokens and five-dimensional heads. Here tokens stay an
image of one row, [N, C, 1, T], linear layers are 1x1 convolutions and no tensor has more than four
dimensions: XNNPACK then runs the whole part, and any number of tokens T fits without another export.
"""

import torch
from torch import nn

HEADS = 8


class ChannelNorm(nn.Module):
    """Layer normalization over the channels of [N, C, 1, T]."""

    def __init__(self, channels: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.epsilon = epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(1, keepdim=True)
        variance = (centred * centred).mean(1, keepdim=True)
        return centred / torch.sqrt(variance + self.epsilon) * self.weight + self.bias


class Attention(nn.Module):
    """Multi-head self-attention along T; the factor 1 / sqrt(channels per head) lies in the query weights.

    Every head has its own 1x1 convolutions instead of a reshape of the channels: XNNPACK cannot
    follow a reshape when T changes.
    """

    def __init__(self, channels: int):
        super().__init__()
        size = channels // HEADS
        self.query = nn.ModuleList(nn.Conv2d(channels, size, 1) for _ in range(HEADS))
        self.key = nn.ModuleList(nn.Conv2d(channels, size, 1) for _ in range(HEADS))
        self.value = nn.ModuleList(nn.Conv2d(channels, size, 1) for _ in range(HEADS))
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mixed = []
        for query, key, value in zip(self.query, self.key, self.value, strict=True):
            rows = query(x).permute(0, 2, 3, 1)  # [1, 1, T, size]
            weights = torch.softmax(torch.matmul(rows, key(x).permute(0, 2, 1, 3)), dim=3)  # [1, 1, T, T]
            mixed.append(torch.matmul(weights, value(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
        halves = [torch.cat(mixed[: HEADS // 2], 1), torch.cat(mixed[HEADS // 2 :], 1)]  # XNNPACK joins few at once
        return self.project(torch.cat(halves, 1))


class SvtrBlock(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, channels: int, epsilon: float = 1e-5):
        super().__init__()
        self.norm1 = ChannelNorm(channels, epsilon)
        self.attention = Attention(channels)
        self.norm2 = ChannelNorm(channels, epsilon)
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.reduce = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.reduce(nn.functional.silu(self.expand(self.norm2(x))))


class SvtrNeck(nn.Module):
    """[1, C, 1, T] pooled features -> [1, classes, 1, T] logits."""

    def __init__(self, features: int = 384, channels: int = 120, blocks: int = 2, classes: int = 18710):
        super().__init__()
        self.shortcut = nn.Conv2d(features, channels, 1)
        self.enter = nn.Conv2d(features, channels, 1)
        self.local = nn.Conv2d(channels, channels, (1, 7), padding=(0, 3), groups=channels)
        self.blocks = nn.Sequential(*(SvtrBlock(channels) for _ in range(blocks)))
        self.norm = ChannelNorm(channels, 1e-6)
        self.head = nn.Conv2d(channels, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        silu = nn.functional.silu
        entered = silu(self.enter(x))
        tokens = entered + silu(self.local(entered))
        tokens = self.norm(self.blocks(tokens)) + silu(self.shortcut(x))
        return self.head(tokens)
