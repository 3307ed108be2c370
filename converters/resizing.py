"""Whether a network that is said to take inputs of any size does: a graph may keep the size of its example inside."""

from pathlib import Path

import numpy as np

from converters import parity
from converters.errors import ConversionError
from converters.plan import Network
from tflite_ocr.errors import ModelContractError

_MULTIPLE = 32  # of pixels; what the networks' strides ask for


def other_size(tensor: np.ndarray, height_too: bool) -> np.ndarray:
    """The upper left part of a tensor, narrower by a third.

    Args:
        tensor: float32 [N, H, W, C], W of at least 64.
        height_too: Whether the height is changed as well, by a quarter.
    """
    height, width = tensor.shape[1:3]
    narrow = max(_MULTIPLE, 2 * width // 3 // _MULTIPLE * _MULTIPLE)
    low = max(_MULTIPLE, 3 * height // 4 // _MULTIPLE * _MULTIPLE) if height_too else height
    return np.ascontiguousarray(tensor[:, :low, :narrow])


def cosine(name: str, reference: parity.Forward, candidate: parity.Forward, tensor: np.ndarray) -> float:
    """The similarity of outputs on a tensor of another size than that of the conversion.

    Args:
        name: Of the network, for messages.
        reference: The source, which takes any size.
        candidate: The converted network.
        tensor: As other_size makes it.

    Raises:
        ConversionError: The converted network does not take this size, or answers with another shape.
    """
    try:
        found = candidate(tensor)
    except ModelContractError as error:
        raise ConversionError("tflite", f"{name}: expected a network for any size of image, found {error}") from None
    wanted = reference(tensor)
    if found.shape != wanted.shape:
        raise ConversionError(
            "tflite", f"{name}: expected an output of {wanted.shape} for an input of {tensor.shape}, "
                      f"found {found.shape}: a size is fixed inside the graph")  # fmt: skip
    return parity.compare(lambda _: wanted, lambda _: found, [tensor])["cosine"]


def source_forward(network: Network, source: Path) -> parity.Forward:
    """The network as its source has it, at any size that it takes, NHWC.

    Where there is an ONNX file, it runs there, with the size that is noted for its input taken off: it was compared
    with the original at its own size, and PyTorch takes far longer for many small pictures.
    """
    if not network.write_onnx:
        return network.reference
    return parity.onnx_forward(source, free=True)
