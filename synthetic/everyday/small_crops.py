"""Crops that text fills: a character, a number, a word or a line, in letters of 12 to 60 pixels, and pixel fonts."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synthetic.builtin.sheet import Sheet, font
from synthetic.calibration import text as synthetic
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import ALL, PAIRS, PRINT, SANS, colors, cropped, enlarged, ink_box, photographed

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUVWXYZabdefghkmnpqrtuy?&%$#@+"
_PIXEL_PAIRS = colors("5a1e1e e6dce6  000000 50fa50  fafafa 000000  78c8a0 1e3c14  000000 ffffff")


def filled(
    rng: np.random.Generator, text: str, face: str, size: int, margins: tuple[float, float], plain: bool = False
) -> Sheet:
    """A line of text cut out with a margin.

    Args:
        margins: Beside and above the ink, in pixels.
    """
    background, ink = PAIRS[0] if plain else choose(rng, PAIRS)
    wide = round(font(face, size).getlength(text)) + 4 * size
    sheet = Sheet.plain(3 * size + 8, wide, background)
    sheet.write(text, 2 * size, 2 * size, face, size, ink)
    left, top, right, bottom = ink_box(sheet, background)
    beside, above = margins
    return cropped(sheet, left - beside, top - above, right + beside, bottom + above)


def single_character(rng: np.random.Generator, number: int) -> Sheet:
    """One letter, digit or sign with some room around it."""
    character = CHARACTERS[int(rng.integers(10))] if number % 2 else choose(rng, CHARACTERS)
    size = int(rng.integers(18, 64))
    room = rng.uniform(0.1, 0.6, 2) * size
    return filled(rng, character, choose(rng, ALL), size, tuple(room), plain=number % 3 == 0)


def number_crop(rng: np.random.Generator, number: int) -> Sheet:
    """A number as a program cuts it out of a table or a screen: signs and points count."""
    size = int(rng.integers(14, 44))
    face = choose(rng, (*PRINT, "mono bold"))
    crop = filled(rng, wording.number(rng), face, size, tuple(rng.uniform(0.15, 0.5, 2) * size), plain=number % 2 == 0)
    return photographed(rng, crop, rng.uniform(0.7, 1)) if number % 3 == 2 else crop


def number_list(rng: np.random.Generator, number: int) -> Sheet:
    """Numbers below each other on a slip, faint or dark."""
    face, size = choose(rng, ("mono", "sans", "light sans", "slab", "typewriter", "roman")), int(rng.integers(15, 30))
    shade = float(rng.uniform(20, 150))
    rows = [wording.number(rng) for _ in range(6)]
    wide = max(font(face, size).getlength(row) for row in rows)
    sheet = Sheet.plain(round(size * 1.7 * (len(rows) + 1)), round(wide + 3 * size), (252, 252, 252))
    for row, text in enumerate(rows):
        sheet.write(text, 1.5 * size, size * 1.7 * (row + 1), face, size, (shade,) * 3)
    return sheet


def tight_crop(rng: np.random.Generator, number: int) -> Sheet:
    """A word or a line cut at its ink."""
    if number % 2:
        text = wording.sentence(rng, int(rng.integers(2, 5)))
    else:
        text = f"{choose(rng, wording.NOUNS).title()} {rng.integers(2, 2030)}"
    margin = float(choose(rng, (0, 0, 1, 2, 4)))
    crop = filled(rng, text, choose(rng, ALL), int(rng.integers(12, 56)), (margin, margin), plain=number % 3 == 0)
    return photographed(rng, crop, rng.uniform(0.5, 1)) if number % 4 == 3 else crop


def word_crop(rng: np.random.Generator, number: int) -> Sheet:
    """A word cut out of a photograph, on a rough background."""
    sign, noun, time = choose(rng, wording.SIGNS), choose(rng, wording.NOUNS).title(), wording.clock(rng)
    text = choose(rng, (sign, noun, time, choose(rng, wording.NOUNS).upper()))
    size = int(rng.integers(16, 60))
    crop = filled(rng, text, choose(rng, ALL), size, tuple(rng.uniform(0.1, 0.4, 2) * size))
    rough = synthetic.texture(rng, crop.height, crop.width, rng.uniform(0.3, 0.8))
    crop.image = np.clip(crop.image + (rough - rough.mean()) * rng.uniform(0.1, 0.4), 0, 255)
    return photographed(rng, crop, rng.uniform(0.3, 0.8))


def pixel_font(rng: np.random.Generator, number: int) -> Sheet:
    """A line of a game or a small display: letters of few pixels, each enlarged to a square of one to four."""
    level, points = rng.integers(1, 100), rng.integers(1, 400)
    texts = [f"HP {points}/{points + 50} LVL {level}", f"SCORE {rng.integers(100, 10**6):06d}", "PRESS START"]
    texts += [f"x{level} COINS {points}", f"WORLD {level % 9}-{points % 9}", f"TEMP {level} C OK", "GAME OVER"]
    text = choose(rng, [*texts, f"STAGE {level}", f"{wording.clock(rng)} BAT {level}%"])
    background, ink = choose(rng, _PIXEL_PAIRS)
    if number % 2:
        letters, height = ImageFont.load_default_imagefont(), 11
    else:
        letters, height = font("mono bold" if number % 4 else "sans", 10), 13
    wide, room = round(letters.getlength(text)), 4
    mask = Image.new("1", (wide + 2 * room, height + 2 * room))
    draw = ImageDraw.Draw(mask)
    draw.fontmode = "1"
    draw.text((room, room), text, font=letters, fill=1)
    sheet = Sheet.plain(mask.height, mask.width, background)
    sheet.image[np.asarray(mask)] = ink
    sheet.label(text, *ink_box(sheet, background))
    return enlarged(sheet, int(rng.integers(2, 6)))


def large_letters(rng: np.random.Generator, number: int) -> Sheet:
    """Bold letters of 24 to 400 pixels, alone on a picture or filling it."""
    text, size = choose(rng, wording.SIGNS), round(24 * (400 / 24) ** ((number % 10) / 9))
    background, ink = choose(rng, PAIRS)
    face = choose(rng, (*SANS[1:2], "slab bold", "sans bold oblique", "serif bold"))
    if number % 2:
        return filled(rng, text, face, size, tuple(rng.uniform(0.1, 0.5, 2) * size))
    wide = font(face, size).getlength(text)
    height, width = max(480, round(2 * size)), max(854, round(wide + size))
    sheet = Sheet.plain(height, width, background)
    sheet.write(text, width / 2, height * rng.uniform(0.5, 0.6) + size * 0.35, face, size, ink, "middle")
    return sheet
