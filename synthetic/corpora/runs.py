"""Texts that a CTC reader gets wrong most easily: runs of equal characters, signs and points at the beginning."""

import numpy as np

from synthetic.corpora.figures import characters, choose, digits, letters, make
from synthetic.corpora.words import word

_DOUBLED = "eostlnfmprcgdaEOSTLNFMPRCA"
_ENDS = ("com", "org", "de", "net", "co.uk", "fr", "io", "info")
_LATIN_CODES = ("DE", "FR", "GB", "NL", "ES", "IT", "PL", "AT", "CH", "SE")


def run(rng: np.random.Generator) -> str:
    """One of them, evenly over the kinds."""
    return choose(rng, _KINDS)(rng)


def repeated_digits(rng: np.random.Generator, length: int | None = None) -> str:
    """A number in which at least two neighbours are equal, often three or four."""
    length = length or int(rng.integers(3, 12))
    made = ""
    while len(made) < length:
        made += digits(rng, 1) * int(rng.choice([1, 1, 2, 2, 3, 4]))
    made = made[:length]
    if not any(a == b for a, b in zip(made, made[1:])):
        place = int(rng.integers(0, length - 1))
        made = made[:place] + made[place] * 2 + made[place + 2 :]
    return made


def _number(rng: np.random.Generator) -> str:
    made = repeated_digits(rng)
    kind = rng.random()
    if kind < 0.2:
        return f"{choose(rng, ('Ref', 'No.', 'ID', 'Nr', '#', 'Order', 'Tel'))} {made}"
    if kind < 0.35:
        return f"{made} {repeated_digits(rng)}"
    if kind < 0.5:
        return f"{made}{choose(rng, '.,')}{digits(rng, 1) * 2}"
    return made


def _signed(rng: np.random.Generator) -> str:
    """A number with a sign or a point at its beginning."""
    body = digits(rng, int(rng.integers(1, 5)))
    if rng.random() < 0.6:
        body += choose(rng, ".,") + digits(rng, int(rng.integers(1, 4)))
    return choose(rng, ("-", "-", "-", "+", ".", ".", "−", "±", "-.", "-$", "~", "<", ">", "≈", "=")) + body


def _word(rng: np.random.Generator) -> str:
    """A word with a letter doubled or tripled."""
    spoken = word(rng)
    places = [i for i, letter in enumerate(spoken) if letter in _DOUBLED] or [0]
    place = choose(rng, places)
    return spoken[:place] + spoken[place] * int(rng.choice([2, 2, 3])) + spoken[place + 1 :]


def _address(rng: np.random.Generator) -> str:
    host = "".join(letter for letter in word(rng).lower() if letter.isascii() and letter.isalnum()) or "web"
    made = choose(rng, ("https://", "https://www.", "http://", "www.", "ftp://"))
    made += f"{host}.{choose(rng, _ENDS)}"
    if rng.random() < 0.6:
        made += f"{choose(rng, ('/', '//', '/?', '/#'))}{choose(rng, (host, digits(rng, 3), 'index.html', 'aaa'))}"
    return made


def _account(rng: np.random.Generator) -> str:
    """An IBAN, in groups of four or in one."""
    made = choose(rng, _LATIN_CODES) + digits(rng, 2)
    made += letters(rng, 4) if rng.random() < 0.3 else ""
    made += repeated_digits(rng, int(rng.integers(11, 19)))
    return " ".join(made[i : i + 4] for i in range(0, len(made), 4)) if rng.random() < 0.7 else made


def _phone(rng: np.random.Generator) -> str:
    return (
        make(rng, "phone")
        if rng.random() < 0.4
        else (f"{choose(rng, ('0', '+49 ', '+1 ', '0800 ', '(0) '))}{repeated_digits(rng, int(rng.integers(5, 10)))}")
    )


def _program(rng: np.random.Generator) -> str:
    """Operators of two equal signs, as programs and shells have them."""
    name = "".join(letter for letter in word(rng).lower() if letter.isascii() and letter.isalpha()) or "x"
    sign = choose(rng, ("==", "!=", "**", "//", "<<", ">>", "&&", "||", "::", "--", "++", "...", "__", "->", "=>"))
    return choose(rng, (f"{name}{sign}{digits(rng, 2)}", f"{name} {sign} {name}", f"{sign}{name}", f"{name}{sign}"))


def _code(rng: np.random.Generator) -> str:
    """Capitals and figures with equal neighbours, as plates and serial numbers."""
    parts = [
        characters(rng, "ABCDEFGHJKLMNPRSTUVWXYZ", int(rng.integers(1, 4)))
        if rng.random() < 0.5
        else repeated_digits(rng, int(rng.integers(2, 6)))
        for _ in range(int(rng.integers(2, 5)))
    ]
    return choose(rng, ("", "-", " ", ".")).join(parts)


def _short(rng: np.random.Generator) -> str:
    """One or two characters alone, as in cells of tables."""
    return characters(rng, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghkmnpqrt%+-=?&@#*", int(rng.choice([1, 1, 1, 2])))


_KINDS = (
    _number,
    _number,
    _number,
    _signed,
    _signed,
    _word,
    _address,
    _account,
    _phone,
    _program,
    _code,
    _short,
    _short,
)
