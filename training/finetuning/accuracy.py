"""How well lines are read: exact lines and the character error rate."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.texts import edit_distance

# An error rate is worse from this share of the other one and this much more.
_WORSE_SHARE, _WORSE = 1.05, 0.002


@dataclass(frozen=True)
class Accuracy:
    """Figures of a set of lines."""

    lines: int  # How many
    exact: float  # Share of lines read without an error, in [0, 1]
    exact_any_case: float  # The same where capitals and small letters are not distinguished
    # Character error rate: insertions, deletions and substitutions by the characters of the true texts; may be above 1
    cer: float
    cer_any_case: float  # The same where capitals and small letters are not distinguished

    def better_than(self, other: "Accuracy", cased: bool = True) -> bool:
        """Whether fewer characters are wrong, or as few in more lines without an error."""
        if cased:
            return (self.cer, -self.exact) < (other.cer, -other.exact)
        return (self.cer_any_case, -self.exact_any_case) < (other.cer_any_case, -other.exact_any_case)

    def reads_less_than(self, other: "Accuracy", cased: bool = True) -> bool:
        """Whether more characters are wrong, by more than rounding to int8 costs: in any case, or as labelled."""
        pairs = [(self.cer_any_case, other.cer_any_case), *([(self.cer, other.cer)] if cased else [])]
        return any(mine > _WORSE_SHARE * theirs + _WORSE for mine, theirs in pairs)


def clean(text: str) -> str:
    """Composed characters (Unicode's NFC), one blank between words, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def measure(texts: Sequence[str], read: Sequence[str]) -> Accuracy:
    """Compares true texts with what was read, both as `clean` makes them.

    Raises:
        ValueError: There are no lines, or not as many of one as of the other.
    """
    pairs = [(clean(true), clean(found)) for true, found in zip(texts, read, strict=True)]
    if not pairs:
        raise ValueError("expected at least one line, found none")
    folded = [(true.casefold(), found.casefold()) for true, found in pairs]
    return Accuracy(len(pairs), _exact(pairs), _exact(folded), _cer(pairs), _cer(folded))


def _exact(pairs: list[tuple[str, str]]) -> float:
    return sum(true == found for true, found in pairs) / len(pairs)


def _cer(pairs: list[tuple[str, str]]) -> float:
    characters = sum(len(true) for true, _ in pairs)
    return sum(edit_distance(true, found) for true, found in pairs) / max(1, characters)


def table(rows: Sequence[tuple[str, Accuracy]]) -> str:
    """A small table for the terminal, one line a row, with a heading."""
    wide = max(len(name) for name, _ in rows)
    lines = [f"{'':<{wide}}   exact lines   in any case   character errors   in any case"]
    for name, found in rows:
        lines.append(
            f"{name:<{wide}}   {100 * found.exact:9.1f} %   {100 * found.exact_any_case:9.1f} %   "
            f"{100 * found.cer:14.2f} %   {100 * found.cer_any_case:9.2f} %"
        )
    return "\n".join(lines)
