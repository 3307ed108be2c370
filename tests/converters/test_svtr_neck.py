"""The neck in torch and in TensorFlow is one function, at any number of tokens."""

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter

from converters import tflite_export
from converters.networks.svtr_neck import HEADS, Attention, ChannelNorm, SvtrNeck
from converters.networks.svtr_neck_tf import write_saved_model

FEATURES, CHANNELS, CLASSES, TOKENS = 24, 32, 19, 10


@pytest.fixture(scope="module")
def neck():
    torch.manual_seed(0)
    made = SvtrNeck(FEATURES, CHANNELS, 2, CLASSES).eval()
    with torch.no_grad():
        for parameter in made.parameters():  # norms start as the identity, which would hide a missing one
            parameter += 0.1 * torch.randn_like(parameter)
    return made


@pytest.fixture(scope="module")
def tflite(neck, tmp_path_factory):
    folder = tmp_path_factory.mktemp("neck")
    write_saved_model(neck, (1, FEATURES, 1, TOKENS), folder / "saved_model")
    tflite_export.export(folder / "saved_model", folder / "neck.tflite", "float32")
    return folder / "neck.tflite"


def run(path, x_nhwc):
    interpreter = Interpreter(str(path), num_threads=1)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, x_nhwc.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, x_nhwc)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def difference(neck, path, tokens):
    x = np.random.default_rng(tokens).normal(0, 1, (1, FEATURES, 1, tokens)).astype(np.float32)
    with torch.no_grad():
        wanted = neck(torch.from_numpy(x)).numpy()
    found = run(path, np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
    assert found.shape == (1, 1, tokens, CLASSES)
    assert wanted.std() > 0.1
    return np.abs(found.transpose(0, 3, 1, 2) - wanted).max()


@pytest.mark.parametrize("tokens", [TOKENS, 3, 41])
def test_both_necks_agree(neck, tflite, tokens):
    assert difference(neck, tflite, tokens) < 1e-5


@pytest.mark.parametrize(
    "name", ["local.weight", "blocks.1.attention.key.3.weight", "blocks.0.norm2.bias", "head.bias"]
)
def test_one_changed_weight_is_seen(neck, tflite, name):
    state = {key: value.clone() for key, value in neck.state_dict().items()}
    state[name] = state[name].roll(1, 1 if "norm" in name else 0)
    other = SvtrNeck(FEATURES, CHANNELS, 2, CLASSES).eval()
    other.load_state_dict(state)
    assert difference(other, tflite, TOKENS) > 1e-3


def test_channel_norm_is_layer_norm_over_channels():
    norm = ChannelNorm(CHANNELS, 1e-5)
    norm.weight.data.normal_()
    norm.bias.data.normal_()
    x = torch.randn(1, CHANNELS, 1, 7)
    weight, bias = (values.reshape(-1) for values in (norm.weight, norm.bias))
    wanted = torch.nn.functional.layer_norm(x.permute(0, 2, 3, 1), (CHANNELS,), weight, bias, 1e-5)
    torch.testing.assert_close(norm(x), wanted.permute(0, 3, 1, 2), atol=1e-5, rtol=1e-5)


def test_attention_is_torch_s_own():
    """nn.MultiheadAttention divides by the root of the head's size; here that factor is in the query weights."""
    torch.manual_seed(1)
    ours, theirs = Attention(CHANNELS).eval(), torch.nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True).eval()
    size = CHANNELS // HEADS
    theirs.in_proj_bias.data.normal_()
    with torch.no_grad():
        rows = zip(theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True)
        for heads, (weight, bias), scale in zip(
            (ours.query, ours.key, ours.value), rows, (size**-0.5, 1, 1), strict=True
        ):
            for head, w, b in zip(heads, weight.chunk(HEADS), bias.chunk(HEADS), strict=True):
                head.weight.copy_(w[:, :, None, None] * scale)
                head.bias.copy_(b * scale)
        ours.project.weight.copy_(theirs.out_proj.weight[:, :, None, None])
        ours.project.bias.copy_(theirs.out_proj.bias)
        x = torch.randn(1, CHANNELS, 1, 9)
        tokens = x[:, :, 0].transpose(1, 2)
        wanted, _ = theirs(tokens, tokens, tokens)
        torch.testing.assert_close(ours(x)[:, :, 0].transpose(1, 2), wanted, atol=1e-5, rtol=1e-5)
