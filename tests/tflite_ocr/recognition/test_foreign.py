"""Lines in another script are told by what is unknown in them, and by words that no language has."""

import numpy as np
import pytest

from synthetic.everyday.lists import listed
from tflite_ocr import Reader
from tflite_ocr.recognition.foreign import foreign

_WORDS = {"the", "door", "is", "open", "exit"}


def _log_probabilities(texts):
    """1 a symbol for words of a small language, 6 for others."""
    return np.array([sum(-(len(w) + 1.0) * (1 if w in _WORDS else 6) for w in text.split()) for text in texts])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["KACCA", "PY6"], [False, False]),  # nothing is unknown
        (["KACCA", "������� PY6"], [True, True]),
        (["the door is open", "������� ���"], [False, False]),
        (["the exit", "��� MOPE ����", "is open"], [False, True, False]),
        (["��� ������ 1994", "12,50"], [False, False]),  # figures are the same in every script
        (["�������", "2 x 11.50", "06/04/17 11:43am", "4.45 S"], [False] * 4),  # nor are a few letters beside them
        (["�������", "S15", "f6x1b1", "��2017", "�1234"], [False, True, True, False, False]),
        (["�� the door ���"], [False]),
        (["��L �H��"], [True]),  # known letters inside unknown words
        (["is", "����� ���������"], [True, False]),  # too short to tell
        (["N� 7", "the door is open", "open the exit", "KACCA"], [True, False, False, False]),
    ],
)
def test_lines_are_foreign_where_unknown_letters_are_and_words_are_not_likely(texts, expected):
    assert foreign(texts, _log_probabilities) == expected


def test_nothing_is_asked_of_the_language_model_without_unknown_letters():
    def fail(texts):
        raise AssertionError(texts)

    assert foreign(["xyzzy", ""], fail) == [False, False]
    assert foreign([], fail) == []


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Two lines of Greek, and two of English between and below them."""
    texts = ["Δεν υπάρχει χώρος", "There is no space left", "Το αρχείο διαγράφηκε", "The file was deleted"]
    return listed(texts, "sans", 28, 1.0).image.round().clip(0, 255).astype(np.uint8)


def test_a_page_of_two_scripts_keeps_the_lines_of_the_known_one(picture):
    with Reader("edge", threads=1) as reader:
        lines = reader.read(picture, min_confidence=0)
    sure = {line.text for line in lines if line.confidence > 0.5 and any(map(str.isalpha, line.text))}
    assert sure == {"There is no space left", "The file was deleted"}
