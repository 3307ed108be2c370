"""What forms, receipts, menus and signs say: short phrases beside those of synthetic.corpora.corpus."""

from pathlib import Path

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose, read_sections

# Lists of words and short phrases, each a section of words.txt.
LABELS, OPTIONS, HEADS, SHOPS, TOTALS, THANKS, MENUS, SIGNS, STREETS, CARD_TITLES, STAMPS = read_sections(
    Path(__file__).with_name("words.txt"), r"\|"
).values()


def name(rng: np.random.Generator) -> str:
    """Of a person: one or two given names or initials, and a family name."""
    first = words.word(rng).title() if rng.random() < 0.7 else f"{figures.letters(rng, 1)}."
    middle = f" {figures.letters(rng, 1)}." if rng.random() < 0.3 else ""
    return f"{first}{middle} {words.word(rng).title()}"


def street(rng: np.random.Generator) -> str:
    """A house and a street."""
    return f"{rng.integers(1, 999)} {words.word(rng).title()} {choose(rng, STREETS)}"


def town(rng: np.random.Generator) -> str:
    """A town with its code."""
    code = figures.digits(rng, 5)
    kind, city = rng.integers(3), words.word(rng).title()
    return (f"{city}, {figures.letters(rng, 2)} {code}", f"{code} {city}", f"{city} {code[:4]}")[kind]


def web(rng: np.random.Generator) -> str:
    """An URL, or a piece of a program."""
    return figures.online(rng, words.word(rng), words.word(rng))


def company(rng: np.random.Generator) -> str:
    """Of a shop or a firm."""
    text = " ".join(words.word(rng) for _ in range(int(rng.integers(1, 3))))
    return f"{text} {choose(rng, SHOPS)}".upper() if rng.random() < 0.7 else f"{text} {choose(rng, SHOPS)}".title()


def value(rng: np.random.Generator) -> str:
    """What somebody enters in a field of a form."""
    kind = rng.random()
    if kind < 0.25:
        return name(rng)
    if kind < 0.4:
        return " ".join(words.word(rng) for _ in range(int(rng.integers(1, 4))))
    makers = (figures.date, figures.number, figures.amount, figures.code, figures.phone, street, town, figures.price)
    return choose(rng, makers)(rng)


def phrase(rng: np.random.Generator, most: int = 4) -> str:
    """One to `most` words of one language, as they stand in lists."""
    spoken = words.language(rng)
    return " ".join(words.word(rng, spoken) for _ in range(int(rng.integers(1, most + 1))))


def cased(rng: np.random.Generator, text: str) -> str:
    """In capitals, with capitals at the beginnings, or as it is."""
    kind = rng.random()
    return text.upper() if kind < 0.4 else text.title() if kind < 0.7 else text
