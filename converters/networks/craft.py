"""CRAFT text detector (Baek et al. 2019, arXiv 1904.01941, figure 2), forward pass only.

Parameter names are those of the published checkpoints, so that they load strictly.
"""

import torch
from torch import nn
from torch.nn import functional

# Output channels of the 3x3 convolutions of VGG-16; "P" is a 2x2 max pooling.
_VGG16 = (64, 64, "P", 128, 128, "P", 256, 256, 256, "P", 512, 512, 512, "P", 512, 512, 512)
# First and last layer of each slice in the numbering of VGG-16 with batch normalization. Between two
# slices lies a ReLU, see _Backbone.forward.
_SLICES = ((0, 11), (13, 18), (20, 28), (30, 38))


class Craft(nn.Module):
    """Region and affinity scores of characters at half the resolution of the image."""

    def __init__(self):
        super().__init__()
        self.basenet = _Backbone()
        self.upconv1 = _DoubleConv(1024 + 512, 512, 256)
        self.upconv2 = _DoubleConv(512 + 256, 256, 128)
        self.upconv3 = _DoubleConv(256 + 128, 128, 64)
        self.upconv4 = _DoubleConv(128 + 64, 64, 32)
        self.conv_cls = nn.Sequential(
            *_conv_relu(32, 32, 3),
            *_conv_relu(32, 32, 3),
            *_conv_relu(32, 16, 3),
            *_conv_relu(16, 16, 1),
            nn.Conv2d(16, 2, 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Scores of an image.

        Args:
            image: float32 [N, 3, H, W], RGB, normalized with ImageNet's mean and deviation; H and W
                are multiples of 32.

        Returns:
            float32 [N, 2, H/2, W/2]: region score and affinity score, about 0 to 1, not clipped. EasyOCR's
            network returns the same values as [N, H/2, W/2, 2]; here the layout stays that of
            convolutions, since the conversion to TensorFlow turns it into exactly that without a transpose.
        """
        half, quarter, eighth, sixteenth, deep = self.basenet(image)
        y = self.upconv1(torch.cat([deep, sixteenth], dim=1))
        y = self.upconv2(torch.cat([_double(y), eighth], dim=1))
        y = self.upconv3(torch.cat([_double(y), quarter], dim=1))
        y = self.upconv4(torch.cat([_double(y), half], dim=1))
        return self.conv_cls(y)


class _Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        layers = _vgg_layers()
        for number, (first, last) in enumerate(_SLICES, start=1):
            part = nn.Sequential()
            for index in range(first, last + 1):
                part.add_module(str(index), layers[index])
            setattr(self, f"slice{number}", part)
        self.slice5 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1),
            nn.Conv2d(512, 1024, kernel_size=3, padding=6, dilation=6),
            nn.Conv2d(1024, 1024, kernel_size=1),
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        # The published code cuts its slices before a ReLU that works in place, so its skip connections
        # see rectified values after all; only the last one has no ReLU behind it.
        half = functional.relu(self.slice1(image))
        quarter = functional.relu(self.slice2(half))
        eighth = functional.relu(self.slice3(quarter))
        sixteenth = self.slice4(eighth)
        return half, quarter, eighth, sixteenth, self.slice5(sixteenth)


class _DoubleConv(nn.Module):
    def __init__(self, inputs: int, middle: int, outputs: int):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inputs, middle, 1),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            nn.Conv2d(middle, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


def _vgg_layers() -> list[nn.Module]:
    """VGG-16's layers with batch normalization; a list index is the layer's number in its checkpoints."""
    layers: list[nn.Module] = []
    channels = 3
    for width in _VGG16:
        if width == "P":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
    return layers


def _conv_relu(inputs: int, outputs: int, kernel: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU()


def _double(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
