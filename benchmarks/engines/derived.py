"""Models that engines make of an original for themselves, kept in a build folder from run to run.

Each is made whole or not at all, and made again when the original, the code or the library changed.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.engines import networks
from benchmarks.engines.networks import CALIBRATION_IMAGES, MeasuredNetwork
from benchmarks.running.protocol import Skipped
from converters import cache

# The first operator set whose quantization has a scale for each channel.
_CHANNEL_OPSET = 13


def build(
    network: MeasuredNetwork, folder: Path, name: str, package: str, make: Callable[[MeasuredNetwork, Path], None]
) -> Path:
    """The path of a derived model, made now unless it was before.

    Args:
        package: Distribution that makes it; another version makes it again.
    """
    target = folder / network.key / name
    key = {
        "source": cache.digest_file(network.source),
        "shape": network.shape,
        "code": cache.digest_file(Path(networks.__file__)),
        "derived": cache.digest_file(Path(__file__)),
        package: importlib.metadata.version(package),
    }
    cache.build(target, key, lambda path: make(network, path))
    return target


def nchw(tensor: np.ndarray) -> np.ndarray:
    """A tensor [N, H, W, C] as [N, C, H, W]."""
    return np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))


def nhwc(tensor: np.ndarray) -> np.ndarray:
    """A tensor [N, C, H, W] as [N, H, W, C]; others as they are."""
    return np.ascontiguousarray(tensor.transpose(0, 2, 3, 1)) if tensor.ndim == 4 else tensor


def nchw_shape(shape: Sequence[int]) -> list[int]:
    """The shape that nchw gives."""
    return [shape[0], shape[3], *shape[1:3]]


def onnx_session(model: bytes, threads: int):
    """An onnxruntime.InferenceSession of a serialized model on the CPU, quiet."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = threads, 1
    settings.log_severity_level = 3
    return onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])


def fixed(network: MeasuredNetwork):
    """The original as an onnx.ModelProto at the network's input size, constants folded, nothing else changed.

    Raises:
        Skipped: There is no original, or it cannot be run at this size.
    """
    import onnx
    import onnx_graphsurgeon as gs
    import onnxsim

    from converters.rewrites import convolutions
    from converters.rewrites.graph import tidy

    model = load(network)
    name = model.graph.input[0].name
    del model.graph.value_info[:]  # sizes that the exporter noted would survive
    try:
        model, _ = onnxsim.simplify(model, overwrite_input_shapes={name: nchw_shape(network.shape)})
        graph = gs.import_onnx(model).fold_constants()
        convolutions.explicit_padding(graph)
        model = gs.export_onnx(tidy(graph))
        model.ir_version = min(model.ir_version, 9)
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)
    except (RuntimeError, ValueError, onnx.shape_inference.InferenceError, onnx.checker.ValidationError) as error:
        raise Skipped(f"the original cannot be run at {list(network.shape)}: {str(error)[:200]}") from None


def load(network: MeasuredNetwork):
    """The original as an onnx.ModelProto with one input of the network's size, fixed or free.

    A batch of another size than the stored one is written into the input; whether the graph can do with it shows when
    its shapes are inferred.

    Raises:
        Skipped: There is none, or it has another height, width or number of channels.
    """
    import onnx

    if not network.source.is_file():
        raise Skipped("the original was not kept; convert the model again")
    model = onnx.load(network.source)
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise Skipped(f"only networks with one input are run, this has {len(inputs)}")
    dimensions = inputs[0].type.tensor_type.shape.dim
    sizes, wanted = [size.dim_value for size in dimensions], nchw_shape(network.shape)
    if len(sizes) != 4 or any(size > 0 and size != want for size, want in zip(sizes[1:], wanted[1:], strict=True)):
        raise Skipped(f"fixed input {sizes}, asked for {wanted}")
    if sizes[0] > 0 and sizes[0] != wanted[0]:
        dimensions[0].dim_value = wanted[0]
        del model.graph.value_info[:]
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        model = onnx.shape_inference.infer_shapes(model)
    return model


def onnx_int8(network: MeasuredNetwork, target: Path) -> None:
    """ONNX Runtime's own static quantization: QDQ, int8 activations and weights, a scale for each channel."""
    import onnx
    from onnx import version_converter
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    model = fixed(network)
    if model.opset_import[0].version < _CHANNEL_OPSET:
        model = version_converter.convert_version(model, _CHANNEL_OPSET)
    name = model.graph.input[0].name

    class Reader(CalibrationDataReader):
        def __init__(self):
            self._feeds = iter(_calibration(network))

        def get_next(self) -> dict | None:
            tensor = next(self._feeds, None)
            return None if tensor is None else {name: nchw(tensor)}

    plain = target.with_name(f"{target.name}.float32")
    onnx.save(model, plain)
    types = {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8}
    try:
        quantize_static(plain, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True, **types)
    finally:
        plain.unlink(missing_ok=True)


def openvino_int8(network: MeasuredNetwork, target: Path) -> None:
    """NNCF's post-training quantization with its defaults."""
    import nncf
    import openvino

    model = openvino.Core().read_model(str(network.source))
    model.reshape(nchw_shape(network.shape))
    tensors = [nchw(tensor) for tensor in _calibration(network)]
    quantized = nncf.quantize(model, nncf.Dataset(tensors), subset_size=len(tensors))
    target.mkdir()
    openvino.save_model(quantized, target / "model.xml")


def torchscript(network: MeasuredNetwork, target: Path) -> None:
    """The PyTorch module of the original, traced and frozen."""
    import torch

    module = torch_module(network)
    example = torch.zeros(nchw_shape(network.shape))
    with torch.inference_mode():
        torch.jit.save(torch.jit.freeze(torch.jit.trace(module, example)), target)


def torch_module(network: MeasuredNetwork):
    """The original as a torch.nn.Module of the same operators, in evaluation mode.

    Raises:
        Skipped: onnx2torch has no module for an operator.
    """
    from converters.sources.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    import onnx2torch

    try:
        return onnx2torch.convert(fixed(network)).eval()
    except NotImplementedError as error:
        raise Skipped(f"onnx2torch cannot make a module of it: {str(error)[:200]}") from None


def _calibration(network: MeasuredNetwork) -> list[np.ndarray]:
    """The converters' own calibration images, so that all int8 models have seen the same."""
    if network.input is None:
        raise Skipped("there are no calibration images for a network that takes no image")
    return networks.tensors(network, CALIBRATION_IMAGES)
