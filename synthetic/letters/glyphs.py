"""What a font file really draws: looks at the shapes of its glyphs, since tables of symbol fonts promise letters."""

import hashlib
import os
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synthetic.charset import drawable
from synthetic.errors import DrawingError

_TEX = Path("/usr/share/texlive/texmf-dist/fonts")  # its Type 1 fonts are mostly the same faces again
FOLDERS = (Path("/usr/share/fonts"), Path("/usr/share/texmf/fonts"), _TEX / "opentype", _TEX / "truetype")
_EXTENSIONS = {".ttf", ".otf", ".pfb", ".t1"}
# Where npm packages have a face in parts, the one of basic Latin and Latin-1.
_WEB = "@fontsource"
_WEB_FILES = f"{_WEB}/*/files/*-latin-[1-9]00-*.woff"

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
# Shares of the capitals, of the small letters and figures that must look like themselves. Symbols reach about 0.15,
# Greek letters in the places of Latin ones half.
_LEAST_CAPITALS, _LEAST_OTHERS = 0.5, 0.4
# Plain faces that glyphs are compared to; each entry is part of a file name.
_MODELS = (
    "DejaVuSans.ttf DejaVuSerif-Bold.ttf DejaVuSansMono.ttf LiberationSans-Regular.ttf LiberationSerif-Italic.ttf "
    "LiberationMono-Bold.ttf FreeSerif.ttf Lato-Black.ttf Lato-LightItalic.ttf Roboto-Regular.ttf "
    "Lobster-Regular.otf lobster.otf DancingScript.otf ComicNeue-Bold.otf BebasNeue-Regular.otf Comfortaa-Bold.ttf "
    "PxPlus_IBM_VGA8.ttf Px437_IBM_VGA_8x16.ttf DSEG14Classic-Regular.ttf DSEG7Classic-Regular.ttf "
    "Z003-MediumItalic.otf Breip.ttf "
).split()


@dataclass(frozen=True)
class Face:
    """What a font file draws."""

    family: str  # As the file names it
    style: str  # As the file names it
    covered: str  # Characters of the edge charset that it can be trusted to draw, in order
    fixed_width: bool  # i and W advance alike
    signature: str  # Equal for faces that draw the same shapes


