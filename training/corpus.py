"""Texts of lines: what is written on signs, receipts, documents and screens, in characters of the edge charset."""

import unicodedata
from functools import lru_cache

import numpy as np

from training.charset import edge_charset
from training.corpora import figures
from training.corpora.figures import choose
from training.corpora.words import Language, language, sentence, word, words_with

LONGEST = 60  # characters of a line
# Shares of single words and of two to four words by the line's use.
_LENGTHS = {
    "scene": (0.66, 0.26),
    "document": (0.37, 0.31),
    "receipt": (0.42, 0.36),
    "screen": (0.42, 0.34),
    "panel": (0.9, 0.1),
}
_SIGNS = ".,:;!?-"


def text(rng: np.random.Generator, use: str = "document") -> str:
    """The text of one line.

    Half of all lines are one word, three in ten have two to four, the others are long; signs are shorter than papers.

    Args:
        rng: Source of randomness.
        use: document, receipt, scene, screen or panel: what kinds of text, how long, how many capitals.

    Returns:
        1 to LONGEST characters of the edge charset, without blanks at the ends or side by side.
    """
    one, few = _LENGTHS[use]
    size = rng.random()
    made = _single(rng, use) if size < one else _few(rng, use) if size < one + few else _long(rng, use)
    made = " ".join("".join(character for character in made if character in _allowed()).split())
    return made[:LONGEST].strip() or text(rng, use)


def rare(rng: np.random.Generator) -> str:
    """A word with a character drawn evenly from the whole charset, so that every class is seen."""
    character = choose(rng, edge_charset()[1:])
    known = words_with().get(character)
    if known and rng.random() < 0.8:
        return choose(rng, known)
    base = unicodedata.normalize("NFD", character)[0]
    spoken = word(rng)
    if character.isalpha():
        if character.isupper():
            spoken = spoken.upper() if rng.random() < 0.5 else spoken.title()
        places = [index for index, letter in enumerate(spoken) if letter == base]
        place = choose(rng, places) if places else int(rng.integers(len(spoken)))
        return spoken[:place] + character + spoken[place + bool(places) :]
    if unicodedata.category(character) == "Sc":
        return choose(
            rng,
            [
                character + figures.amount(rng),
                f"{figures.amount(rng)} {character}",
                f"{character} {figures.number(rng)}",
            ],
        )
    pair = {
        "(": "()",
        "[": "[]",
        "{": "{}",
        "«": "«»",
        "“": "“”",
        "„": "„“",
        "‘": "‘’",
        "<": "<>",
        "‹": "‹›",
        '"': '""',
    }
    opening = next((both for both in pair.values() if character in both), None)
    if opening and rng.random() < 0.7:
        return f"{opening[0]}{spoken}{opening[1]}"
    other = choose(rng, [word(rng), figures.number(rng)])
    return choose(
        rng,
        [
            spoken + character,
            character + spoken,
            spoken + character + other,
            f"{other} {character} {spoken}",
            character + figures.number(rng),
            figures.number(rng) + character,
        ],
    )


def _single(rng: np.random.Generator, use: str) -> str:
    use = {"panel": "screen"}.get(use, use)
    kinds = {"scene": 0.66, "document": 0.6, "receipt": 0.38, "screen": 0.5}[use]
    if rng.random() < kinds:
        return _mark(rng, _case(rng, word(rng), use), 0.15)
    kind = rng.random()
    if kind < 0.12:
        return rare(rng)
    if kind < 0.32:
        return figures.number(rng)
    if kind < 0.45:
        return figures.price(rng)
    if kind < 0.54:
        return figures.date(rng)
    if kind < 0.6:
        return figures.clock(rng)
    if kind < 0.72:
        return figures.code(rng)
    if kind < 0.78:
        return figures.measure(rng)
    if kind < 0.84:
        return figures.online(rng, word(rng), word(rng))
    if kind < 0.88:
        return figures.phone(rng)
    return scramble(rng)


def scramble(rng: np.random.Generator) -> str:
    """Characters without a meaning, or the same one again and again."""
    if rng.random() < 0.25:
        return choose(rng, "lI1i0O8WMmwnu.-=_*xX") * int(rng.integers(2, 7))
    among = choose(
        rng,
        [
            "".join(edge_charset()[1:96]),
            "".join(edge_charset()[1:]),
            "abcdefghijklmnopqrstuvwxyz",
            "O0Il1|!i5S8B2Z6G9gq",
        ],
    )
    return "".join(choose(rng, among) for _ in range(int(rng.integers(2, 10))))


def _few(rng: np.random.Generator, use: str) -> str:
    kind, count = rng.random(), int(rng.integers(2, 5))
    if kind < 0.6:
        spoken = language(rng)
        return _mark(rng, _case(rng, " ".join(word(rng, spoken) for _ in range(count)), use), 0.2)
    if kind < 0.75:
        value = choose(
            rng,
            [figures.number, figures.price, figures.date, figures.code, figures.clock, figures.measure, figures.phone],
        )(rng)
        label = _case(rng, word(rng), use)
        return f"{label}{choose(rng, [':', ': ', ' ', '. ', ' - ', ' = ', '.: '])}{value}"
    if kind < 0.85:
        return " ".join(_single(rng, use) for _ in range(count))
    if kind < 0.9:
        return f"{rare(rng)} {rare(rng)}"
    return _case(rng, sentence(rng, int(rng.integers(8, 26))), use)


def _long(rng: np.random.Generator, use: str) -> str:
    kind, length = rng.random(), int(rng.integers(20, LONGEST + 1))
    if kind < 0.65:
        return _case(rng, sentence(rng, length), use, 0.12)
    spoken, parts = language(rng), []
    while len(" ".join(parts)) < length - 8:
        parts.append(_single(rng, use) if rng.random() < 0.3 else word(rng, spoken))
    return _case(rng, " ".join(parts), use, 0.2)


def _case(rng: np.random.Generator, words: str, use: str, upper: float | None = None) -> str:
    """As it stands, in capitals, with capitals at the beginnings, or in odd mixtures."""
    if upper is None:
        upper = {"scene": 0.42, "document": 0.2, "receipt": 0.5, "screen": 0.2, "panel": 0.6}[use]
    kind = rng.random()
    if kind < upper:
        return words.upper().replace("ẞ", "SS") if "ß" not in words else words.replace("ß", "ẞ").upper()
    if kind < upper + 0.2:
        return " ".join(part[:1].upper() + part[1:] for part in words.split(" "))
    if kind < upper + 0.25:
        return words.lower()
    if kind < upper + 0.28:
        return "".join(choose(rng, (letter.lower(), letter.upper())) for letter in words)
    return words


def _mark(rng: np.random.Generator, words: str, chance: float) -> str:
    """With punctuation after it, or around it."""
    if rng.random() > chance:
        return words
    around = choose(
        rng, ["()", "[]", "“”", '""', "''", "‘’", "«»", "„“", "--", "**", "<>", "{}", "", "", "", "", "", ""]
    )
    if around:
        return f"{around[0]}{words}{around[1]}"
    return words + choose(rng, [*_SIGNS, *_SIGNS, "...", "…", "!!", "?!", "'s", "’s", "™", "®", "*", "/"])


@lru_cache(maxsize=1)
def _allowed() -> frozenset[str]:
    return frozenset(edge_charset()[1:])


__all__ = ["LONGEST", "Language", "rare", "scramble", "text", "word"]
