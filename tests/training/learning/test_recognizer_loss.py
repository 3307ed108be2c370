import itertools

import numpy as np
import pytest
import torch

from training.learning import recognizer_loss

CHARSET = ("", "a", "b")


def all_paths_probability(probabilities: np.ndarray, target: list[int]) -> float:
    """The sum over all paths that collapse to a text, of [T, C] probabilities (Graves 2006, equation 3)."""
    total = 0.0
    for path in itertools.product(range(probabilities.shape[1]), repeat=len(probabilities)):
        collapsed = [c for i, c in enumerate(path) if c and (i == 0 or c != path[i - 1])]
        if collapsed == target:
            total += float(np.prod([probabilities[t, c] for t, c in enumerate(path)]))
    return total


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32))


def test_text_loss_is_that_of_all_paths(logits):
    probabilities = torch.softmax(logits, 1).permute(0, 2, 1).numpy()
    loss = recognizer_loss.text_loss(logits, torch.tensor([4, 3]), [[1, 2], [1]])
    expected = (
        -np.log(all_paths_probability(probabilities[0], [1, 2])) / 2
        - np.log(all_paths_probability(probabilities[1][:3], [1]))
    ) / 2
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    other = recognizer_loss.text_loss(logits, torch.tensor([4, 3]), [[2, 1], [1]])
    assert float(other) != pytest.approx(expected, rel=1e-2)


def test_lines_without_a_text_or_too_long_for_their_frames_are_left_out(logits):
    alone = recognizer_loss.text_loss(logits[:1], torch.tensor([4]), [[1, 2]])
    with_unknown = recognizer_loss.text_loss(logits, torch.tensor([4, 3]), [[1, 2], None])
    with_long = recognizer_loss.text_loss(logits, torch.tensor([4, 2]), [[1, 2], [1, 1]])  # needs a blank between
    assert float(with_unknown) == pytest.approx(float(alone))
    assert float(with_long) == pytest.approx(float(alone))
    assert float(recognizer_loss.text_loss(logits, torch.tensor([4, 3]), [None, None])) == 0


def test_frame_loss_is_zero_only_for_the_teachers_posteriors(logits):
    mask, weight = torch.ones(2, 4, dtype=torch.bool), torch.ones(2)
    assert float(recognizer_loss.frame_loss(logits, logits, mask, weight)) == pytest.approx(0, abs=1e-6)
    assert float(recognizer_loss.frame_loss(logits + torch.randn_like(logits), logits, mask, weight)) > 0.01


def test_frame_loss_counts_frames_with_characters_four_times():
    sure_blank, sure_a = [10.0, -10.0, -10.0], [-10.0, 10.0, -10.0]
    teacher = torch.tensor([[sure_blank, sure_a]]).permute(0, 2, 1)
    student = torch.zeros_like(teacher)  # log 3 nats from either
    mask, weight = torch.ones(1, 2, dtype=torch.bool), torch.ones(1)
    wrong_on_a = torch.tensor([[sure_blank, [0.0, 0.0, 0.0]]]).permute(0, 2, 1)
    wrong_on_blank = torch.tensor([[[0.0, 0.0, 0.0], sure_a]]).permute(0, 2, 1)
    assert float(recognizer_loss.frame_loss(student, teacher, mask, weight)) == pytest.approx(np.log(3), rel=1e-3)
    assert float(recognizer_loss.frame_loss(wrong_on_a, teacher, mask, weight)) == pytest.approx(
        0.8 * np.log(3), rel=1e-3
    )
    assert float(recognizer_loss.frame_loss(wrong_on_blank, teacher, mask, weight)) == pytest.approx(
        0.2 * np.log(3), rel=1e-3
    )


def test_frame_loss_bears_classes_that_the_teacher_does_not_know(logits):
    teacher = logits.clone()
    teacher[:, 2] = -torch.inf
    loss = recognizer_loss.frame_loss(logits, teacher, torch.ones(2, 4, dtype=torch.bool), torch.ones(2))
    assert torch.isfinite(loss) and loss > 0


