"""CRNN text recognisers of EasyOCR (Shi et al. 2015, arXiv 1507.05717), forward pass only.

Convolutions make one feature column every four pixels, two bidirectional LSTM layers relate the
columns, and a linear layer scores the characters of each column for CTC. Generation 1 has a residual
network before the LSTMs, generation 2 a VGG network. Parameter names are those of the published
checkpoints, so that they load strictly.
"""

from dataclasses import dataclass

import torch
from torch import nn

CROP_HEIGHT = 64


@dataclass(frozen=True)
class CrnnShape:
    """Sizes of a recogniser.

    Attributes:
        backbone: "resnet" (generation 1) or "vgg" (generation 2).
    """

    backbone: str
    channels: int
    hidden: int
    classes: int


class Crnn(nn.Module):
    """The recogniser as one network, the reference that its converted parts are measured against."""

    def __init__(self, shape: CrnnShape):
        super().__init__()
        self.shape = shape
        self.FeatureExtraction = _Features(_BACKBONES[shape.backbone](shape.channels))
        self.SequenceModeling = nn.Sequential(
            _Bidirectional(shape.channels, shape.hidden), _Bidirectional(shape.hidden, shape.hidden)
        )
        self.Prediction = nn.Linear(shape.hidden, shape.classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits of crops.

        Args:
            image: float32 [N, 1, 64, W], grey, in [-1, 1].

        Returns:
            float32 [N, T, classes] with T = W // 4 - 1 for VGG and W // 4 + 1 for the residual network.
        """
        columns = self.features(image).squeeze(2).transpose(1, 2)
        return self.Prediction(self.SequenceModeling(columns))

    def features(self, image: torch.Tensor) -> torch.Tensor:
        """Feature columns float32 [N, channels, 1, T] of the crops of `forward`."""
        return self.FeatureExtraction(image).mean(dim=2, keepdim=True)


class _Features(nn.Module):
    def __init__(self, network: nn.Module):
        super().__init__()
        self.ConvNet = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.ConvNet(image)


class _Bidirectional(nn.Module):
    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(2 * hidden, hidden)

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        return self.linear(self.rnn(columns)[0])


def _vgg(channels: int) -> nn.Sequential:
    a, b, c = channels // 8, channels // 4, channels // 2
    return nn.Sequential(
        *(nn.Conv2d(1, a, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(b, c, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(), nn.MaxPool2d((2, 1))),
        *(_conv3x3(c, channels), nn.BatchNorm2d(channels), nn.ReLU()),
        *(_conv3x3(channels, channels), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d((2, 1))),
        *(nn.Conv2d(channels, channels, 2), nn.ReLU()),
    )


class _Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut; 1x1 on the shortcut where the channels change."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1, self.bn1 = _conv3x3(inputs, outputs), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = _conv3x3(outputs, outputs), nn.BatchNorm2d(outputs)
        self.downsample = None
        if inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + shortcut)


class _ResNet(nn.Module):
    """Residual backbone of generation 1 (table 1 of "Focusing Attention", Cheng et al. 2017, arXiv 1709.02054)."""

    def __init__(self, channels: int):
        super().__init__()
        first, stem, a, b = channels // 16, channels // 8, channels // 4, channels // 2
        self.conv0_1, self.bn0_1 = _conv3x3(1, first), nn.BatchNorm2d(first)
        self.conv0_2, self.bn0_2 = _conv3x3(first, stem), nn.BatchNorm2d(stem)
        self.layer1 = _residuals(stem, a, 1)
        self.conv1, self.bn1 = _conv3x3(a, a), nn.BatchNorm2d(a)
        self.layer2 = _residuals(a, b, 2)
        self.conv2, self.bn2 = _conv3x3(b, b), nn.BatchNorm2d(b)
        self.layer3 = _residuals(b, channels, 5)
        self.conv3, self.bn3 = _conv3x3(channels, channels), nn.BatchNorm2d(channels)
        self.layer4 = _residuals(channels, channels, 3)
        self.conv4_1 = nn.Conv2d(channels, channels, 2, stride=(2, 1), padding=(0, 1), bias=False)
        self.bn4_1 = nn.BatchNorm2d(channels)
        self.conv4_2 = nn.Conv2d(channels, channels, 2, bias=False)
        self.bn4_2 = nn.BatchNorm2d(channels)
        self.pool = nn.MaxPool2d(2)
        # Zeros left and right are what a maximum over rectified values ignores. The second ReLU changes nothing
        # but keeps simplifiers from merging the padding into the pooling, as minus infinity that int8 does not have.
        self.pool_rows = nn.Sequential(nn.ZeroPad2d((1, 1, 0, 0)), nn.ReLU(), nn.MaxPool2d(2, stride=(2, 1)))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn0_1(self.conv0_1(image)))
        x = self.pool(torch.relu(self.bn0_2(self.conv0_2(x))))
        x = self.pool(torch.relu(self.bn1(self.conv1(self.layer1(x)))))
        x = self.pool_rows(torch.relu(self.bn2(self.conv2(self.layer2(x)))))
        x = torch.relu(self.bn3(self.conv3(self.layer3(x))))
        x = torch.relu(self.bn4_1(self.conv4_1(self.layer4(x))))
        return torch.relu(self.bn4_2(self.conv4_2(x)))


def _conv3x3(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def _residuals(inputs: int, outputs: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Residual(inputs if index == 0 else outputs, outputs) for index in range(count)))


_BACKBONES = {"vgg": _vgg, "resnet": _ResNet}
