"""A camera moves along a wall with signs while a van drives by."""

import math

import cv2
import numpy as np

from demo.clip.layer import Layer, ShownLine
from synthetic.builtin.sheet import Sheet
from synthetic.calibration import text as synthetic

_WALL = 2.05  # widths of a frame that the wall is long
_STREETS = ("Chestnut Street", "Tanner's Row", "Harbour Lane", "St. James Square")
_SHOPS = ("Whitlock & Sons", "Corner Bakery", "Linden Pharmacy", "North Star Books")
_FIRMS = ("RAPID PARCELS", "GREEN GROCERS", "CITY LINEN", "ALPINE WATER")


class Street:
    """Signs in perspective that the camera passes, and a van that moves against it."""

    name = "street"

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], first_id: int):
        """Draws wall, signs and van; `size` is (width, height) in pixels."""
        self._width, self._height = size
        self._unit = self._height / 720
        self._wall = self._bricks(rng)
        self._signs, number = [], first_id
        shop, street, firm = (str(rng.choice(words)) for words in (_SHOPS, _STREETS, _FIRMS))
        for layer, place, lean in self._made(number, shop, street):
            self._signs.append((layer, np.array(place) * self._unit, lean))
            number += len(layer)
        self._van = self._van_of(firm, number)
        self.next_id = number + len(self._van)

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        """The frame at a share of the scene's time, 0 to 1, and its lines."""
        way = (self._wall.shape[1] - self._width) * (0.5 - 0.5 * math.cos(math.pi * share))
        sway = self._unit * 5 * math.sin(share * 21)
        move = np.float32([[1, 0, -way], [0, 1, sway - 8 * self._unit]])
        frame = cv2.warpAffine(self._wall, move, (self._width, self._height), borderMode=cv2.BORDER_REPLICATE)
        lines = []
        for layer, place, lean in self._signs:
            corners = layer.corners(place[0] - way, place[1] + sway)
            # What stands left of the middle turns its right side away, as in a photo of a row of houses.
            middle = (corners[:, 0].mean() - self._width / 2) / self._width
            turn = lean * middle * layer.height
            corners[[1, 2], 1] += np.array([turn, -turn]) * 0.35
            lines += layer.lay(frame, corners)
        left = self._width * (1.25 - 2.0 * share)
        bump = self._unit * 1.5 * math.sin(share * 90)
        return frame, lines + self._van.lay(frame, self._van.corners(left, self._height * 0.665 + bump))

    def _bricks(self, rng: np.random.Generator) -> np.ndarray:
        rows, columns = self._height + 24, round(self._width * _WALL)
        unit = self._unit
        wall = np.full((rows, columns, 3), (104, 112, 124), np.float32)
        step, course = 74 * unit, 25 * unit
        for row in range(math.ceil(rows / course)):
            for column in range(-1, math.ceil(columns / step) + 1):
                x, y = column * step + (row % 2) * step / 2, row * course
                tone = np.float32((52, 66, 108)) * rng.uniform(0.82, 1.14)
                cv2.rectangle(
                    wall,
                    (round(x), round(y)),
                    (round(x + step - 4 * unit), round(y + course - 4 * unit)),
                    tone.tolist(),
                    -1,
                    cv2.LINE_AA,
                )
        wall[round(rows * 0.86) :] = (88, 90, 92)
        wall[round(rows * 0.855) : round(rows * 0.865)] = (150, 152, 154)
        wall *= synthetic.gradient(rng, rows, columns, 0.35)
        return np.clip(wall + rng.normal(0, 2.5, wall.shape), 0, 255).astype(np.uint8)

    def _plate(self, height: int, width: int, background: tuple, edge: tuple) -> Sheet:
        u = self._unit
        sheet = Sheet.plain(round(height * u), round(width * u), background)
        sheet.box(6 * u, 6 * u, sheet.width - 7 * u, sheet.height - 7 * u, edge, max(1, round(2 * u)))
        return sheet

    def _write(self, sheet: Sheet, text: str, middle: float, baseline: float, face: str, size: float, ink) -> None:
        u = self._unit
        sheet.write(text, middle * u, baseline * u, face, round(size * u), ink, "middle")

    def _made(self, number: int, shop: str, street: str):
        """(layer, place at 720 rows, lean) of every sign, numbered from `number` on."""
        white, yellow = (240, 242, 244), (70, 205, 250)
        name = self._plate(150, 640, (46, 74, 34), (120, 190, 215))
        self._write(name, shop, 320, 78, "slab bold", 50, (190, 228, 244))
        self._write(name, "ESTABLISHED 1894", 320, 124, "sans", 27, (190, 228, 244))
        plate = self._plate(84, 420, (140, 62, 22), white)
        self._write(plate, street, 210, 56, "sans bold", 37, white)
        hours = self._plate(230, 340, (62, 56, 52), (140, 140, 140))
        for row, text in enumerate(("OPENING HOURS", "Mon-Fri 8:30-18:00", "Saturday 9-14", "Sunday closed")):
            face = "sans bold" if row == 0 else "sans"
            self._write(hours, text, 170, 52 + 50 * row, face, 30, white)
        station = self._plate(170, 520, (36, 32, 30), (36, 32, 30))
        self._write(station, "Platforms 1-6", 260, 72, "sans bold", 52, yellow)
        self._write(station, "Taxi Bus Metro", 260, 136, "sans", 42, white)
        parking = self._plate(190, 300, (150, 84, 12), white)
        self._write(parking, "PARKING", 150, 74, "sans bold", 46, white)
        self._write(parking, "2 hours free", 150, 134, "sans", 36, white)
        museum = self._plate(130, 470, (222, 232, 236), (90, 90, 90))
        self._write(museum, "City Museum", 235, 64, "serif bold", 52, (40, 32, 26))
        self._write(museum, "Tuesday to Sunday", 235, 108, "serif", 33, (40, 32, 26))
        places = [
            (name, (90, 90), 0.5),
            (plate, (830, 150), 0.35),
            (hours, (330, 275), 0.3),
            (station, (1330, 100), 0.5),
            (parking, (1020, 262), 0.4),
            (museum, (1960, 190), 0.5),
        ]
        for sheet, place, lean in places:
            yield Layer(sheet, number), place, lean
            number += len(sheet.lines)

    def _van_of(self, firm: str, number: int) -> Layer:
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
        return Layer(sheet, number, cover)
