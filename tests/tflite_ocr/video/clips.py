"""Small clips and a stand-in for the networks, for the tests of this folder."""

import subprocess
import types

import cv2
import numpy as np
import pytest

pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed (the [video] extra brings it)")

from tflite_ocr.page import TextLine
from tflite_ocr.video import ffmpeg
from tflite_ocr.video.reading import VideoOptions, VideoReading

PROGRAM = ffmpeg.executable()


def run_ffmpeg(*arguments):
    subprocess.run([PROGRAM, "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def encode(path, pictures, *more):
    """BGR pictures of one size as a video of 20 frames a second; `more` are options of the output."""
    height, width = pictures[0].shape[:2]
    subprocess.run(
        [
            PROGRAM,
            "-v",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "bgr24",
            "-s",
            f"{width}x{height}",
            "-r",
            "20",
            "-i",
            "pipe:0",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-crf",
            "12",
            *more,
            str(path),
        ],
        input=b"".join(picture.tobytes() for picture in pictures),
        check=True,
    )
    return path


def page(*texts, width=320, height=160):
    """White text on grey; a text is (words, x, y of the baseline)."""
    picture = np.full((height, width, 3), 90, np.uint8)
    for words, x, y in texts:
        cv2.putText(picture, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2, cv2.LINE_AA)
    return picture


class StandIn:
    """Finds bright bars of letters, and reads each by the words that look most like it."""

    threads = 2

    def __init__(self, *words):
        self.looks = {word: self._look(page((word, 20, 60))) for word in words}
        self.searches = self.parts = self.crops = 0

    def whole(self):
        return self.find

    def part(self, width, height):
        return self.find_in_part

    def find(self, image):
        self.searches += 1
        return self.boxes(image)

    @staticmethod
    def boxes(image):
        bright = (image[..., 1] > 150).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(bright, np.ones((9, 25), np.uint8)))
        boxes = [(x, y, x + w - 1, y + h - 1) for x, y, w, h, _ in stats[1:count].tolist()]
        return [np.float32([(a, b), (c, b), (c, d), (a, d)]) for a, b, c, d in boxes]

    def find_in_part(self, image):
        self.parts += 1
        return self.boxes(image)

    def read_quads(self, image, quads):
        self.crops += len(quads)
        lines = []
        for quad in quads:
            (left, top), (right, bottom) = quad[0].astype(int), quad[2].astype(int)
            look = self._look(image[max(0, top) : bottom + 1, max(0, left) : right + 1])
            scores = {word: float((look * other).mean()) for word, other in self.looks.items()}
            word = max(scores, key=scores.__getitem__)
            lines.append(TextLine(word, 0.99, tuple(map(tuple, quad.tolist()))) if scores[word] > 0.7 else None)
        return lines

    @staticmethod
    def _look(crop):
        rows, columns = np.nonzero(crop[..., 1] > 150)
        if len(rows) == 0:
            return np.zeros((16, 64))
        ink = crop[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1, 1]
        small = cv2.resize(ink, (64, 16), interpolation=cv2.INTER_AREA).astype(np.float64)
        return (small - small.mean()) / max(small.std(), 1e-6)


def reading(path, stand_in, **options):
    return VideoReading(types.SimpleNamespace(threads=2), path, VideoOptions(**options), stand_in)
