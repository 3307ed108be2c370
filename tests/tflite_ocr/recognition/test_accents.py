"""Accents by alphabet, on logits made by hand."""

import numpy as np
import pytest

from tflite_ocr import languages
from tflite_ocr.recognition import ctc
from tflite_ocr.recognition.accents import Alphabets, stray, unaccented

CHARSET = ("", *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ äâåāăãáàőōöúūùűīçČŞȘşșțţÐłŁ$")


@pytest.fixture(scope="module")
def alphabets():
    return Alphabets(CHARSET, languages.LATIN)


def logits(text, seconds=(), dtype=np.float32):
    """Two frames a character and one blank; `seconds` are places with their second best characters and their lags."""
    lines = np.full((3 * len(text), len(CHARSET)), -20, dtype)
    for i, character in enumerate(text):
        lines[3 * i : 3 * i + 2, CHARSET.index(character)] = 18, 20
        lines[3 * i + 2, 0] = 20
    for place, second, lag in seconds:
        lines[3 * place : 3 * place + 2, CHARSET.index(second)] = 18 - lag, 20 - lag
    return lines


def read(lines):
    return ctc.greedy([lines], CHARSET)[0][0]


@pytest.mark.parametrize(
    ("text", "seconds", "wanted"),
    [
        ("fâr sjö låg", [(1, "å", 1)], "får sjö låg"),  # Swedish
        ("Rīgă jūn", [(3, "ā", 2)], "Rīgā jūn"),  # Latvian
        ("maçās", [(3, "ã", 1)], "maçãs"),  # Portuguese
        ("şi ț", [(0, "ș", 1), (0, "$", 0.5)], "și ț"),  # Romanian; the letter stays a letter
        ("Şi ț", [(0, "Ș", 1)], "Și ț"),
        ("tuzō", [(3, "ő", 1)], "tuzō"),  # nothing tells that it is Hungarian
        ("ÐURBAN", [(0, "D", 0.25)], "DURBAN"),  # more texts have no accents than are Icelandic
        ("ÐURBAN", [(0, "D", 2)], "ÐURBAN"),
        ("ţłå", [(0, "t", 4), (1, "l", 4), (2, "a", 4)], "ţłå"),  # no language: left as it is
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_letters_of_other_alphabets_become_those_of_the_line(alphabets, text, seconds, wanted, dtype):
    scale = 0.25
    lines = (logits(text, seconds) / scale).astype(dtype)
    before = lines.copy()
    assert read(lines) == text
    assert read(alphabets.consistent(lines, scale)) == wanted
    assert np.array_equal(lines, before)


def test_confidences_stay(alphabets):
    lines = logits("fâr sjö låg", [(1, "å", 1)])
    changed = alphabets.consistent(lines, 1.0)
    assert np.array_equal(np.sort(changed, axis=1), np.sort(lines, axis=1))


@pytest.mark.parametrize("text", ["Cafe au lait", "", "sjö", "Łłł"])
def test_what_one_alphabet_has_is_left_alone(alphabets, text):
    lines = logits(text)
    assert alphabets.consistent(lines, 1.0) is lines


def test_random_lines_have_letters_of_one_alphabet(alphabets):
    rng = np.random.default_rng(5)
    groups = ["aäâåāăãáà", "oőōö", "uúūùű", "SŞȘ", "sşș", "tțţ", "lł"]
    known = [set("abcdefghijklmnopqrstuvwxyz") | set(own) for own in languages.LATIN.values()]
    for _ in range(200):
        chosen = [groups[i] for i in rng.integers(0, len(groups), 5)]
        text = "".join(group[rng.integers(len(group))] for group in chosen)
        lines = logits(text, [(i, c, 2) for i, group in enumerate(chosen) for c in group if c != text[i]])
        after = read(alphabets.consistent(lines, 1.0))
        assert len(after) == 5 and all(c in group for c, group in zip(after, chosen))
        if after != text:
            assert any(set(after.lower()) <= own for own in known)
            assert not any(set(text.lower()) <= own for own in known)


@pytest.mark.parametrize(
    ("lag", "wanted"), [(1, "insurance"), (3.9, "insurance"), (4.1, "insuränce"), (9, "insuränce")]
)
def test_a_letter_on_a_plain_page_keeps_its_accent_where_that_is_clear(alphabets, lag, wanted):
    lines = (logits("insuränce", [(5, "a", lag)]) / 0.1).astype(np.int16)
    assert read(lines) == "insuränce"
    assert read(alphabets.plainer(lines, 0.1)) == wanted


def test_accents_are_stray_on_long_pages_that_have_few():
    line = "plain text of twenty letters "  # 24 letters
    assert stray([line] * 7 + ["thé"]) == [7]
    assert stray(["é", *[line] * 13, "à"]) == [0, 14]
    assert stray([line] * 5 + ["thé"]) == []  # 1 of 123: a short French text may have so few
    assert stray([line] * 3 + ["thé"]) == []
    assert stray([line] * 9) == stray([]) == []
    assert stray([line] * 9 + ["30º, ß, æ ½"]) == []  # letters of their own


def test_letters_without_their_accents():
    assert unaccented("Çéłà Øß 30º") == "Cela Oß 30º"
