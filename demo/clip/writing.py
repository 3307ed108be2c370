"""Scenes whose text stands still, scrolls or changes: credits, slides, a board with a ticker."""

import numpy as np

from demo.clip.layer import TEXTS, ClipLayer, ClipScene, ShownLine, lettering, turn
from synthetic.builtin.sheet import Sheet, font
from synthetic.calibration import text as synthetic

_FADE = 0.16  # of a slide's time


class Credits(ClipScene):
    """Names that scroll upwards over a dark background."""

    name = "credits"

    def _prepare(self, rng: np.random.Generator) -> None:
        lines = []
        for row, (role, person) in enumerate(zip(TEXTS["roles"], rng.permutation(TEXTS["people"]), strict=False)):
            lines.append((role, None, 90 + 150 * row, "sans", 29, "middle"))
            lines.append((str(person), None, 146 + 150 * row, "serif bold", 50, "middle"))
        self._roll = self._lettered(1250, lines, (225, 232, 236))
        background = np.full((self._height, self._width, 3), (44, 30, 22), np.float32)
        self._background = np.clip(background * synthetic.gradient(rng, self._height, self._width, 0.5), 0, 255)

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        frame = self._background.astype(np.uint8)
        top = self._height * 0.9 - share * (self._roll.height + self._height * 0.55)
        return frame, self._roll.lay(frame, self._roll.corners(0, top))


class Slides(ClipScene):
    """Slides that fade into each other, their points one after the other."""

    name = "slides"

    def _prepare(self, rng: np.random.Generator) -> None:
        tint, u = rng.uniform(0.97, 1.03, 3), self._unit
        self._slides = [
            [self._line(row, text) for row, text in enumerate((title, *points))] for title, points in TEXTS["slides"]
        ]
        sheet = Sheet.plain(self._height, self._width, tuple(np.clip(np.array([246, 244, 240]) * tint, 0, 255)))
        sheet.box(0, 0, self._width, 16 * u, (150, 96, 30))
        sheet.box(70 * u, 212 * u, 330 * u, 218 * u, (150, 96, 30))
        self._background = np.clip(sheet.image, 0, 255).astype(np.uint8)

    def _line(self, row: int, text: str) -> ClipLayer:
        face, size, left = ("sans bold", 64, 70) if row == 0 else ("sans", 44, 120)
        return self._lettered(110, [(text, left, 76, face, size, "left")], (40, 34, 30))

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        frame, lines = self._background.copy(), []
        number, within = turn(share, len(self._slides))
        for row, layer in enumerate(self._slides[number]):
            opacity = min(1.0, max(0.0, (within - 0.1 * row) / _FADE), max(0.0, (1 - within) / 0.08))
            top = (150, 260, 370, 480)[row] * self._unit - layer.height / 2
            lines += layer.lay(frame, layer.corners(0, top), opacity)
        return frame, lines


class Board(ClipScene):
    """Departures on a board, whose rows change, above a ticker that runs to the left."""

    name = "board"
    _CHANGES = 3  # times that a row shows something new

    def _prepare(self, rng: np.random.Generator) -> None:
        heading = [("Departures", 70, 74, "sans bold", 54, "left")]
        self._head = self._lettered(100, heading, (80, 214, 250))
        self._rows = [self._departures(rng) for _ in range(self._CHANGES)]
        self._ticker = self._numbered(self._running())
        self._background = np.full((self._height, self._width, 3), (40, 30, 24), np.uint8)
        self._background[round(620 * self._unit) :] = (30, 44, 150)

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        frame = self._background.copy()
        lines = self._head.lay(frame, self._head.corners(0, 24 * self._unit))
        number, within = turn(share, self._CHANGES)
        rows, opacity = self._rows[number], min(1.0, within / 0.05, (1 - within) / 0.05)
        lines += rows.lay(frame, rows.corners(0, 140 * self._unit), opacity)
        left = self._width * 0.8 - share * (self._ticker.width + self._width * 0.2)
        return frame, lines + self._ticker.lay(frame, self._ticker.corners(left, 626 * self._unit))

    def _departures(self, rng: np.random.Generator) -> ClipLayer:
        towns, hour, lines = rng.choice(TEXTS["towns"], 5, replace=False), int(rng.integers(7, 20)), []
        for row, town in enumerate(towns):
            texts = f"{hour:02d}:{7 + 11 * row:02d}", str(town), f"Gate {rng.integers(1, 40)}"
            for text, left in zip(texts, (70, 420, 960), strict=True):
                lines.append((text, left, 64 + 86 * row, "sans bold" if left == 420 else "sans", 46, "left"))
        return self._lettered(440, lines, (236, 238, 240))

    def _running(self) -> ClipLayer:
        u, size = self._unit, round(42 * self._unit)
        letters, gap = font("sans bold", size), round(160 * u)
        width = sum(round(letters.getlength(text)) + gap for text in TEXTS["ticker"])
        sheet, left = Sheet.plain(round(84 * u), width, (255, 255, 255)), gap / 2
        for text in TEXTS["ticker"]:
            left = sheet.write(text, left, 58 * u, "sans bold", size, (0, 0, 0)) + gap
        return lettering(sheet, (244, 246, 248), 0)
