"""The language model of the edge recogniser: n-grams of characters, from the texts that lines are drawn with.

Probabilities are interpolated as Witten and Bell do it (1991; Chen and Goodman, 1999, section 2.4): a context that was
followed by many different symbols is trusted less. N-grams whose loss changes little are skipped (Seymore and
Rosenfeld, 1996: count times the change of the logarithm), and the others made to add up to 1 again by backing off.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthetic.corpora.corpus import text
from synthetic.corpora.words import listed
from tflite_ocr import files
from tflite_ocr.recognition.language_model import BITS, BOUNDARY, SYMBOLS, ending_keys, folded, pack

# By use: how many lines are drawn of a thousand.
_USES = {"scene": 500, "document": 300, "receipt": 200}
_LISTED = 2  # Every English word of the lists counts as often.


def train(target: Path, lines: int = 1_000_000, size: int = 300_000, seed: int = 0) -> None:
    """Writes the language model, whole or not at all.

    Args:
        target: See tflite_ocr.recognition.language_model.unpack.
        lines: Drawn from the corpus, beside every word of the English lists.
        size: N-grams that stay, about.

    Raises:
        TrainingError: There are no word lists.
    """
    table = estimate(words(lines, seed), size)
    with files.replacing(target, parents=True) as file:
        file.write(pack(*table))


def words(lines: int, seed: int) -> Counter[tuple[int, ...]]:
    """The symbols of words, each between two boundaries, and how often they are in the texts."""
    rng = np.random.default_rng(seed)
    spelt: Counter[str] = Counter()
    for use, share in _USES.items():
        for _ in range(lines * share // 1000):
            spelt.update(text(rng, use).split())
    for word in listed("english"):
        spelt[word] += _LISTED
    counts: Counter[tuple[int, ...]] = Counter()
    for word, count in spelt.items():
        counts[(BOUNDARY, *folded(word), BOUNDARY)] += count
    return counts


def estimate(counts: Counter[tuple[int, ...]], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The table of a language model, see LanguageModel.

    Args:
        counts: Of words, as `words` gives them.
        size: N-grams that stay, about: all of one symbol, and of the others those that matter most.

    Returns:
        Keys uint64 [N], logarithms of probabilities and of backoffs float64 [N].
    """
    (symbols, amounts), *longer = _counted(counts)
    found = [_single(symbols, amounts)]
    for keys, amounts in longer:
        found.append(_interpolated(keys, amounts, found[-1]))
    _left_out(found, size)
    for lower in range(len(found) - 1):
        _back_off(found, lower)
    found[-1].backoffs = np.ones(len(found[-1].keys))
    return (
        np.concatenate([order.keys for order in found]),
        np.log(np.concatenate([order.probabilities for order in found])),
        np.log(np.concatenate([order.backoffs for order in found])),
    )


@dataclass
class _Order:
    """All n-grams of one order, ascending."""

    symbols: int  # In an n-gram
    keys: np.ndarray  # See LanguageModel
    probabilities: np.ndarray  # Probabilities of the last symbol after the others
    costs: np.ndarray  # What leaving one out costs
    backoffs: np.ndarray = field(default_factory=lambda: np.ones(1))  # Of these n-grams as contexts of longer ones

    def find(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where n-grams are, and whether they are there at all."""
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return at, self.keys[at] == wanted

    def ends(self, keys: np.ndarray) -> np.ndarray:
        """The last symbols of longer n-grams, as many as these have."""
        return keys & np.uint64((1 << BITS * self.symbols) - 1)


def _counted(counts: Counter[tuple[int, ...]]) -> list[tuple[np.ndarray, np.ndarray]]:
    """By order: keys, ascending, and how often each is in the words."""
    symbols = np.array([symbol for word in counts for symbol in word], np.uint64)
    lengths = np.array([len(word) for word in counts])
    amounts = np.repeat(np.fromiter(counts.values(), float), lengths)
    places = np.concatenate([np.arange(length) for length in lengths])
    result = []
    for before, keys in enumerate(ending_keys(symbols)):
        there = places >= max(before, 1)  # the boundary at the beginning is given
        unique, inverse = np.unique(keys[there], return_inverse=True)
        result.append((unique, np.bincount(inverse, amounts[there])))
    return result


def _single(keys: np.ndarray, amounts: np.ndarray) -> _Order:
    """Single symbols, those that were never seen too."""
    everything = np.array(sorted(SYMBOLS), np.uint64)
    seen = np.zeros(len(everything))
    seen[np.searchsorted(everything, keys)] = amounts
    probabilities = (seen + len(keys) / len(everything)) / (seen.sum() + len(keys))
    return _Order(1, everything, probabilities, np.full(len(everything), np.inf))


def _interpolated(keys: np.ndarray, amounts: np.ndarray, lower: _Order) -> _Order:
    _, owners, followers = np.unique(keys >> np.uint64(BITS), return_inverse=True, return_counts=True)
    total = np.bincount(owners, amounts) + followers
    shorter = lower.probabilities[lower.find(lower.ends(keys))[0]] * (followers / total)[owners]
    probabilities = amounts / total[owners] + shorter
    return _Order(lower.symbols + 1, keys, probabilities, amounts * np.log(probabilities / shorter))


def _left_out(found: list[_Order], size: int) -> None:
    """Leaves as many n-grams as wanted, about: the dearest, and those that are contexts of others that stay."""
    costs = np.concatenate([order.costs for order in found])
    limit = np.partition(costs, -size)[-size] if size < len(costs) else costs.min()
    kept = [order.costs >= limit for order in found]
    for longer in range(len(found) - 1, 1, -1):
        at, _ = found[longer - 1].find(found[longer].keys[kept[longer]] >> np.uint64(BITS))
        kept[longer - 1][at] = True
    for order, stays in zip(found, kept, strict=True):
        order.keys, order.probabilities = order.keys[stays], order.probabilities[stays]


def _back_off(found: list[_Order], lower: int) -> None:
    """Sets the backoffs of one order's contexts, so that the probabilities of all that may follow add up to 1."""
    context, longer = found[lower], found[lower + 1]
    at, _ = context.find(longer.keys >> np.uint64(BITS))
    taken = np.bincount(at, longer.probabilities, minlength=len(context.keys))
    instead = np.bincount(at, _probability(found, lower, context.ends(longer.keys)), minlength=len(context.keys))
    context.backoffs = np.maximum(1 - taken, 1e-6) / np.maximum(1 - instead, 1e-6)


def _probability(found: list[_Order], order: int, keys: np.ndarray) -> np.ndarray:
    """Of n-grams that need not be in the table, whose shorter contexts have their backoffs already."""
    at, known = found[order].find(keys)
    result = found[order].probabilities[at]
    if not known.all():
        context, there = found[order - 1].find(keys[~known] >> np.uint64(BITS))
        instead = _probability(found, order - 1, found[order - 1].ends(keys[~known]))
        result[~known] = np.where(there, found[order - 1].backoffs[context], 1.0) * instead
    return result
