"""Batches of a user's lines, mixed with drawn ones, as a recogniser sees them at run time."""

import math
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from synthetic.faults import augment
from tflite_ocr import image
from tflite_ocr.manifest import ImageInput, TensorSpec

_FLOAT = TensorSpec("x", (), "float32")
# Batches whose lines are sorted by width together.
_POOL = 8


@dataclass(frozen=True)
class LineFormat:
    """Format of a line as a recogniser's input.

    Attributes:
        input: Colours, normalization and padding of the input.
        height: Height of its input in pixels.
        stretch: Width to height of its input, relative to the crop's own.
        multiple: The width of its input in columns is a multiple of this.
        widest: Number of columns of the longest lines that are trained on.
        frame_width: Number of columns for a frame of its output.
        frames_lost: Number of frames that the output has less than its width has room for.
    """

    input: ImageInput
    height: int
    stretch: float
    multiple: int
    widest: int
    frame_width: int
    frames_lost: int = 0

    def columns(self, image_bgr: np.ndarray) -> int:
        """Width of a crop as input: resized to the height, padded to the multiple."""
        width = max(1, math.ceil(self.stretch * self.height * image_bgr.shape[1] / image_bgr.shape[0]))
        return math.ceil(width / self.multiple) * self.multiple

    def frames(self, columns: int) -> int:
        """Frames of an input."""
        return columns // self.frame_width - self.frames_lost


@dataclass(frozen=True)
class Batch:
    """Lines of about one width.

    Attributes:
        images: float32 [N, C, height, W], normalized, padded on the right.
        texts: What they say.
    """

    images: torch.Tensor
    texts: tuple[str, ...]


class Line(Protocol):
    """What batches are made of, see stored_lines.StoredLine."""

    text: str

    def varied(self, rng: np.random.Generator) -> np.ndarray:
        """A little different every time; uint8 BGR [h, w, 3]."""


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


class TuningStream(IterableDataset):
    """An endless stream of batches; equal seeds and numbers of workers give the same one.

    Args:
        lines: The user's, each seen as often as the others, changed a little every time.
        line_format: Input format of the recogniser.
        charset: Drawn lines with other characters are skipped.
        replay: Share of drawn lines, in [0, 1).
        columns: Columns of a batch, all lines together.
        seed: Seed of the stream; give another one (for example the step) when a training is resumed.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        line_format: LineFormat,
        charset: Sequence[str],
        replay: float,
        columns: int,
        seed: int,
    ):
        super().__init__()
        self._lines, self._format, self._replay, self._columns = tuple(lines), line_format, replay, columns
        self._known, self._seed = frozenset(charset), seed

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        if worker:
            cv2.setNumThreads(1)
            # Ctrl-C goes to all processes; the main one writes its checkpoint first, then ends the others.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        rng = np.random.default_rng((self._seed, worker.id if worker else 0))
        order: list[int] = []
        while True:
            pool, total = [], 0
            while total < _POOL * self._columns:
                if rng.random() < self._replay:
                    line = self._drawn(rng)
                else:
                    order = order or rng.permutation(len(self._lines)).tolist()
                    chosen = self._lines[order.pop()]
                    line = augment.line(rng, chosen.varied(rng)), chosen.text
                pool.append(line)
                total += self._format.columns(line[0])
            pool.sort(key=lambda line: self._format.columns(line[0]))
            batches = list(_by_width(pool, self._format, self._columns))
            rng.shuffle(batches)
            yield from batches

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        from synthetic.pictures.lines import render_line

        while True:
            line = render_line(rng)
            if self._known.issuperset(line.text) and self._format.columns(line.image_bgr) <= self._format.widest:
                return line.image_bgr, line.text


def loader(stream: TuningStream, workers: int) -> DataLoader:
    """Batches from `workers` processes, or from this one."""
    if not workers:
        return DataLoader(stream, batch_size=None)
    # A forked process hangs in OpenCV when its parent has already used OpenCV's threads.
    return DataLoader(stream, batch_size=None, num_workers=workers, prefetch_factor=4, multiprocessing_context="spawn")
