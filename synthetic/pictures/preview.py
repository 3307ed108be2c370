"""Contact sheets: synthetic pictures beside what they say, and with their quads."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from synthetic.letters.fonts import InstalledFont, face, fonts
from synthetic.pictures.lines import render_line
from synthetic.pictures.scenes import render_scene
from synthetic.surfaces.scene import LabelledScene

_READ, _IGNORED, _START = (40, 200, 40), (40, 40, 230), (230, 120, 20)


def line_sheet(seed: int, rows: int = 25, columns: int = 4, split: str = "train") -> np.ndarray:
    """Lines and under each its text, in a plain font.

    Returns:
        BGR uint8 [66 rows, 420 columns, 3]; lines that are larger are scaled down.
    """
    rng = np.random.default_rng(seed)
    height, width = 66, 420
    sheet = Image.new("RGB", (columns * width, rows * height), (90, 110, 90))
    pen = ImageDraw.Draw(sheet)
    label = face(max(fonts(split).fonts, key=_plainness).path, 11)
    for index in range(rows * columns):
        line = render_line(rng, split)
        image = line.image_bgr
        scale = min(1.0, 48 / image.shape[0], (width - 8) / image.shape[1])
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left, top = index % columns * width + 2, index // columns * height + 2
        sheet.paste(Image.fromarray(image[..., ::-1]), (left, top))
        pen.text((left, top + 49), line.text, font=label, fill=(255, 255, 160))
    return np.asarray(sheet)[..., ::-1]


def _plainness(font: InstalledFont) -> tuple:
    """The larger, the better a font names what lines say."""
    upright = font.style in ("Regular", "Book", "Roman")
    return len(font.covered) > 350, font.kind == "text", upright, "Sans" in font.family, len(font.covered)


def scene_sheet(seed: int, rows: int = 3, columns: int = 4) -> np.ndarray:
    """Scenes in rows, each of its own seed, counting on; BGR uint8.

    Quads are green, ignored ones red, their first corners blue.
    """
    drawn = [_with_quads(render_scene(np.random.default_rng(seed + index))) for index in range(rows * columns)]
    return np.vstack([np.hstack(drawn[row * columns : (row + 1) * columns]) for row in range(rows)])


def _with_quads(scene: LabelledScene) -> np.ndarray:
    image = scene.image_bgr.copy()
    for quad, unread in zip(scene.quads, scene.ignore, strict=True):
        points = quad.round().astype(np.int32)
        cv2.polylines(image, [points], True, _IGNORED if unread else _READ, 1, cv2.LINE_AA)
        cv2.circle(image, points[0].tolist(), 2, _START, -1, cv2.LINE_AA)
    return cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_CONSTANT)
