"""The scenes of the built-in set, and its words.

sheets.json has what is written on the papers and signs of each scene: a sheet is its size (height, width), its colour
(BGR), calls of Sheet's methods, and, unless it is scanned, where its corners lie in the picture and how dark its shadow
is.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from synthetic.builtin.sheet import FACES, Color, Sheet, font
from synthetic.calibration import text as synthetic

Background = Callable[[np.random.Generator], np.ndarray]  # gives BGR float32 [h, w, 3]
WORDS = (
    "Bakery|OPEN|closed|Entrance|EXIT|Pharmacy|24h|Parking|Hotel|Platform|No. 17|$4.99|MUSEUM|Theatre|Lunch|Espresso|"
    "SALE|50%|Caution|Fragile|Library|Reception|Gate B12|07:45|Quay 3|Elevator|Private|Danger|Welcome|Toilets|"
    "Maxwell|Jubilee|KM 482|Bridge|Harbour|Sunday|Flowers|Books|GALLERY|Organic|Ticket|Zürich|Café|Nº 5|push|PULL|"
    "Fresh|Olympia|Vintage|Records|QUEUE|Jazz|Exhibit|Wi-Fi|Cyclists|12.50|Refund|MX-5|St. James|Haircut"
).split("|")


def scanned(rng: np.random.Generator, name: str, degrees: float) -> Sheet:
    """A paper on the grey lid of a scanner, turned by some degrees, with a little unevenness of the paper."""
    page = _written(_described()[name][0])
    lid = Sheet.plain(page.height + 40, page.width + 40, (206, 205, 204))
    radians = np.deg2rad(degrees)
    turn = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    half = np.array([page.width, page.height]) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    lid.lay(page, corners @ turn + half + 20)
    rough = synthetic.texture(rng, lid.height, lid.width, 0.85)
    lid.image += (rough - rough.mean()) * 0.05
    return lid


def seen(rng: np.random.Generator, name: str, background: Background, light: float = 0.0) -> Sheet:
    """Papers and signs before a background, in uneven light that varies by up to `light`."""
    view = Sheet(background(rng))
    for described in _described()[name]:
        view.lay(_written(described), described["corners"], described.get("shadow", 0.0))
    if light:
        view.image *= synthetic.gradient(rng, view.height, view.width, light)
    return view


def poster(rng: np.random.Generator, name: str) -> Sheet:
    """A poster in loud colours, hung askew on a wall."""
    (described,) = _described()[name]
    night = synthetic.texture(rng, *described["size"], 0.3)
    sheet = Sheet(np.clip((night - 128) * 0.35 + np.array([110, 45, 70]), 0, 255).astype(np.float32))
    cv2.circle(sheet.image, (610, 245), 85, (60, 120, 240), -1, cv2.LINE_AA)
    wall = Sheet(bricks(rng, 900, 860) * 0.85)
    wall.lay(_written(described, sheet), described["corners"], described["shadow"])
    return wall


def word(rng: np.random.Generator, text: str) -> np.ndarray:
    """A word cut out of a photo: any font, colour, background and angle; BGR [h, w, 3], float32 in [0, 255]."""
    face, size = str(rng.choice(list(FACES))), int(np.exp(rng.uniform(np.log(9), np.log(44))))
    background, ink = synthetic.color_pair(rng, rng.uniform(0.12, 0.7))
    margin = round(size * rng.uniform(0.15, 0.4))
    sheet = Sheet.plain(
        round(size * 1.1) + 2 * margin, round(font(face, size).getlength(text)) + 2 * margin, background
    )
    if rng.random() < 0.6:
        rough = synthetic.texture(rng, sheet.height, sheet.width, rng.uniform(0.3, 0.8))
        sheet.image += (rough - rough.mean()) * rng.uniform(0.2, 0.9)
    sheet.write(text, margin, margin + size * 0.9, face, size, tuple(ink.tolist()))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (sheet.width, sheet.height)
    turned = cv2.getRotationMatrix2D((sheet.width / 2, sheet.height / 2), float(rng.normal(0, 6)), 1.0)
    moved = corners @ turned[:, :2].T + turned[:, 2] + rng.normal(0, 0.08 * sheet.height, (4, 2))
    low, high = moved.min(axis=0), moved.max(axis=0)
    crop = Sheet.plain(*(int(side) for side in np.ceil(high - low)[::-1]), tuple(background.tolist()))
    crop.lay(sheet, moved - low)
    return crop.image * synthetic.gradient(rng, crop.height, crop.width, rng.uniform(0, 0.3))


@cache
def _described() -> dict[str, list[dict]]:
    return json.loads(Path(__file__).with_name("sheets.json").read_text(encoding="utf-8"))


def _written(described: dict, sheet: Sheet | None = None) -> Sheet:
    """A described sheet, or what stands on it on another one."""
    sheet = sheet or Sheet.plain(*described["size"], described["color"])
    for name, *given in described["draw"]:
        if name in _MARKS:
            _MARKS[name](sheet, *given)
        else:
            getattr(sheet, name)(*given)
    return sheet


def _arrow(sheet: Sheet, x: int, y: int, ink: Color) -> None:
    cv2.arrowedLine(sheet.image, (x - 24, y), (x + 26, y), ink, 8, cv2.LINE_AA, tipLength=0.45)


def _dashes(sheet: Sheet, y: float, left: int, right: int) -> None:
    for x in range(left, right - 8, 16):
        sheet.rule(x, y, x + 8, y, 1)


_MARKS = {"arrow": _arrow, "dashes": _dashes}


def hall(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A hall out of focus: lamps under the ceiling, pillars, people far away; BGR float32."""
    view = synthetic.texture(rng, height, width, 0.45) * 0.6 + 30
    middle = (width // 2, round(height * 0.6))
    for row in range(1, 5):
        for x in range(-4, 5):
            at = (round(middle[0] + x * width * 0.09 * row), round(middle[1] - height * 0.15 * row))
            cv2.ellipse(view, at, (9 * row, 3 * row), 0, 0, 360, (225, 240, 245), -1, cv2.LINE_AA)
    for x in (0.08, 0.3, 0.72, 0.95):
        broad = round(12 + 60 * abs(x - 0.5))
        top_left, bottom_right = (round(x * width), round(height * 0.1)), (round(x * width) + broad, height)
        cv2.rectangle(view, top_left, bottom_right, (105, 110, 118), -1)
    for _ in range(14):
        x, y, tall = rng.uniform(0, width), height * rng.uniform(0.72, 0.95), rng.uniform(40, 90)
        color = rng.uniform(15, 110, 3).tolist()
        cv2.ellipse(view, (round(x), round(y)), (round(tall / 5), round(tall / 2)), 0, 0, 360, color, -1, cv2.LINE_AA)
        cv2.circle(view, (round(x), round(y - tall * 0.6)), round(tall / 8), (110, 130, 170), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(view, (0, 0), 3.5)


def bricks(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A wall of bricks, each of a shade of its own, with joints; BGR float32."""
    wall = np.empty((height, width, 3), np.float32)
    wall[:] = (150, 160, 168)
    tall, broad = 34, 92
    for row, y in enumerate(range(0, height, tall)):
        for x in range(-(broad // 2) * (row % 2), width, broad):
            shade = np.array([62, 78, 138]) * rng.uniform(0.75, 1.2) + rng.normal(0, 6, 3)
            wall[y + 2 : y + tall - 2, max(0, x + 2) : x + broad - 2] = shade
    rough = synthetic.texture(rng, height, width, 0.9)
    return cv2.GaussianBlur(np.clip(wall + (rough - rough.mean()) * 0.5, 0, 255), (0, 0), 0.8)
