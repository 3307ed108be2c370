"""Writes pictures as an H.264 video through one pipe, whole or not at all."""

import os
from pathlib import Path

import numpy as np

from tflite_ocr.errors import VideoWriteError
from tflite_ocr.video.ffmpeg import Process, executable, run

_CODEC = "-c:v libx264 -preset veryfast -crf 18 -pix_fmt yuv420p -threads 2".split()
# The film says in which colours it is meant, so that every player shows the same.
_COLOR = (
    "-vf scale=out_color_matrix=bt709:out_range=tv -colorspace bt709 -color_primaries bt709 -color_trc bt709".split()
)


class VideoWriter:
    """Takes pictures of one size at a constant rate; use it in a `with`: an exception leaves nothing behind."""

    def __init__(self, target: Path, width: int, height: int, fps: int, pixels: str = "bgr24"):
        """Starts FFmpeg.

        Args:
            target: Ends in .mp4; its folder exists.
            pixels: FFmpeg's name of the order of bytes in a picture: "bgr24", "bgra", "rgba".

        Raises:
            MissingDependencyError: There is no FFmpeg.
            ValueError: A side is odd.
        """
        if width % 2 or height % 2:
            raise ValueError(f"expected even sides, found {width}x{height}")
        self._target = target
        self._part = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
        self._bytes = width * height * (4 if pixels in ("bgra", "rgba") else 3)
        given = f"-f rawvideo -pixel_format {pixels} -video_size {width}x{height} -framerate {fps} -i pipe:0".split()
        arguments = [*given, *_COLOR, *_CODEC, "-y", f"file:{self._part}"]
        self._process = Process(executable(), arguments, "error", stdin=True)

    def write(self, picture: np.ndarray) -> None:
        """Takes the next picture.

        Args:
            picture: uint8 [height, width, 3 or 4], contiguous.

        Raises:
            VideoWriteError: FFmpeg has failed.
            ValueError: The picture is of another size.
        """
        if picture.nbytes != self._bytes:
            raise ValueError(f"expected a picture of {self._bytes} bytes, found {picture.nbytes}")
        view = memoryview(picture).cast("B")
        try:
            while view:
                view = view[self._process.popen.stdin.write(view) :]
        except OSError as error:
            self._process.stop()
            raise self._failure(error.strerror) from None

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: type | None, *exception) -> None:
        try:
            if kind is None:
                self._process.popen.stdin.close()
                if self._process.wait() != 0:
                    raise self._failure("")
                os.replace(self._part, self._target)
        finally:
            self._process.stop()
            self._part.unlink(missing_ok=True)

    def _failure(self, reason: str | None) -> VideoWriteError:
        return VideoWriteError(f"{self._target}: the video cannot be written: {self._process.complaint() or reason}")


def join(parts: list[Path], target: Path, sound: Path | None = None) -> None:
    """Puts videos of one kind behind each other without encoding them anew.

    Args:
        parts: As VideoWriter writes them, all of one size and rate.
        sound: A .wav laid under it; None for a silent film.

    Raises:
        VideoWriteError: FFmpeg has failed; an older target is kept.
    """
    listing = target.with_name(f".{target.stem}.parts.txt")
    unfinished = target.with_name(f".{target.stem}.part{target.suffix}")
    quoted = (str(part.resolve()).replace("'", "'\\''") for part in parts)
    listing.write_text("".join(f"file 'file:{name}'\n" for name in quoted), encoding="utf-8")
    given = ["-i", f"file:{sound}", *"-map 0:v -map 1:a -c:a aac -b:a 128k".split()] if sound else []
    given = [*"-f concat -safe 0 -i".split(), f"file:{listing}", *given]
    try:
        process = run(executable(), [*given, *"-c:v copy -movflags +faststart -y".split(), f"file:{unfinished}"])
        if process.popen.returncode != 0:
            raise VideoWriteError(f"{target}: the parts cannot be joined: {process.complaint()}")
        os.replace(unfinished, target)
    finally:
        listing.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)
