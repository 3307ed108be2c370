"""Small networks as people write them in PyTorch, seeded, for conversions by way of ONNX."""

import warnings

import torch
from torch import nn

WIDTH, HEIGHT = 64, 16
CLASSES = 12


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels):
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x):
        gate = self.wide(torch.relu(self.narrow(x.mean((2, 3), keepdim=True))))
        return x * nn.functional.hardsigmoid(gate)


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x):
        batch, frames, channels = x.shape
        parts = self.qkv(x).reshape(batch, frames, 3, self.heads, channels // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * (channels // self.heads) ** -0.5, -1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, frames, channels))


class Recognizer(nn.Module):
    """Convolutions with hard-swish, a gate, a block of attention with LayerNorm and GELU, perhaps a recurrent layer."""

    def __init__(self, classes=CLASSES, channels=16, recurrent=None, probabilities=True):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 3, 2, 1),
            nn.BatchNorm2d(channels),
            nn.Hardswish(),
            nn.Conv2d(channels, channels, 3, 1, 1, groups=channels),
            nn.BatchNorm2d(channels),
            nn.Hardswish(),
            Gate(channels),
            nn.AvgPool2d((HEIGHT // 2, 1)),
        )
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(channels), Attention(channels, 2), nn.LayerNorm(channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}.get(recurrent)
        self.recurrent = kind and kind(channels, channels // 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(channels, classes)
        self.probabilities = probabilities

    def forward(self, x):
        x = self.stem(x).squeeze(2).transpose(1, 2)
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        if self.recurrent is not None:
            x = self.recurrent(x)[0]
        return torch.softmax(self.head(x), -1) if self.probabilities else self.head(x)


class Detector(nn.Module):
    """PReLU, hard-swish, SiLU, nearest down-sampling, bilinear and nearest up-sampling."""

    def __init__(self, channels=8):
        super().__init__()
        self.high = nn.Sequential(
            nn.Conv2d(3, channels, 3, 2, 1), nn.BatchNorm2d(channels), nn.Hardswish(), Gate(channels)
        )
        self.low = nn.Sequential(nn.Conv2d(channels, channels, 3, 2, 1), nn.PReLU(channels))
        self.out = nn.Conv2d(channels, 1, 1)

    def forward(self, x):
        resize = nn.functional.interpolate
        high = self.high(x)
        low = self.low(high) + resize(high, scale_factor=0.5)
        maps = self.out(nn.functional.silu(resize(low, scale_factor=2, mode="bilinear", align_corners=False)))
        return torch.sigmoid(resize(maps, scale_factor=2))


class Around(nn.Module):
    """A function of an image of 8 channels between two convolutions; its sides are 16 and 24."""

    shape = (1, 3, 32, 48)

    def __init__(self, body, channels=8):
        super().__init__()
        self.stem, self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU()), body
        self.head = nn.Conv2d(channels, 4, 1)

    def forward(self, x):
        return self.head(self.body(self.stem(x)))


class Block(nn.Module):
    """ConvNeXt's (arXiv 2201.03545)."""

    def __init__(self, channels=8):
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(channels, channels, 7, 1, 3, groups=channels), nn.LayerNorm(channels)
        self.wide, self.narrow = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.scale = nn.Parameter(torch.linspace(0.5, 1.5, channels))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + (self.scale * self.narrow(nn.functional.gelu(self.wide(y)))).permute(0, 3, 1, 2)


class Windows(nn.Module):
    """Attention within windows that are shifted, as Swin's (arXiv 2103.14030)."""

    def __init__(self, channels=8, side=4):
        super().__init__()
        self.side, self.norm, self.attention = side, nn.LayerNorm(channels), Attention(channels, 2)

    def forward(self, x):
        batch, channels, height, width = x.shape
        rows, columns, side = height // self.side, width // self.side, self.side
        y = torch.roll(self.norm(x.permute(0, 2, 3, 1)), (-2, -2), (1, 2))
        y = y.view(batch, rows, side, columns, side, channels).permute(0, 1, 3, 2, 4, 5)
        y = self.attention(y.reshape(-1, side * side, channels))
        y = y.view(batch, rows, columns, side, side, channels).permute(0, 1, 3, 2, 4, 5)
        return x + torch.roll(y.reshape(batch, height, width, channels), (2, 2), (1, 2)).permute(0, 3, 1, 2)


class Function(nn.Module):
    """A function of an image."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def seeded(network, seed=3):
    """The network with weights that let every layer matter, in evaluation mode."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(module.weight, 0, (2 / module.weight[0].numel()) ** 0.5)
            nn.init.normal_(module.bias, 0, 0.2)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.1, 0.5)
    return network.eval()


def shape_of(network):
    if isinstance(network, Around):
        return network.shape
    return (1, 3, 64, 96) if isinstance(network, Detector) else (1, 3, HEIGHT, WIDTH)


def write(network, path, opset=17, free=()):
    """Exports a network; axes of the input named in `free` are free."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(shape_of(network)),),
            str(path),
            opset_version=opset,
            input_names=["image"],
            output_names=["result"],
            dynamo=False,
            dynamic_axes={"image": {axis: f"a{axis}" for axis in free}} if free else None,
        )
    return path
