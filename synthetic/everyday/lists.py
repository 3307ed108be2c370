"""Lists of lines: codes, runs of equal characters, and sentences whose letters carry marks."""

import numpy as np

from synthetic.builtin.sheet import Sheet, font
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import PAIRS, WHITE, photographed, resized
from synthetic.everyday.wording import TEXTS, some

# Horizontal scale: six faces from as designed to narrow.
_CUTS = (("sans", 0.62), ("sans", 1.0), ("light sans", 0.7), ("slab", 0.65), ("typewriter", 0.75), ("serif", 0.8))

_PREFIX = "sentences "
SENTENCES = {name.removeprefix(_PREFIX): texts for name, texts in TEXTS.items() if name.startswith(_PREFIX)}


def listed(texts: list[str], face: str, size: int, across: float, look=(WHITE, (20, 20, 20))) -> Sheet:
    """Lines below each other, in letters of a size in pixels, narrowed by a factor."""
    background, ink = look
    large = 2 * size  # drawn twice as large and made smaller, so that narrow letters are as sharp as designed ones
    wide = max(font(face, large).getlength(text) for text in texts)
    sheet = Sheet.plain(round(large * 1.8 * (len(texts) + 0.8)), round(wide + 3 * large), background)
    for row, text in enumerate(texts):
        sheet.write(text, 1.5 * large, large * (1.4 + 1.8 * row), face, large, ink)
    return resized(sheet, across / 2, 0.5)


def repeated_digits(rng: np.random.Generator, number: int) -> Sheet:
    """Ten numbers with runs of equal digits, in letters of 16 to 40 pixels."""
    face, across = _CUTS[number % len(_CUTS)]
    head = choose(rng, ("Ref ", "No. ", "", "", "Tel "))
    texts = [head + wording.repeated_number(rng, int(rng.integers(6, 11))) for _ in range(10)]
    return listed(texts, face, round(16 * 2.5 ** (number % 10 / 9)), across)


def repeated_letters(rng: np.random.Generator, number: int) -> Sheet:
    """Words, addresses, account and telephone numbers with runs of equal characters."""
    face, across = _CUTS[number % len(_CUTS)]
    texts = [wording.repeated_text(rng) for _ in range(6)]
    return listed(texts, face, round(16 * 2.0 ** (number % 8 / 7)), across)


def codes(rng: np.random.Generator, number: int) -> Sheet:
    """Part numbers, serials, keys and units: letters and digits in any order."""
    texts = [wording.code(rng) for _ in range(8)]
    face = choose(rng, ("sans", "mono", "slab", "light sans", "sans bold", "serif"))
    sheet = listed(texts, face, int(rng.integers(13, 30)), 1.0, choose(rng, PAIRS[:4]))
    return photographed(rng, sheet, rng.uniform(0.4, 1)) if number % 2 else sheet


def accents(rng: np.random.Generator, number: int) -> Sheet:
    """Three sentences of a language; languages in rotation."""
    language = list(SENTENCES)[number % len(SENTENCES)]
    texts = some(rng, SENTENCES[language], 3)
    # Those that have the letters of all of them, Vietnamese too.
    face = choose(rng, ("sans", "slab", "sans bold", "sans oblique"))
    sheet = listed(texts, face, int(rng.integers(16, 32)), choose(rng, (1.0, 0.9, 0.75)))
    return photographed(rng, sheet, rng.uniform(0.5, 1)) if number % 3 == 2 else sheet


def spanish_marks(rng: np.random.Generator, number: int) -> Sheet:
    """Questions and exclamations: marks at both ends belong to the line and are no lines of their own."""
    texts = some(rng, TEXTS["spanish marks"], 4)
    face = choose(rng, ("sans", "serif", "slab", "serif bold", "sans bold"))
    return listed(texts, face, int(rng.integers(17, 34)), 1.0)
