"""What one reader did with the clip: results with their times, kept as JSON."""

import json
from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from demo.errors import DemoError


@dataclass(frozen=True)
class Result:
    """The text of one frame.

    Attributes:
        frame: Number of the frame, from 0.
        done_s: When it was finished, in seconds of the clip; never before the frame was due. None where a reader
            that keeps up with the clip would have left the frame out.
        ms: How long this frame took the reader when the clip was read.
        cpu_percent: Load of the process in per cent at that time; 100 is one core.
        rss_mib: Resident memory of the process with what it started.
        gpu_percent: Use of the GPU; None without one.
        lines: [{"text", "quad"}], corners in pixels of the clip.
    """

    frame: int
    done_s: float | None
    ms: float
    cpu_percent: float
    rss_mib: float
    gpu_percent: float | None
    lines: list[dict]


@dataclass(frozen=True)
class Record:
    """One reader's results.

    Attributes:
        role: "original" or "converted".
        title: Who reads, for people.
        detail: With what and where, for people.
        fps: Frames a second of the clip.
        frames: Frames of the clip.
        alone_ms: Median time of one frame read alone.
        capacity_fps: Frames a second that it reads.
        every: Text was searched in every N-th frame.
        recorded_on: Where times were recorded; None when they were measured here.
        load: Other programs' load when the measurement began.
        results: By frame.
    """

    role: str
    title: str
    detail: str
    fps: float
    frames: int
    alone_ms: float
    capacity_fps: float
    every: int = 1
    recorded_on: str | None = None
    load: float = 0.0
    results: list[Result] = field(default_factory=list)

    def newest(self, time_s: float) -> Result | None:
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
    def _shown(self) -> list[Result]:
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
        return Record(**values | {"results": [Result(**result) for result in values["results"]]})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DemoError(f"{path}: expected the record of a reader, found {error}; delete it and run again") from None
