"""Texts of lines: what is written on signs, receipts, documents and screens, in characters of the edge charset."""

import unicodedata
from functools import lru_cache

import numpy as np

from synthetic.charset import drawable
from synthetic.corpora.figures import characters, choose, make
from synthetic.corpora.runs import run
from synthetic.corpora.words import language, sentence, word, words_with

LONGEST = 60  # characters of a line
_RARE = 0.07  # of all lines show one character drawn evenly from the charset
_RUNS = 0.14  # of all lines are runs of equal characters and their like
# Shares of single words and of two to four words by the line's use.
_LENGTHS = {
    "scene": (0.66, 0.26),
    "document": (0.37, 0.31),
    "receipt": (0.42, 0.36),
    "screen": (0.42, 0.34),
    "panel": (0.9, 0.1),
}
_DIGITS_OF_PANELS = 0.6  # of their lines are figures alone
_SIGNS = ".,:;!?-"
_PAIRS = ("()", "[]", "{}", "<>", "«»", "“”", "„“", "‘’", "‹›", '""', "''")


def text(rng: np.random.Generator, use: str = "document") -> str:
    """The text of one line.

    Half of all lines are one word, three in ten have two to four, the others are long; signs are shorter than papers.

    Args:
        use: document, receipt, scene, screen or panel: what kinds of text, how long, how many capitals.

    Returns:
        1 to LONGEST characters of the edge charset, without blanks at the ends or side by side.
    """
    one, few = _LENGTHS[use]
    if use == "panel":
        use, one = "screen", one - _DIGITS_OF_PANELS
        if rng.random() < _DIGITS_OF_PANELS:
            return _cleaned(_string(rng)) or text(rng, use)
    size, special = rng.random(), rng.random()
    if special < _RARE:
        made = rare(rng)
    elif special < _RARE + _RUNS:
        made = run(rng)
    else:
        made = _single(rng, use) if size < one else _few(rng, use) if size < one + few else _long(rng, use)
    return _cleaned(made) or text(rng, use)


def _cleaned(made: str) -> str:
    """Without foreign characters, blanks side by side and what is too long."""
    return " ".join("".join(character for character in made if character in _allowed()).split())[:LONGEST].strip()


def rare(rng: np.random.Generator) -> str:
    """A word with a character drawn evenly from the whole charset, so that every class is seen."""
    character = choose(rng, drawable())
    known = words_with().get(character)
    if known and rng.random() < 0.8:
        return choose(rng, known)
    spoken = word(rng)
    if character.isalpha():
        return _replaced(rng, upper(spoken) if character.isupper() and rng.random() < 0.5 else spoken, character)
    number = make(rng, "number")
    if unicodedata.category(character) == "Sc":
        return choose(rng, (character + make(rng, "amount"), f"{make(rng, 'amount')} {character}", character + number))
    pair = next((both for both in _PAIRS if character in both), None)
    if pair and rng.random() < 0.7:
        return f"{pair[0]}{spoken}{pair[1]}"
    other = choose(rng, (word(rng), number))
    ways = (spoken + character, character + spoken, spoken + character + other, f"{other} {character} {spoken}")
    return choose(rng, (*ways, character + number, number + character))


def upper(words: str) -> str:
    """Capitals, where the charset has them."""
    return "".join(letter.upper() if letter.upper() in _allowed() else letter for letter in words)


def lower(words: str) -> str:
    """Small letters, where the charset has them."""
    return "".join(letter.lower() if letter.lower() in _allowed() else letter for letter in words)


def _replaced(rng: np.random.Generator, spoken: str, character: str) -> str:
    """A word in which a letter took the place of its plain form, or was put in."""
    base = unicodedata.normalize("NFD", character)[0]
    places = [index for index, letter in enumerate(spoken) if letter == base]
    place = choose(rng, places) if places else int(rng.integers(len(spoken)))
    return spoken[:place] + character + spoken[place + bool(places) :]


# What single words are, by use: words, strings of figures and signs, or what such pictures say by custom.
_KINDS = {"scene": (0.6, 0.22), "document": (0.54, 0.3), "receipt": (0.25, 0.4), "screen": (0.42, 0.32)}
_CUSTOMS = {"scene": "sign", "document": "label", "receipt": "receipt", "screen": "screen"}
_STRINGS = {
    "number": 0.24,
    "price": 0.13,
    "date": 0.11,
    "clock": 0.07,
    "code": 0.15,
    "measure": 0.09,
    "phone": 0.04,
    "online": 0.08,
    "postcode": 0.02,
}


