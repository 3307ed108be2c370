"""Displays of seven segments, as of clocks, scales and thermometers, and the drums of meters."""

import cv2
import numpy as np

from synthetic.builtin.sheet import Color, Sheet, shrunken
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import askew, one_line, photographed, surroundings

# Segments a (top), b, c (right), d (bottom), e, f (left), g (middle), as they are named everywhere.
SEGMENTS = dict(zip("0123456789-", "abcdef bc abged abgcd fgbc afgcd afgedc abc abcdefg abcdfg g".split(), strict=True))
SEGMENTS[" "] = ""
_ENDS = {
    "a": ((0, 0), (1, 0)),
    "b": ((1, 0), (1, 1)),
    "c": ((1, 1), (1, 2)),
    "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)),
    "f": ((0, 0), (0, 1)),
    "g": ((0, 1), (1, 1)),
}
# Background, unlit segments, lit segments; BGR.
LOOKS: dict[str, tuple[Color, Color, Color]] = {
    "lcd": ((165, 185, 175), (152, 172, 162), (30, 40, 35)),
    "grey lcd": ((200, 205, 200), (188, 193, 188), (25, 25, 25)),
    "red led": ((12, 8, 18), (20, 14, 46), (50, 40, 250)),
    "green led": ((10, 14, 8), (16, 36, 14), (90, 250, 60)),
    "amber led": ((8, 10, 14), (10, 24, 34), (20, 160, 255)),
    "blue lcd": ((150, 60, 10), (150, 66, 18), (250, 245, 235)),
    "pink on slate": ((60, 55, 35), (66, 61, 41), (215, 150, 235)),
}


def reading(rng: np.random.Generator) -> str:
    """What a device with seven segments shows."""
    texts = [
        f"{rng.uniform(0, 100):.1f}",
        wording.clock(rng),
        str(rng.integers(10, 10**6)),
        f"-{rng.uniform(1, 40):.1f}",
    ]
    texts += [f"{rng.uniform(0, 10):.2f}", f"{rng.integers(0, 10**6):06d}"]
    return choose(rng, [*texts, f"{rng.uniform(100, 1000):.1f}", f"{rng.integers(0, 100)}", f"{rng.uniform(0, 2):.3f}"])


def display(text: str, look: str, height: int, slant: float, thickness: float) -> Sheet:
    """A text of digits, minus, point and colon in seven segments.

    Args:
        text: Of characters of SEGMENTS, "." and ":".
        slant: Lean to the right, a share of the height.
        thickness: Thickness of a segment, a share of the height.
    """
    background, unlit, lit = LOOKS[look]
    broad, stroke = height * 0.52, height * thickness
    pitch, narrow = broad + height * 0.26, height * 0.24
    steps = [narrow if character in ".:" else pitch for character in text]
    margin = height * 0.35
    wide = margin * 2 + sum(steps) + slant * height
    sheet = Sheet.plain(round(height + 2 * margin), round(wide), background)
    x = margin

    def place(across: float, down: float) -> tuple[float, float]:
        """Of a point of the digit at x: across in its widths, down in its halves."""
        y = margin + down * height / 2
        return x + across * broad + slant * (height - (y - margin)), y

    for character, step in zip(text, steps, strict=True):
        if character in ".:":
            for down in (2,) if character == "." else (0.6, 1.4):
                center = tuple(round(value * 16) for value in place(0.0, down))
                cv2.circle(sheet.image, center, round(stroke * 0.62 * 16), lit, -1, cv2.LINE_AA, shift=4)
        else:
            for name, ends in _ENDS.items():
                color = lit if name in SEGMENTS[character] else unlit
                _segment(sheet, [place(*end) for end in ends], stroke, color)
        x += step
    edge = margin * 0.6
    sheet.label(text, edge, edge, sheet.width - edge, sheet.height - edge)
    return sheet


