"""Things of a street and a shop: signs on walls, views with several small ones, and receipts."""

import cv2
import numpy as np

from synthetic.builtin.sheet import Color, Line, Sheet, font
from synthetic.calibration import text as synthetic
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import ALL, PAIRS, askew, photographed, surroundings

_DIRECTIONS = wording.TEXTS["directions"]

_LEGIBLE = 9  # pixels of letters that a person can read after blur and noise


def board(rng: np.random.Generator, texts: list[str], face: str, size: int) -> Sheet:
    """A painted board with a rim and centred lines."""
    background, ink = choose(rng, PAIRS)
    wide = max(font(face, size).getlength(text) for text in texts) + 2 * size
    sheet = Sheet.plain(round(size * (1.5 * len(texts) + 1)), round(wide), background)
    if rng.random() < 0.6:
        sheet.box(size * 0.2, size * 0.2, sheet.width - size * 0.2, sheet.height - size * 0.2, ink, max(2, size // 16))
    for row, text in enumerate(texts):
        sheet.write(text, sheet.width / 2, size * (1.4 + 1.5 * row), face, size, ink, "middle")
    return sheet


def sign(rng: np.random.Generator, number: int) -> Sheet:
    """One sign on a wall, seen a little from the side."""
    texts = [
        choose(rng, wording.SIGNS),
        f"{choose(rng, _DIRECTIONS)} {rng.integers(1, 30)} km",
        f"Open {wording.clock(rng)} - {wording.clock(rng)}",
    ][: int(rng.integers(1, 4))]
    sheet = board(rng, texts, choose(rng, ALL), 60)
    height, width = 480, 720
    scale = min((width - 120) / sheet.width, (height - 120) / sheet.height) * rng.uniform(0.25, 0.9)
    wide, high = sheet.width * scale, sheet.height * scale
    left, top = rng.uniform(40, width - wide - 40), rng.uniform(40, height - high - 40)
    wall = surroundings(rng, height, width)
    wall.lay(sheet, askew(rng, (left, top, left + wide, top + high), 0.14 * high), shadow=0.4)
    wall.image *= synthetic.gradient(rng, height, width, 0.35)
    return photographed(rng, wall, rng.uniform(0.1, 0.8))


def street(rng: np.random.Generator, number: int) -> Sheet:
    """A view of a street with three to six small signs in perspective."""
    height, width = 640, 960
    view = surroundings(rng, height, width)
    view.box(0, 500, width, height, (105, 105, 108))
    for column in range(3):
        shade = tuple(np.clip(rng.uniform(70, 190) + rng.normal(0, 15, 3), 0, 255).tolist())
        view.box(column * 320 + 4, rng.uniform(20, 90), column * 320 + 312, 500, shade)
        for row in range(3):
            x = column * 320 + 40 + 95 * row
            view.box(x, 260, x + 55, 350, (90, 80, 70))
    # A place of its own for each sign, so that none hides another.
    cells = [(column, row) for column in range(3) for row in range(2)]
    for index in rng.permutation(len(cells))[: int(rng.integers(3, 6))]:
        column, row = cells[index]
        sign, way, noun = (choose(rng, texts) for texts in (wording.SIGNS, _DIRECTIONS, wording.NOUNS))
        texts = [choose(rng, (sign, way, noun.title(), f"{choose(rng, wording.NOUNS).title()} Street"))]
        if rng.random() < 0.4:
            texts.append(choose(rng, (wording.clock(rng), f"{rng.integers(1, 200)}", "since 1982", "2nd floor")))
        sheet = board(rng, texts, choose(rng, ALL), 60)
        # Letters of 10 to 26 pixels, where the place is broad enough.
        scale = min(float(np.exp(rng.uniform(np.log(10), np.log(26)))) / 60, 260 / sheet.width)
        if scale * 60 < _LEGIBLE:
            sheet.lines = [Line(line.words, line.quad, True) for line in sheet.lines]
        wide, high = sheet.width * scale, sheet.height * scale
        left = column * 320 + rng.uniform(10, 300 - wide)
        top = (110, 370)[row] + rng.uniform(0, 110 - high if high < 110 else 1)
        painted = rng.random() < 0.35
        if painted:
            x, y = round(left), round(top)
            sheet = _on_the_wall(rng, sheet, view.image[y : y + 20, x : x + 60])
        lean = rng.uniform(-0.5, 0.5) * high
        corners = askew(rng, (left, top, left + wide, top + high), 0.08 * high)
        corners[1:3, 1] += lean
        view.lay(sheet, corners, shadow=0.0 if painted else 0.3)
    view.image *= synthetic.gradient(rng, height, width, 0.35)
    if number % 2:
        view.image = _shaken(view.image, float(rng.uniform(2, 4)), float(rng.uniform(0, np.pi)))
    return photographed(rng, view, rng.uniform(0.1, 0.8))


def receipt(rng: np.random.Generator, number: int) -> Sheet:
    """A till receipt on a table, a little faded and askew."""
    face, size = choose(rng, ("mono", "mono bold", "sans")), int(rng.integers(17, 22))
    shade: Color = (float(rng.uniform(30, 110)),) * 3
    rows = [
        (f"{choose(rng, wording.NOUNS).title()} {choose(rng, wording.NOUNS)}", f"{rng.uniform(0.2, 60):.2f}")
        for _ in range(int(rng.integers(5, 11)))
    ]
    heads = [
        f"{choose(rng, wording.NOUNS).upper()} MARKET",
        f"{rng.integers(1, 99)} {choose(rng, wording.NOUNS).title()} Road",
        f"Tel 0{rng.integers(100, 999)} {rng.integers(10**5, 10**6)}",
    ]
    tails = [
        ("SUBTOTAL", wording.amount(rng)),
        ("VAT 20%", f"{rng.uniform(0, 20):.2f}"),
        ("TOTAL", wording.amount(rng)),
        ("CARD", f"**** {rng.integers(1000, 10000)}"),
    ]
    step, wide = round(size * 1.6), size * 22
    slip = Sheet.plain(step * (len(rows) + 14), wide, (248, 250, 250))
    y = 2 * step
    for text in heads:
        slip.write(text, wide / 2, y, face, size, shade, "middle")
        y += step
    for name, value in (*rows, *tails):
        y += step // 2 if name == "SUBTOTAL" else 0
        slip.write(name, size, y, face, size, shade)
        slip.write(value, wide - size, y, face, size, shade, "right")
        y += step
    slip.write(f"{wording.date(rng)} {wording.clock(rng)}", size, y + step, face, size, shade)
    slip.write("THANK YOU", wide / 2, y + 3 * step, face, size, shade, "middle")
    table = surroundings(rng, slip.height + 90, slip.width + 200, 0.8)
    corners = askew(rng, (90, 40, 90 + slip.width, 40 + slip.height), 22)
    table.lay(slip, corners, shadow=0.4)
    table.image *= synthetic.gradient(rng, table.height, table.width, 0.3)
    return photographed(rng, table, rng.uniform(0.4, 0.9))


def _on_the_wall(rng: np.random.Generator, sheet: Sheet, wall: np.ndarray) -> Sheet:
    """The board's letters painted on a wall, more or less faded."""
    rough = synthetic.texture(rng, sheet.height, sheet.width, rng.uniform(0.4, 0.8))
    background = wall.mean(axis=(0, 1)) + (rough - rough.mean()) * 0.3
    grey = sheet.image.mean(axis=2, keepdims=True)
    cover = np.abs(grey - grey[sheet.height // 3, 2]) / max(1.0, np.ptp(grey))
    ink = rng.uniform(20, 90) if background.mean() > 125 else rng.uniform(200, 250)
    painted = Sheet(
        np.clip(background + cover * rng.uniform(0.45, 0.95) * (ink - background), 0, 255).astype(np.float32)
    )
    painted.lines = sheet.lines
    return painted


def _shaken(image: np.ndarray, length: float, angle: float) -> np.ndarray:
    """Blurred by a straight move of the camera over `length` pixels."""
    kernel = np.zeros((9, 9), np.float32)
    move = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = np.round((np.array([-move, move]) + 4) * 16).astype(int).tolist()
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, shift=4)
    return cv2.filter2D(image, -1, kernel / kernel.sum())
