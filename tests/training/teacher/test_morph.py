import copy
import dataclasses

import pytest
import torch
from torch import nn

from converters.networks.edge_recognizer import BranchedStem, EdgeRecognizer, Features, RecognizerShape
from training.teacher import morph, relu_fit

CHANNELS = (4, 6, 8)
SHAPE = RecognizerShape(stem=4, channels=CHANNELS, blocks=(2, 2, 1), neck=8, neck_blocks=1)


class SmallTeacher(nn.Module):
    """The teacher's layout with few channels."""

    def __init__(self):
        super().__init__()
        shape = RecognizerShape(stem=4, channels=CHANNELS, blocks=(3, 3, 1), gated=((0,), (0, 2), (0,)))
        self.features = Features(shape, nn.GELU, BranchedStem)
        self.requires_grad_(False)


@pytest.fixture
def images():
    return torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture(params=[((), (), ()), ((0,), (0,), ())], ids=["no gates", "gates"])
def parts(images, request):
    torch.manual_seed(0)
    student, teacher = EdgeRecognizer(5, dataclasses.replace(SHAPE, gated=request.param)), SmallTeacher()
    return student, teacher, morph.MorphingFeatures(student.features, teacher, [images]).eval()


def test_the_amount_waits_grows_and_ends():
    amount = morph.Amount()
    found = []
    for step in (0, 8, 53, 98, 100):
        amount.set(step, 100)
        found.append(amount.value)
    assert found == [0, 0, 0.5, 1, 1]
    assert copy.deepcopy(amount) is amount


def share_of_variance(found, expected):
    return float(((found - expected).square().mean() / expected.var()).detach())


def test_the_way_begins_near_the_teacher(parts, images):
    _, teacher, morphing = parts
    unfitted = copy.deepcopy(morphing)
    expected = teacher.features(images)
    near = morphing(images)
    share = share_of_variance(near, expected)
    assert share < 1e-3
    assert morphing.distance > 0.1  # the new stem has learned nothing yet
    for stage, sources in zip(unfitted.stages, teacher.features.stages, strict=True):
        for after, before in zip(stage, sources, strict=True):
            after.block.load_state_dict(before.state_dict())
    assert share_of_variance(unfitted(images), expected) > 5 * share
    morphing.amount.value = 0.2
    assert not torch.allclose(morphing(images), near, atol=1e-3)


def test_all_stages_begin_near_the_teachers(parts, images):
    _, teacher, morphing = parts
    found, expected = morphing.staged(images), teacher.features.staged(images)
    assert len(found) == len(expected) == 4
    for one, other in zip(found, expected, strict=True):
        assert share_of_variance(one, other) < 1e-2
    torch.testing.assert_close(found[-1], morphing(images))
    torch.testing.assert_close(expected[-1], teacher.features(images))


def test_a_thinner_student_begins_near_too(parts, images):
    student, teacher, _ = parts
    thin = EdgeRecognizer(5, dataclasses.replace(student.shape, expansion=1.5))
    thinned = morph.MorphingFeatures(thin.features, teacher, [images]).eval()
    assert thinned.stages[1][1].block.expand.out_channels == 9
    assert share_of_variance(thinned(images), teacher.features(images)) < 1e-3
    thinned.amount.value = 1
    morph.settle(thinned, thin.features)
    assert torch.allclose(thin.features(images), thinned(images), atol=1e-5)


def test_a_block_too_many_is_left_out_for_some_lines(parts, images):
    _, _, morphing = parts
    block = morphing.stages[0][2]
    assert block.fades
    x = torch.rand(400, CHANNELS[0], 2, 2)
    whole = block(x)
    morphing.amount.value = 0.3
    torch.manual_seed(0)
    found = block.train()(x)
    left_out = (found == x).flatten(1).all(1)
    assert 0.2 < left_out.float().mean() < 0.4
    assert torch.equal(found[~left_out], whole[~left_out])
    assert torch.equal(block.eval()(x), x)


def test_the_way_ends_at_the_student(parts, images):
    student, _, morphing = parts
    morphing.amount.value = 0.99
    with pytest.raises(ValueError, match="0.99"):
        morph.settle(morphing, student.features)
    morphing.amount.value = 1
    found = EdgeRecognizer(5, student.shape).features
    morph.settle(morphing, found)
    assert torch.allclose(found(images), morphing(images), atol=1e-5)
    assert morphing.distance == 0
    with torch.no_grad():
        found.stages[1][-1].reduce.bias += 1
    assert not torch.allclose(found(images), morphing(images), atol=1e-3)


def test_all_that_is_left_at_the_end_learns_and_the_teacher_does_not(parts, images):
    _, teacher, morphing = parts
    before = copy.deepcopy(teacher.state_dict())
    morphing.train().amount.value = 0.5
    loss = morphing(images).square().mean() + morphing.distance
    loss.backward()
    frozen = {name for name, parameter in morphing.named_parameters() if parameter.grad is None}
    fading = {name for name, _ in morphing.named_parameters() if name.startswith(("stages.0.2.", "stages.1.3."))}
    assert len(fading) > 12
    assert frozen == {f"old_stem.{name}" for name, _ in teacher.features.stem.named_parameters()} | fading
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())


def test_gates_are_averaged_over_the_images(images):
    torch.manual_seed(0)
    teacher = SmallTeacher()
    gate = teacher.features.stages[0][0].gate
    gates = [module for module in teacher.features.modules() if isinstance(module, morph.Gate)]
    means = relu_fit.gate_means(teacher.features, gates, "weights", [images[:1], images[1:]])
    mixed = teacher.features.stages[0][0].mix(teacher.features.stem(images))
    expected = torch.stack([gate.weights(one[None])[0, :, 0, 0] for one in mixed]).mean(0)
    assert torch.allclose(means[gate], expected, atol=1e-6)
    assert len(means) == 4
