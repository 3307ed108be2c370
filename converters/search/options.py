"""What the user may choose about a search, checked before anything runs."""

import math
from dataclasses import dataclass
from pathlib import Path

from converters.errors import ConversionError
from converters.pruning.options import CHANNEL_STEPS
from converters.search.errors import STAGE
from converters.tflite_export import INT16X8

# Of a layer, from the one that is as a rule the fastest on; float16 are kernels in half precision, computed in float32.
PRECISIONS = ("int8", INT16X8, "float16", "float32")
CHANNELS = (0.0, 0.25)
PAGES, LINES = 32, 1000


@dataclass(frozen=True)
class SearchOptions:
    """A search.

    Attributes:
        budget: Points (percent) of accuracy that may be lost against float32, on each of the sets.
        data: Folders of labelled images, see evaluation.labels; one of them with pages.
        channels: Shares of channels to take out of a network that are tried; 0 leaves it whole.
        precisions: Of PRECISIONS, those that a layer may have.
        pages: Most pages of a set that are read.
        lines: Most cropped lines of a set that are read.
        channel_steps: Steps that a network learns after its channels were taken out.
    """

    budget: float
    data: tuple[Path, ...]
    channels: tuple[float, ...] = CHANNELS
    precisions: tuple[str, ...] = PRECISIONS
    pages: int = PAGES
    lines: int = LINES
    channel_steps: int = CHANNEL_STEPS

    def __post_init__(self):
        if not (math.isfinite(self.budget) and 0 <= self.budget < 100):
            raise ConversionError(
                STAGE, f"expected a budget from 0 to below 100 points, such as 0.5, found {self.budget:g}"
            )
        if not self.data:
            raise ConversionError(STAGE, "expected folders of labelled images, found none; name them with --data")
        if not self.channels or not all(0 <= ratio < 1 for ratio in self.channels):
            raise ConversionError(
                STAGE, f"expected shares of channels from 0 to below 1, found {', '.join(map(str, self.channels))}"
            )
        if not self.precisions or set(self.precisions) - set(PRECISIONS):
            raise ConversionError(
                STAGE, f"expected some of {', '.join(PRECISIONS)}, found {', '.join(self.precisions) or 'none'}"
            )
        if self.pages < 1 or self.lines < 1:
            raise ConversionError(STAGE, f"expected at least 1 image, found {min(self.pages, self.lines)}")

    def parameters(self) -> dict:
        """What the result depends on, as JSON values."""
        return {
            "budget": self.budget,
            "channels": list(self.channels),
            "precisions": list(self.precisions),
            "pages": self.pages,
            "lines": self.lines,
            "channel_steps": self.channel_steps,
        }

    def __str__(self) -> str:
        return f"{self.budget:g} points on {', '.join(folder.resolve().name for folder in self.data)}"
