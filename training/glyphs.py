"""What a font file really draws: looks at the shapes of its glyphs, since tables of symbol fonts promise letters."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from training.charset import edge_charset
from training.errors import TrainingError

_SIZE = 40  # pixels of the em square at which glyphs are looked at
_SIDE = 16  # pixels of a normalized glyph
_UNASSIGNED = "\U000f1234"  # of the last private use plane: no font draws it
_DIGITS = "0123456789"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()
# Letters of which small and capital forms differ in more than size.
_TWO_FORMS = "abdefghnqrt"
# Characters that look alike in some font; taking one for another is no sign of a wrong glyph.
_ALIKE = ("0oqdcg", "il1jtf7", "s5", "z27", "g6q9", "b8e6", "uv", "nhm", "wm", "vy", "xk", "ec", "a4", "rt")
_LIKENESS = {
    character: set("".join(s for s in _ALIKE if character in s)) | {character} for character in _LOWER + _DIGITS
}
_LEAST_RIGHT = 0.4  # share of a group's glyphs that must look like themselves; symbols reach about 0.15
# Plain faces that glyphs are compared to; each entry is part of a file name.
_MODELS = (
    "DejaVuSans.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSansMono.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSerif-Italic.ttf",
    "LiberationMono-Bold.ttf",
    "FreeSerif.ttf",
    "Lato-Black.ttf",
    "Lato-LightItalic.ttf",
    "Roboto-Regular.ttf",
    "Lobster-Regular.otf",
    "lobster.otf",
    "DancingScript.otf",
    "ComicNeue-Bold.otf",
    "BebasNeue-Regular.otf",
    "Comfortaa-Bold.ttf",
    "PxPlus_IBM_VGA8.ttf",
    "Px437_IBM_VGA_8x16.ttf",
    "DSEG14Classic-Regular.ttf",
    "DSEG7Classic-Regular.ttf",
    "Z003-MediumItalic.otf",
    "Breip.ttf",
)


@dataclass(frozen=True)
class Drawn:
    """The glyphs of one face.

    Attributes:
        family: As the file names it.
        style: As the file names it.
        masks: By character of the edge charset: coverage [h, w] uint8, cut to the ink; absent where there is no glyph.
        fixed_width: i and W advance alike.
    """

    family: str
    style: str
    masks: dict[str, np.ndarray]
    fixed_width: bool

    @property
    def signature(self) -> bytes:
        """Equal for faces that draw the same shapes."""
        digest = hashlib.sha256()
        for character in "aegRQ&3?Wk27":
            mask = self.masks.get(character)
            digest.update(b"-" if mask is None else repr(mask.shape).encode() + mask.tobytes())
        return digest.digest()


def draw(path: Path) -> Drawn | None:
    """Draws the edge charset in a font; None where the file is no scalable font that FreeType opens."""
    try:
        font = ImageFont.truetype(str(path), _SIZE, layout_engine=ImageFont.Layout.BASIC)
        missing = _mask(font, _UNASSIGNED)
        masks = {character: _mask(font, character) for character in edge_charset()[1:]}
        fixed = font.getlength("i") == font.getlength("W") > 0
        family, style = font.getname()
    except (OSError, ValueError):  # broken files, fonts without a Unicode map, bitmaps without outlines
        return None
    boxes = {repr(missing.shape).encode() + missing.tobytes()} | _repeated(masks)
    kept = {
        character: mask
        for character, mask in masks.items()
        if mask.size and repr(mask.shape).encode() + mask.tobytes() not in boxes
    }
    return Drawn(family or path.stem, style or "", kept, fixed)


def covered(drawn: Drawn) -> str:
    """The characters that a face can be trusted to draw, with the blank; empty for symbols and other scripts."""
    right = _recognized(drawn.masks)
    groups = [group for group in (_UPPER, _LOWER, _DIGITS) if _share(right, group) >= _LEAST_RIGHT]
    if not groups:
        return ""
    dropped = set(_UPPER + _LOWER + _DIGITS) - set("".join(groups))
    if _LOWER not in groups or _one_case(drawn.masks):
        dropped |= {character for character in drawn.masks if character.islower()}
    if _UPPER not in groups:  # accents, signs and figures of a font without letters are not trusted either
        return "".join(sorted((set(drawn.masks) & set(_DIGITS + ".:-")) | {" "}))
    return "".join(sorted((set(drawn.masks) - dropped) | {" "}))


def _mask(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    core = font.getmask(character, "L")
    width, height = core.size
    mask = np.array(core, np.uint8).reshape(height, width) if width and height else np.zeros((0, 0), np.uint8)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else np.zeros((0, 0), np.uint8)


def _repeated(masks: dict[str, np.ndarray]) -> set[bytes]:
    """Shapes that stand for more than four characters: boxes for missing ones, whatever the font calls them."""
    counts: dict[bytes, int] = {}
    for mask in masks.values():
        key = repr(mask.shape).encode() + mask.tobytes()
        counts[key] = counts.get(key, 0) + 1
    return {key for key, count in counts.items() if count > 4}


def _share(right: set[str], group: str) -> float:
    return sum(character in right for character in group) / len(group)


def _normalized(mask: np.ndarray) -> np.ndarray:
    """A glyph in a square of its longer side, blurred a little, as a unit vector around its mean."""
    side = max(mask.shape)
    square = np.zeros((side, side), np.float32)
    top, left = (side - mask.shape[0]) // 2, (side - mask.shape[1]) // 2
    square[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    small = cv2.GaussianBlur(cv2.resize(square, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), (0, 0), 0.8).ravel()
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-6)


@lru_cache(maxsize=1)
def _models() -> tuple[np.ndarray, list[str]]:
    """Normalized glyphs [n, pixels] of the plain faces and the character (lower case) of each."""
    from training.fonts import font_files

    files = {path.name: path for path in font_files()}
    vectors, labels = [], []
    for path in (files[name] for name in _MODELS if name in files):
        drawn = draw(path)
        wanted = _DIGITS if "DSEG7" in path.name else _UPPER + _DIGITS if "DSEG14" in path.name else None
        for character in wanted or _UPPER + _LOWER + _DIGITS:
            if drawn and character in drawn.masks:
                vectors.append(_normalized(drawn.masks[character]))
                labels.append(character.lower())
    if len(vectors) < 3 * 62:
        raise TrainingError(
            f"expected at least three plain fonts to compare others with, such as {', '.join(_MODELS[:4])}, found "
            f"{len(vectors)} of their glyphs; install the packages that training/fonts.txt lists: make fonts"
        )
    return np.stack(vectors), labels


def _recognized(masks: dict[str, np.ndarray]) -> set[str]:
    """The letters and figures that are nearest to themselves, or to one that looks alike, in a plain face."""
    characters = [character for character in _UPPER + _LOWER + _DIGITS if character in masks]
    if not characters:
        return set()
    vectors, labels = _models()
    nearest = (np.stack([_normalized(masks[character]) for character in characters]) @ vectors.T).argmax(1)
    return {
        character
        for character, index in zip(characters, nearest, strict=True)
        if labels[index] in _LIKENESS[character.lower()]
    }


def _one_case(masks: dict[str, np.ndarray]) -> bool:
    """Small letters are drawn as capitals, at the same size or as small capitals."""
    pairs = [
        (masks[letter], masks[letter.upper()]) for letter in _TWO_FORMS if letter in masks and letter.upper() in masks
    ]
    alike = [float(_normalized(small) @ _normalized(capital)) > 0.9 for small, capital in pairs]
    return bool(alike) and sum(alike) > 0.5 * len(alike)
