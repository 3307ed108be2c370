"""Choosing the classes of a recogniser's head: which characters of a large charset are kept, which may be rejects."""

import unicodedata
from collections.abc import Sequence

from converters.errors import source_error

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
        raise source_error(f"expected a charset of {', '.join(CHARSETS)}, found {name!r}")
    admitted = CHARSETS[name]
    return [i for i, character in enumerate(charset) if i == blank or admitted(character)]


def foreign(charset: Sequence[str]) -> list[int]:
    """Indices of the letters that no Latin text has: ideographs, syllables and letters without case.

    Signs that only look or mean otherwise than a Latin character, such as the full-width colon, are not among
    them: where one is read the Latin character is a good answer. Nor are letters with case, whose shapes
    (Greek, Cyrillic) are too often Latin ones.
    """
    return [i for i, character in enumerate(charset) if _is_foreign(character)]


def _is_foreign(character: str) -> bool:
    if len(character) != 1 or unicodedata.category(character) != "Lo":
        return False
    return not any(map(is_latin, (character, unicodedata.normalize("NFKC", character))))
