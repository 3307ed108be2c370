"""Batches of lines of about equal width for the recogniser's training, made in worker processes.

There are few shapes of batches: for each of them oneDNN makes kernels of its own, and once they do not fit its cache
any more it makes them anew all the time; steps then take five to ten times as long.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from converters.networks.edge_recognizer import COLUMN_WIDTH
from converters.sources.edge import INPUT
from synthetic.faults import augment
from synthetic.letters.fonts import USES
from synthetic.pictures.foreign import foreign_line, turned
from synthetic.pictures.lines import LinePicture, render_line
from tflite_ocr import image
from training.data.real_lines import LineSample, RealLines
from training.data.streams import Stream

TEACHER_HEIGHT = 48
# Pixels at 48 pixels of height, to which lines are padded.
_WIDTHS = (64, 96, 128, 160, 192, 256, 320, 448, 640)
_GREY = 128  # what pads a crop: normalized, almost 0


@dataclass(frozen=True)
class Mixture:
    """Shares of the kinds of lines in a batch, and their sizes."""

    real: tuple[Path, ...] = ()  # Folders of labelled images
    real_share: float = 0.4  # Share of the lines that come from them
    max_width: int = 960  # Pixels at 48 pixels of height; longer lines are skipped
    pixels: int = 32 * 256  # Width of all lines of a batch together, padding included
    height: int = 32  # Height of the student's input
    narrowest: float = 1.0  # Lines are read at a width between this many times and once their own, evenly
    foreign: float = 0.05  # Share of the lines that are in other scripts, and of those that are upside down


class LineBatch(NamedTuple):
    """Lines padded on the right to one width W."""

    student: torch.Tensor  # uint8 [N, 3, height, W], BGR
    teacher: torch.Tensor  # uint8 [N, 3, 48, W], BGR
    columns: torch.Tensor  # int64 [N], columns that a line fills of W / 8
    texts: list[str | None]  # N texts, None where unknown
    cased: list[bool]  # N flags, see LineSample


def collate(samples: Sequence[LineSample], height: int, narrowest: int = 64) -> LineBatch:
    """Resizes lines and pads them to the widest."""
    widths = [line_width(sample) for sample in samples]
    wide = max(narrowest, math.ceil(max(widths) / COLUMN_WIDTH) * COLUMN_WIDTH)
    student = np.full((len(samples), height, wide, 3), _GREY, np.uint8)
    teacher = np.full((len(samples), TEACHER_HEIGHT, wide, 3), _GREY, np.uint8)
    for i, (sample, width) in enumerate(zip(samples, widths, strict=True)):
        student[i, :, :width] = image.resize_to(sample.image_bgr, height, width, INPUT.shrink)
        teacher[i, :, :width] = image.resize_to(sample.image_bgr, TEACHER_HEIGHT, width, INPUT.shrink)
    columns = torch.tensor([math.ceil(width / COLUMN_WIDTH) for width in widths])
    return LineBatch(_nchw(student), _nchw(teacher), columns, [s.text for s in samples], [s.cased for s in samples])


def by_width(samples: Sequence[LineSample], mixture: Mixture, count: int = 16) -> list[LineBatch]:
    """All lines once, those of a width together, at most `count` in a batch; for measuring."""
    shelves: dict[int, list[LineSample]] = {}
    for sample in samples:
        shelves.setdefault(_padded(line_width(sample), mixture), []).append(sample)
    return [
        collate(shelf[start : start + count], mixture.height, wide)
        for wide, shelf in sorted(shelves.items())
        for start in range(0, len(shelf), count)
    ]


def _padded(width: int, mixture: Mixture) -> int:
    """The width to which a line is padded; beyond the longest a multiple of it."""
    longest = mixture.max_width
    fitting = (wide for wide in (*_WIDTHS, longest) if width <= wide <= longest)
    return next(fitting, math.ceil(width / longest) * longest)


def line_width(sample: LineSample) -> int:
    """Width in pixels of a crop that is made 48 pixels high."""
    return image.resized_width(sample.image_bgr, TEACHER_HEIGHT, sample.stretch)


def _nchw(batch: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(batch).permute(0, 3, 1, 2)


class LineStream(Stream):
    """Batches of drawn and of real lines."""

    def __init__(self, mixture: Mixture, seed: int):
        super().__init__(seed)
        self._mixture = mixture
        self._real: RealLines | None = None

    def batches(self, rng: np.random.Generator) -> Iterator[LineBatch]:
        mixture = self._mixture
        if mixture.real and self._real is None:
            self._real = RealLines(list(mixture.real))
        shelves: dict[int, list[LineSample]] = {}
        while True:
            sample = self._sample(rng)
            width = line_width(sample)
            if width > mixture.max_width:
                continue
            wide = _padded(width, mixture)
            shelf = shelves.setdefault(wide, [])
            shelf.append(sample)
            if len(shelf) == max(1, mixture.pixels // wide):
                yield collate(shelf, mixture.height, wide)
                del shelves[wide]

    def _sample(self, rng: np.random.Generator) -> LineSample:
        stretch = float(rng.uniform(self._mixture.narrowest, 1))
        kind = rng.random()
        line = foreign_line(rng, use=USES[int(rng.integers(len(USES)))]) if kind < self._mixture.foreign else None
        if line is None:
            sample = self._latin(rng, stretch)
            if not self._mixture.foreign <= kind < 2 * self._mixture.foreign or not sample.text:
                return sample
            line = turned(LinePicture(sample.image_bgr, sample.text))
            if line is None:
                return sample
        return LineSample(line.image_bgr, line.text, stretch=stretch)

    def _latin(self, rng: np.random.Generator, stretch: float) -> LineSample:
        if self._real and rng.random() < self._mixture.real_share:
            sample = self._real.draw(rng)
            return LineSample(augment.line(rng, sample.image_bgr), sample.text, sample.cased, stretch)
        line = render_line(rng)
        return LineSample(line.image_bgr, line.text, stretch=stretch)