def test_padding_does_not_count():
    features, teacher = torch.randn(2, 5, 6), torch.randn(2, 5, 6)
    mask = recognizer_loss.frame_mask(torch.tensor([6, 3]), 6)
    assert mask.tolist() == [[True] * 6, [True] * 3 + [False] * 3]
    before = recognizer_loss.feature_loss(features, teacher, mask)
    features[1, :, 3:] += 100
    assert float(recognizer_loss.feature_loss(features, teacher, mask)) == pytest.approx(float(before))
    features[1, :, :3] += 100
    assert float(recognizer_loss.feature_loss(features, teacher, mask)) > float(before) + 1


def test_feature_loss_is_in_units_of_the_teachers_variance():
    teacher = torch.randn(4, 8, 50)
    mask = torch.ones(4, 50, dtype=torch.bool)
    mean = teacher.mean((0, 2), keepdim=True).expand_as(teacher)
    assert float(recognizer_loss.feature_loss(mean, teacher, mask)) == pytest.approx(1, rel=1e-3)
    assert float(recognizer_loss.feature_loss(10 * mean, 10 * teacher, mask)) == pytest.approx(1, rel=1e-3)


def test_stage_loss_is_the_error_by_variance_averaged_over_maps():
    taught = [torch.randn(2, 3, 6, 5), 10 * torch.randn(2, 4, 6, 5)]
    rows = [x.reshape(2, -1, 3, 2, 5).mean(3) for x in taught]  # two rows of the teacher's to one
    wrong = rows[1] + 2
    expected = ((wrong - rows[1]) ** 2).mean() / rows[1].var() / 2
    assert float(recognizer_loss.stage_loss([rows[0], wrong], taught)) == pytest.approx(float(expected), rel=1e-4)
    assert float(recognizer_loss.stage_loss(rows, taught)) < 1e-10
    assert float(recognizer_loss.stage_loss([rows[0], rows[1].flip(2)], taught)) > 0.3
    with pytest.raises(ValueError):
        recognizer_loss.stage_loss(rows[:1], taught)


def test_decode_collapses_repeats_and_stops_at_the_line_end():
    best = torch.tensor([[1, 1, 0, 1, 2, 2]])
    logits = torch.nn.functional.one_hot(best, 3).permute(0, 2, 1).float()
    assert recognizer_loss.decode(logits, torch.tensor([6]), CHARSET) == ["aab"]
    assert recognizer_loss.decode(logits, torch.tensor([3]), CHARSET) == ["a"]


@pytest.mark.parametrize(
    ("text", "cased", "read", "learnt", "weight"),
    [
        (None, True, "any", None, 1.0),
        ("Total", True, "Total", "Total", 1.0),
        ("Total", True, "TOTAL", "Total", 0.5),
        ("TOTAL", False, "Total", "Total", 1.0),
        ("TOTAL 5", False, "Total5", "Total5", 1.0),
        ("Total", True, "T0tal", "Total", 0.0),
        ("TOTAL", False, "T0TAL", "TOTAL", 0.0),
        ("TOTAL", False, "T0tal", None, 0.0),
    ],
)
def test_settle(text, cased, read, learnt, weight):
    assert recognizer_loss.settle([text], [cased], [read]) == ([learnt], [weight])


def test_the_frames_of_a_column_count_by_the_mean_of_what_they_see():
    logits = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))
    found = recognizer_loss.by_column(logits, 2).exp()
    posteriors = torch.softmax(logits, 1)
    torch.testing.assert_close(found, (posteriors[:, :, 0::2] + posteriors[:, :, 1::2]) / 2)
    assert (found - (posteriors[:, :, :4] + posteriors[:, :, 4:]) / 2).abs().max() > 0.01  # frames of other columns
    assert recognizer_loss.by_column(logits, 1) is logits
