"""Draws the golden pages that are not photographs: python -m tests.golden.draw FOLDER writes them there.

Kept beside them to say how they came about; equal versions of Pillow and matplotlib draw equal pictures.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.calibration import text as synthetic
from synthetic.everyday import drawing, plates

_SEED = 1909


def photo(rng: np.random.Generator) -> Sheet:
    """Three signs on a wall."""
    wall = drawing.surroundings(rng, 540, 760)
    for texts, face, background, ink, place in (
        (("Brook Lane", "leading to Mill Close"), "sans bold", (150, 60, 20), (250, 250, 250), (60, 60, 400, 180)),
        (("FRESH COFFEE", "Mon - Sat 7:30 - 18:00"), "slab", (40, 60, 45), (215, 235, 240), (380, 230, 690, 350)),
        (("No parking",), "sans", (245, 245, 245), (40, 40, 190), (110, 360, 300, 430)),
    ):
        board = Sheet.plain(60 + 80 * len(texts), 700, background)
        for row, text in enumerate(texts):
            board.write(text, 350, 90 + 80 * row, face, 56 - 8 * row, ink, "middle")
        wall.lay(board, drawing.askew(rng, place, 12), shadow=0.4)
    wall.image *= synthetic.gradient(rng, wall.height, wall.width, 0.3)
    return drawing.photographed(rng, wall, 0.6)


def receipt(rng: np.random.Generator) -> Sheet:
    """A till receipt on a table."""
    slip = Sheet.plain(640, 400, (248, 250, 250))
    rows = (
        ("HARVEST CORNER", None),
        ("12 Orchard Street", None),
        ("Oat milk 1L", "2.19"),
        ("Brown bread", "3.40"),
        ("Tomatoes 0.624 kg", "1.87"),
        ("Dark chocolate", "2.99"),
        ("Carrier bag", "0.20"),
        ("TOTAL", "10.65"),
        ("CASH", "20.00"),
        ("CHANGE", "9.35"),
        ("14/03/2026 17:22", None),
        ("Thank you", None),
    )
    for index, (name, value) in enumerate(rows):
        y = 60 + 48 * index
        if value is None and index != 10:
            slip.write(name, 200, y, "mono bold", 24, (50, 50, 50), "middle")
            continue
        slip.write(name, 24, y, "mono", 21, (60, 60, 60))
        if value:
            slip.write(value, 376, y, "mono", 21, (60, 60, 60), "right")
    table = drawing.surroundings(rng, 720, 560, 0.8)
    table.lay(slip, drawing.askew(rng, (80, 40, 480, 680), 16), shadow=0.4)
    return drawing.photographed(rng, table, 0.7)


def screenshot(rng: np.random.Generator) -> Sheet:
    """Settings of a program, pixels as the screen has them."""
    sheet = Sheet.plain(360, 640, (243, 243, 243))
    sheet.box(0, 0, 640, 34, (95, 60, 30))
    sheet.write("Network settings", 14, 23, "sans bold", 15, (255, 255, 255))
    rows = (
        ("Host name:", "reading-room-04"),
        ("Address:", "192.168.0.117"),
        ("Gateway:", "192.168.0.1"),
        ("Port:", "8080"),
        ("Timeout:", "2.5 s"),
    )
    for index, (name, value) in enumerate(rows):
        y = 76 + 40 * index
        sheet.write(name, 24, y, "sans", 15)
        sheet.box(150, y - 20, 420, y + 9, (255, 255, 255))
        sheet.write(value, 160, y, "sans", 15)
    sheet.write("Connect automatically", 50, 286, "sans", 15)
    sheet.box(24, 274, 36, 286, (120, 120, 120), 1)
    for left, text in ((420, "OK"), (520, "Cancel")):
        sheet.box(left, 312, left + 90, 342, (205, 205, 205))
        sheet.write(text, left + 45, 332, "sans", 15, align="middle")
    return sheet


def turned(rng: np.random.Generator) -> Sheet:
    """A letter that was put into the scanner sideways."""
    page = Sheet.plain(560, 620, (255, 255, 255))
    texts = (
        "Dear Ms Albright,",
        "thank you for your letter of 3 February.",
        "We have sent the missing parts today;",
        "the parcel number is 7704-1183-20.",
        "Please keep the old filter until the",
        "new one has arrived.",
        "Kind regards",
        "Tobias Lindqvist",
    )
    for row, text in enumerate(texts):
        page.write(text, 50, 80 + 58 * row, "serif", 27)
    return drawing.photographed(rng, drawing.turned(page, 1), 0.9)


def plate(rng: np.random.Generator) -> Sheet:
    """A number plate that fills the picture."""
    sheet = plates.plate(rng, "KV-482-ZR")
    scale = 0.5
    car = drawing.surroundings(rng, round(sheet.height * scale) + 24, round(sheet.width * scale) + 24, 0.5)
    place = (12, 12, 12 + sheet.width * scale, 12 + sheet.height * scale)
    car.lay(sheet, drawing.askew(rng, place, 3))
    return drawing.photographed(rng, car, 0.7)


PAGES = (photo, receipt, screenshot, turned, plate)


def main(folder: Path) -> None:
    """Writes all pictures and their texts into a folder."""
    for index, draw in enumerate(PAGES):
        sheet = draw(np.random.default_rng((_SEED, index)))
        pixels = np.clip(np.rint(sheet.image), 0, 255).astype(np.uint8)
        kind = ".png" if draw is screenshot else ".jpg"
        options = [] if kind == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 90]
        (folder / f"{draw.__name__}{kind}").write_bytes(cv2.imencode(kind, pixels, options)[1].tobytes())
        texts = "".join(f"{line.text}\n" for line in sheet.lines)
        (folder / f"{draw.__name__}.txt").write_text(texts, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
