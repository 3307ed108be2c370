"""The texts that logits leave open are those of all paths, counted one by one."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from tflite_ocr.recognition import candidates as module
from tflite_ocr.recognition.candidates import candidates

CHARSET = ("", "a", "b", " ")
BLANK, A, B, SPACE = range(4)
ALL = {"margin": 50.0, "width": 500}


def of_all_paths(logits, blank=0, charset=CHARSET):
    """Text -> probability, over every path (Graves et al., 2006, equation 3)."""
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = defaultdict(float)
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        merged = [index for index, _ in itertools.groupby(path)]
        text = "".join(charset[index] for index in merged if index != blank)
        found[text] += np.prod([shares[frame, index] for frame, index in enumerate(path)])
    return found


def frames(*shares):
    """Logits of frames given as {class: probability}."""
    logits = np.full((len(shares), len(CHARSET)), -60.0, np.float32)
    for row, given in zip(logits, shares, strict=True):
        for index, share in given.items():
            row[index] = np.log(share)
    return logits


def agree(logits):
    """Whether the candidates of one word are all texts with their probabilities."""
    (words,) = candidates([logits], CHARSET, **ALL)
    ((*found,),) = words
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)
    found = [(text, share) for text, share in found if share > np.log(1e-9)]
    wanted = {text: share for text, share in of_all_paths(logits).items() if share > 1e-9}
    return len(found) == len(wanted) and all(
        np.isclose(np.exp(share), wanted.get(text, -1), rtol=1e-4) for text, share in found
    )


@pytest.mark.parametrize("seed", range(8))
def test_all_texts_of_a_word_have_the_probabilities_of_their_paths(seed):
    logits = np.random.default_rng(seed).normal(0, 2, (6, 4)).astype(np.float32)
    logits[:, SPACE] = -60
    assert agree(logits)


# Frames that are in doubt but make no other text, and ones that look like those and do.
SIDES = [
    ({A: 1}, {A: 0.6, BLANK: 0.4}, {BLANK: 1}, {B: 0.7, BLANK: 0.3}),
    ({BLANK: 1}, {A: 0.6, BLANK: 0.4}, {A: 1}, {B: 0.7, A: 0.3}),
    ({A: 1}, {A: 0.6, BLANK: 0.4}, {A: 1}),
    ({A: 1}, {A: 0.6, BLANK: 0.4}, {A: 0.5, BLANK: 0.5}, {B: 1}),
    ({A: 0.5, B: 0.5}, {A: 0.6, BLANK: 0.4}, {BLANK: 1}),
    ({A: 1}, {A: 0.6, B: 0.4}, {B: 1}, {A: 0.5, BLANK: 0.5}),
    ({B: 1}, {A: 0.6, BLANK: 0.4}, {B: 1}, {B: 0.5, BLANK: 0.5}),
    ({A: 0.6, BLANK: 0.4}, {A: 1}, {A: 0.2, BLANK: 0.8}, {A: 0.3, BLANK: 0.7}),
]


@pytest.mark.parametrize("shares", SIDES)
def test_frames_that_make_no_other_text_change_nothing(shares):
    (words,) = candidates([frames(*shares)], CHARSET, **ALL)
    found = dict(words[0])
    wanted = {text: share for text, share in of_all_paths(frames(*shares)).items() if share > 1e-9}
    if len(wanted) == 1:
        assert found == dict.fromkeys(wanted, 0.0)
    else:
        assert agree(frames(*shares))


def sparse(seed):
    """Frames of one to three classes."""
    rng = np.random.default_rng(seed)
    rows = []
    for count in rng.choice([1, 1, 2, 2, 3], 5):
        classes = rng.choice(3, count, replace=False)
        rows.append(dict(zip(classes.tolist(), rng.dirichlet(np.ones(count)).tolist(), strict=True)))
    return frames(*rows)


@pytest.mark.slow
def test_words_of_few_classes_a_frame_have_the_probabilities_of_their_paths():
    lines = [sparse(seed) for seed in range(150)]
    for logits, words in zip(lines, candidates(lines, CHARSET, **ALL), strict=True):
        wanted = {text: share for text, share in of_all_paths(logits).items() if share > 1e-9}
        found = dict(words[0]) if words else {"": 0.0}
        assert found.keys() == wanted.keys()
        np.testing.assert_allclose([np.exp(found[text]) for text in wanted], list(wanted.values()), rtol=1e-4)


def drop_every_doubt(flat, kinds, counts, ends, classes, borders, blank):
    return counts == 1


def drop_whatever_is_beside_its_like(flat, kinds, counts, ends, classes, borders, blank):
    kept = counts == 1
    beside = (np.roll(kinds[ends - 1], 1) == kinds[ends - 1]) | (np.roll(kinds[ends - 1], -1) == kinds[ends - 1])
    return kept | ~beside


@pytest.mark.slow
@pytest.mark.parametrize("broken", [drop_every_doubt, drop_whatever_is_beside_its_like])
def test_the_comparison_rejects_a_search_that_drops_too_much(monkeypatch, broken):
    lines = [sparse(seed) for seed in range(150)]
    open_lines = [line for line in lines if len(candidates([line], CHARSET, **ALL)[0][0]) > 1]
    assert len(open_lines) > 70 and all(agree(line) for line in open_lines)
    monkeypatch.setattr(module, "_telling", broken)
    wrong = 0
    for line in open_lines:
        words = candidates([line], CHARSET, **ALL)[0]
        wrong += not words or len(words[0]) < 2 or not agree(line)
    assert wrong > 20


def test_words_end_at_blanks_that_are_sure():
    logits = frames(
        {A: 1}, {BLANK: 1}, {SPACE: 1}, {A: 0.6, B: 0.4}, {SPACE: 0.7, BLANK: 0.3}, {B: 1}, {SPACE: 1}, {B: 1}
    )
    (words,) = candidates([logits], CHARSET)
    assert [[text for text, _ in word] for word in words] == [["a"], [" "], ["a b", "b b", "ab", "bb"], [" "], ["b"]]
    np.testing.assert_allclose(np.exp([share for _, share in words[2]]), [0.42, 0.28, 0.18, 0.12], rtol=1e-5)


def test_unlikely_classes_are_left_out():
    logits = frames({A: 0.5, B: 0.3, BLANK: 0.2}, {B: 1})
    margin = np.log(0.5 / 0.3)
    texts = [[text for text, _ in candidates([logits], CHARSET, margin=add + margin)[0][0]] for add in (-0.01, 0.01)]
    assert texts == [["ab"], ["ab", "b"]]


def test_no_more_texts_than_asked_for_are_kept():
    logits = np.random.default_rng(3).normal(0, 1, (8, 3)).astype(np.float32)
    wanted = sorted(of_all_paths(logits, charset=CHARSET[:3]).items(), key=lambda item: -item[1])[:5]
    found = candidates([logits], CHARSET[:3], margin=50.0, width=40)[0][0]
    assert len(found) == 40
    assert [text for text, _ in found[:5]] == [text for text, _ in wanted]


def test_quantized_logits_give_what_their_values_give():
    scale = 0.11
    stored = np.random.default_rng(5).integers(-128, 128, (30, 4)).astype(np.int8)
    integer, real = (
        candidates([values], CHARSET, scale=unit) for values, unit in ((stored, scale), (stored * np.float32(scale), 1))
    )
    assert sum(len(word) > 1 for word in integer[0]) >= 1
    assert [[text for text, _ in word] for word in integer[0]] == [[text for text, _ in word] for word in real[0]]
    for one, other in zip(integer[0], real[0], strict=True):
        np.testing.assert_allclose([share for _, share in one], [share for _, share in other], atol=1e-4)


def test_lines_do_not_depend_on_each_other():
    rng = np.random.default_rng(7)
    lines = [rng.normal(0, 4, (length, 4)).astype(np.float32) for length in (1, 9, 4, 1, 30)]
    assert candidates(lines, CHARSET) == [candidates([line], CHARSET)[0] for line in lines]
    assert candidates([], CHARSET) == []


def test_noise_is_not_searched():
    doubtful = {A: 0.5, B: 0.3, BLANK: 0.2}
    for count in (24, 25):
        (word,) = candidates([frames({B: 1}, *[doubtful] * count, {B: 1})], CHARSET)[0]
        assert (len(word) > 1) == (count == 24)
    assert word == [("bab", 0.0)]
