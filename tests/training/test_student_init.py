import pytest
import torch
from torch import nn

from converters.networks.edge_recognizer import BranchedStem, EdgeRecognizer, Features, Gate, RecognizerShape
from training import student_init

SHAPE = RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(2, 3, 1), neck=8, neck_blocks=1)


class SmallTeacher(nn.Module):
    """The teacher's layout with few channels."""

    def __init__(self, activation=nn.GELU):
        super().__init__()
        torch.manual_seed(0)
        self.features = Features(RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(3, 6, 2)), activation,
                                 ((0,), (0, 2), (0,)), BranchedStem)


@pytest.fixture
def images():
    return torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_block_map():
    assert student_init.block_map(6, 4) == [range(0, 2), range(2, 4), range(4, 5), range(5, 6)]
    assert student_init.block_map(2, 2) == [range(0, 1), range(1, 2)]
    assert student_init.block_map(3, 1) == [range(0, 3)]


def test_every_block_of_the_teacher_is_replaced_once():
    student, teacher = EdgeRecognizer(5, SHAPE), SmallTeacher()
    members = [module for _, group in student_init.pairs(student, teacher) for module in group]
    expected = [teacher.features.stem, *(block for stage in teacher.features.stages for block in stage)]
    assert [id(module) for module in members] == [id(module) for module in expected]


def test_a_gate_becomes_its_mean(images):
    """With its stem and activation, as many blocks and constant gates the student computes what the teacher does."""
    teacher = SmallTeacher(nn.ReLU)
    for module in teacher.modules():
        if isinstance(module, Gate):
            nn.init.zeros_(module.excite.weight)  # every picture gets the same factors
    student = EdgeRecognizer(5, RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(3, 6, 2), neck=8))
    student_init.copy_weights(student, teacher, images)
    student.features.stem = teacher.features.stem  # which no weights can be copied from
    assert torch.allclose(student.features(images), teacher.features(images), atol=1e-5)
    with torch.no_grad():
        student.features.stages[2][-1].reduce.bias += 1
    assert not torch.allclose(student.features(images), teacher.features(images), atol=1e-2)


def test_local_losses_fall_to_zero_only_for_the_teacher_itself(images):
    teacher = SmallTeacher(nn.ReLU)
    for module in teacher.modules():
        if isinstance(module, Gate):
            nn.init.zeros_(module.excite.weight)
    same = EdgeRecognizer(5, RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(3, 6, 2), neck=8))
    student_init.copy_weights(same, teacher, images)
    same.features.stem = teacher.features.stem
    assert float(student_init.local_losses(same, teacher, images)["loss"].detach()) == pytest.approx(0, abs=1e-6)
    fewer = EdgeRecognizer(5, SHAPE)
    student_init.copy_weights(fewer, teacher, images)
    loss = student_init.local_losses(fewer, teacher, images)["loss"]
    assert float(loss.detach()) > 0.01
    loss.backward()
    assert all(p.grad is not None for p in fewer.features.parameters())
