"""The edge recogniser's charset: class 0 is CTC's blank, the others are single characters."""

import unicodedata

# Typographic marks of European texts and prints beside ASCII.
_MARKS = "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿×÷‐–—‘’‚“”„†‡•…‰′″‹›™−√≤≥≠≈№"
_CURRENCIES = "$¢£¤¥₣₤₦₩₪₫€₱₴₹₺₽₿"


def edge_charset() -> tuple[str, ...]:
    """Printable ASCII, the letters of Latin-1 and Latin Extended-A, currency signs and common typographic marks.

    Returns:
        Characters by class; "" (the blank) first, then in order of their code points.
    """
    ascii_characters = {chr(code) for code in range(0x20, 0x7F)}
    letters = {
        chr(code) for code in (*range(0xC0, 0x180), 0x218, 0x219, 0x21A, 0x21B, 0x1E9E)
        if unicodedata.category(chr(code)).startswith("L")
    }
    # Letters that Unicode keeps for compatibility only (n preceded by an apostrophe, long s) look like others.
    letters -= {"\u0149", "\u017f"}
    return ("", *sorted(ascii_characters | letters | set(_MARKS) | set(_CURRENCIES)))
