"""Chooses among candidate texts the one that the network and the language model together find likeliest."""

import itertools
import math
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tflite_ocr import interpreter, manifest
from tflite_ocr.recognition.candidates import Candidate, Words, candidates
from tflite_ocr.recognition.language_model import LanguageModel, unpack

# Codes, which no language model knows: words with digits, or with characters of programs and addresses.
_CODE = re.compile(r"\d|[_/\\=@#{}<>|~^*$]|\w:\w|\w\.[a-z]")
# What two equal characters side by side are worth in a code, where one is easily missed; see docs/experiments.md.
_PAIR_BONUS = 0.4
# float or int8 [T, C], and what a unit of them is worth.
Logits = tuple[np.ndarray, float]


class Rescorer:
    """Chooses by log p(text | picture) + weight * log p(text) + bonus * characters.

    As Hannun et al. (2014, arXiv 1412.5567, section 2.2), with characters instead of words: the bonus compensates for
    the language model's cost of each. In codes and numbers neither counts, but a little do equal characters side by
    side. Safe to use from many threads.
    """

    def __init__(self, folder: Path, facts: manifest.LanguageModelFacts):
        """Prepares a language model, whose file in the manifest's folder is read at the first doubtful word."""
        self._path, self._facts = Path(folder) / facts.path, facts
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None

    def words(
        self, lines: Sequence[Sequence[Logits]], charset: Sequence[str], blank: int, width: int | None = None
    ) -> list[Words]:
        """Candidate words of lines that were read once or more; see `candidates`.

        Args:
            lines: Logits of the readings of each line, the most confident first. The others count if they have the
                same number of words.
            width: Number of texts kept at every frame; None for the manifest's.
        """
        alike: dict[tuple[np.dtype, float], list[tuple[int, int]]] = {}
        for i, readings in enumerate(lines):
            for j, (logits, scale) in enumerate(readings):
                alike.setdefault((logits.dtype, scale), []).append((i, j))
        found: dict[tuple[int, int], Words] = {}
        for (_, scale), places in alike.items():
            limits = self._facts.margin, width or self._facts.width
            made = candidates([lines[i][j][0] for i, j in places], charset, blank, scale, *limits)
            found.update(zip(places, made, strict=True))
        return [_merged([found[i, j] for j in range(len(readings))]) for i, readings in enumerate(lines)]

    def choose(self, lines: Iterable[Words]) -> list[tuple[str, float]]:
        """The text of each line, with single spaces between its words and none around it, and its lead.

        The lead is the difference in natural logarithms to the next text with other letters or digits, in the word
        where it is least; infinite without candidates.

        Raises:
            ArtifactError: The language model's file is missing or altered.
        """
        lines = [[_said(word) for word in line] for line in lines]
        open_texts = [text for line in lines for word in line if len(word) > 1 for text, _ in word]
        likely = iter(self._loaded().log_probabilities(open_texts).tolist() if open_texts else ())
        found = []
        for line in lines:
            chosen = [(word[0][0], math.inf) if len(word) == 1 else self._best(word, likely) for word in line]
            text = " ".join("".join([word for word, _ in chosen]).split())
            found.append((text, min((lead for _, lead in chosen), default=math.inf)))
        return found

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """See LanguageModel.log_probabilities; raises ArtifactError as choose does."""
        return self._loaded().log_probabilities(texts)

    def _best(self, word: list[Candidate], likely: Iterator[float]) -> tuple[str, float]:
        log_probabilities = [next(likely) for _ in word]
        if _CODE.search(max(word, key=lambda candidate: candidate[1])[0]):
            scores = [seen + _PAIR_BONUS * _pairs(text) for text, seen in word]
        else:
            weight, bonus = self._facts.weight, self._facts.bonus
            scores = [
                seen + weight * log_probability + bonus * len(text.strip())
                for (text, seen), log_probability in zip(word, log_probabilities, strict=True)
            ]
        highest = max(scores)
        best = word[scores.index(highest)][0]
        letters = _letters(best)
        others = [score for (text, _), score in zip(word, scores, strict=True) if _letters(text) != letters]
        return best, highest - max(others, default=-math.inf)

    def _loaded(self) -> LanguageModel:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    self._model = unpack(interpreter.read_matching(self._path, self._facts.sha256), self._path)
        return self._model


def _letters(text: str) -> str:
    return "".join([character for character in text.lower() if character.isalnum()])


def _pairs(text: str) -> int:
    """How often two equal characters stand side by side."""
    return sum(one == other for one, other in itertools.pairwise(text))


def _merged(readings: list[Words]) -> Words:
    words, *others = readings
    for other in others:
        if len(other) == len(words):
            words = [one if one == more else one + more for one, more in zip(words, other, strict=True)]
    return words


def _said(word: list[Candidate]) -> list[Candidate]:
    """Without the empty text, where the network sees one."""
    return [candidate for candidate in word if candidate[0].strip()] if word[0][0].strip() else word
