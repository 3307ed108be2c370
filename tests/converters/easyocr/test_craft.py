"""Our CRAFT against EasyOCR's, and its way to a .tflite file that can be resized."""

import numpy as np
import pytest
import torch

from converters import onnx_export, onnx_rewrite, parity, saved_model, tflite_export
from converters.errors import ConversionError
from converters.networks.craft import Craft
from converters.sources.easyocr import load_craft

HEIGHT, WIDTH = 64, 96


def images(height=HEIGHT, width=WIDTH, seed=3):
    """Smooth random images, normalized, NCHW."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(1, 3, height // 8, width // 8)).astype(np.float32)
    return np.repeat(np.repeat(coarse, 8, axis=2), 8, axis=3)


def theirs(network, x):
    with torch.no_grad():
        return network(torch.from_numpy(x))[0].permute(0, 3, 1, 2).numpy()


def ours(network, x):
    with torch.no_grad():
        return network(torch.from_numpy(x)).numpy()


@pytest.fixture(scope="module")
def checkpoint(easyocr_craft, save_checkpoint, tmp_path_factory):
    return save_checkpoint(easyocr_craft, tmp_path_factory.mktemp("craft") / "craft_mlt_25k.pth")


def test_gives_what_easyocrs_network_gives(easyocr_craft, checkpoint):
    wanted, found = theirs(easyocr_craft, images()), ours(load_craft(checkpoint), images())
    assert found.shape == (1, 2, HEIGHT // 2, WIDTH // 2)
    assert wanted.std() > 0.05
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("first", "second"),
    [("basenet.slice3.20.weight", "basenet.slice4.37.weight"), ("upconv1.conv.1.running_mean", "upconv1.conv.1.bias")],
)
def test_shuffled_layers_are_noticed(easyocr_craft, first, second):
    state = dict(easyocr_craft.state_dict())
    if state[first].shape == state[second].shape:
        state[first], state[second] = state[second], state[first]
    else:
        state[first] = state[first].flip(0)
    broken = Craft()
    broken.load_state_dict(state)
    wanted, found = theirs(easyocr_craft, images()), ours(broken.eval(), images())
    assert not np.allclose(found, wanted, atol=1e-3 * np.abs(wanted).max())


def test_a_skip_connection_before_its_relu_would_be_noticed(easyocr_craft):
    wanted = theirs(easyocr_craft, images())
    network = Craft()
    network.load_state_dict(easyocr_craft.state_dict())
    network.eval()
    backbone = network.basenet
    raw = {}
    backbone.slice2.register_forward_hook(lambda module, inputs, output: raw.update(quarter=output))
    original = backbone.forward

    def without_relu(image):
        half, _, *rest = original(image)
        return half, raw["quarter"], *rest

    backbone.forward = without_relu
    assert not np.allclose(ours(network, images()), wanted, atol=1e-3 * np.abs(wanted).max())


def test_a_recogniser_is_no_detector(easyocr_crnn, save_checkpoint, tmp_path):
    path = save_checkpoint(easyocr_crnn("gen2", 40), tmp_path / "english_g2.pth")
    with pytest.raises(ConversionError, match="missing.*unknown"):
        load_craft(path)


def test_converted_network_can_be_resized(checkpoint, tmp_path):
    network = load_craft(checkpoint)
    shape = (1, 3, 64, 96)
    onnx_export.export(network, shape, tmp_path / "source.onnx")
    report = onnx_rewrite.rewrite(
        tmp_path / "source.onnx", tmp_path / "rewritten.onnx", {"x": shape}, onnx_rewrite.EXACT_PASSES
    )
    assert report["bilinear_to_depthwise"] == 3
    saved_model.convert(tmp_path / "rewritten.onnx", tmp_path / "saved_model")
    tflite_export.export(tmp_path / "saved_model", tmp_path / "float32.tflite", "float32")
    converted = parity.tflite_forward(tmp_path / "float32.tflite")
    for height, width in ((64, 96), (96, 64), (64, 128)):
        x = images(height, width)
        wanted = ours(network, x).transpose(0, 2, 3, 1)
        found = converted(np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()