def seven_segment(rng: np.random.Generator, number: int) -> Sheet:
    """A display that fills the picture; every third in its case and seen by a camera."""
    text = "0123456789" if number == 0 else reading(rng)
    look = list(LOOKS)[number % len(LOOKS)]
    sheet = display(text, look, int(rng.integers(36, 130)), choose(rng, (0.0, 0.06, 0.12)), rng.uniform(0.1, 0.16))
    if "led" in look:
        glow = cv2.GaussianBlur(sheet.image, (0, 0), sheet.height / 22)
        sheet.image = np.minimum(255, sheet.image + 0.6 * glow)
    if number % 3 != 2:
        return sheet
    case = Sheet.plain(
        sheet.height + 120, sheet.width + 160, choose(rng, ((60, 60, 60), (225, 225, 225), (70, 50, 40)))
    )
    case.lay(sheet, askew(rng, (70, 50, 70 + sheet.width, 50 + sheet.height), 6))
    case = shrunken(case, float(np.exp(rng.uniform(np.log(0.4), 0))))
    return photographed(rng, case, rng.uniform(0.3, 0.8))


def meter(rng: np.random.Generator, number: int) -> Sheet:
    """The drums of a water, gas or electricity meter, or of an odometer, in its case."""
    count, face = int(rng.integers(5, 8)), "sans bold" if number % 4 < 2 else "sans"
    text = "".join(str(rng.integers(10)) for _ in range(count))
    size = int(rng.integers(28, 60))
    pitch = round(size * 1.05)
    drums = Sheet.plain(round(size * 1.6), pitch * count + 8, (70, 70, 70))
    red = int(rng.integers(0, 3))  # the last ones, which count parts, are red on many meters
    for column, digit in enumerate(text):
        background: Color = (40, 30, 170) if column >= count - red else (25, 25, 25)
        light = number % 2 and column < count - red
        left = 4 + column * pitch
        drums.box(left + 2, 4, left + pitch - 3, drums.height - 5, (240, 240, 240) if light else background)
        ink = (20, 20, 20) if light else (245, 245, 245)
        drums.write(digit, left + pitch / 2, size * 1.17, face, size, ink, "middle")
    shade = np.cos(np.linspace(-1.1, 1.1, drums.height, dtype=np.float32))[:, None, None]
    drums.image *= 0.35 + 0.65 * shade
    one_line(drums, text)
    front = Sheet.plain(round(drums.height * 3.2), drums.width + 140, choose(rng, ((232, 236, 236), (205, 215, 220))))
    front.write(choose(rng, ("m3", "kWh", "km")), front.width - 20, front.height * 0.62, "sans bold", 24, align="right")
    front.write(f"No {rng.integers(10**6, 10**7)}", 30, front.height * 0.88, "sans", 20)
    front.lay(drums, askew(rng, (40, front.height * 0.3, 40 + drums.width, front.height * 0.3 + drums.height), 2))
    whole = surroundings(rng, front.height + 100, front.width + 120, 0.6)
    whole.lay(front, askew(rng, (60, 50, 60 + front.width, 50 + front.height), 14), shadow=0.4)
    scale = float(np.exp(rng.uniform(np.log(0.55), 0)))
    return photographed(rng, shrunken(whole, scale), rng.uniform(0.2, 0.9))


def _segment(sheet: Sheet, ends: list[tuple[float, float]], stroke: float, color: Color) -> None:
    """A bar with pointed ends, a gap away from its neighbours."""
    (x0, y0), (x1, y1) = ends
    length = float(np.hypot(x1 - x0, y1 - y0))
    along = np.array([x1 - x0, y1 - y0]) / length
    across = np.array([-along[1], along[0]]) * stroke / 2
    start, end = np.array([x0, y0]) + along * stroke * 0.15, np.array([x1, y1]) - along * stroke * 0.15
    inner = along * stroke / 2
    points = [start, start + inner + across, end - inner + across, end, end - inner - across, start + inner - across]
    scaled = np.round(np.array(points) * 16).astype(np.int32)
    cv2.fillPoly(sheet.image, [scaled], color, cv2.LINE_AA, shift=4)
