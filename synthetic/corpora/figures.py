"""Figures, prices, dates, codes, URLs, names, lines of forms and receipts, from patterns.txt."""

import re
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from synthetic.corpora.words import word

FOLDER = Path(__file__).parent
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CHARACTERS = {"d": "0123456789", "A": _CAPITALS, "X": _CAPITALS + "0123456789", "h": "0123456789abcdef"}
_BRACES = re.compile(r"\{([^{}]+)\}")
_COUNTED = re.compile(r"([dAXhnz])(\d+)(?:-(\d+))?")
_DEEPEST = 5  # sections inside sections


def choose(rng: np.random.Generator, options):
    """One of a sequence; quicker than `Generator.choice`."""
    return options[int(rng.integers(len(options)))]


@lru_cache(maxsize=1)
def sections() -> dict[str, list[str]]:
    """The entries of patterns.txt and phrases.txt by section."""
    return read_sections(FOLDER / "patterns.txt", " {2,}") | read_sections(FOLDER / "phrases.txt", r"\|")


def make(rng: np.random.Generator, section: str) -> str:
    """A string of a section, such as "price" or "address", with its braces filled in."""
    return _filled(rng, choose(rng, sections()[section]))


# Makers of a section's strings, called with a generator.
number, amount, price, date, clock, measure, code, phone = (
    partial(make, section=section)
    for section in ("number", "amount", "price", "date", "clock", "measure", "code", "phone")
)


def online(rng: np.random.Generator, first: str, second: str) -> str:
    """An URL or a piece of a program that is made of two words."""
    plain = [_plain(part) or "web" for part in (first, second)]
    made = choose(rng, sections()["online"])
    for place in ("{wordlet}", "{Wordlet}"):
        made = made.replace(place, plain[0], 1).replace(place, plain[1])
    return _filled(rng, made)


def digits(rng: np.random.Generator, count: int) -> str:
    """That many figures; the first may be 0."""
    return characters(rng, _CHARACTERS["d"], count)


def letters(rng: np.random.Generator, count: int) -> str:
    """That many capitals."""
    return characters(rng, _CAPITALS, count)


def characters(rng: np.random.Generator, among: str, count: int) -> str:
    """That many characters of a string."""
    return "".join(among[index] for index in rng.integers(0, len(among), count))


# Braces that a pattern asks for are kept as private characters until everything is filled in.
_AS_BRACES = str.maketrans("\ue000\ue001", "{}")
_FIXED = {"(": "\ue000", ")": "\ue001"}


def _filled(rng: np.random.Generator, made: str) -> str:
    for _ in range(_DEEPEST):
        if "{" not in made:
            break
        made = _BRACES.sub(lambda found: _fill(rng, found.group(1)), made)
    return made.translate(_AS_BRACES)


def _plain(spoken: str) -> str:
    """A word as addresses and programs have it."""
    return "".join(letter for letter in spoken.lower() if letter.isalnum())


def _fill(rng: np.random.Generator, asked: str) -> str:
    if asked in _FIXED:
        return _FIXED[asked]
    if "|" in asked:
        return choose(rng, asked.split("|"))
    if asked in ("word", "wordlet", "Wordlet"):
        made = word(rng)
        return made if asked == "word" else _plain(made).title() if asked == "Wordlet" else _plain(made)
    counted = _COUNTED.fullmatch(asked)
    if not counted:
        return choose(rng, sections()[asked])
    kind, low = counted.group(1), int(counted.group(2))
    value = int(rng.integers(low, int(counted.group(3) or low) + 1))
    if kind == "n":
        return str(value)
    return f"{value:02d}" if kind == "z" else characters(rng, _CHARACTERS[kind], value)


def read_sections(path: Path, separator: str) -> dict[str, list[str]]:
    """The entries of a file of lists by section: [name], then lines of entries that a regular expression separates."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"\[([a-z ]+)\]", line)
        if heading:
            entries = found.setdefault(heading.group(1), [])
        elif line and not line.startswith("# "):
            entries += re.split(separator, line.strip())
    return found
