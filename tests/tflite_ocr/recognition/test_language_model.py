"""The probabilities of words are those that the table's n-grams make, counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from tflite_ocr.errors import ArtifactError
from tflite_ocr.recognition.language_model import (
    BITS,
    BOUNDARY,
    DIGIT,
    HIGHEST,
    OTHER,
    STEP,
    LanguageModel,
    folded,
    pack,
    unpack,
)

A, B = folded("ab")


def key(*symbols):
    return sum(symbol << BITS * place for place, symbol in enumerate(reversed(symbols)))


# n-gram: (logarithm of the last symbol's probability after the others, of the backoff).
TABLE = {
    (BOUNDARY,): (-1.0, -0.25),
    (DIGIT,): (-5.0, 0.0),
    (OTHER,): (-6.0, 0.0),
    (A,): (-2.0, -0.5),
    (B,): (-3.0, 0.5),
    (BOUNDARY, A): (-0.75, -1.25),
    (A, B): (-0.5, -0.125),
    (BOUNDARY, A, B): (-0.0625, 0.25),
    (A, B, A, B, A, B): (-0.375, 0.0),
}


@pytest.fixture(scope="module")
def model():
    rows = sorted((key(*symbols), *values) for symbols, values in TABLE.items())
    keys, probabilities, backoffs = (np.array(column) for column in zip(*rows, strict=True))
    return LanguageModel(keys.astype(np.uint64), probabilities, backoffs)


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("a", -0.75 + (-1.25 - 0.5 - 1.0)),  # a after the boundary; the end after (boundary a) and (a), then alone
        ("b", (-0.25 - 3.0) + (0.5 - 1.0)),
        ("ab", -0.75 - 0.0625 + (0.25 - 0.125 + 0.5 - 1.0)),
        ("a ab", (-0.75 - 1.25 - 0.5 - 1.0) + (-0.75 - 0.0625 + 0.25 - 0.125 + 0.5 - 1.0)),
        ("7", (-0.25 - 5.0) - 1.0),
        ("☃", (-0.25 - 6.0) - 1.0),
        ("", 0.0),
        (" ", 0.0),
    ],
)
def test_probabilities_by_hand(model, text, wanted):
    assert model.log_probabilities([text]) == pytest.approx([wanted])


def test_the_longest_context_counts(model):
    # Of the sixth and seventh symbol of the word the five before are the context.
    a_first, b_second = -0.75, -0.0625
    a_third = 0.25 - 0.125 + 0.5 - 2.0  # (boundary a b), (a b) and (b) back off
    b_fourth = -0.5  # no context longer than (a) is in the table
    a_fifth = -0.125 + 0.5 - 2.0
    b_sixth = -0.375
    end = -0.125 + 0.5 - 1.0
    wanted = a_first + b_second + a_third + b_fourth + a_fifth + b_sixth + end
    assert model.log_probabilities(["ababab"]) == pytest.approx([wanted])


def test_texts_do_not_depend_on_each_other(model):
    texts = ["ab", "", "a b", "ababab", "b"]
    np.testing.assert_allclose(model.log_probabilities(texts), [model.log_probabilities([text])[0] for text in texts])
    assert model.log_probabilities([]).shape == (0,)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Straße", "STRASSE"),
        ("Ærø", "aero"),
        ("naïve", "NAIVE"),
        ("Łódź", "lodz"),
        ("1984", "0777"),
        ("’", "'"),
        ("☃", "漢"),
    ],
)
def test_case_accents_and_digits_do_not_count(one, other):
    assert folded(one) == folded(other)


def test_other_letters_and_signs_do():
    assert len({tuple(folded(text)) for text in ("a", "b", "0", ".", "$", "☃", "-")}) == 7
    assert all(BOUNDARY not in folded(chr(code)) for code in range(32, 0x2200))


def test_packed_tables_come_back(model, tmp_path):
    keys = np.array(sorted(key(*symbols) for symbols in TABLE), np.uint64)
    rng = np.random.default_rng(0)
    values = rng.uniform(-9, 3, (2, len(keys)))
    found = unpack(pack(keys, *values), tmp_path)
    assert len(found) == len(keys)
    np.testing.assert_array_equal(found._keys, keys)
    for stored, value in zip((found._log_probabilities, found._backoffs), values, strict=True):
        np.testing.assert_allclose(stored, value, atol=STEP / 2 + 1e-6)
    low, high = (
        unpack(pack(keys, np.full(len(keys), far), values[1]), tmp_path)._log_probabilities for far in (-99, 9)
    )
    assert (low == HIGHEST - 255 * STEP).all() and (high == HIGHEST).all()


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-40], lambda data: b"\x00" + data[1:]])
def test_something_else_is_told_with_its_path(damage):
    keys = np.array([1, 2], np.uint64)
    with pytest.raises(ArtifactError, match="here.npz: expected a language model"):
        unpack(damage(pack(keys, np.zeros(2), np.zeros(2))), Path("here.npz"))
