"""Batches for the detector: random windows of stored pictures, scaled and changed."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from converters.networks.edge_detector import MAP_STRIDE
from synthetic.faults import augment
from training.data import scene_store
from training.data.detector_targets import targets
from training.data.streams import Stream

_REAL = "real_"
_RELIST = 200  # batches after which a store is listed again


@dataclass(frozen=True)
class DetectorBatch:
    """Windows with their targets."""

    images: torch.Tensor  # uint8 [N, 3, S, S], BGR
    targets: torch.Tensor  # float32 [N, 1, S / 2, S / 2], probabilities to learn
    weights: torch.Tensor  # float32, like the targets


@dataclass(frozen=True)
class DetectorMixture:
    """What is drawn."""

    store: Path  # Folder of a scene store
    size: int = 480  # Side of the windows in pixels, a multiple of 32
    batch: int = 8  # Windows a batch
    real: float = 0.5  # Share of the windows that come from real pages, where the store has some
    held: int = 4  # Percent of the store's pictures, by their names, that are never trained on


def window(
    rng: np.random.Generator, taught: scene_store.Taught, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A random window of a picture at a random scale.

    Returns:
        uint8 [size, size, 3], and target and weight, float32 [size / 2, size / 2].
    """
    scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.6))))
    turn = float(rng.normal(0, 4)) if rng.random() < 0.4 else 0.0
    height, width = taught.image_bgr.shape[:2]
    half = size / scale / 2
    # The middle is drawn so that the window covers as much of the picture as it can.
    x = rng.uniform(min(half, width / 2), max(width - half, width / 2))
    y = rng.uniform(min(half, height / 2), max(height - half, height / 2))
    matrix = cv2.getRotationMatrix2D((x, y), turn, scale)
    matrix[:, 2] += size / 2 - np.array([x, y])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = cv2.warpAffine(taught.image_bgr, matrix, (size, size), flags=flags, borderValue=(128, 128, 128))
    # Pixel centres: the map's pixel i covers the image's pixels 2 i and 2 i + 1.
    shift = 0.5 / MAP_STRIDE - 0.5
    to_map = np.float64([[1 / MAP_STRIDE, 0, shift], [0, 1 / MAP_STRIDE, shift], [0, 0, 1]])
    full = np.vstack([matrix, [0, 0, 1]])
    map_matrix = (to_map @ full @ np.linalg.inv(to_map))[:2]
    side = size // MAP_STRIDE
    teacher = cv2.warpAffine(taught.teacher.astype(np.float32) / 255, map_matrix, (side, side))
    corners = taught.quads.reshape(-1, 2) @ matrix[:, :2].T + matrix[:, 2]
    quads = (corners / MAP_STRIDE + shift).astype(np.float32).reshape(-1, 4, 2)
    target, weight = targets(teacher, quads, taught.ignore, taught.complete)
    return picture, target, weight


class WindowStream(Stream):
    """Batches of the pictures that are trained on."""

    def __init__(self, mixture: DetectorMixture, seed: int):
        super().__init__(seed)
        self._mixture = mixture

    def batches(self, rng: np.random.Generator) -> Iterator[DetectorBatch]:
        while True:
            # The folder is listed anew: it may be filled while the training runs.
            kinds = split(self._mixture)[0]
            for _ in range(_RELIST):
                chosen = [self._choose(rng, kinds) for _ in range(self._mixture.batch)]
                yield collate([self._draw(rng, path) for path in chosen])

    def _choose(self, rng: np.random.Generator, kinds: dict[bool, list[Path]]) -> Path:
        real = rng.random() < self._mixture.real
        paths = kinds[real] or kinds[not real]
        return paths[int(rng.integers(len(paths)))]

    def _draw(self, rng: np.random.Generator, path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        picture, target, weight = window(rng, scene_store.load(path), self._mixture.size)
        return augment.scene(rng, picture), target, weight


def split(mixture: DetectorMixture) -> tuple[dict[bool, list[Path]], list[Path]]:
    """The pictures of a store that are trained on, real and drawn ones (True and False), and those that are not."""
    training: dict[bool, list[Path]] = {True: [], False: []}
    dev = []
    for path in scene_store.names(mixture.store):
        if zlib.crc32(path.name.encode()) % 100 < mixture.held:
            dev.append(path)
        else:
            training[path.name.startswith(_REAL)].append(path)
    return training, dev


def collate(windows: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> DetectorBatch:
    """Stacks windows of one size."""
    images, wanted, weights = (torch.from_numpy(np.stack(part)) for part in zip(*windows, strict=True))
    return DetectorBatch(images.permute(0, 3, 1, 2), wanted[:, None], weights[:, None])


def in_batches(windows: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> list[DetectorBatch]:
    """All windows once, eight in a batch; for measuring."""
    return [collate(windows[first : first + 8]) for first in range(0, len(windows), 8)]