def web_folder() -> Path:
    """The user's folder to which `make fonts` lets npm install."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(base) / "tflite-ocr" / "fonts"


def font_files() -> list[Path]:
    """All outline font files under FOLDERS and those of npm's packages, sorted."""
    found = (path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*"))
    installed = (path for path in found if path.suffix.lower() in _EXTENSIONS and path.is_file())
    return sorted([*installed, *(web_folder() / "node_modules").glob(_WEB_FILES)])


def look(path: Path) -> Face | None:
    """Draws the edge charset in a font.

    Returns:
        None where the file is no scalable font that FreeType opens, or draws symbols or another script.
    """
    try:
        font = ImageFont.truetype(str(path), _SIZE, layout_engine=ImageFont.Layout.BASIC)
        missing = _key(_mask(font, _UNASSIGNED))
        letters = _drawn(font, _UPPER + _LOWER + _DIGITS, {missing})
        # Such parts hold Latin letters whatever they look like: many a script resembles no plain face.
        groups = [_UPPER, _LOWER, _DIGITS] if _WEB in path.parts else _trusted(letters)
        family, style = font.getname()
        segments = _segments(family or "")
        if _UPPER not in groups and not segments:
            return None
        rest = "".join(set(drawable()) - set(_UPPER + _LOWER + _DIGITS + " "))
        masks = _drawn(font, rest, {missing}) | letters
        fixed = {"i", "W"} <= set(masks) and font.getlength("i") == font.getlength("W")
    except (OSError, ValueError):  # broken files, fonts without a Unicode map, bitmaps without outlines
        return None
    # Where a blank draws a box or is no wider than nothing, the font is for single words.
    blank = {" "} if font.getlength(" ") > 0 and not _mask(font, " ").size else set()
    covered = "".join(sorted(_covered(masks, groups, segments) | blank))
    return Face(family or path.stem, style or "", covered, fixed, _signature(masks))


def _segments(family: str) -> int:
    """Segments of which a display's figures are made; 0 for other fonts. Seven draw no letters worth the name."""
    return 14 if family.startswith("DSEG14") else 7 if family.startswith("DSEG") else 0


def _trusted(letters: dict[str, np.ndarray]) -> list[str]:
    """The groups of glyphs that are Latin letters or figures."""
    right = _recognized(letters)
    shares = {group: sum(character in right for character in group) / len(group) for group in (_UPPER, _LOWER, _DIGITS)}
    groups = [group for group, share in shares.items() if share >= _LEAST_OTHERS]
    has_small = any(letter in letters for letter in _LOWER)
    if shares[_UPPER] < _LEAST_CAPITALS or (has_small and _LOWER not in groups and not _one_case(letters)):
        return [group for group in groups if group == _DIGITS]
    return groups


def _covered(masks: dict[str, np.ndarray], groups: list[str], segments: int = 0) -> set[str]:
    if segments:
        return set(masks) & set(_DIGITS + ".:-" + (_UPPER if segments == 14 else ""))
    dropped = {character for group in (_UPPER, _LOWER, _DIGITS) if group not in groups for character in group}
    if _LOWER not in groups or _one_case(masks):
        dropped |= {character for character in masks if character.islower()}
    for character, mask in masks.items():  # accents that are not there
        base = unicodedata.normalize("NFD", character)[0]
        if base != character and base in masks and _key(masks[base]) == _key(mask):
            dropped.add(character)
    return set(masks) - dropped


def _mask(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    """Coverage [h, w] uint8, cut to the ink; 0 x 0 where there is none."""
    page = Image.new("L", (5 * _SIZE, 4 * _SIZE))
    ImageDraw.Draw(page).text((1.5 * _SIZE, _SIZE), character, font=font, fill=255)
    box = page.getbbox()
    return np.asarray(page.crop(box)) if box else np.zeros((0, 0), np.uint8)


def _key(mask: np.ndarray) -> bytes:
    return repr(mask.shape).encode() + mask.tobytes()


def _drawn(font: ImageFont.FreeTypeFont, characters: str, boxes: set[bytes]) -> dict[str, np.ndarray]:
    """Glyphs by character without the empty ones and the boxes for missing ones, which repeat whatever they are."""
    masks = {character: _mask(font, character) for character in characters}
    counts = Counter(_key(mask) for mask in masks.values())
    boxes = boxes | {key for key, count in counts.items() if count > 4}
    return {character: mask for character, mask in masks.items() if mask.size and _key(mask) not in boxes}


def _signature(masks: dict[str, np.ndarray]) -> str:
    nothing = np.zeros((0, 0), np.uint8)
    return hashlib.sha256(b"".join(_key(masks.get(character, nothing)) for character in "aegRQ&3?Wk27")).hexdigest()


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
    """Normalized glyphs [n, pixels] of the plain faces and the character of each."""
    files = {path.name: path for path in font_files()}
    vectors, labels = [], []
    for path in (files[name] for name in _MODELS if name in files):
        font = ImageFont.truetype(str(path), _SIZE, layout_engine=ImageFont.Layout.BASIC)
        wanted = _DIGITS if "DSEG7" in path.name else _UPPER + _DIGITS if "DSEG14" in path.name else None
        for character in wanted or _UPPER + _LOWER + _DIGITS:
            vectors.append(_normalized(_mask(font, character)))
            labels.append(character)
    if len(vectors) < 3 * 62:
        raise DrawingError(
            f"expected at least three plain fonts to compare others with, such as {', '.join(_MODELS[:4])}, found "
            f"{len(vectors)} of their glyphs; install the packages that synthetic/packages/fonts.txt lists: make fonts"
        )
    return np.stack(vectors), labels


def _nearest(masks: dict[str, np.ndarray], characters: str) -> dict[str, str]:
    """By character: the one whose glyph in a plain face is the nearest to its own."""
    drawn = [character for character in characters if character in masks]
    if not drawn:
        return {}
    vectors, labels = _models()
    indices = (np.stack([_normalized(masks[character]) for character in drawn]) @ vectors.T).argmax(1)
    return {character: labels[index] for character, index in zip(drawn, indices, strict=True)}


def _recognized(masks: dict[str, np.ndarray]) -> set[str]:
    """The letters and figures that are nearest to themselves, or to one that looks alike, in a plain face."""
    nearest = _nearest(masks, _UPPER + _LOWER + _DIGITS)
    return {character for character, found in nearest.items() if found.lower() in _LIKENESS[character.lower()]}


def _one_case(masks: dict[str, np.ndarray]) -> bool:
    """Small letters are drawn as capitals, at the same size or as small capitals."""
    small = [letter for letter in _TWO_FORMS if letter in masks and letter.upper() in masks]
    if not small:
        return False
    alike = np.median([_normalized(masks[letter]) @ _normalized(masks[letter.upper()]) for letter in small])
    capitals = sum(found.isupper() for found in _nearest(masks, _TWO_FORMS).values()) / len(small)
    return bool(alike > 0.78 or (alike > 0.6 and capitals > 0.25))
