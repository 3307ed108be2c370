"""Tells lines of another script, whose letters look like known ones here and there, from lines that are known."""

from collections.abc import Callable, Sequence

import numpy as np

from tflite_ocr.recognition.ctc import UNKNOWN

# A page or a line of which this share of the letters is unknown is in another script.
_PAGE, _LINE = 0.2, 1 / 3
# So few letters say nothing of a language.
_FEWEST = 4
# A line with as many figures, which are the same in most scripts, is one of figures unless half as many are letters.
_FIGURES = 3
# What symbols of likely words have on average, natural logarithm; chosen on pages of two scripts, docs/experiments.md.
_LIKELY = -3.4


def foreign(texts: Sequence[str], log_probabilities: Callable[[Sequence[str]], np.ndarray]) -> list[bool]:
    """Which lines of a page are in another script, as far as known letters in them mean nothing.

    On a page with many unknown letters, or in a line with more, known ones are held for look-alikes unless their
    words are likely or the line is one of figures.

    Args:
        texts: The lines of a page, with U+FFFD for unknown letters.
        log_probabilities: Natural logarithm of the probability of each text, see LanguageModel.
    """
    if not any(UNKNOWN in text for text in texts):
        return [False] * len(texts)
    unknown = [text.count(UNKNOWN) for text in texts]
    letters = [sum(map(str.isalpha, text)) for text in texts]
    figures = [sum(map(str.isdigit, text)) for text in texts]
    everywhere = sum(unknown) >= _PAGE * (sum(unknown) + sum(letters))
    return [
        (everywhere or strange > _LINE * (strange + known))
        and known > 0
        and digits < max(_FIGURES, 2 * (known + strange))
        and not _likely(text, log_probabilities)
        for text, strange, known, digits in zip(texts, unknown, letters, figures, strict=True)
    ]


def _likely(text: str, log_probabilities: Callable[[Sequence[str]], np.ndarray]) -> bool:
    """Whether the words of a line that are known throughout are words of a language."""
    words = [word for word in text.split() if UNKNOWN not in word and any(map(str.isalpha, word))]
    if sum(map(str.isalpha, "".join(words))) < _FEWEST:
        return False
    symbols = sum(len(word) + 1 for word in words)
    return float(log_probabilities([" ".join(words)])[0]) >= _LIKELY * symbols
