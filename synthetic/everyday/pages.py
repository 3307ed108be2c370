"""Pages that lie wrongly or are set unusually: turned, skewed, bent, with side labels, columns, text at the border."""

import cv2
import numpy as np

from synthetic.builtin.sheet import Sheet, font
from synthetic.corpora.figures import choose
from synthetic.everyday import wording
from synthetic.everyday.drawing import BLACK, PRINT, SANS, WHITE, bent, cropped, ink_box, photographed, rotated, turned


def letter(rng: np.random.Generator, lines: int, size: int, face: str) -> Sheet:
    """A short letter: lines of words, an amount at the end."""
    texts = [wording.sentence(rng, int(rng.integers(4, 7))) for _ in range(lines - 1)]
    texts.append(f"Total amount due: {wording.amount(rng)} EUR")
    wide = max(font(face, size).getlength(text) for text in texts)
    sheet = Sheet.plain(round(size * (1.7 * lines + 2)), round(wide + 3 * size), WHITE)
    for row, text in enumerate(texts):
        sheet.write(text, 1.5 * size, size * (2 + 1.7 * row), face, size)
    return sheet


def upright_page(rng: np.random.Generator, number: int) -> Sheet:
    """A page as it should lie: what the turned and the skewed ones are measured against."""
    page = letter(rng, int(rng.integers(6, 12)), int(rng.integers(16, 28)), choose(rng, PRINT))
    return photographed(rng, page, rng.uniform(0.6, 1)) if number % 2 else page


def turned_page(rng: np.random.Generator, number: int) -> Sheet:
    """A page turned by 90, 180 or 270 degrees, in rotation."""
    page = letter(rng, int(rng.integers(6, 12)), int(rng.integers(16, 28)), choose(rng, PRINT))
    page = turned(page, 1 + number % 3)
    return photographed(rng, page, rng.uniform(0.6, 1)) if number % 2 else page


def skewed_page(rng: np.random.Generator, number: int) -> Sheet:
    """A page laid askew by 5 to 45 degrees, to either side."""
    page = letter(rng, int(rng.integers(6, 11)), int(rng.integers(18, 28)), choose(rng, PRINT))
    angle = (5, -10, 15, -20, 25, -30, 38, -45, 45, -38)[number % 10] + rng.uniform(-2, 2)
    page = rotated(page, float(np.clip(angle, -45, 45)), WHITE)
    return photographed(rng, page, rng.uniform(0.6, 1)) if number % 2 else page


def side_label(rng: np.random.Generator, number: int) -> Sheet:
    """A page with a label up its left or down its right border."""
    size, face = int(rng.integers(17, 24)), choose(rng, SANS)
    label = choose(rng, wording.TEXTS["side labels"])
    page = letter(rng, 8, size, choose(rng, PRINT))
    strip = Sheet.plain(round(size * 2), round(font(face, size).getlength(label) + 2 * size), WHITE)
    strip.write(label, size, size * 1.4, face, size, (60, 60, 60))
    upward = number % 2 == 0
    strip = turned(strip, 1 if upward else 3)
    height, width = max(page.height, strip.height) + 20, page.width + strip.width + 20
    sheet = Sheet.plain(height, width, WHITE)
    place(sheet, strip, 8 if upward else width - strip.width - 8, 10)
    place(sheet, page, strip.width + 16 if upward else 4, 10)
    return sheet


def narrow_columns(rng: np.random.Generator, number: int) -> Sheet:
    """Two or three columns with a gutter of hardly more than the blank between words."""
    columns, size, face = 2 + number % 2, int(rng.integers(14, 20)), choose(rng, PRINT)
    wide = round(size * rng.uniform(11, 14))
    gutter = size * rng.uniform(1.0, 1.8)
    rows = int(rng.integers(14, 22))
    step = round(size * 1.5)
    width = round(columns * wide + (columns - 1) * gutter + 4 * size)
    sheet = Sheet.plain(round(step * (rows + 2)), width, (250, 250, 250))
    for column in range(columns):
        left = 2 * size + column * (wide + gutter)
        for row in range(rows):
            text = _filling(rng, face, size, wide)
            sheet.write(text, left, step * (row + 1.5), face, size)
    return sheet


