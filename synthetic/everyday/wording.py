"""What stands on the pictures: words, sentences, numbers and codes."""

import re
from pathlib import Path

import numpy as np

from synthetic.corpora.figures import choose, read_sections

TEXTS = read_sections(Path(__file__).with_name("texts.txt"), " {2,}")
NOUNS, SIGNS = TEXTS["nouns"], TEXTS["signs"]
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_PLATES = "A20d1A2d4|A2d2 A3|A2-d3-A2|A1 A2 d4|d4 A3|A3 d4|d1A3d3|A3d1A1d2|A2 d3 A2"


def some(rng: np.random.Generator, texts: list[str], count: int) -> list[str]:
    """That many different ones of some texts, in any order."""
    return [texts[index] for index in rng.permutation(len(texts))[:count]]


def words(rng: np.random.Generator, count: int) -> str:
    """Words of a text, every third a small one, lower case."""
    return " ".join(choose(rng, TEXTS["small words"] if rng.random() < 0.33 else NOUNS) for _ in range(count))


def sentence(rng: np.random.Generator, count: int) -> str:
    """Words with a capital at the beginning, at times a figure, and a mark at the end."""
    parts = words(rng, count).split()
    if rng.random() < 0.4 and count > 3:
        parts[int(rng.integers(1, count))] = choose(rng, (amount(rng), str(rng.integers(2, 2030)), date(rng)))
    text = " ".join(parts) + choose(rng, (".", ".", ".", ",", "", ";"))
    return text[0].upper() + text[1:]


def amount(rng: np.random.Generator) -> str:
    """Money as it stands on bills."""
    return f"{np.exp(rng.uniform(0, 9)):,.2f}"


def date(rng: np.random.Generator) -> str:
    """A day in one of four forms."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1990, 2031))
    forms = ("{0:02d}.{1:02d}.{2}", "{2}-{1:02d}-{0:02d}", "{0}/{1}/{2}", "{0:02d}/{1:02d}/{3:02d}")
    return choose(rng, forms).format(day, month, year, year % 100)


def clock(rng: np.random.Generator) -> str:
    """A time of day."""
    return f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}"


def number(rng: np.random.Generator) -> str:
    """A number as it is in a cell or on a device: with signs, points, per cents, currencies."""
    value = np.exp(rng.uniform(0, 7))
    forms = (
        f"-{rng.integers(1, 10)}",
        f".{rng.integers(1, 10)}",
        f"-.{rng.integers(10, 100)}",
        f"-{value:.2f}",
        f"{value:.2f}",
        f"+{rng.integers(1, 100)}",
        f"{rng.integers(1, 101)}%",
        f"${value:,.2f}",
        f"{rng.integers(10, 100)}",
        str(rng.integers(100, 10**7)),
        f"-{rng.integers(10, 1000)}",
        f"{value:.1f}",
        f"(0{rng.integers(1, 10)})",
        f"{rng.integers(1, 13)}/{rng.integers(13, 32)}",
        f"0.{rng.integers(1, 1000):03d}",
    )
    return choose(rng, forms)


def plate(rng: np.random.Generator) -> str:
    """The mark of a vehicle in the manner of some countries."""

    def part(found: re.Match) -> str:
        """Capitals (A) or figures (d), as many as asked for."""
        kind, count = found[1], int(found[2])
        if kind == "A":
            return "".join(choose(rng, _LETTERS) for _ in range(count))
        return f"{rng.integers(10 ** (count - 1), 10**count)}"

    return choose(rng, re.sub(r"([Ad])(\d)", part, _PLATES).split("|"))


def code(rng: np.random.Generator) -> str:
    """Letters and digits that no language model has seen: part numbers, coupons, serials, keys, units."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"

    def run(count: int, characters: str = alphabet) -> str:
        return "".join(choose(rng, characters) for _ in range(count))

    forms = (
        f"{run(2, '123456789')}{run(1, _LETTERS)}-{run(3, '0123456789')}.{run(2, '0123456789')}",
        f"{run(4)}-{run(4)}-{run(4)}",
        f"SN {run(9)}",
        f"{run(3, _LETTERS)}{run(5, '0123456789')}",
        run(8),
        f"{run(2, _LETTERS)}-{run(4, '0123456789')}/{run(1, _LETTERS)}",
        f"0x{run(8, '0123456789abcdef')}",
        f"{rng.integers(1, 100)} {choose(rng, ('CER', 'KGM', 'PCE', 'mAh', 'kWh', 'dBm', 'MHz', 'ml'))}",
        f"v{rng.integers(0, 20)}.{rng.integers(0, 40)}.{rng.integers(0, 10)}-rc{rng.integers(1, 9)}",
        f"{run(5, '0123456789abcdef')}{run(5, 'abcdef0123456789')}",
        f"#{run(6, 'ABCDEF0123456789')}",
    )
    return choose(rng, forms)


def repeated_number(rng: np.random.Generator, digits: int) -> str:
    """A number with runs of two to five equal digits."""
    text = ""
    while len(text) < digits:
        text += choose(rng, "0123456789") * int(rng.choice([1, 2, 3, 4, 5], p=[0.45, 0.25, 0.15, 0.1, 0.05]))
    return text[:digits]


def repeated_text(rng: np.random.Generator) -> str:
    """Words, addresses and account numbers in which characters repeat."""
    doubled = TEXTS["doubled letters"]
    site = choose(rng, ("aaa", "www", "bbb-tools", "zoom", "llama", "eee22"))
    groups = " ".join(repeated_number(rng, 4) for _ in range(4))
    forms = (
        f"{choose(rng, doubled)} {choose(rng, doubled)}",
        f"https://www.{site}.example//{choose(rng, doubled)}",
        f"DE{rng.integers(10, 100)} {groups} {rng.integers(10, 100)}",
        f"+44 {repeated_number(rng, 4)} {repeated_number(rng, 6)}",
        f"{rng.integers(1, 10)}{'0' * int(rng.integers(4, 10))}",
        f"{'-' * int(rng.integers(2, 4))}{choose(rng, doubled)}=={repeated_number(rng, 3)}",
        f"{repeated_number(rng, 5)} {repeated_number(rng, 6)}",
        choose(rng, ("XXXVIII", "MCMXXXIII", "WWW III", "LXXXVII")),
    )
    return choose(rng, forms)
