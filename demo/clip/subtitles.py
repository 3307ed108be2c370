"""Subtitles over a photograph across which the camera moves slowly."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np

from demo.clip.layer import TEXTS, ClipScene, ShownLine, lettering, turn
from synthetic.builtin.sheet import Sheet
from synthetic.calibration import text as synthetic

# Of those that scikit-image brings: a cup of coffee (Pikolo Espresso Bar and Rachel Michetti, CC0), without text.
_PHOTO = "coffee.png"


class Subtitles(ClipScene):
    """White letters with a dark edge, as in films, and a mark in the corner that stays."""

    name = "subtitles"

    def _prepare(self, rng: np.random.Generator) -> None:
        self._photo, u = _photo(rng, round(self._width * 1.18), round(self._height * 1.18)), self._unit
        self._talk = []
        for texts in TEXTS["talk"]:
            lines = [(text, None, 48 + 58 * row, "sans bold", 44, "middle") for row, text in enumerate(texts)]
            self._talk.append(self._lettered(130, lines, (255, 255, 255), outline=3))
        mark = Sheet.plain(round(60 * u), round(300 * u), (255, 255, 255))
        mark.write("CHANNEL 9", 150 * u, 44 * u, "sans bold", round(38 * u), (0, 0, 0), "middle")
        self._mark = self._numbered(lettering(mark, (235, 235, 235), 0, max(1, round(2 * u))))

    def draw(self, share: float) -> tuple[np.ndarray, list[ShownLine]]:
        rest = np.array([self._photo.shape[1] - self._width, self._photo.shape[0] - self._height])
        frame = self._photo_at(self._photo, *(rest * (0.1 + 0.8 * share) * (1, 0.6)))
        lines = self._mark.lay(frame, self._mark.corners(self._width * 0.74, self._height * 0.05))
        number, within = turn(share, len(self._talk))
        if within < 0.92:  # a short pause before the next one, as in films
            talk = self._talk[number]
            lines += talk.lay(frame, talk.corners(0, self._height * 0.79))
        return frame, lines


def _photo(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """scikit-image's photograph, or hills under a sky where it is not installed; uint8 BGR [height, width, 3]."""
    spec = importlib.util.find_spec("skimage")
    path = Path(spec.submodule_search_locations[0]) / "data" / _PHOTO if spec else None
    image = cv2.imread(str(path)) if path and path.is_file() else None
    if image is None:
        return _hills(rng, width, height)
    scale = max(width / image.shape[1], height / image.shape[0])
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    top = (image.shape[0] - height) // 2
    return np.ascontiguousarray(image[top : top + height, :width])


def _hills(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    sky = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    image = np.float32((196, 150, 96)) * (1 - sky) + np.float32((214, 224, 236)) * sky
    image = np.repeat(image, width, axis=1)
    x = np.arange(width)
    for row in range(4):
        waves = [rng.uniform(0.01, 0.05) * np.sin(x / width * rng.uniform(4, 14) + rng.uniform(0, 6)) for _ in range(3)]
        line = height * (0.45 + 0.14 * row + sum(waves))
        image[np.arange(height)[:, None] > line] = np.float32((70, 104, 82)) * (1 - 0.16 * row)
    return np.clip(image * synthetic.gradient(rng, height, width, 0.2), 0, 255).astype(np.uint8)