def to_the_border(rng: np.random.Generator, number: int) -> Sheet:
    """A page cut at the ink of its lines: text begins and ends at the picture's border."""
    page = letter(rng, int(rng.integers(3, 8)), int(rng.integers(18, 34)), choose(rng, PRINT))
    left, top, right, bottom = ink_box(page, WHITE)
    edge = number % 3
    return cropped(page, left - edge, top - edge, right + edge, bottom + edge)


def curved_page(rng: np.random.Generator, number: int) -> Sheet:
    """A page of an open book: lines rise and fall towards the fold."""
    page = letter(rng, int(rng.integers(9, 14)), int(rng.integers(20, 26)), choose(rng, ("serif", "slab", "roman")))
    height, width = page.height + 80, page.width
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    depth, phase = rng.uniform(14, 30), rng.uniform(0, 0.6)
    across = x / width
    bow = depth * np.sin(np.pi * (across + phase)) + depth * 0.6 * np.exp(-6 * across if number % 2 else 6 * across - 6)
    squeeze = width * 0.02 * np.sin(np.pi * across)
    sheet = bent(page, (x + squeeze).astype(np.float32), (y - 40 + bow).astype(np.float32), WHITE)
    shade = 1 - 0.35 * np.exp(-7 * across if number % 2 else 7 * across - 7)
    sheet.image *= shade[..., None]
    return photographed(rng, sheet, rng.uniform(0.6, 0.95))


def tilted_rows(rng: np.random.Generator, number: int) -> Sheet:
    """Names and values in two columns on a slip that hangs a little."""
    size, face = int(rng.integers(18, 26)), choose(rng, PRINT)
    rows = (
        ("Education:", f"{choose(rng, ('BA', 'MA', 'BSc'))} in {choose(rng, ('Law', 'History', 'Physics'))}"),
        ("Born:", wording.date(rng)),
        ("Phone:", f"555 {rng.integers(100, 1000):04d}"),
        ("City:", choose(rng, ("Leeds", "Cork", "Bergen", "Turin"))),
        ("Height:", f"{rng.integers(150, 200)} cm"),
        ("Joined:", wording.date(rng)),
    )
    sheet = Sheet.plain(round(size * 2 * (len(rows) + 1)), size * 30, WHITE)
    for row, (name, value) in enumerate(rows):
        baseline = size * 2 * (row + 1)
        sheet.write(name, size, baseline, face, size)
        sheet.write(value, size * rng.uniform(14, 16), baseline, face, size, BLACK)
    sheet = rotated(sheet, float(rng.uniform(1.5, 4) * choose(rng, (-1, 1))), WHITE)
    return photographed(rng, sheet, rng.uniform(0.6, 1))


def degraded(rng: np.random.Generator, number: int) -> Sheet:
    """A small page spoiled in one way: JPEG of quality 10, blur, noise, or low contrast; in rotation."""
    page = letter(rng, 7, int(rng.integers(17, 26)), choose(rng, PRINT))
    way = number % 4
    if way == 0:
        page.image = spoiled_by_jpeg(page.image, 10)
    elif way == 1:
        page.image = cv2.GaussianBlur(page.image, (0, 0), float(rng.uniform(1.4, 2.2)))
    elif way == 2:
        page.image = np.clip(page.image * 0.8 + rng.normal(20, rng.uniform(25, 45), page.image.shape), 0, 255)
    else:
        middle, half = rng.uniform(90, 200), rng.uniform(12, 24)
        page.image = middle + (page.image / 255 - 0.5) * 2 * half + rng.normal(0, 2, page.image.shape)
    page.image = page.image.astype(np.float32)
    return page


def place(sheet: Sheet, other: Sheet, left: int, top: int) -> None:
    """Puts another sheet on this one, no pixel blended."""
    sheet.image[top : top + other.height, left : left + other.width] = other.image
    shifted = cropped(other, 0, 0, other.width, other.height)
    for line in shifted.lines:
        for part in (line, *line.words):
            part.quad[:] += (left, top)
    sheet.lines += shifted.lines


def spoiled_by_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """The picture after a JPEG file of a low quality; float32."""
    _, data = cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.float32)


def _filling(rng: np.random.Generator, face: str, size: int, wide: float) -> str:
    """Words that nearly fill a column."""
    letters, text = font(face, size), wording.words(rng, 1)
    while True:
        longer = f"{text} {wording.words(rng, 1)}"
        if letters.getlength(longer) > wide:
            return text
        text = longer
