"""A detector's networks, planned for the last sizes of its input."""

import math
from collections import OrderedDict
from dataclasses import dataclass

from tflite_ocr.engines import Engine, Networks
from tflite_ocr.manifest import ModelFile
from tflite_ocr.memory import FreedMemory

# Networks kept planned; planning one takes about a tenth of the time of running it.
_KEPT_SIZES = 3
# After so many calls memory that they did not need is given back.
_PERIOD = 32
# A network keeps the memory of its largest size. It is loaded anew when no size of a period needed this share of it.
_NEEDED = 1 / 4


@dataclass
class _Kept:
    network: Engine
    largest: int = 0  # Number of values of the largest input so far
    needed: int = 0  # The same, of this period


class PlannedNetworks:
    """The networks of one detector. Not thread-safe: callers hold a lock."""

    def __init__(self, source: Networks, threads: int):
        self._source, self._threads = source, threads
        self._kept: OrderedDict[tuple[str, tuple[int, ...]], _Kept] = OrderedDict()
        self._freed, self._calls = FreedMemory(), 0

    def get(self, file: ModelFile, shape: tuple[int, ...]) -> Engine:
        """A network of a file, planned for a shape if it is one of the last; valid until the next call.

        Raises:
            ArtifactError, ModelContractError, MissingDependencyError: See engines.load.
        """
        self._calls += 1
        if self._calls % _PERIOD == 0:
            self._tidy()
        key = (file.path, shape)
        kept = self._kept.pop(key, None)
        if kept is None and len(self._kept) >= _KEPT_SIZES:
            (path, _), oldest = self._kept.popitem(last=False)
            kept = oldest if path == file.path else None
        if kept is None:
            kept = _Kept(self._source.load(file, self._threads))
        kept.needed = max(kept.needed, math.prod(shape))
        kept.largest = max(kept.largest, kept.needed)
        self._kept[key] = kept
        return kept.network

    def _tidy(self) -> None:
        """Ends a period."""
        for key, kept in list(self._kept.items()):
            if kept.needed < _NEEDED * kept.largest:
                del self._kept[key]
            kept.needed = 0
        self._freed.give_back()
