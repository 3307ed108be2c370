"""Clips for measuring the video reader: text that moves, and slides on which little changes."""

import os
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np

from synthetic.builtin.sheet import Sheet
from tflite_ocr.video.encode import Encoder
from tflite_ocr.video.frames import Frame, Picture, VideoInfo
from tflite_ocr.video.source import VideoSource

WIDTH, HEIGHT, RATE = 1280, 720, 30  # pixels and frames a second
_WHITE, _DARK = (255, 255, 255), (30, 30, 30)
# Text, size in pixels, ink and board (BGR), and where the board is at first.
_SIGNS = (
    ("CITY CENTRE", 48, _WHITE, (140, 70, 0), 120, 40),
    ("Exit 24", 56, _WHITE, (50, 110, 0), 760, 70),
    ("Coffee & Cake", 44, (60, 230, 250), (60, 60, 60), 180, 230),
    ("OPEN 7 DAYS", 42, _WHITE, (20, 20, 150), 700, 280),
    ("Parking 350 m", 36, _DARK, (240, 240, 240), 420, 430),
)
_SUBTITLE = "We have to be there before noon."
_TICKER = "Markets rise 2.4 % after the talks  +++  Rain expected in the north  +++  Trains run again on Monday"
_SLIDES = (
    ("Quarterly review", "Revenue 4.2 million", "Costs down 7 %", "Next meeting 12 May"),
    ("Agenda", "1. Results", "2. Hiring", "3. Roadmap", "4. Questions"),
    ("Thank you", "contact@example.org"),
)


def moving(seconds: float) -> Iterator[np.ndarray]:
    """Signs that sway before a textured wall, a subtitle, and a text that runs along the lower edge; BGR uint8."""
    background = _wall()
    boards = [(_board(text, size, ink, color), left, top) for text, size, ink, color, left, top in _SIGNS]
    subtitle = _board(_SUBTITLE, 36, _WHITE, (25, 25, 25))
    ticker = _board(_TICKER, 30, _WHITE, (90, 30, 30))
    for number in range(round(seconds * RATE)):
        image, time_s = background.copy(), number / RATE
        for k, (board, left, top) in enumerate(boards):
            _put(image, board, round(left + 110 * np.sin(0.8 * time_s + k)), round(top + 25 * np.cos(0.7 * time_s + k)))
        _put(image, subtitle, 300, 580)
        _put(image, ticker, WIDTH - 4 * number % (WIDTH + ticker.shape[1]), 655)
        yield image


def slides(seconds: float, each_s: float = 5.0) -> Iterator[np.ndarray]:
    """Slides with a clock that counts seconds; BGR uint8."""
    for number in range(round(seconds * RATE)):
        if number % RATE == 0:
            time_s = number // RATE
            sheet = Sheet.plain(HEIGHT, WIDTH, (245, 245, 245))
            title, *lines = _SLIDES[int(time_s / each_s) % len(_SLIDES)]
            sheet.write(title, 100, 130, "sans bold", 60, (60, 30, 20))
            for row, line in enumerate(lines):
                sheet.write(line, 100, 240 + 90 * row, "sans", 44)
            sheet.write(f"{time_s // 60:02}:{time_s % 60:02}", 40, 690, "mono", 28, (90, 90, 90))
            image = sheet.image.astype(np.uint8)
        yield image


CLIPS = {"moving": moving, "slides": slides}


def write(program: str, path: str | os.PathLike, images: Iterator[np.ndarray]) -> None:
    """Encodes images of this module's size and rate.

    Args:
        images: BGR uint8 [HEIGHT, WIDTH, 3].

    Raises:
        VideoWriteError: It cannot be written.
    """
    info = VideoInfo(WIDTH, HEIGHT, None, RATE, Fraction(1, 15360))
    encoder = Encoder(program, path, VideoSource(os.fspath(path), (), live=True), info)
    try:
        for number, image in enumerate(images):
            encoder.write(Frame(number, number / RATE, 1 / RATE, Picture.from_bgr(image)))
        encoder.finish()
    finally:
        encoder.close()


def _wall() -> np.ndarray:
    random = np.random.default_rng(1)
    coarse = cv2.resize(
        random.uniform(60, 150, (9, 16, 3)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(random.uniform(-15, 15, (90, 160, 3)).astype(np.float32), (WIDTH, HEIGHT))
    return np.clip(coarse + fine, 0, 255).astype(np.uint8)


def _board(text: str, size: int, ink: tuple, color: tuple) -> np.ndarray:
    sheet = Sheet.plain(round(1.5 * size), 4 * WIDTH, color)
    end = sheet.write(text, size / 2, 1.08 * size, "sans bold", size, ink)
    return sheet.image[:, : round(end + size / 2)].astype(np.uint8)


def _put(image: np.ndarray, board: np.ndarray, left: int, top: int) -> None:
    """Copies a board; what is beside the image is cut."""
    start, end = max(0, left), min(WIDTH, left + board.shape[1])
    if start < end:
        image[top : top + board.shape[0], start:end] = board[:, start - left : end - left]
