"""The text chosen is the one of the highest sum of what the network sees, the language model and the bonus."""

import dataclasses
import hashlib
import math

import numpy as np
import pytest

from tflite_ocr import manifest
from tflite_ocr.errors import ArtifactError
from tflite_ocr.recognition.language_model import SYMBOLS, folded, pack
from tflite_ocr.recognition.rescoring import Rescorer

CHARSET = ("", "a", "b", " ")


def write(path, **log_probabilities):
    """A model of single symbols: of those named, and -8 of all others."""
    values = np.full(len(SYMBOLS), -8.0)
    for letter, value in log_probabilities.items():
        values[sorted(SYMBOLS).index(folded(letter)[0])] = value
    data = pack(np.array(sorted(SYMBOLS), np.uint64), values, np.zeros(len(SYMBOLS)))
    path.write_bytes(data)
    return manifest.LanguageModelFacts(
        path.name, hashlib.sha256(data).hexdigest(), len(data), weight=0.5, bonus=0.0, margin=6.0, width=8
    )


@pytest.fixture
def rescorer(tmp_path):
    facts = write(tmp_path / "words.npz", a=-1.0, b=-3.0)
    return lambda **changes: Rescorer(tmp_path, dataclasses.replace(facts, **changes))


def texts(chosen):
    return [text for text, _ in chosen]


def logits(*shares):
    values = np.log(np.maximum(np.array(shares, np.float32), 1e-12))
    return values, 1.0


@pytest.mark.parametrize("weight, wanted", [(0.0, "b"), (0.19, "b"), (0.21, "a"), (1.0, "a")])
def test_the_weight_decides_between_network_and_model(rescorer, weight, wanted):
    # The network prefers b by 0.4, the model a by 2.
    line = [[("b", 0.0), ("a", -0.4)]]
    ((text, lead),) = rescorer(weight=weight).choose([line])
    assert text == wanted
    assert lead == pytest.approx(abs(0.4 - 2 * weight))


@pytest.mark.parametrize("bonus, wanted", [(0.0, "a"), (4.1, "aa"), (0.49, "a"), (0.51, "aa")])
def test_the_bonus_makes_up_for_what_characters_cost(rescorer, bonus, wanted):
    line = [[("a", 0.0), ("aa", 0.0)]]  # the second a costs 0.5 * 1
    assert texts(rescorer(bonus=bonus).choose([line])) == [wanted]


def test_blanks_are_single_and_not_around_a_text(rescorer):
    lines = [[[(" ", 0.0)], [("a ", 0.0), (" b", -9.0)], [(" ", 0.0)], [("b", 0.0)], [(" ", 0.0)]], [[("b", 0.0)]], []]
    assert texts(rescorer().choose(lines)) == ["a b", "b", ""]


def test_a_word_does_not_vanish_because_it_is_unlikely(rescorer):
    found = rescorer().choose([[[("b", 0.0), ("", -0.1)]], [[("", 0.0), ("b", -0.1)]]])
    assert texts(found) == ["b", ""]


def test_of_two_readings_both_count_where_they_agree_in_their_words(rescorer):
    first, second = logits([0.1, 0.4, 0.5, 0]), logits([0.0, 0.9, 0.1, 0], [1, 0, 0, 0])
    two_words = logits([0, 0.4, 0.6, 0], [0, 0, 0, 1], [0, 0, 1, 0])
    found = rescorer().words([[first], [first, second], [first, two_words]], CHARSET, 0)
    assert all({text for text, _ in word} == {"b", "a", ""} for line in found for word in line)
    assert [len(line[0]) for line in found] == [3, 5, 3]
    assert texts(rescorer(weight=0.05).choose(found)) == ["b", "a", "b"]


def test_integer_and_real_logits_in_one_call(rescorer):
    stored = np.array([[-100, 10, 20, -100], [20, -100, -100, -100]], np.int8)
    real = stored * np.float32(0.1)
    both = rescorer().words([[(stored, 0.1)], [(real, 1.0)], [(stored, 0.1)]], CHARSET, 0)
    assert both[0] == both[2]
    assert [text for text, _ in both[0][0]] == [text for text, _ in both[1][0]] == ["b", "a"]


def test_the_lead_is_that_over_other_letters_in_the_least_sure_word(rescorer):
    seen = rescorer(weight=0.0)
    near = [("a", 0.0), ("A", -0.1), ("a.", -0.2), ("b", -1.5)]
    far = [("b", 0.0), ("ab", -2.5)]
    marks = [("a", 0.0), ("'a", -0.1)]
    leads = [lead for _, lead in seen.choose([[near], [far, [(" ", 0.0)], near], [marks], [[("a", 0.0)]], []])]
    assert leads == [1.5, 1.5, math.inf, math.inf, math.inf]


def test_the_file_is_read_when_there_is_doubt_and_compared(rescorer, tmp_path):
    (tmp_path / "words.npz").write_bytes(b"altered")
    chosen = rescorer()
    assert chosen.choose([[[("a", 0.0)]]]) == [("a", math.inf)]
    with pytest.raises(ArtifactError, match="words.npz.*altered"):
        chosen.choose([[[("a", 0.0), ("b", 0.0)]]])


@pytest.mark.parametrize(
    "code, other",
    [
        ("34b", "34a"),
        ("x_b", "x_a"),
        ("c:/b", "c:/a"),
        ("b==1", "a==1"),
        ("b.png", "a.png"),
        ("b@c", "a@c"),
        ("33", "aa"),
        ("3.5", "b.5"),
    ],
)
def test_codes_are_left_to_the_network(rescorer, code, other):
    found = rescorer(weight=1.0, bonus=5.0).choose([[[(other + "a", -2.0), (code, 0.0), (other, -0.1)]]])
    assert found == [(code, pytest.approx(0.1))]


def test_an_equal_character_more_of_a_code_counts_little_and_another_one_nothing(rescorer):
    for read, others, expected in (
        ("33", [("333", -0.3)], "333"),
        ("33", [("333", -0.5)], "33"),
        ("33", [("3333", -0.7), ("3", -0.1)], "3333"),
        ("B0V", [("BO0V", -0.1)], "B0V"),
        ("rc1", [("rcl1", -0.1), ("rc11", -0.3)], "rc11"),
    ):
        assert texts(rescorer(weight=1.0, bonus=5.0).choose([[[(read, 0.0), *others]]])) == [expected]


@pytest.mark.parametrize("word", ["bbb", "b's", "b-b", "(b)", "b.", "b,b"])
def test_words_are_no_codes(rescorer, word):
    other = word.replace("b", "a")
    assert texts(rescorer(weight=1.0).choose([[[(word, 0.0), (other, -0.1)]]])) == [other]
