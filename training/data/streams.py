"""Endless streams of batches, made in worker processes."""

import signal
from collections.abc import Iterator

import cv2
import numpy as np
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Stream(IterableDataset):
    """An endless stream of batches; equal seeds and numbers of workers give the same one.

    Args:
        seed: Seed of the stream; give another one (for example the step) when a training is resumed.
    """

    def __init__(self, seed: int):
        super().__init__()
        self._seed = seed

    def __iter__(self) -> Iterator:
        worker = get_worker_info()
        cv2.setNumThreads(1)
        if worker:
            # Ctrl-C goes to all processes; the main one writes its checkpoint first, then ends the others.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return self.batches(np.random.default_rng((self._seed, worker.id if worker else 0)))

    def batches(self, rng: np.random.Generator) -> Iterator:
        """The batches of one worker."""
        raise NotImplementedError


def loader(stream: Stream, workers: int) -> DataLoader:
    """Batches from `workers` processes, or from this one where that is 0."""
    if not workers:
        return DataLoader(stream, batch_size=None)
    # A forked process hangs in OpenCV when its parent has already used OpenCV's threads.
    return DataLoader(stream, batch_size=None, num_workers=workers, prefetch_factor=4, multiprocessing_context="spawn")
