import numpy as np
import pytest

from converters import resizing
from converters.errors import ConversionError
from tflite_ocr.errors import ModelContractError

TENSOR = np.random.default_rng(0).normal(0, 1, (1, 96, 160, 3)).astype(np.float32)


def halves(x):
    """A network of stride 2 that takes any size."""
    return x[:, ::2, ::2, :1]


def test_other_size():
    assert resizing.other_size(TENSOR, height_too=True).shape == (1, 64, 96, 3)
    assert resizing.other_size(TENSOR, height_too=False).shape == (1, 96, 96, 3)
    assert resizing.other_size(TENSOR[:, :32, :40], height_too=True).shape == (1, 32, 32, 3)


def test_a_network_for_any_size_is_compared():
    tensor = resizing.other_size(TENSOR, True)
    assert resizing.cosine("x", halves, halves, tensor) == pytest.approx(1)
    assert resizing.cosine("x", halves, lambda x: -halves(x), tensor) == pytest.approx(-1)


def test_a_size_inside_the_graph_is_found():
    def fixed(x):
        return np.zeros((1, 48, 80, 1), np.float32)

    with pytest.raises(ConversionError, match=r"detector: .*\(1, 32, 48, 1\).*found \(1, 48, 80, 1\)"):
        resizing.cosine("detector", halves, fixed, resizing.other_size(TENSOR, True))

    def refuses(x):
        raise ModelContractError("cannot be resized")

    with pytest.raises(ConversionError, match="any size of image, found cannot be resized"):
        resizing.cosine("detector", halves, refuses, TENSOR)
