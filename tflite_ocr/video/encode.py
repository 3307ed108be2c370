"""Encodes pictures with their times: one FFmpeg fed through a pipe; at the end the source's sound is copied in."""

import contextlib
import io
import os
import queue
import threading
from pathlib import Path
from typing import cast

from tflite_ocr import files
from tflite_ocr.errors import MissingDependencyError, VideoWriteError
from tflite_ocr.video import matroska
from tflite_ocr.video.ffmpeg import Process, run
from tflite_ocr.video.frames import Frame, VideoInfo
from tflite_ocr.video.source import VideoSource

# By file name: FFmpeg's muxer, and the sound codecs that are copied (None: any); other sound becomes AAC.
_MP4_AUDIO = frozenset(("aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"))
_MUXERS = {".mp4": ("mp4", _MP4_AUDIO), ".m4v": ("mp4", _MP4_AUDIO), ".mov": ("mov", None), ".mkv": ("matroska", None)}
_CODEC = ("-c:v", "libx264", "-preset", "superfast", "-crf", "20", "-pix_fmt", "yuv420p")
_QUEUE = 4  # frames waiting for the encoder


class Encoder:
    """Writes an H.264 video beside its target and renames it at the end.

    Frames go through a queue to a separate thread: an interruption never cuts one in two.
    """

    def __init__(
        self,
        program: str,
        target: str | os.PathLike,
        source: VideoSource,
        info: VideoInfo,
        start_s: float = 0.0,
        threads: int | None = None,
    ):
        """Starts FFmpeg, see ffmpeg.executable.

        Args:
            target: Name of the video, see check_target for its endings and the errors.
            start_s: Time in the source at which the video begins, in seconds.
            threads: Threads for encoding; None leaves it to FFmpeg.
        """
        self._program, self._source, self._info, self._start_s = program, source, info, start_s
        self._target = check_target(target)
        self._muxer, self._copied = _MUXERS[self._target.suffix.lower()] if self._is_file() else ("matroska", None)
        self._part = files.beside(self._target, self._target.suffix) if self._is_file() else self._target
        self._end_s = start_s
        self._failed: str | None = None
        self._finished = False
        self._process = Process(program, self._arguments(threads), "warning", stdin=True)
        self._queue: queue.Queue[Frame | None] = queue.Queue(_QUEUE)
        self._writer = threading.Thread(target=self._write_all, name="encoder", daemon=True)
        self._writer.start()

    def write(self, frame: Frame) -> None:
        """Encodes a frame; waits while the encoder is busy.

        Raises:
            VideoWriteError: The encoder has failed.
        """
        while True:
            if self._failed is not None:
                raise self._failure()
            with contextlib.suppress(queue.Full):
                self._queue.put(frame, timeout=0.2)
                self._end_s = max(self._end_s, frame.time_s + frame.duration_s)
                return

    def finish(self) -> None:
        """Encodes the waiting frames, adds the sound and gives the video its name.

        Raises:
            VideoWriteError: One of these failed; the target is as it was before.
        """
        self._finished = True
        self._queue.put(None)
        self._writer.join()
        if self._process.wait() != 0 or self._failed is not None:
            raise self._failure()
        if not self._is_file():
            return
        if self._info.audio and not self._source.live:
            self._add_sound()
        files.take_place(self._part, self._target)

    def close(self) -> None:
        """Ends FFmpeg and removes the unfinished video."""
        if not self._finished:
            self._failed = self._failed or "it was cancelled"
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(None)
        self._process.stop()
        self._writer.join()
        if self._is_file():
            self._part.unlink(missing_ok=True)

    def _is_file(self) -> bool:
        return self._target.is_file() or not self._target.exists()

    def _arguments(self, threads: int | None) -> list[str]:
        info, base = self._info, self._info.time_base
        named = {key: info.color.get(key.removeprefix("color_")) for key in ("color_primaries", "color_trc")}
        color = {"range": "tv", "colorspace": info.color.get("space"), **named}
        filters = ["setparams=" + ":".join(f"{key}={name}" for key, name in color.items() if name)]
        if info.pixel_aspect != 1:
            filters.append(f"setsar={info.pixel_aspect.numerator}/{info.pixel_aspect.denominator}")
        return [
            *("-probesize 32 -analyzeduration 0 -f matroska -i pipe:0 -map 0:v:0 -vf".split()),
            *(",".join(filters), *_CODEC, *(["-threads", str(threads)] if threads else [])),
            *("-fps_mode", "passthrough", "-enc_time_base", f"{base.numerator}:{base.denominator}"),
            *self._written_to(self._part),
        ]

    def _written_to(self, path: Path) -> list[str]:
        """FFmpeg's options of the video that is written."""
        timed = self._muxer in ("mp4", "mov")
        scale = ["-video_track_timescale", str(self._info.time_base.denominator)] if timed else []
        return [*scale, "-f", self._muxer, "-y", f"file:{path}"]

    def _write_all(self) -> None:
        """Feeds FFmpeg until the last frame or its first failure."""
        pipe, first = cast(io.RawIOBase, self._process.popen.stdin), True
        try:
            while (frame := self._queue.get()) is not None and self._failed is None:
                data = memoryview(frame.picture.data.data).cast("B")
                if first:
                    rows, columns = frame.picture.data.shape
                    _send(pipe, matroska.header(columns, rows * 2 // 3, 1 / self._info.frame_rate))
                    first = False
                time_us = round((frame.time_s - self._start_s) * 1e6)
                _send(pipe, matroska.frame_header(time_us, round(frame.duration_s * 1e6), len(data)))
                _send(pipe, data)
            pipe.close()
        except OSError as error:  # FFmpeg has ended; its own message is the better one
            self._failed = error.strerror or str(error)

    def _add_sound(self) -> None:
        """Copies picture and sound into a new file: only now is it known where the picture ends."""
        codecs = []
        for number, name in enumerate(self._info.audio):
            copied = self._copied is None or name in self._copied
            codecs += [f"-c:a:{number}", "copy" if copied else "aac"]
        joined = files.beside(self._target, self._target.suffix)
        # A video read to its end keeps all of its sound; one that is stopped early keeps it up to there.
        length_s, whole_s = self._end_s - self._start_s, self._info.duration_s
        early = whole_s is None or length_s < whole_s - 1 or self._start_s > 0
        cut = ["-t", f"{length_s:.6f}"] if early else []
        start = ["-ss", f"{self._start_s:.6f}"] if self._start_s else []
        sound = [*start, *cut, *self._source.arguments, "-map", "0:v", "-map", "1:a", "-c:v", "copy", *codecs]
        process = run(self._program, ["-i", f"file:{self._part}", *sound, *self._written_to(joined)])
        if process.popen.returncode != 0:
            joined.unlink(missing_ok=True)
            raise VideoWriteError(f"{self._target}: the sound cannot be added: {process.complaint()}")
        os.replace(joined, self._part)

    def _failure(self) -> Exception:
        self._process.stop()
        complaint = self._process.complaint() or self._failed or "no message"
        status = self._process.popen.returncode
        if "Unknown encoder" in complaint:
            return MissingDependencyError(
                f"{self._program}: expected an FFmpeg with the encoder libx264, found one without; "
                "take that of `pip install tflite-ocr[video]`"
            )
        if status is not None and status < 0 and not self._process.errors:
            complaint = f"FFmpeg was ended by signal {-status}"
        return VideoWriteError(f"{self._target}: the video cannot be written: {complaint}")


def check_target(target: str | os.PathLike) -> Path:
    """The path of a video to write.

    Raises:
        VideoWriteError: Its file name ending is unknown, or its folder does not exist.
    """
    path = Path(target)
    if path.is_dir():
        raise VideoWriteError(f"{path}: expected the name of a video, found a directory")
    if path.exists() and not path.is_file():  # a device or pipe
        return path
    if path.suffix.lower() not in _MUXERS:
        raise VideoWriteError(f"{path}: expected a name ending in {', '.join(_MUXERS)}")
    if not path.parent.is_dir():
        raise VideoWriteError(f"{path}: the directory to write in does not exist")
    return path


def _send(pipe: io.RawIOBase, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) or 0 :]
