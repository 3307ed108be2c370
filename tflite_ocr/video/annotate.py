"""Draws tracks into a picture's planes: outlines that move smoothly, and plates with the text above them.

Drawing into 4:2:0 does not change the other pixels, and a plate is drawn once and then copied.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.overlay import COLORS, FONT, LETTER_HEIGHT, label_text
from tflite_ocr.page import TrackedLine
from tflite_ocr.video.frames import Frame, Picture

_SMOOTHING = 0.5  # share of the step to the new quad that is taken when it is near the old one
_NEAR = 0.25  # line heights; a quad farther away has really moved and is followed at once
_LETTER_SHARE = 0.5  # height of a label's capitals as a share of the line's height
_KEPT_PLATES = 64


class Annotator:
    """Draws frame after frame; remembers where tracks were, and the plates of their texts."""

    def __init__(self, width: int, height: int):
        """For pictures of a size in pixels."""
        self._size = width, height
        self._letter_px = max(9, round(height / 48)), max(10, round(height / 22))
        self._outline = max(2, round(height / 360))
        self._quads: dict[int, np.ndarray] = {}
        self._letters: dict[int, int] = {}
        self._plates: dict[tuple[str, int, int], Picture] = {}

    def draw(self, frame: Frame, lines: Sequence[TrackedLine]) -> Frame:
        """A copy of `frame` with the lines drawn in."""
        self._follow(lines)
        if not lines:
            return frame
        picture = Picture(frame.picture.data.copy(), frame.picture.width, frame.picture.height)
        y, u, v = picture.planes()
        for line in lines:
            luma, blue, red = _yuv(line.track)
            corners = self._quads[line.track]
            cv2.polylines(y, [np.rint(corners).astype(np.int32)], True, (luma,), self._outline, cv2.LINE_AA)
            for plane, value in ((u, blue), (v, red)):
                outline = [np.rint(corners / 2).astype(np.int32)]
                cv2.polylines(plane, outline, True, (value,), max(1, self._outline // 2))
        taken: list[Box] = []
        for line in lines:
            self._place(picture, line, taken)
        return Frame(frame.index, frame.time_s, frame.duration_s, picture)

    def _follow(self, lines: Sequence[TrackedLine]) -> None:
        """Moves the remembered quads: jitter is smoothed, movement is not delayed."""
        quads = {}
        for line in lines:
            target, old = np.array(line.quad, np.float32), self._quads.get(line.track)
            if old is not None:
                height = max(1.0, float(np.linalg.norm(target[3] - target[0])))
                if np.abs(target - old).max() < _NEAR * height:
                    target = old + _SMOOTHING * (target - old)
            quads[line.track] = target
        self._quads = quads

    def _place(self, picture: Picture, line: TrackedLine, taken: list[Box]) -> None:
        """Copies a line's plate above its quad, or below it where that is outside or another plate lies there."""
        plate = self._plate(line)
        height, width = plate.height, plate.width
        low, high = self._quads[line.track].min(axis=0), self._quads[line.track].max(axis=0)
        left = int(np.clip(low[0] - self._outline, 0, max(0, self._size[0] - width))) // 2 * 2
        places = [int(low[1]) - height - self._outline, int(high[1]) + self._outline + 1]
        places = [top // 2 * 2 for top in places if 0 <= top and top + height <= self._size[1]] or [0]
        boxes = [Box(left, top, left + width, top + height) for top in places]
        taken.append(next((box for box in boxes if not any(map(box.overlap, taken))), boxes[0]))
        top = taken[-1].top
        for target, source, step in zip(picture.planes(), plate.planes(), (1, 2, 2), strict=True):
            rows, columns = source.shape
            area = target[top // step : top // step + rows, left // step : left // step + columns]
            area[:] = source[: area.shape[0], : area.shape[1]]

    def _plate(self, line: TrackedLine) -> Picture:
        """The plate of a line; letters keep their size while the height of a track varies a little."""
        quad = self._quads[line.track]
        wanted = float(np.linalg.norm(quad[3] - quad[0])) * _LETTER_SHARE
        letter = int(np.clip(round(wanted / 2) * 2, *self._letter_px))
        if abs(self._letters.get(line.track, -99) - letter) > 3:
            self._letters[line.track] = letter
        key = line.text, self._letters[line.track], line.track
        if key not in self._plates:
            if len(self._plates) >= _KEPT_PLATES:
                self._plates.pop(next(iter(self._plates)))
            self._plates[key] = _drawn_plate(*key, self._size[0])
            self._letters = {track: size for track, size in self._letters.items() if track in self._quads}
        return self._plates[key]


def _drawn_plate(text: str, letter_px: int, track: int, widest: int) -> Picture:
    """White text on a plate of the track's colour; even sides, at most `widest` pixels wide."""
    text, scale = label_text(text, track), letter_px / LETTER_HEIGHT
    thickness = 2 if letter_px > 15 else 1
    (width, height), below = cv2.getTextSize(text, FONT, scale, thickness)
    margin = max(3, letter_px // 4)
    if width > widest - 2 * margin - 1:
        scale *= (widest - 2 * margin - 1) / width
        (width, height), below = cv2.getTextSize(text, FONT, scale, thickness)
    rows, columns = (height + below // 2 + 2 * margin + 1) // 2 * 2, (width + 2 * margin + 1) // 2 * 2
    image = np.full((rows, min(columns, widest // 2 * 2), 3), _color(track), np.uint8)
    cv2.putText(image, text, (margin, margin + height), FONT, scale, (255, 255, 255), thickness, cv2.LINE_AA)
    return Picture.from_bgr(image)


def _color(track: int) -> tuple[int, int, int]:
    return COLORS[track % len(COLORS)]


def _yuv(track: int) -> tuple[int, int, int]:
    pixel = Picture.from_bgr(np.full((2, 2, 3), _color(track), np.uint8)).data
    return int(pixel[0, 0]), int(pixel[2, 0]), int(pixel[2, 1])
