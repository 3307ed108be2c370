"""Number plates: cut out, or on the back of a car."""

import numpy as np

from synthetic.builtin.sheet import Sheet, font
from synthetic.calibration import text as synthetic
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import askew, colors, photographed, resized, rotated, surroundings

_LOOKS = colors("fafafa 141414  3ccdf5 141414  fafafa 782814  191919 ebebeb  6e3c14 f0f0f0")


def plate(rng: np.random.Generator, text: str) -> Sheet:
    """A plate with its rim, seen from the front."""
    background, ink = choose(rng, _LOOKS)
    size, face = 88, choose(rng, ("sans bold", "sans", "mono bold"))
    stripe = 54 if rng.random() < 0.4 else 0
    wide = round(font(face, size).getlength(text)) + 70 + stripe
    sheet = Sheet.plain(126, wide, background)
    if stripe:
        sheet.box(0, 0, stripe, 125, (150, 60, 10))
    sheet.box(4, 4, wide - 5, 121, ink, 3)
    sheet.write(text, stripe + (wide - stripe) / 2, 95, face, size, ink, "middle")
    return resized(sheet, rng.uniform(0.72, 1.0), 1.0)


def plate_crop(rng: np.random.Generator, number: int) -> Sheet:
    """A plate with a little of the car around it."""
    sheet = plate(rng, wording.plate(rng))
    dirt = synthetic.texture(rng, sheet.height, sheet.width, 0.8)
    sheet.image = np.clip(sheet.image + (dirt - dirt.mean()) * rng.uniform(0, 0.5), 0, 255)
    scale = np.exp(rng.uniform(np.log(0.16), np.log(0.9)))
    wide, high = sheet.width * scale, sheet.height * scale
    edge = rng.uniform(0.1, 0.4) * high
    car = surroundings(rng, round(high + 2 * edge), round(wide + 2 * edge), 0.5)
    car.lay(sheet, askew(rng, (edge, edge, edge + wide, edge + high), 0.08 * high))
    car.image *= synthetic.gradient(rng, car.height, car.width, 0.4)
    if number % 2:
        car = rotated(car, float(rng.uniform(-9, 9)), (60, 60, 60))
    return photographed(rng, car, rng.uniform(0.2, 0.9))


def car(rng: np.random.Generator, number: int) -> Sheet:
    """The back of a car on a road, its plate small."""
    whole = surroundings(rng, 600, 800, 0.9)
    color = tuple(rng.uniform(30, 220, 3).tolist())
    whole.box(0, 420, 800, 600, (95, 95, 95))
    left, top, wide = float(rng.uniform(120, 260)), float(rng.uniform(180, 240)), float(rng.uniform(340, 440))
    whole.box(left, top, left + wide, top + 270, color)
    whole.box(left + 30, top + 12, left + wide - 30, top + 95, (60, 55, 50))
    for x in (left + 10, left + wide - 70):
        whole.box(x, top + 120, x + 60, top + 160, (40, 40, 200))
        whole.box(x, top + 262, x + 56, top + 310, (25, 25, 25))
    sheet = plate(rng, wording.plate(rng))
    high = float(rng.uniform(16, 40))
    broad = high * sheet.width / sheet.height
    x0, y0 = left + (wide - broad) / 2, top + rng.uniform(165, 205)
    whole.lay(sheet, askew(rng, (x0, y0, x0 + broad, y0 + high), 0.06 * high))
    whole.image *= synthetic.gradient(rng, whole.height, whole.width, 0.3)
    return photographed(rng, whole, rng.uniform(0.2, 0.8))
