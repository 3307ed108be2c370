"""Probabilities as Witten and Bell give them, counted by hand; whatever is left out, they add up to 1."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from synthetic.corpora import corpus, words
from tflite_ocr.recognition.language_model import BITS, BOUNDARY, ORDER, SYMBOLS, LanguageModel, folded, unpack
from training.__main__ import main
from training.errors import TrainingError
from training.runs import language_model

TEXTS = {"abab": 3, "abba": 2, "cab": 1, "b": 4, "abracadabra": 2, "cadaver": 1, "l0 12": 1}
LETTERS = sorted(SYMBOLS)


def counts(texts):
    found = Counter()
    for text, count in texts.items():
        for word in text.split():
            found[(BOUNDARY, *folded(word), BOUNDARY)] += count
    return found


def witten_bell(texts, context, symbol):
    """Interpolated, by going through all words again for every context (Chen and Goodman, 1999, equation 15)."""
    followers = Counter()
    for word, count in counts(texts).items():
        for place in range(1, len(word)):
            if len(context) <= place and word[place - len(context) : place] == context:
                followers[word[place]] += count
    lower = witten_bell(texts, context[1:], symbol) if context else 1 / len(SYMBOLS)
    if not followers:
        return lower
    return (followers[symbol] + len(followers) * lower) / (followers.total() + len(followers))


def estimated(texts, size):
    keys, probabilities, backoffs = language_model.estimate(counts(texts), size)
    return LanguageModel(keys, probabilities, backoffs)


def total(model, context):
    """What all symbols after a context add up to; the context begins a word."""
    symbols = np.array([[*context, symbol] for symbol in LETTERS], np.uint64)
    places = np.tile(np.arange(len(context) + 1), len(symbols))
    return np.exp(model._of_symbols(symbols.ravel(), places).reshape(symbols.shape)[:, -1]).sum()


def contexts():
    prefixes = {word[:end] for word in counts(TEXTS) for end in range(1, len(word))}
    return [*sorted(prefixes), (BOUNDARY, *folded("xyz")), (BOUNDARY, *folded("abracx"))]


@pytest.mark.parametrize("text", ["abab", "cab", "cadabra", "x", "abx"])
def test_probabilities_are_those_of_witten_and_bell(text):
    word = (BOUNDARY, *folded(text), BOUNDARY)
    wanted = sum(
        np.log(witten_bell(TEXTS, word[max(0, place - ORDER + 1) : place], word[place]))
        for place in range(1, len(word))
    )
    assert estimated(TEXTS, 10**6).log_probabilities([text])[0] == pytest.approx(wanted, abs=1e-6)
    fewer = {**TEXTS, "abab": 1}
    assert estimated(fewer, 10**6).log_probabilities(["abab"])[0] != pytest.approx(wanted, abs=1e-2)


@pytest.mark.parametrize("size", [10**6, 90, 70, 1])
def test_probabilities_add_up_to_one_whatever_is_left_out(size):
    model = estimated(TEXTS, size)
    for context in contexts():
        assert total(model, context) == pytest.approx(1, abs=1e-5), context
    model._backoffs = model._backoffs + 0.3
    assert max(abs(total(model, context) - 1) for context in contexts()) > 0.05


def test_what_is_left_out_matters_least():
    whole, half, single = (estimated(TEXTS, size) for size in (10**6, 90, len(SYMBOLS)))
    assert len(single) == len(SYMBOLS) < len(half) < len(whole)
    assert 85 <= len(half) <= 100
    texts, times = list(TEXTS), np.array(list(TEXTS.values()))
    likely = [(model.log_probabilities(texts) * times).sum() for model in (whole, half, single)]
    assert likely[0] > likely[1] > likely[2]
    assert likely[0] - likely[1] < 0.4 * (likely[0] - likely[2])
    # Every context of an n-gram in the table is there too: backing off passes through it.
    keys = set(half._keys.tolist())
    assert all(key >> BITS in keys for key in keys if key >= 1 << BITS)


@pytest.fixture
def few_words(monkeypatch):
    monkeypatch.setattr(language_model, "listed", lambda language: ["street", "straw", "café"])
    monkeypatch.setattr(language_model, "text", lambda rng, use: ("Street", "EXIT 12", use)[int(rng.integers(3))])


def test_every_listed_word_and_the_lines_of_all_uses_count(few_words):
    found = language_model.words(1000, 0)
    assert found[(BOUNDARY, *folded("cafe"), BOUNDARY)] == found[(BOUNDARY, *folded("straw"), BOUNDARY)] == 2
    assert found[(BOUNDARY, *folded("street"), BOUNDARY)] == pytest.approx(333, abs=60)
    by_use = [found[(BOUNDARY, *folded(use), BOUNDARY)] for use in ("scene", "document", "receipt")]
    assert by_use[0] > by_use[1] > by_use[2] > 30
    assert language_model.words(1000, 0) == found != language_model.words(1000, 1)


def test_the_command_writes_what_the_runtime_reads(few_words, tmp_path, capsys):
    target = tmp_path / "words.npz"
    assert main(["language-model", "--out", str(target), "--lines", "500", "--size", "200"]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    model = unpack(target.read_bytes(), target)
    street, other = model.log_probabilities(["STREET", "Strxet"])
    assert street > other + 3
    again = tmp_path / "again.npz"
    main(["language-model", "--out", str(again), "--lines", "500", "--size", "200"])
    assert unpack(again.read_bytes(), again).log_probabilities(["a1"]) == model.log_probabilities(["a1"])


def test_without_word_lists_nothing_is_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(words, "DICT", Path(tmp_path / "none"))
    monkeypatch.setattr(words, "FORTUNES", Path(tmp_path / "none"))
    for cached in (words.languages, words._shares, words.words_with, corpus._allowed):
        cached.cache_clear()
    try:
        code = main(["language-model", "--out", str(tmp_path / "words.npz"), "--lines", "10"])
    finally:
        for cached in (words.languages, words._shares, words.words_with):
            cached.cache_clear()
    assert code == TrainingError.exit_code
    assert "make fonts" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
