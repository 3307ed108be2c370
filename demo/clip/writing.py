"""Scenes whose text stands still, scrolls or changes: credits, slides, a board with a ticker."""

import numpy as np

from demo.clip.layer import Layer, ShownLine, lettering
from synthetic.builtin.sheet import Sheet, font
from synthetic.calibration import text as synthetic

_PEOPLE = (
    "Ada Marlowe",
    "Jonas Petri",
    "Mina Okafor",
    "Luc Ferrand",
    "Ines Calder",
    "Theo Brandt",
    "Rosa Lindqvist",
    "Kenji Mori",
    "Paula Novak",
    "Samir Haddad",
)
_ROLES = ("DIRECTED BY", "WRITTEN BY", "CAMERA", "EDITED BY", "MUSIC", "SOUND", "LIGHT", "COSTUMES")
_TOWNS = ("Lisbon", "Oslo", "Vienna", "Porto", "Bergen", "Turin", "Malmo", "Ghent", "Bristol", "Tartu")
_SLIDES = (
    ("Quarterly review", ("Orders rose by 14 percent", "Returns fell to 2.3 percent", "Two new sites in spring")),
    ("Method", ("Measure before and after", "Change one thing at a time", "Keep the raw samples")),
    ("Next steps", ("Train on worn labels", "Test on small devices", "Write the report by May")),
)
_FADE = 0.16  # of a slide's time


class Credits:
    """Names that scroll upwards over a dark background."""

    name = "credits"

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], first_id: int):
        """Sets the whole roll; `size` is (width, height) in pixels."""
        self._width, self._height = size
        unit = self._height / 720
        people = rng.permutation(_PEOPLE)
        roll = Sheet.plain(round(1250 * unit), self._width, (255, 255, 255))
        for row, role in enumerate(_ROLES):
            y = (90 + 150 * row) * unit
            roll.write(role, self._width / 2, y, "sans", round(29 * unit), (0, 0, 0), "middle")
            roll.write(
                str(people[row]), self._width / 2, y + 56 * unit, "serif bold", round(50 * unit), (0, 0, 0), "middle"
            )
        self._roll = lettering(roll, (225, 232, 236), first_id)
        self.next_id = first_id + len(self._roll)
        background = np.full((self._height, self._width, 3), (44, 30, 22), np.float32)
        self._background = np.clip(background * synthetic.gradient(rng, self._height, self._width, 0.5), 0, 255)

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        """The frame at a share of the scene's time, 0 to 1, and its lines."""
        frame = self._background.astype(np.uint8)
        top = self._height * 0.9 - share * (self._roll.height + self._height * 0.55)
        return frame, self._roll.lay(frame, self._roll.corners(0, top))


class Slides:
    """Slides that fade into each other, their points one after the other."""

    name = "slides"

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], first_id: int):
        """Draws the slides; `size` is (width, height) in pixels."""
        self._width, self._height = size
        self._unit = self._height / 720
        self._slides, number = [], first_id
        tint = rng.uniform(0.97, 1.03, 3)
        for title, points in _SLIDES:
            layers = list(self._layers(title, points, number))
            number += sum(map(len, layers))
            self._slides.append(layers)
        self.next_id = number
        sheet = Sheet.plain(self._height, self._width, tuple(np.clip(np.array([246, 244, 240]) * tint, 0, 255)))
        sheet.box(0, 0, self._width, 16 * self._unit, (150, 96, 30))
        sheet.box(70 * self._unit, 212 * self._unit, 330 * self._unit, 218 * self._unit, (150, 96, 30))
        self._background = np.clip(sheet.image, 0, 255).astype(np.uint8)

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        """The frame at a share of the scene's time, 0 to 1, and its lines."""
        frame = self._background.copy()
        place = min(share, 1 - 1e-9) * len(self._slides)
        number, within = int(place), place % 1
        lines = []
        for row, layer in enumerate(self._slides[number]):
            start = 0.1 * row
            opacity = min(1.0, max(0.0, (within - start) / _FADE), max(0.0, (1 - within) / 0.08))
            lines += layer.lay(
                frame, layer.corners(0, (150, 260, 370, 480)[row] * self._unit - layer.height / 2), opacity
            )
        return frame, lines

    def _layers(self, title: str, points: tuple[str, ...], number: int):
        u = self._unit
        for row, text in enumerate((title, *points)):
            sheet = Sheet.plain(round(110 * u), self._width, (255, 255, 255))
            face, size, left = ("sans bold", 64, 70) if row == 0 else ("sans", 44, 120)
            sheet.write(text, left * u, 76 * u, face, round(size * u), (0, 0, 0))
            yield lettering(sheet, (40, 34, 30), number)
            number += 1


