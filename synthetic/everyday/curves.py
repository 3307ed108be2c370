"""Words that do not run straight: along an arc, and letter below letter."""

import numpy as np

from synthetic.builtin.sheet import Sheet, font
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import PAIRS, bent, cropped, one_line, photographed


def curved_word(rng: np.random.Generator, number: int) -> Sheet:
    """A name along an arc, as over a door or on a badge; upward or downward."""
    hall, sons, club = (choose(rng, wording.NOUNS) for _ in range(3))
    text = choose(rng, (f"GRAND {hall} HALL", f"{sons} & SONS", f"CLUB {club} {rng.integers(1850, 2030)}")).upper()
    size, face = int(rng.integers(30, 50)), choose(rng, ("sans bold", "serif bold", "slab"))
    background, ink = choose(rng, PAIRS)
    length = font(face, size).getlength(text)
    straight = Sheet.plain(2 * size, round(length + size), background)
    straight.write(text, size / 2, 1.4 * size, face, size, ink)
    radius = length / np.radians(rng.uniform(70, 150))
    side = round(2 * radius + 6 * size)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) - side / 2
    if number % 2:
        y = -y
    distance, angle = np.hypot(x, y), np.arctan2(x, -y)
    along = angle * radius + straight.width / 2
    down = (radius - distance) if not number % 2 else (distance - radius)
    sheet = bent(straight, along.astype(np.float32), (down + 1.0 * size).astype(np.float32), background)
    quad = sheet.lines[0].quad
    margin = size
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    sheet = cropped(sheet, left - margin, top - margin, right + margin, bottom + margin)
    return photographed(rng, sheet, rng.uniform(0.6, 1)) if number % 3 == 2 else sheet


def stacked_word(rng: np.random.Generator, number: int) -> Sheet:
    """A short word set letter below letter, as on a tall sign."""
    text = choose(rng, ("HOTEL", "BAR", "CINEMA", "PARKING", "CAFE", "MOTEL", "OPEN", "CASINO", "GARAGE", "THEATRE"))
    size, (background, ink) = int(rng.integers(32, 70)), choose(rng, PAIRS)
    face = choose(rng, ("sans bold", "slab bold", "sans"))
    step = round(size * rng.uniform(1.0, 1.25))
    sheet = Sheet.plain(step * len(text) + 2 * size, round(size * rng.uniform(2, 3.5)), background)
    for row, letter in enumerate(text):
        sheet.write(letter, sheet.width / 2, size * 1.7 + row * step, face, size, ink, "middle")
    return photographed(rng, one_line(sheet, text), rng.uniform(0.6, 1))
