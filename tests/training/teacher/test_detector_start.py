import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from converters import edge_weights
from converters.networks.block_detector import BlockDetector, BlockDetectorShape
from converters.sources import ppocr
from training.teacher import detector_start
from training.teacher.layers import TeacherLayers

SIDE = 224


@pytest.fixture(scope="module")
def teacher():
    return TeacherLayers()


def page(seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    picture = np.full((SIDE, SIDE, 3), rng.integers(180, 256), np.uint8)
    for y in range(30, SIDE, 40):
        word = "".join(rng.choice(list("ABCDEFGHKLMNRSTU"), 6))
        cv2.putText(picture, word, (int(rng.integers(4, 60)), y), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (20, 20, 20), 2)
    return torch.from_numpy(picture[None].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)


def test_the_layers_are_those_of_the_onnx_file(teacher):
    session = onnxruntime.InferenceSession(str(ppocr.package_folder() / ppocr.DETECTOR))
    x = page(0)
    expected = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
    assert expected.max() > 0.9
    found = torch.sigmoid(teacher(x)).numpy()
    assert np.abs(found - expected).max() < 1e-4
    changed = TeacherLayers()
    changed.lateral[3][1].excite.bias.add_(1.0)
    assert np.abs(torch.sigmoid(changed(x)).numpy() - expected).max() > 1e-3


def test_what_is_multiplied_out_gives_what_the_layers_gave(teacher):
    """With kernels that 5x5 holds and gates that are constant, only the up-sampling differs: not at all where the
    coarse levels are constant."""
    exact = TeacherLayers()
    for wide, _, _gate in exact.spread:
        wide.weight[:, :, 0], wide.weight[:, :, -1] = 0, 0
        wide.weight[:, :, :, 0], wide.weight[:, :, :, -1] = 0, 0
    wide = exact.spread[3][0]  # one kernel for all channels, so that the 1x1 convolution may change places with it
    wide.weight.copy_(wide.weight[:1].expand_as(wide.weight))
    wide.bias.zero_()
    for module in exact.modules():
        if hasattr(module, "factors"):
            module.excite.weight.zero_()
    levels = [torch.zeros(1, c, 64 >> i, 64 >> i) for i, c in enumerate((48, 96, 192, 384))]
    levels[0] = 20 * torch.randn(levels[0].shape, generator=torch.Generator().manual_seed(0))
    student = BlockDetector()
    detector_start._copy_pyramid(student, exact, detector_start._mean_gates(exact, [page(1)]))
    with torch.no_grad():
        wanted, found = exact.joined(levels), student.joined(levels)
    inside = (..., slice(20, 44), slice(20, 44))  # borders see padding at every level
    error = float((found - wanted)[inside].abs().max())
    assert float(wanted[inside].max()) > 1 and error < 1e-3 * float(wanted[inside].max())
    with torch.no_grad():
        student.spread[0].weight.mul_(1.1)
        assert float((student.joined(levels) - wanted)[inside].abs().max()) > 20 * error


def test_the_head_gives_the_mean_of_four_pixels(teacher):
    student = BlockDetector()
    detector_start._copy_head(student, teacher)
    fused = torch.rand(1, 24, 6, 5, generator=torch.Generator().manual_seed(0))
    whole = teacher.map(torch.relu(teacher.enlarge(fused)))
    with torch.no_grad():
        torch.testing.assert_close(student.head(fused), torch.nn.functional.avg_pool2d(whole, 2), rtol=1e-4, atol=1e-4)


def test_a_student_begins_nearer_to_the_teacher_than_at_random(teacher, monkeypatch):
    for name, value in (("_STEM_STEPS", 20), ("_STEPS", 20), ("_SIDE", 96), ("_BATCH", 2)):
        monkeypatch.setattr(detector_start, name, value)
    torch.manual_seed(0)
    images = [page(seed) for seed in range(3)]
    student = BlockDetector(BlockDetectorShape(expansion=2.0))
    wanted = [*teacher.levels(images[0])[1:]]
    detector_start.begin(student, images, teacher)
    random = BlockDetector(BlockDetectorShape(expansion=2.0))
    with torch.no_grad():
        near, far = (
            [float((a - b).square().mean() / b.var()) for a, b in zip(model.levels(images[0])[1:], wanted)]
            for model in (student, random)
        )
    assert all(a < 0.9 * b for a, b in zip(near, far)), (near, far)


def test_weights_of_both_layouts_come_back(tmp_path):
    for name, shape in (("blocks", BlockDetectorShape(expansion=0.5)), ("plain", edge_weights.DetectorShape())):
        torch.manual_seed(1)
        model = edge_weights.new_detector(shape)
        with (tmp_path / name).open("wb") as file:
            edge_weights.save(file, model, edge_weights.DETECTOR)
        again = edge_weights.detector(tmp_path / name)
        assert type(again) is type(model) and again.shape == shape
        for key, value in model.state_dict().items():
            torch.testing.assert_close(again.state_dict()[key], value, rtol=3e-3, atol=1e-6)
