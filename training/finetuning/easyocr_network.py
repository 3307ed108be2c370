"""A recogniser in the form in which EasyOCR loads networks of its users (Shi et al. 2015, arXiv 1507.05717).

Beside a .yaml of the same name with `network_params`, `imgH`, `lang_list` and `character_list` this file is a
network of `easyocr.Reader(..., recog_network=NAME, user_network_directory=..., model_storage_directory=...)`. It has
the layers and the parameter names of EasyOCR's generation 2, and needs nothing but PyTorch.
"""

from torch import nn


class Model(nn.Module):
    """Logits [N, T, num_class] of grey lines [N, input_channel, imgH, W] in [-1, 1]; T = W // 4 - 1.

    Args:
        input_channel: 1, grey.
        output_channel: Output channels of the convolutions.
        hidden_size: Units of an LSTM in one direction.
        num_class: Characters and the blank, which is class 0.
    """

    def __init__(self, input_channel, output_channel, hidden_size, num_class):
        super().__init__()
        self.FeatureExtraction = _Features(input_channel, output_channel)
        self.SequenceModeling = nn.Sequential(
            _Bidirectional(output_channel, hidden_size), _Bidirectional(hidden_size, hidden_size)
        )
        self.Prediction = nn.Linear(hidden_size, num_class)

    def forward(self, image, text=None):
        """EasyOCR gives a `text` for networks with attention; this one needs none."""
        columns = self.FeatureExtraction(image).mean(dim=2).transpose(1, 2)
        return self.Prediction(self.SequenceModeling(columns))


class _Features(nn.Module):
    def __init__(self, inputs, channels):
        super().__init__()
        a, b, c = channels // 8, channels // 4, channels // 2
        self.ConvNet = nn.Sequential(
            nn.Conv2d(inputs, a, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(a, b, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(b, c, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c, c, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(c, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(channels, channels, 2),
            nn.ReLU(),
        )

    def forward(self, image):
        return self.ConvNet(image)


class _Bidirectional(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(2 * hidden, hidden)

    def forward(self, columns):
        self.rnn.flatten_parameters()
        return self.linear(self.rnn(columns)[0])
