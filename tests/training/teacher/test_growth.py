import numpy as np
import pytest
import torch

from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape
from training.teacher import growth

KNOWN = ("", "a", "b", "â")
SMALL = {"stem": 8, "channels": (8, 16, 24), "blocks": (1, 1, 1), "neck": 16, "neck_blocks": 1}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return EdgeRecognizer(len(KNOWN), RecognizerShape(**SMALL)).eval()


def grown(model, frames, charset):
    larger = EdgeRecognizer(len(charset), RecognizerShape(**SMALL, frames=frames)).eval()
    larger.load_state_dict(growth.grown(model, KNOWN, frames, charset))
    return larger


def test_both_frames_of_a_column_read_as_the_only_one_did(model):
    x = torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    larger = grown(model, 2, KNOWN)
    with torch.no_grad():
        before, after = model.frames(model(x)), larger.frames(larger(x))
    assert before.shape == (2, 4, 8) and after.shape == (2, 4, 16)
    torch.testing.assert_close(after, before.repeat_interleave(2, 2), rtol=1e-4, atol=1e-5)


def test_the_channels_of_the_output_are_frame_after_frame(model):
    """As the runtime takes them: [.., columns, frames * classes] in NHWC is [T, classes] without moving anything."""
    larger = grown(model, 2, KNOWN)
    with torch.no_grad():
        larger.head.bias.copy_(torch.arange(8.0))
        larger.head.weight.zero_()
        raw = larger(torch.zeros(1, 3, 32, 16))
        ordered = larger.frames(raw)[0].T
    stored = raw.permute(0, 2, 3, 1).numpy().reshape(-1, len(KNOWN))
    np.testing.assert_allclose(stored, ordered.numpy(), atol=1e-6)
    assert ordered[:2].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_new_letters_begin_as_what_they_are_made_of(model):
    charset = ("", "a", "b", "â", "ạ", "ấ", "\ufffd")
    larger = grown(model, 1, charset)
    weight, bias = larger.head.weight.detach(), larger.head.bias.detach()
    for new, like in ((4, 1), (5, 3)):  # the circumflex stays, only the acute is new
        torch.testing.assert_close(weight[new], model.head.weight[like])
        assert float(bias[new]) == pytest.approx(float(model.head.bias.detach()[like]) - 2)
    torch.testing.assert_close(weight[6], model.head.weight[1:].mean(0))


def test_a_model_of_two_frames_keeps_them(model):
    two = grown(model, 2, KNOWN)
    again = growth.grown(two, KNOWN, 2, KNOWN)
    assert all(torch.equal(again[name], value) for name, value in two.state_dict().items())
