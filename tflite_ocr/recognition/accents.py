"""Accents by alphabet: a ring, a circumflex and a breve look alike in low letters; which of them a language has helps.

Of the letters that differ in their accents alone, a line has those of one language: of all alphabets the one counts in
which what was read is likeliest, and letters that it lacks become the likeliest it has.
"""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

# Natural logarithms: how much likelier texts without accents are than those in any one language, the most that one
# letter tells, how much less likely than as they were read all letters of a line may be, and the least lead over the
# alphabets that are left out.
_PLAIN, _MOST, _OTHER, _LEAD = 1.5, 8.0, 3.0, 1.0
# What a letter with an accent has to lead by on a page that has hardly any: dust and noise lead by less.
_STRAY = 4.0
# A page of at least so many letters has hardly any accents where less than this share of them has one: French pages of
# development sets have 1 to 4 in a hundred, English ones up to 4 in a thousand, all of them misread.
_LETTERS, _SHARE = 100, 1 / 150
_BASES = dict(zip("đðłøıħŧ", "ddloiht", strict=True))


class Alphabets:
    """Alphabets as masks of a recogniser's classes.

    Args:
        charset: C entries, class index to text.
        letters: Of each language those beside a to z, small ones and the capitals that no rule makes of them.
    """

    def __init__(self, charset: Sequence[str], letters: Mapping[str, str]):
        bases = [_base(entry) for entry in charset]
        numbers = {base: number for number, base in enumerate(sorted({base for base in bases if base}))}
        self._groups = np.array([numbers.get(base, -1) for base in bases])
        self._accented = np.array([bool(base) and base != entry for base, entry in zip(bases, charset, strict=True)])
        known = [frozenset(own) | frozenset(own.upper()) for own in letters.values()]
        plain = ~self._accented
        self._allowed = np.array([plain | [entry in own for entry in charset] for own in known])
        self._prior = np.array([0.0 if own else _PLAIN for own in letters.values()])

    def plainer(self, logits: np.ndarray, scale: float) -> np.ndarray:
        """Logits [T, C] in units of `scale`, float32, with letters with accents less likely; see _STRAY."""
        changed = logits.astype(np.float32)
        changed[:, self._accented] -= _STRAY / scale
        return changed

    def consistent(self, logits: np.ndarray, scale: float) -> np.ndarray:
        """Logits [T, C] of a line in which letters outside its alphabet have changed places with those in it.

        Args:
            logits: Of any real type; a unit is worth `scale`.

        Returns:
            A copy, or `logits` itself where nothing changes.
        """
        best = logits.argmax(axis=1)
        if not self._accented[best].any():
            return logits
        borders = np.flatnonzero(np.diff(best)) + 1
        runs = [run for run in np.split(np.arange(len(best)), borders) if self._accented[best[run[0]]]]
        read = [int(best[run[0]]) for run in runs]
        peaks = [logits[run[logits[run, letter].argmax()]].astype(np.float32) for run, letter in zip(runs, read)]
        alike = [np.flatnonzero(self._groups == self._groups[letter]) for letter in read]
        total = self._prior.copy()
        for peak, letter, others in zip(peaks, read, alike, strict=True):
            lead = (peak[others] - peak[letter]) * scale
            total += np.maximum(-_MOST, np.where(self._allowed[:, others], lead, -np.inf).max(axis=1))
        if total.max() < -_OTHER:
            return logits
        kept = self._allowed[total >= total.max() - _LEAD].any(axis=0)
        if kept[read].all():
            return logits
        changed = logits.copy()
        for run, peak, letter, others in zip(runs, peaks, read, alike, strict=True):
            others = others[kept[others]]
            if kept[letter] or not len(others):
                continue
            instead = others[peak[others].argmax()]
            changed[np.ix_(run, [letter, instead])] = logits[np.ix_(run, [instead, letter])]
        return changed


def stray(texts: Sequence[str]) -> list[int]:
    """Which lines of a page have letters with accents, where it has so few that they are hardly meant; else none."""
    accented = [0 if text.isascii() else sum(bool(_base(c)) and not c.isascii() for c in text) for text in texts]
    if not any(accented):
        return []
    total = sum(sum(map(str.isalpha, text)) for text in texts)
    few = total >= _LETTERS and sum(accented) < _SHARE * total
    return [i for i, count in enumerate(accented) if count] if few else []


def unaccented(text: str) -> str:
    """A text with its letters as they are without accents."""
    return "".join([_base(character) or character for character in text])


def _base(entry: str) -> str:
    """The letter a to z or A to Z that an entry is without its accents; "" if it is none."""
    first = unicodedata.normalize("NFD", entry)[:1]
    low = _BASES.get(first.lower(), first.lower())
    base = low.upper() if first.isupper() else low
    return base if len(entry) == 1 and base.isascii() and base.isalpha() else ""
