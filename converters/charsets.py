"""Choosing the classes of a recogniser's head: which characters of a large charset are kept."""

import unicodedata
from collections.abc import Sequence

from converters.errors import ConversionError

# Signs that Latin text uses beside letters, digits and ASCII.
_MARKS = set("¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿×÷‐‑‒–—―‘’‚“”„†‡•…‰′″‹›€№™−≈≠≤≥√∞")


def is_latin(character: str) -> bool:
    """Whether a character belongs to Latin text: letters with accents, digits, punctuation, currency."""
    if len(character) != 1:
        return False
    if " " <= character <= "~" or character in _MARKS:
        return True
    if unicodedata.category(character) == "Sc":
        return unicodedata.east_asian_width(character) != "F"
    code = ord(character)
    latin = unicodedata.name(character, "").startswith("LATIN")
    # Latin-1, Extended-A, the Romanian commas and Extended Additional; not Extended-B and the phonetic alphabet.
    return latin and (code < 0x180 or 0x218 <= code <= 0x21B or 0x1E00 <= code <= 0x1EFF)


CHARSETS = {"latin": is_latin, "full": lambda character: True}


def keep(charset: Sequence[str], name: str, blank: int = 0) -> list[int]:
    """Indices of the classes to keep: the blank and every character that the named charset admits.

    Raises:
        ConversionError: There is no charset of that name.
    """
    if name not in CHARSETS:
        raise ConversionError("source", f"expected a charset of {', '.join(CHARSETS)}, found {name!r}")
    admitted = CHARSETS[name]
    return [i for i, character in enumerate(charset) if i == blank or admitted(character)]
