"""Channels taken out of a network: what is left is smaller, dense, of the same shapes, and learns from the whole."""

import dataclasses

import numpy as np
import onnx
import pytest

from converters import parity, pipeline, thinning
from converters.errors import ConversionError
from converters.pruning import channels
from converters.pruning.options import ChannelOptions, Thinning
from tflite_ocr import manifest

RNG = np.random.default_rng(7)
SHAPE = (1, 32, 48, 3)
TENSORS = [RNG.normal(0, 1, SHAPE).astype(np.float32) for _ in range(4)]


@pytest.fixture(scope="module")
def source(tiny_onnx, tmp_path_factory):
    """A network with a shortcut, a gate, a concatenation, a depthwise kernel and a transposed convolution."""
    rng = np.random.default_rng(5)
    shapes = {
        "k1": (32, 3, 3, 3),
        "b1": (32,),
        "k2": (32, 1, 3, 3),
        "k3": (32, 32, 1, 1),
        "k4": (32, 32, 3, 3),
        "g1": (16, 32, 1, 1),
        "b2": (16,),
        "g2": (32, 16, 1, 1),
        "t": (64, 16, 2, 2),
        "tb": (1, 16, 1, 1),
        "k5": (2, 16, 1, 1),
    }
    spread = dict.fromkeys(shapes, 0.3) | {"k3": 0.2, "k4": 0.1, "t": 0.2, "tb": 0.2}
    weights = {name: np.float32(rng.normal(0, spread[name], shape)) for name, shape in shapes.items()}
    nodes = [
        ("Conv", "x k1 b1", "a", {"pads": [0, 0, 1, 1], "strides": [2, 2]}),
        ("Relu", "a", "r", {}),
        ("Conv", "r k2 b1", "d", {"pads": [1, 1, 1, 1], "group": 32}),
        ("Conv", "d k3 b1", "p", {}),
        ("Add", "p r", "h", {}),
        ("GlobalAveragePool", "h", "v", {}),
        ("Conv", "v g1 b2", "u", {}),
        ("Relu", "u", "uu", {}),
        ("Conv", "uu g2 b1", "s", {}),
        ("Sigmoid", "s", "ss", {}),
        ("Mul", "h ss", "m", {}),
        ("Conv", "m k4 b1", "e", {"pads": [1, 1, 1, 1]}),
        ("Concat", "e m", "c", {"axis": 1}),
        ("ConvTranspose", "c t", "z", {"strides": [2, 2]}),
        ("Add", "z tb", "zz", {}),
        ("Relu", "zz", "zr", {}),
        ("Conv", "zr k5", "y", {}),
    ]
    model = tiny_onnx(nodes, weights, channels=3)
    path = tmp_path_factory.mktemp("channels") / "x.onnx"
    onnx.save(model, path)
    return path


def kernels(path):
    graph = onnx.load(path).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return [shapes[node.input[1]] for node in graph.node if node.op_type in ("Conv", "ConvTranspose")]


def test_half_of_the_channels_go_and_the_shapes_stay(source, tmp_path):
    assert channels.slim(source, tmp_path / "y.onnx", ChannelOptions(0.5, 0), TENSORS)
    assert kernels(tmp_path / "y.onnx") == [
        (16, 3, 3, 3),
        (16, 1, 3, 3),
        (16, 16, 1, 1),
        (8, 16, 1, 1),
        (16, 8, 1, 1),
        (16, 16, 3, 3),
        (32, 8, 2, 2),
        (2, 8, 1, 1),
    ]
    before, after = parity.onnx_forward(source), parity.onnx_forward(tmp_path / "y.onnx")
    for shape in (SHAPE, (1, 64, 32, 3)):  # the sizes stay free
        x = RNG.normal(0, 1, shape).astype(np.float32)
        assert before(x).shape == after(x).shape
    assert parity.compare(before, after, TENSORS)["cosine"] < 0.9999


def test_channels_that_go_a_few_at_a_time_are_as_many_in_the_end(source, tmp_path, monkeypatch):
    found = []
    for rounds in (1, 3):
        monkeypatch.setattr(channels, "ROUNDS", rounds)
        monkeypatch.setattr(channels, "_ROUND_STEPS", 2)
        seen = []
        target, options = tmp_path / "y.onnx", ChannelOptions(0.5, 7)
        slimmed = channels.slim(source, target, options, TENSORS, lambda *at: seen.append(at))
        assert slimmed and seen == [(step, 7) for step in range(1, 8)]
        found.append(kernels(tmp_path / "y.onnx"))
    assert found[0] == found[1]


def test_channels_of_no_weight_are_the_first_to_go(source, tmp_path):
    """With half of the channels dead, taking out half of them changes nothing."""
    model = onnx.load(source)
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor).copy()
        if tensor.name in ("k1", "k2", "k3", "b1", "k4"):
            values[1::2] = 0
        if tensor.name in ("g1", "b2"):
            values[1::2] = 0
        if tensor.name == "g2":
            values[1::2] = 0
        if tensor.name in ("t", "tb"):
            values[:, 1::2] = 0
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    onnx.save(model, tmp_path / "dead.onnx")
    channels.slim(tmp_path / "dead.onnx", tmp_path / "y.onnx", ChannelOptions(0.5, 0), TENSORS)
    before, after = parity.onnx_forward(tmp_path / "dead.onnx"), parity.onnx_forward(tmp_path / "y.onnx")
    for x in TENSORS:
        np.testing.assert_allclose(after(x), before(x), atol=1e-5)


