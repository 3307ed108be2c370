"""Lines that the edge recogniser must know it cannot read: other scripts, and Latin text that is upside down.

Their texts are of FOREIGN characters, one a letter, so that no look-alike is read with confidence.
"""

import struct
from dataclasses import replace
from functools import lru_cache

import numpy as np
from fontTools.ttLib import TTFont, TTLibError

from synthetic.charset import FOREIGN
from synthetic.corpora.figures import choose, digits
from synthetic.letters.fonts import InstalledFont, fonts
from synthetic.letters.glyphs import FOLDERS
from synthetic.pictures.lines import LinePicture, draw_line

_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ"
# Script, share, letters, those that have no Latin look-alike, whether it has capitals, and lengths of words.
_SCRIPTS: tuple[tuple[float, str, str, bool, tuple[int, int]], ...] = (
    (0.38, _CYRILLIC, "бгджзийлпфцчшщъыьэюяБГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ", True, (3, 11)),
    (0.26, _GREEK, "βγδζηθλμξπσφψωςΓΔΘΛΞΠΣΦΨΩ", True, (3, 11)),
    (0.14, "".join(map(chr, range(0x4E00, 0x9F00, 7))), "", False, (1, 8)),
    (0.05, "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F5)))), "", False, (2, 9)),
    (0.08, "".join(map(chr, (*range(0x627, 0x63B), *range(0x641, 0x64B)))), "", False, (2, 8)),
    (0.04, "".join(map(chr, range(0x5D0, 0x5EB))), "", False, (2, 8)),
    (0.03, "".join(map(chr, range(0x905, 0x93A))), "", False, (2, 8)),
    (0.02, "".join(map(chr, range(0xE01, 0xE2F))), "", False, (3, 10)),
    (0.05, "".join(map(chr, range(0xAC00, 0xD7A4, 13))), "", False, (2, 6)),
)
_BOUNDS = np.cumsum([script[0] for script in _SCRIPTS])
# What fontTools raises, or its tables do, for a font that it cannot read and that is no use here.
_UNREADABLE = (TTLibError, OSError, EOFError, ValueError, LookupError, AssertionError, struct.error)
_EASTERN = ("fallback", "wqy", "ukai", "uming", "nanum", "mplus", "cjk")
_LOOKED_AT = 200  # fonts in which letters are looked for
_FEWEST_STRANGE = 2  # letters without a look-alike in a word; all of it is Latin otherwise, as far as one can see
# Upside down these are others, or themselves: lines of nothing else are read as they look.
_TURNABLE = frozenset("0125689HIMNOSWXZbdhlmnopqsuxwzyaeE .,:;-–—_=+|/\\()[]{}<>'\"`^~*%")
_LEAST_TURNED = 3


def foreign_line(rng: np.random.Generator, split: str = "train", use: str = "document") -> LinePicture | None:
    """Draws a line of another script; figures and punctuation in it are read as they are.

    Returns:
        The line, or None where no font of this machine draws the script that was drawn.
    """
    index = int(np.searchsorted(_BOUNDS, rng.random() * _BOUNDS[-1], side="right"))
    _, letters, strange, cased, lengths = _SCRIPTS[index]
    found = _covering(split, index)
    if not found:
        return None
    words = [_word(rng, letters, strange, cased, lengths) for _ in range(int(rng.choice([1, 1, 2, 3, 4])))]
    if rng.random() < 0.15:
        words.insert(int(rng.integers(0, len(words) + 1)), digits(rng, int(rng.integers(1, 5))))
    written = " ".join(words) + (choose(rng, ".,!?:") if rng.random() < 0.2 else "")
    known = "0123456789 .,!?:"
    text = "".join(character if character in known else FOREIGN for character in written)
    return LinePicture(draw_line(rng, written, choose(rng, found), use), text)


def turned(line: LinePicture) -> LinePicture | None:
    """A line upside down; None where what is seen then is text as well."""
    strange = [character for character in line.text if character not in _TURNABLE]
    if len(strange) < max(_LEAST_TURNED, 0.25 * len(line.text)):
        return None
    text = "".join(" " if character == " " else FOREIGN for character in reversed(line.text))
    return replace(line, image_bgr=np.ascontiguousarray(line.image_bgr[::-1, ::-1]), text=text)


def _word(rng: np.random.Generator, letters: str, strange: str, cased: bool, lengths: tuple[int, int]) -> str:
    while True:
        made = "".join(choose(rng, letters) for _ in range(int(rng.integers(*lengths))))
        if cased:
            kind = rng.random()
            made = made.upper() if kind < 0.35 else made.capitalize() if kind < 0.6 else made
        if not strange or sum(letter in strange for letter in made) >= _FEWEST_STRANGE:
            return made


@lru_cache(maxsize=16)
def _covering(split: str, script: int) -> list[InstalledFont]:
    """Fonts that have a glyph for the letters of a script, spread over all that there are."""
    every = fonts(split).fonts
    paths = {font.path: font for font in every}
    named = [font for path, font in paths.items() if path.endswith((".ttf", ".otf"))]
    letters = _SCRIPTS[script][1]
    wanted = {ord(letter) for letter in letters[:: max(1, len(letters) // 40)]}
    wanted |= {ord(letter.upper()) for letter in letters if _SCRIPTS[script][3] and len(letter.upper()) == 1}
    chosen = [named[i] for i in np.linspace(0, len(named) - 1, min(_LOOKED_AT, len(named))).astype(int)]
    chosen = [*dict.fromkeys(chosen), *_eastern()] if split == "train" else chosen
    return [font for font in chosen if wanted <= _characters(font.path)]


@lru_cache(maxsize=1)
def _eastern() -> list[InstalledFont]:
    """Fonts of large scripts, which draw too little Latin text to be among the others."""
    paths = sorted(path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*.tt[fc]"))
    return [
        InstalledFont(str(path), path.stem, "", "text", "")
        for path in paths
        if any(word in path.name.lower() for word in _EASTERN)
    ]


@lru_cache(maxsize=4000)
def _characters(path: str) -> frozenset[int]:
    try:
        with TTFont(path, lazy=True, fontNumber=0) as font:
            return frozenset(font.getBestCmap() or ())
    except _UNREADABLE:
        return frozenset()
