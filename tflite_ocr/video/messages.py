"""Reads the facts of a video and the time of every frame out of FFmpeg's messages."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

_DURATION = re.compile(r"^\s*Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_AUDIO = re.compile(r"^\s*Stream #0:.*?: Audio: (\w+)")
_CONFIG = re.compile(r"^config in time_base: (\d+)/(\d+), frame_rate: (\d+)/(\d+)")
_FRAME = re.compile(r"^n:\s*\d+ pts:\s*(NOPTS|-?\d+) .*? s:(\d+)x(\d+) ")
_FRAME_DURATION = re.compile(r" duration:\s*(\d+) ")
_PIXEL_ASPECT = re.compile(r" sar:(\d+)/(\d+) ")
_COLOR = re.compile(r"^color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)")
_UNKNOWN_COLORS = ("unknown", "unspecified", "reserved", "gbr")


@dataclass(frozen=True)
class Stamp:
    """Facts about a frame from FFmpeg's showinfo: time stamps in ticks, None when unknown; sizes in pixels."""

    pts: int | None
    duration: int | None
    width: int
    height: int


@dataclass
class Header:
    """Facts about the input, which FFmpeg prints before its first frame."""

    duration_s: float | None = None
    audio: list[str] = field(default_factory=list)
    time_base: Fraction = Fraction(1, 90000)
    frame_rate: float | None = None
    color: dict[str, str] = field(default_factory=dict)
    pixel_aspect: Fraction = Fraction(1)


class MessageReader:
    """Takes FFmpeg's messages line by line; two of them describe a frame."""

    def __init__(self) -> None:
        self.header = Header()
        self._pending: Stamp | None = None

    def take(self, message: str) -> Stamp | None:
        """Takes one message; returns the stamp of a frame when its description is complete."""
        if match := _FRAME.match(message):
            self._pending = self._stamp(message, match)
        elif match := _COLOR.match(message):
            stamp, self._pending = self._pending, None
            if stamp and not self.header.color:
                names = dict(zip(("range", "space", "primaries", "trc"), match.groups(), strict=True))
                self.header.color = {key: "" if name in _UNKNOWN_COLORS else name for key, name in names.items()}
            return stamp
        elif match := _CONFIG.match(message):
            self._configure(*map(int, match.groups()))
        elif match := _DURATION.match(message):
            hours, minutes, seconds = match.groups()
            self.header.duration_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        elif match := _AUDIO.match(message):
            self.header.audio.append(match.group(1))
        return None

    def _configure(self, numerator: int, denominator: int, frames: int, seconds: int) -> None:
        if numerator and denominator:
            self.header.time_base = Fraction(numerator, denominator)
        if frames and seconds and 0.1 <= frames / seconds <= 1000:
            self.header.frame_rate = frames / seconds

    def _stamp(self, message: str, match: re.Match) -> Stamp:
        pts, width, height = match.groups()
        duration, aspect = _FRAME_DURATION.search(message), _PIXEL_ASPECT.search(message)
        if aspect and int(aspect.group(1)) and int(aspect.group(2)):
            self.header.pixel_aspect = Fraction(int(aspect.group(1)), int(aspect.group(2)))
        ticks = int(duration.group(1)) if duration else 0
        return Stamp(None if pts == "NOPTS" else int(pts), ticks or None, int(width), int(height))