class Board:
    """Departures on a board, whose rows change, above a ticker that runs to the left."""

    name = "board"
    _CHANGES = 3  # times that a row shows something new

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], first_id: int):
        """Draws rows and ticker; `size` is (width, height) in pixels."""
        self._width, self._height = size
        u = self._unit = self._height / 720
        number = first_id
        head = Sheet.plain(round(100 * u), self._width, (255, 255, 255))
        head.write("Departures", 70 * u, 74 * u, "sans bold", round(54 * u), (0, 0, 0))
        self._head = lettering(head, (80, 214, 250), number)
        number += 1
        self._rows = []
        for _ in range(self._CHANGES):
            sheet = self._departures(rng)
            self._rows.append(lettering(sheet, (236, 238, 240), number))
            number += len(sheet.lines)
        text = "Line 4 runs every ten minutes   *   Mind the gap   *   Lost property is on level 2"
        self._ticker = self._running(text.split("   *   "), number)
        self.next_id = number + len(self._ticker)
        self._background = np.full((self._height, self._width, 3), (40, 30, 24), np.uint8)
        self._background[round(620 * u) :] = (30, 44, 150)

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        """The frame at a share of the scene's time, 0 to 1, and its lines."""
        frame = self._background.copy()
        lines = self._head.lay(frame, self._head.corners(0, 24 * self._unit))
        place = min(share, 1 - 1e-9) * self._CHANGES
        rows, within = self._rows[int(place)], place % 1
        opacity = min(1.0, within / 0.05, (1 - within) / 0.05)
        lines += rows.lay(frame, rows.corners(0, 140 * self._unit), opacity)
        left = self._width * 0.8 - share * (self._ticker.width + self._width * 0.2)
        return frame, lines + self._ticker.lay(frame, self._ticker.corners(left, 626 * self._unit))

    def _departures(self, rng: np.random.Generator) -> Sheet:
        u = self._unit
        sheet = Sheet.plain(round(440 * u), self._width, (255, 255, 255))
        towns, hour = rng.choice(_TOWNS, 5, replace=False), int(rng.integers(7, 20))
        for row, town in enumerate(towns):
            y = (64 + 86 * row) * u
            texts = f"{hour:02d}:{7 + 11 * row:02d}", str(town), f"Gate {rng.integers(1, 40)}"
            for text, left in zip(texts, (70, 420, 960), strict=True):
                sheet.write(text, left * u, y, "sans bold" if left == 420 else "sans", round(46 * u), (0, 0, 0))
        return sheet

    def _running(self, texts: list[str], number: int) -> Layer:
        u, size = self._unit, round(42 * self._unit)
        letters = font("sans bold", size)
        gap = round(160 * u)
        width = sum(round(letters.getlength(text)) + gap for text in texts)
        sheet, left = Sheet.plain(round(84 * u), width, (255, 255, 255)), gap / 2
        for text in texts:
            left = sheet.write(text, left, 58 * u, "sans bold", size, (0, 0, 0)) + gap
        return lettering(sheet, (244, 246, 248), number)
