"""Decodes a video: one FFmpeg that writes raw pictures to a pipe and the time of each to its messages."""

import contextlib
import fcntl
import io
import os
import queue
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import numpy as np

from tflite_ocr.errors import VideoReadError
from tflite_ocr.image_limits import video_pixels
from tflite_ocr.video.ffmpeg import Process
from tflite_ocr.video.frames import Frame, Picture, VideoInfo
from tflite_ocr.video.source import VideoSource

_PIPE_BYTES = 1 << 20  # the most that Linux gives an ordinary user
_USUAL_RATE = 25.0
_MOST_BYTES = 1 << 30  # of FFmpeg, whatever tables a file asks for; frames of the largest permitted size take less
# A file that ends this much before its header says, with a complaint of FFmpeg, was cut off.
_MISSING_S = 0.5
_CUT_OFF = ("partial file", "ended prematurely", "truncated", "invalid", "error reading", "end of file", "i/o error")
# Messages of FFmpeg.
_DURATION = re.compile(r"^\s*Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_AUDIO = re.compile(r"^\s*Stream #0:.*?: Audio: (\w+)")
_CONFIG = re.compile(r"^config in time_base: (\d+)/(\d+), frame_rate: (\d+)/(\d+)")
_FRAME = re.compile(r"^n:\s*\d+ pts:\s*(NOPTS|-?\d+) .*? s:(\d+)x(\d+) ")
_FRAME_DURATION = re.compile(r" duration:\s*(\d+) ")
_PIXEL_ASPECT = re.compile(r" sar:(\d+)/(\d+) ")
_COLOR = re.compile(r"^color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)")
_LARGER = re.compile(r"[Pp]icture size (\d+x\d+) exceeds")
_UNKNOWN_COLORS = ("unknown", "unspecified", "reserved", "gbr")


@dataclass(frozen=True)
class VideoPart:
    """Which frames are decoded: of a range of times in the source, in seconds, without the end; every N-th."""

    start_s: float | None = None
    end_s: float | None = None
    every: int = 1


@dataclass(frozen=True)
class Stamp:
    """Facts about a frame from FFmpeg's showinfo: time stamps in ticks, None when unknown; sizes in pixels."""

    pts: int | None
    duration: int | None
    width: int
    height: int


@dataclass
class VideoHeader:
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
        self.header = VideoHeader()
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


class VideoDecoder:
    """Frames of a source, in order, and its facts, None before the first frame."""

    def __init__(self, program: str, source: VideoSource, part: VideoPart | None = None, threads: int | None = None):
        """Starts FFmpeg, see ffmpeg.executable, on a part of a source, or all; by default with its own threads."""
        self._source, self._part = source, part or VideoPart()
        self._messages = MessageReader()
        self._stamps: queue.SimpleQueue[Stamp | None] = queue.SimpleQueue()
        self._stopped = False
        self.info: VideoInfo | None = None
        self._process = Process(program, _arguments(source, self._part, threads), "info", self._take, stdout=True)
        self._process.limit_memory(_MOST_BYTES)
        self._pipe = cast(io.RawIOBase, self._process.popen.stdout)  # unbuffered
        if sys.platform == "linux":
            with contextlib.suppress(PermissionError):  # the limit on the user's pipes: a smaller one is only slower
                fcntl.fcntl(self._pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    @property
    def error_count(self) -> int:
        """Number of errors after which FFmpeg continued."""
        return self._process.error_count

    @property
    def first_error(self) -> str:
        """The first error that FFmpeg reported; "" for none."""
        return self._process.complaint()

    def frames(self) -> Iterator[Frame]:
        """Yields the frames.

        Raises:
            VideoReadError: The source is no video or cannot be reached; or, after its last frame, is cut off.
        """
        index, time_s, end_s = 0, self._part.start_s or 0.0, 0.0
        while (stamp := self._stamps.get()) is not None:
            info = self.info = self.info or self._describe(stamp)
            picture = self._picture(info)
            if picture is None:
                break
            base, every = self._messages.header.time_base, self._part.every
            shown_s = end_s if stamp.pts is None else float(stamp.pts * base) + (self._part.start_s or 0.0)
            time_s = max(shown_s, time_s)
            known = stamp.duration is not None and every == 1
            duration_s = float(cast(int, stamp.duration) * base) if known else every / info.frame_rate
            end_s = time_s + duration_s
            yield Frame(index * every, time_s, duration_s, picture)
            index += 1
        if not self._stopped:
            self._check_end(index, end_s)

    def request_stop(self) -> None:
        """Asks FFmpeg to end without waiting for it; `frames` then ends soon."""
        self._stopped = True
        self._process.popen.terminate()

    def stop(self) -> None:
        """Ends FFmpeg; `frames` then ends too. May be called from another thread and more than once."""
        self._stopped = True
        self._process.stop()

    def _take(self, level: str, message: str) -> None:
        if level == "end":
            self._stamps.put(None)
        elif stamp := self._messages.take(message):
            self._stamps.put(stamp)

    def _describe(self, stamp: Stamp) -> VideoInfo:
        header, part = self._messages.header, self._part
        if stamp.width * stamp.height > video_pixels():
            self.stop()
            raise VideoReadError(f"{self._source.name}: {_too_large(f'{stamp.width} x {stamp.height}')}")
        rate = header.frame_rate or _USUAL_RATE
        end_s = part.end_s if header.duration_s is None else min(part.end_s or header.duration_s, header.duration_s)
        duration_s = None if end_s is None else max(0.0, end_s - (part.start_s or 0.0))
        facts = header.time_base, tuple(header.audio), header.color, header.pixel_aspect
        return VideoInfo(stamp.width, stamp.height, duration_s, rate, *facts)

    def _picture(self, info: VideoInfo) -> Picture | None:
        """Reads one picture; None when the pipe has ended."""
        width, height = info.width, info.height
        data = np.empty(((height + height % 2) * 3 // 2, width + width % 2), np.uint8)
        view = memoryview(data.data).cast("B")
        while view:
            count = self._pipe.readinto(view)
            if not count:
                return None
            view = view[count:]
        return Picture(data, width, height)

    def _check_end(self, count: int, end_s: float) -> None:
        status, complaint = self._process.wait(), self._process.complaint()
        if self._stopped:
            return
        name = self._source.name
        if count == 0 or self.info is None:
            if "matches no streams" in complaint and self._messages.header.audio:
                raise VideoReadError(f"{name}: expected a video, found sound only")
            reason = f"expected a video, found none that FFmpeg can read: {complaint or 'it has no frames'}"
            if larger := next(filter(None, map(_LARGER.search, self._process.errors)), None):
                reason = _too_large(larger.group(1).replace("x", " x "))
            if not complaint and self._part.start_s:
                reason = f"expected frames from {self._part.start_s:g} s on, found none; it ends before"
            raise VideoReadError(f"{name}: {reason}")
        expected_s = None if self.info.duration_s is None else self.info.duration_s + (self._part.start_s or 0.0)
        missing = expected_s is not None and expected_s - end_s > max(_MISSING_S, 2 / self.info.frame_rate)
        if status != 0 or (missing and any(sign in line.lower() for line in self._process.errors for sign in _CUT_OFF)):
            whole = f" of {expected_s:.1f} s" if expected_s is not None else ""
            raise VideoReadError(
                f"{name}: it breaks off after {end_s:.1f} s{whole} ({complaint}); what came before was read"
            )


def _too_large(size: str) -> str:
    return (
        f"expected frames of at most {video_pixels() / 1e6:.1f} million pixels, found {size}; make it smaller first, "
        "for instance with `ffmpeg -i IN -vf scale=3840:-2 OUT`"
    )


def _arguments(source: VideoSource, part: VideoPart, threads: int | None) -> list[str]:
    options = ["-threads", str(threads)] if threads else []
    options += ["-max_pixels", str(video_pixels())]
    if part.start_s is not None:
        options += ["-ss", f"{part.start_s:.6f}"]
    if part.end_s is not None:
        options += ["-t", f"{part.end_s - (part.start_s or 0.0):.6f}"]
    select = [f"select='not(mod(n,{part.every}))'"] if part.every > 1 else []
    # showinfo first: it says the size before odd sides are stretched by a pixel (FFmpeg's pad would blacken one
    # more). The range is what pictures in BGR are made from.
    even = "scale=w=ceil(iw/2)*2:h=ceil(ih/2)*2:out_range=tv"
    filters = [*select, "showinfo=checksum=0", even, "format=yuv420p"]
    written = ("-fps_mode", "passthrough", "-vf", ",".join(filters), "-f", "rawvideo", "pipe:1")
    return [*options, *source.arguments, "-map", "0:v:0", *written]


def same_file(path: str | os.PathLike, source: VideoSource) -> bool:
    """Whether a path is the very file that a source reads."""
    return os.path.exists(path) and os.path.exists(source.name) and os.path.samefile(path, source.name)
