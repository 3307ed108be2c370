"""A camera moves along a wall with signs while a van drives by."""

import math

import cv2
import numpy as np

from demo.clip.layer import TEXTS, ClipLayer, ClipScene, ShownLine
from synthetic.builtin.sheet import Sheet
from synthetic.calibration import text as synthetic

_WALL = 2.05  # widths of a frame that the wall is long


class Street(ClipScene):
    """Signs in perspective that the camera passes, and a van that moves against it."""

    name = "street"

    def _prepare(self, rng: np.random.Generator) -> None:
        self._wall = self._bricks(rng)
        shop, street, firm = (str(rng.choice(TEXTS[words])) for words in ("shops", "streets", "firms"))
        self._signs = []
        for sign in TEXTS["signs"]:
            layer = self._numbered(ClipLayer(self._sign(sign, {"shop": shop, "street": street}), 0))
            self._signs.append((layer, np.array(sign["place"]) * self._unit, sign["lean"]))
        self._van = self._numbered(self._van_of(firm))

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        passed = (self._wall.shape[1] - self._width) * (0.5 - 0.5 * math.cos(math.pi * share))
        sway = self._unit * 5 * math.sin(share * 21)
        frame, lines = self._photo_at(self._wall, passed, 8 * self._unit - sway), []
        for layer, place, lean in self._signs:
            corners = layer.corners(place[0] - passed, place[1] + sway)
            # What stands left of the middle turns its right side away, as in a photo of a row of houses.
            middle = (corners[:, 0].mean() - self._width / 2) / self._width
            turn = lean * middle * layer.height
            corners[[1, 2], 1] += np.array([turn, -turn]) * 0.35
            lines += layer.lay(frame, corners)
        left = self._width * (1.25 - 2.0 * share)
        bump = self._unit * 1.5 * math.sin(share * 90)
        return frame, lines + self._van.lay(frame, self._van.corners(left, self._height * 0.665 + bump))

    def _bricks(self, rng: np.random.Generator) -> np.ndarray:
        rows, columns, unit = self._height + 24, round(self._width * _WALL), self._unit
        wall = np.full((rows, columns, 3), (104, 112, 124), np.float32)
        step, course = 74 * unit, 25 * unit
        for row in range(math.ceil(rows / course)):
            for column in range(-1, math.ceil(columns / step) + 1):
                x, y = column * step + (row % 2) * step / 2, row * course
                tone = np.float32((52, 66, 108)) * rng.uniform(0.82, 1.14)
                end = round(x + step - 4 * unit), round(y + course - 4 * unit)
                cv2.rectangle(wall, (round(x), round(y)), end, tone.tolist(), -1, cv2.LINE_AA)
        wall[round(rows * 0.86) :] = (88, 90, 92)
        wall[round(rows * 0.855) : round(rows * 0.865)] = (150, 152, 154)
        wall *= synthetic.gradient(rng, rows, columns, 0.35)
        return np.clip(wall + rng.normal(0, 2.5, wall.shape), 0, 255).astype(np.uint8)

    def _sign(self, sign: dict, names: dict[str, str]) -> Sheet:
        u, (height, width) = self._unit, sign["size"]
        sheet = Sheet.plain(round(height * u), round(width * u), sign["color"])
        sheet.box(6 * u, 6 * u, sheet.width - 7 * u, sheet.height - 7 * u, sign["edge"], max(1, round(2 * u)))
        for text, baseline, face, size, ink in sign["lines"]:
            sheet.write(text.format(**names), width / 2 * u, baseline * u, face, round(size * u), ink, "middle")
        return sheet

    def _van_of(self, firm: str) -> ClipLayer:
        u = self._unit
        sheet = Sheet.plain(round(226 * u), round(560 * u), (238, 240, 240))
        sheet.box(10 * u, 26 * u, 130 * u, 100 * u, (120, 96, 70))  # windscreen
        sheet.box(0, 150 * u, 560 * u, 162 * u, (40, 60, 200))
        sheet.write(firm, 345 * u, 82 * u, "sans bold", round(44 * u), (40, 50, 160), "middle")
        sheet.write("call 0800 4417", 345 * u, 134 * u, "sans", round(34 * u), (50, 50, 50), "middle")
        cover = np.ones(sheet.image.shape[:2], np.float32)
        cover[round(196 * u) :] = 0
        for middle in (110, 450):
            center = round(middle * u), round(188 * u)
            cv2.circle(cover, center, round(36 * u), 1.0, -1, cv2.LINE_AA)
            cv2.circle(sheet.image, center, round(36 * u), (34, 34, 36), -1, cv2.LINE_AA)
            cv2.circle(sheet.image, center, round(16 * u), (170, 172, 174), -1, cv2.LINE_AA)
        return ClipLayer(sheet, 0, cover)
