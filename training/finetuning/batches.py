"""Batches of a user's lines, mixed with drawn ones, as a recogniser sees them at run time."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from synthetic.faults import augment
from synthetic.pictures import lines as drawing
from tflite_ocr import image
from tflite_ocr.manifest import ImageInput, TensorSpec
from training.data.stored_lines import StoredLine
from training.data.streams import Stream

_FLOAT = TensorSpec("x", (), "float32")
# Batches whose lines are sorted by width together.
_POOL = 8


@dataclass(frozen=True)
class LineFormat:
    """Format of a line as a recogniser's input."""

    input: ImageInput  # Colours, normalization and padding of the input
    height: int  # Height of its input in pixels
    stretch: float  # Width to height of its input, relative to the crop's own
    multiple: int  # The width of its input in columns is a multiple of this
    widest: int  # Number of columns of the longest lines that are trained on
    frame_width: int  # Number of columns for a frame of its output
    frames_lost: int = 0  # Number of frames that the output has less than its width has room for

    def columns(self, image_bgr: np.ndarray) -> int:
        """Width of a crop as input: resized to the height, padded to the multiple."""
        width = max(1, math.ceil(self.stretch * self.height * image_bgr.shape[1] / image_bgr.shape[0]))
        return math.ceil(width / self.multiple) * self.multiple

    def frames(self, columns: int) -> int:
        """Frames of an input."""
        return columns // self.frame_width - self.frames_lost


@dataclass(frozen=True)
class Batch:
    """Lines of about one width."""

    images: torch.Tensor  # float32 [N, C, height, W], normalized, padded on the right
    texts: tuple[str, ...]  # What they say


def collate(crops: Sequence[np.ndarray], texts: Sequence[str], line_format: LineFormat) -> Batch:
    """Makes crops, uint8 BGR [h, w, 3], to a batch, with the runtime's own code."""
    widest = max(line_format.columns(crop) for crop in crops)
    tensors = []
    for crop in crops:
        resized = image.resize_crop(
            crop, line_format.height, stretch=line_format.stretch, shrink=line_format.input.shrink
        )
        tensors.append(image.to_tensor(image.pad_crop(resized, widest, line_format.input), line_format.input, _FLOAT))
    return Batch(torch.from_numpy(np.concatenate(tensors)).permute(0, 3, 1, 2), tuple(texts))


def fixed(crops: Sequence[np.ndarray], texts: Sequence[str], line_format: LineFormat, columns: int) -> list[Batch]:
    """Batches of given lines, narrow ones first."""
    lines = sorted(zip(crops, texts, strict=True), key=lambda line: line_format.columns(line[0]))
    return list(_by_width(lines, line_format, columns))


def _by_width(lines: Sequence[tuple[np.ndarray, str]], line_format: LineFormat, columns: int) -> Iterator[Batch]:
    """Cuts lines sorted by width into batches of at most `columns` columns together, or of one line."""
    current: list[tuple[np.ndarray, str]] = []
    for line in lines:
        if current and line_format.columns(line[0]) * (len(current) + 1) > columns:
            yield collate(*zip(*current), line_format)
            current = []
        current.append(line)
    if current:
        yield collate(*zip(*current), line_format)


@dataclass(frozen=True)
class Lines:
    """What is learned from."""

    own: Sequence[StoredLine]  # The user's, each seen as often as the others, changed a little every time
    line_format: LineFormat  # Input format of the recogniser
    charset: Sequence[str]  # Drawn lines with other characters are skipped
    replay: float  # Share of drawn lines, in [0, 1)
    columns: int  # Columns of a batch, all lines together


class TuningStream(Stream):
    """Batches of the user's lines and of drawn ones."""

    def __init__(self, lines: Lines, seed: int):
        super().__init__(seed)
        self._lines, self._known = lines, frozenset(lines.charset)

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        lines, columns = self._lines, self._lines.line_format.columns
        order: list[int] = []
        while True:
            pool, total = [], 0
            while total < _POOL * lines.columns:
                if rng.random() < lines.replay:
                    line = self._drawn(rng)
                else:
                    order = order or rng.permutation(len(lines.own)).tolist()
                    chosen = lines.own[order.pop()]
                    line = augment.line(rng, chosen.varied(rng)), chosen.text
                pool.append(line)
                total += columns(line[0])
            pool.sort(key=lambda line: columns(line[0]))
            batches = list(_by_width(pool, lines.line_format, lines.columns))
            rng.shuffle(batches)
            yield from batches

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        line_format = self._lines.line_format
        while True:
            line = drawing.render_line(rng)
            if self._known.issuperset(line.text) and line_format.columns(line.image_bgr) <= line_format.widest:
                return line.image_bgr, line.text
