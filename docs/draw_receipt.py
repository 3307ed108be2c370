"""Draws docs/receipt.png, the picture of the README: a receipt, and beside it what the embedded model reads in it.

python docs/draw_receipt.py
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tflite_ocr import Reader
from tflite_ocr.overlay import draw

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tests" / "golden" / "receipt.jpg"
TARGET = Path(__file__).with_name("receipt.png")
ROWS, COLUMNS = slice(38, 640), slice(84, 480)  # the paper, without most of the table under it
SCALE = 0.75
COLORS = 96  # keeps the file small


def main() -> None:
    """Reads the receipt, draws the result beside it and writes the picture."""
    image = cv2.imread(str(SOURCE))
    drawn = draw(image, Reader("edge").read(image))
    gap = np.full((ROWS.stop - ROWS.start, 12, 3), 255, np.uint8)
    seen, sheet = drawn[:, : image.shape[1]], drawn[:, image.shape[1] :]
    pair = np.hstack([seen[ROWS, COLUMNS], gap, sheet[ROWS, COLUMNS]])
    small = cv2.resize(pair, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA)
    picture = Image.fromarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB))
    picture.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
