"""The edge recogniser's charset: class 0 is CTC's blank, the others are single characters."""

import unicodedata

# Typographic marks of European texts and prints beside ASCII.
_MARKS = "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿×÷‐–—‘’‚“”„†‡•…‰′″‹›™−√≤≥≠≈№"
_CURRENCIES = "$¢£¤¥₣₤₦₩₪₫€₱₴₹₺₽₿"
# Vietnamese: the horned letters, and those with tones.
_VIETNAMESE = "".join(map(chr, (0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x1EA0, 0x1EFA))))
# A letter of another script, or one that is upside down.
FOREIGN = "\ufffd"


def edge_charset() -> tuple[str, ...]:
    """Printable ASCII, the letters of Latin-1, Latin Extended-A and Vietnamese, currency signs, common marks, FOREIGN.

    Returns:
        Characters by class; "" (the blank) first, then in order of their code points, FOREIGN last.
    """
    ascii_characters = {chr(code) for code in range(0x20, 0x7F)}
    letters = {
        chr(code)
        for code in (*range(0xC0, 0x180), 0x218, 0x219, 0x21A, 0x21B, 0x1E9E)
        if unicodedata.category(chr(code)).startswith("L")
    }
    # Letters that Unicode keeps for compatibility only (n preceded by an apostrophe, long s) look like others.
    letters -= {"\u0149", "\u017f"}
    return ("", *sorted(ascii_characters | letters | set(_MARKS) | set(_CURRENCIES) | set(_VIETNAMESE)), FOREIGN)


def drawable() -> tuple[str, ...]:
    """The characters of the charset that fonts draw: all but the blank and FOREIGN."""
    return edge_charset()[1:-1]
