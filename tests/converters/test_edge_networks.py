import io

import pytest
import torch

from converters import edge_weights
from converters.errors import ConversionError
from converters.networks.edge_detector import DetectorShape, EdgeDetector, EdgeDetectorMap
from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape

SMALL_RECOGNIZER = RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(1, 1, 1), neck=8, neck_blocks=1)
SMALL_DETECTOR = DetectorShape(channels=(4, 6, 8, 8), blocks=(1, 1, 1, 1))


@pytest.mark.parametrize(("width", "frames"), [(8, 1), (64, 8), (328, 41)])
def test_a_frame_every_eight_columns(width, frames):
    model = EdgeRecognizer(11, SMALL_RECOGNIZER).eval()
    assert model(torch.zeros(2, 3, 32, width)).shape == (2, 11, 1, frames)


def test_a_frame_sees_its_own_columns():
    torch.manual_seed(0)
    model = EdgeRecognizer(11, SMALL_RECOGNIZER).eval()
    x = torch.zeros(1, 3, 32, 800)
    y = x.clone()
    y[..., 400:408] = 1
    changed = (model(x) - model(y)).abs().amax((0, 1, 2)).detach()
    assert int(changed.argmax()) in range(48, 53)
    assert changed[0] == 0 and changed[-1] == 0


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96), (160, 32)])
def test_the_map_has_half_the_size(height, width):
    model = EdgeDetectorMap(EdgeDetector(SMALL_DETECTOR)).eval()
    found = model(torch.zeros(1, 3, height, width))
    assert found.shape == (1, 1, height // 2, width // 2)
    assert 0 <= float(found.detach().min()) and float(found.detach().max()) <= 1


@pytest.mark.parametrize(
    ("model", "kind", "charset"),
    [
        (EdgeRecognizer(3, SMALL_RECOGNIZER), edge_weights.RECOGNIZER, ("", "a", "b")),
        (EdgeDetector(SMALL_DETECTOR), edge_weights.DETECTOR, ()),
    ],
)
def test_weights_come_back_in_half_precision(tmp_path, model, kind, charset):
    path = tmp_path / "weights.pt"
    with path.open("wb") as file:
        edge_weights.save(file, model, kind, charset)
    loaded = edge_weights.recognizer(path) if charset else edge_weights.detector(path)
    network = loaded[0] if charset else loaded
    assert not charset or loaded[1] == charset
    assert network.shape == model.shape
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, model.state_dict()[name], rtol=2**-8, atol=1e-6)


def test_weights_are_shortened_to_the_nearest():
    values = torch.tensor([0.0, -0.0, 1.0, 1 + 2**-8, 1 + 2**-10, 1 + 2**-9, -3 - 2**-9]).half()
    assert edge_weights.shortened(values).tolist() == [0, 0, 1, 1 + 2**-8, 1, 1 + 2**-8, -3]
    random = torch.randn(4000, generator=torch.Generator().manual_seed(0)).half()
    found = edge_weights.shortened(random)
    assert ((found - random).abs() <= random.abs() * 2**-9).all() and not (found.view(torch.int16) & 3).any()


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "weights.pt"
    with path.open("wb") as file:
        edge_weights.save(file, EdgeDetector(SMALL_DETECTOR), edge_weights.DETECTOR)
    with pytest.raises(ConversionError, match="expected the weights of an edge recognizer, found 'detector'"):
        edge_weights.recognizer(path)
    torch.save({"state": {}}, path)
    with pytest.raises(ConversionError, match="weights of an edge detector"):
        edge_weights.detector(path)
    buffer = io.BytesIO()
    edge_weights.save(buffer, EdgeDetector(SMALL_DETECTOR), edge_weights.DETECTOR)
    path.write_bytes(buffer.getvalue()[:500])
    with pytest.raises(ConversionError, match="damaged or truncated"):
        edge_weights.detector(path)