def test_distillation_brings_the_network_nearer(source, tmp_path):
    before, found = parity.onnx_forward(source), []
    for steps in (0, 80):
        channels.slim(source, tmp_path / "y.onnx", ChannelOptions(0.5, steps), TENSORS)
        after = parity.onnx_forward(tmp_path / "y.onnx")
        found.append(np.mean([np.square(after(x) - before(x)).mean() for x in TENSORS]))
    assert found[1] < 0.5 * found[0]


def test_a_probability_map_is_compared_before_its_sigmoid(source, tiny_onnx, tmp_path):
    rng = np.random.default_rng(2)
    nodes = [
        ("Conv", "x k", "a", {"pads": [1, 1, 1, 1]}),
        ("Relu", "a", "r", {}),
        ("Conv", "r l", "s", {}),
        ("Sigmoid", "s", "p", {}),
        ("DepthToSpace", "p", "y", {"blocksize": 2, "mode": "CRD"}),
    ]
    weights = {"k": rng.normal(0, 0.3, (32, 3, 3, 3)), "l": rng.normal(0, 0.3, (4, 32, 1, 1))}
    model = tiny_onnx(nodes, {name: np.float32(values) for name, values in weights.items()}, channels=3)
    onnx.save(model, tmp_path / "x.onnx")
    graph = channels._open(tmp_path / "x.onnx", (1, 3, 32, 48))
    assert channels._last_sigmoid(graph) == next(node.name for node in graph.nodes if node.op == "Sigmoid")
    assert channels._last_sigmoid(channels._open(source, (1, 3, 32, 48))) == ""  # its sigmoid is a gate inside
    wanted, errors = parity.onnx_forward(tmp_path / "x.onnx"), []
    for steps in (0, 80):
        assert channels.slim(tmp_path / "x.onnx", tmp_path / "y.onnx", ChannelOptions(0.5, steps), TENSORS)
        found = parity.onnx_forward(tmp_path / "y.onnx")
        assert 0 <= found(TENSORS[0]).min() and found(TENSORS[0]).max() <= 1
        errors.append(np.mean([np.square(found(x) - wanted(x)).mean() for x in TENSORS]))
    assert errors[1] < 0.7 * errors[0]


def test_a_network_of_one_layer_has_nothing_to_take_out(tiny_onnx, tmp_path):
    kernel = RNG.normal(0, 1, (16, 3, 3, 3)).astype(np.float32)
    onnx.save(tiny_onnx([("Conv", "x k", "y", {})], {"k": kernel}, channels=3), tmp_path / "x.onnx")
    assert not channels.slim(tmp_path / "x.onnx", tmp_path / "y.onnx", ChannelOptions(0.5, 5), TENSORS)
    assert kernels(tmp_path / "y.onnx") == [(16, 3, 3, 3)]


def test_without_images_nothing_is_written(source, tmp_path):
    with pytest.raises(ConversionError, match="calibration"):
        channels.slim(source, tmp_path / "y.onnx", ChannelOptions(0.5), [])
    assert not list(tmp_path.iterdir())


def test_craft_loses_half_of_its_channels_and_keeps_its_shape(tmp_path):
    """Every layer but the ends: a quarter of the weights is left."""
    import torch

    from converters import onnx_export
    from converters.networks.craft import Craft

    torch.manual_seed(0)
    onnx_export.export(Craft().eval(), (1, 3, 64, 64), tmp_path / "craft.onnx")
    x = [RNG.normal(0, 1, (1, 64, 64, 3)).astype(np.float32)]
    assert channels.slim(tmp_path / "craft.onnx", tmp_path / "slim.onnx", ChannelOptions(0.5, 1), x)
    sizes = [sum(np.prod(shape) for shape in kernels(tmp_path / f"{name}.onnx")) for name in ("craft", "slim")]
    assert 0.2 < sizes[1] / sizes[0] < 0.3
    assert parity.onnx_forward(tmp_path / "slim.onnx")(x[0]).shape == (1, 32, 32, 2)


def test_detectors_learn_on_windows(tiny_plan):
    network = tiny_plan().networks[0]
    tensors = [np.full((1, 400, 640, 3), i, np.float32) for i in range(3)]
    made = thinning.windows(network, tensors)
    assert len(made) == 12 and {tensor.shape for tensor in made} == {(1, 192, 320, 3)}
    assert sorted(float(tensor.max()) for tensor in made) == [0.0] * 4 + [1.0] * 4 + [2.0] * 4
    fixed = dataclasses.replace(network, resizable=False)
    assert {tensor.shape for tensor in thinning.windows(fixed, tensors)} == {(1, 400, 640, 3)}


def test_the_chain_takes_channels_out(tiny_plan, tiny_settings, tmp_path):
    settings = dataclasses.replace(tiny_settings(["float32"]), thinning=Thinning(channels=ChannelOptions(0.5, 2)))
    folder, fresh = pipeline.convert(tiny_plan(), tmp_path, settings)
    model = manifest.load(folder)
    assert fresh and model.parameters["channels"] == "0.5 2 steps"
    assert all(file.parity["float32_step_cosine"] > 0.9999 for file in model.files())
    assert not pipeline.convert(tiny_plan(), tmp_path, settings)[1]
