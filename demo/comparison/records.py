"""What one reader did with the clip: results with their times, kept as JSON."""

import json
from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from demo.errors import DemoError


@dataclass(frozen=True)
class FrameResult:
    """The text of one frame."""

    frame: int  # Number of the frame, from 0
    # When it was finished, in seconds of the clip; never before the frame was due. None where a reader that keeps up
    # with the clip would have left the frame out.
    done_s: float | None
    ms: float  # How long this frame took the reader when the clip was read
    cpu_percent: float  # Load of the process in per cent at that time; 100 is one core
    rss_mib: float  # Resident memory of the process with what it started
    gpu_percent: float | None  # Use of the GPU; None without one
    lines: list[dict]  # [{"text", "quad"}], corners in pixels of the clip


@dataclass(frozen=True)
class Record:
    """One reader's results."""

    role: str  # "original" or "converted"
    title: str  # Who reads, for people
    detail: str  # With what and where, for people
    fps: float  # Frames per second of the clip
    frames: int  # Frames of the clip
    alone_ms: float  # Median time of one frame read alone
    capacity_fps: float  # Frames per second that it reads
    every: int = 1  # Text was searched in every N-th frame
    recorded_on: str | None = None  # Where times were recorded; None when they were measured here
    load: float = 0.0  # Other programs' load when the measurement began
    results: list[FrameResult] = field(default_factory=list)  # By frame

    def newest(self, time_s: float) -> FrameResult | None:
        """The newest result that is finished at a time of the clip."""
        place = bisect_right(self._times, time_s)
        return self._shown[place - 1] if place else None

    def finished(self, start_s: float, end_s: float) -> list[float]:
        """Times within a span at which results were finished."""
        times = self._times
        return times[bisect_right(times, start_s) : bisect_right(times, end_s)]

    def lines_of(self, frame: int) -> list[dict] | None:
        """What was read in a frame; None when it was not read."""
        return self._by_frame.get(frame)

    @cached_property
    def _shown(self) -> list[FrameResult]:
        return [result for result in self.results if result.done_s is not None]

    @cached_property
    def _times(self) -> list[float]:
        return [result.done_s for result in self._shown]

    @cached_property
    def _by_frame(self) -> dict[int, list[dict]]:
        return {result.frame: result.lines for result in self.results}


def write(record: Record, path: Path) -> None:
    """Writes a record as one JSON object."""
    path.write_text(json.dumps(asdict(record)), encoding="utf-8")


def read(path: Path) -> Record:
    """Reads what `write` wrote.

    Raises:
        DemoError: It is no such file.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Record(**values | {"results": [FrameResult(**result) for result in values["results"]]})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DemoError(f"{path}: expected the record of a reader, found {error}; delete it and run again") from None
