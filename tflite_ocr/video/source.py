"""FFmpeg's input for what users name as a video: files, cameras, image sequences and addresses."""

import glob
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tflite_ocr import files
from tflite_ocr.errors import VideoReadError

_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_SEQUENCE_FPS = "25"
_COUNTER = re.compile(r"%0?\d*d")


@dataclass(frozen=True)
class VideoSource:
    """An input: its name as given, FFmpeg's options for it, and whether it can be opened only once, as a camera."""

    name: str
    arguments: tuple[str, ...]
    live: bool = False


def resolve(wanted: str | int | os.PathLike) -> VideoSource:
    """Finds the input that a name means.

    Args:
        wanted: Path of a file; number of a camera (int, or digits when no file has that name) or its device, as
            /dev/video0; an image sequence as "frame_%04d.png", "frames/*.png" or a folder; or an address that
            FFmpeg takes, as "rtsp://..." or "https://...".

    Raises:
        VideoReadError: There is no such file.
    """
    name = os.fspath(wanted) if isinstance(wanted, (str, os.PathLike)) else str(wanted)
    if isinstance(wanted, int) or (name.isdecimal() and not os.path.exists(name)):
        return VideoSource(name, _camera(int(name)), live=True)
    if name.startswith("/dev/video"):
        return VideoSource(name, ("-f", "v4l2", "-i", name), live=True)
    if _ADDRESS.match(name) and not os.path.exists(name):
        options = ("-rtsp_transport", "tcp") if name.lower().startswith("rtsp") else ()
        return VideoSource(name, (*options, "-i", name), live=not name.lower().startswith(("http", "ftp", "file")))
    if os.path.isdir(name):
        return VideoSource(name, _folder(Path(name)))
    if os.path.exists(name):
        _require_regular(name, [name])
        if not os.path.getsize(name):
            raise VideoReadError(f"{name}: expected a video, found an empty file")
        return VideoSource(name, ("-i", f"file:{name}"))
    if _COUNTER.search(name):
        _require_regular(name, glob.glob(_COUNTER.sub("*", glob.escape(name))))
        return VideoSource(name, _sequence(name))
    if any(sign in name for sign in "*?") and (found := glob.glob(name)):
        _require_regular(name, found)
        return VideoSource(name, _sequence(name, "-pattern_type", "glob"))
    raise VideoReadError(f"{name}: expected a video, a camera, an image sequence or an address, found no such file")


def _require_regular(name: str, paths: Iterable[str | os.PathLike]) -> None:
    """Refuses other files: FFmpeg would wait for the other end of a pipe, and no signal would reach it."""
    for path in paths:
        try:
            files.require_regular(path)
        except OSError as error:
            found = "a video, found that" if path == name else f"a sequence of images, found {os.fspath(path)}:"
            raise VideoReadError(f"{name}: expected {found} {error.strerror}") from None


def _sequence(pattern: str, *options: str) -> tuple[str, ...]:
    # FFmpeg takes a file that is called pipe:0.png or concat:a|b.png for something else, unless it is in a folder.
    place = os.path.join("" if os.path.isabs(pattern) else os.curdir, pattern)
    return "-f", "image2", *options, "-framerate", _SEQUENCE_FPS, "-i", place


def _folder(folder: Path) -> tuple[str, ...]:
    images = [path for path in folder.iterdir() if path.suffix.lower() in files.IMAGE_SUFFIXES]
    _require_regular(str(folder), images)
    suffixes = {path.suffix for path in images}
    if len(suffixes) != 1:
        found = "images of several kinds: " + ", ".join(sorted(suffixes)) if suffixes else "none"
        raise VideoReadError(f"{folder}: expected a folder with the images of a sequence, found {found}")
    escaped = re.sub(r"([*?\[\]{}\\])", r"\\\1", str(folder))
    return _sequence(f"{escaped}/*{suffixes.pop()}", "-pattern_type", "glob")


def _camera(number: int) -> tuple[str, ...]:
    if sys.platform == "darwin":
        return "-f", "avfoundation", "-framerate", "30", "-i", str(number)
    device = f"/dev/video{number}"
    if not os.path.exists(device):
        raise VideoReadError(f"expected a camera at {device}, found none; `ls /dev/video*` lists those connected")
    return "-f", "v4l2", "-i", device