def _single(rng: np.random.Generator, use: str) -> str:
    words, strings = _KINDS[use]
    kind = rng.random()
    if kind < words:
        chosen = word(rng) if rng.random() < 0.88 else choose(rng, make(rng, "name").split())
        return _mark(rng, _case(rng, chosen, use), 0.15)
    if kind < words + strings:
        return _string(rng)
    custom = make(rng, _CUSTOMS[use])
    return custom if rng.random() < 0.5 else choose(rng, custom.split())


def _string(rng: np.random.Generator) -> str:
    draw = rng.random()
    for section, chance in _STRINGS.items():
        draw -= chance
        if draw < 0:
            return make(rng, section)
    return scramble(rng)


def scramble(rng: np.random.Generator) -> str:
    """Characters without a meaning, or the same one again and again."""
    if rng.random() < 0.25:
        return choose(rng, "i8WMmwnu1.-=_*xX") * int(rng.integers(2, 7))
    everything = "".join(drawable())
    among = choose(rng, (everything[:95], everything, "abcdefghijklmnopqrstuvwxyz", "O0Il1|!i5S8B2Z6G9gq"))
    return characters(rng, among, int(rng.integers(2, 10)))


def _few(rng: np.random.Generator, use: str) -> str:
    kind, count = rng.random(), int(rng.integers(2, 5))
    if kind < 0.45:
        spoken = language(rng)
        return _mark(rng, _case(rng, " ".join(word(rng, spoken) for _ in range(count)), use), 0.2)
    if kind < 0.57:
        return _case(rng, make(rng, "field"), use, 0.2)
    if kind < 0.72:
        return _case(rng, make(rng, choose(rng, (_CUSTOMS[use], _CUSTOMS[use], "name", "address"))), use, 0.2)
    if kind < 0.82:
        return " ".join(_single(rng, use) for _ in range(count))
    if kind < 0.87:
        return f"{rare(rng)} {rare(rng)}"
    return _case(rng, sentence(rng, int(rng.integers(8, 26))), use)


def _long(rng: np.random.Generator, use: str) -> str:
    kind, length = rng.random(), int(rng.integers(20, LONGEST + 1))
    if kind < 0.65:
        return _case(rng, sentence(rng, length), use, 0.12)
    spoken, parts = language(rng), []
    section = choose(rng, (_CUSTOMS[use], "address", "field", "name", "code"))
    while len(" ".join(parts)) < length - 8:
        draw = rng.random()
        parts.append(word(rng, spoken) if draw < 0.5 else make(rng, section) if draw < 0.8 else _single(rng, use))
    return _case(rng, " ".join(parts), use, 0.2)


def _case(rng: np.random.Generator, words: str, use: str, capitals: float | None = None) -> str:
    """As it stands, in capitals, with capitals at the beginnings, or in odd mixtures."""
    if capitals is None:
        capitals = {"scene": 0.42, "document": 0.2, "receipt": 0.5, "screen": 0.2}[use]
    kind = rng.random()
    if kind < capitals:
        return upper(words.replace("ß", "SS" if rng.random() < 0.6 else "ẞ"))
    if kind < capitals + 0.2:
        return " ".join(upper(part[:1]) + part[1:] for part in words.split(" "))
    if kind < capitals + 0.25:
        return lower(words)
    if kind < capitals + 0.28:
        return "".join(choose(rng, (lower(letter), upper(letter))) for letter in words)
    return words


def _mark(rng: np.random.Generator, words: str, chance: float) -> str:
    """With punctuation after it, or around it."""
    if rng.random() > chance:
        return words
    around = choose(rng, _PAIRS + ("--", "**", "//")) if rng.random() < 0.5 else ""
    if around:
        return f"{around[0]}{words}{around[1]}"
    return words + choose(rng, [*_SIGNS, *_SIGNS, "...", "…", "!!", "?!", "'s", "’s", "™", "®", "*", "/"])


@lru_cache(maxsize=1)
def _allowed() -> frozenset[str]:
    return frozenset(drawable())


__all__ = ["LONGEST", "lower", "rare", "scramble", "text", "upper", "word"]
