"""`tflite-ocr video`: reads a video and writes texts, subtitles or a video; Ctrl-C ends it early with whole files."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO, cast

from tflite_ocr import files, formats
from tflite_ocr.arguments import ReaderArguments
from tflite_ocr.command_line import SIGNALLED, stopping
from tflite_ocr.errors import OcrError, VideoReadError, VideoWriteError
from tflite_ocr.progress import VideoProgress
from tflite_ocr.video import subtitles
from tflite_ocr.video.annotate import Annotator
from tflite_ocr.video.decode import same_file
from tflite_ocr.video.encode import Encoder, check_target
from tflite_ocr.video.frames import VideoFrame, VideoInfo
from tflite_ocr.video.reading import VideoReading


@dataclass(frozen=True, kw_only=True)
class VideoCommand(ReaderArguments):
    """Arguments of `tflite-ocr video`; times in seconds."""

    source: str
    output: str | None = None
    jsonl: str | None = None
    srt: str | None = None
    vtt: str | None = None
    every: int = 1
    start_s: float | None = None
    end_s: float | None = None
    exact: bool = False
    ffmpeg: str | None = None

    @property
    def writes(self) -> bool:
        """Whether anything is written to a file."""
        return any((self.output, self.jsonl, self.srt, self.vtt))


def read(command: VideoCommand) -> int:
    """Reads a video.

    Returns:
        Exit code: 0, or 130 after an interruption; everything read until then is written.

    Raises:
        OcrError: The video cannot be read or written, or is cut off (everything before that is written).
        OSError: The disk is full, or a file cannot be written.
    """
    if command.end_s is not None and command.end_s <= (command.start_s or 0.0):
        raise OcrError(f"--to {command.end_s:g}: expected a time after --from {command.start_s or 0:g}")
    if command.output:
        check_target(command.output)
    from tflite_ocr.reader import Reader  # here: wrong usage is reported before anything is loaded

    reader = Reader(command.model, **command.chosen)
    part = command.every, command.start_s, command.end_s, command.exact, bool(command.output)
    restricted = command.min_confidence, command.decoding(reader)
    with reader.read_video(command.source, *part, command.ffmpeg, *restricted) as reading:
        if command.output and same_file(command.output, reading.source):
            raise VideoWriteError(f"{command.output}: expected another name than the source's")
        with stopping(reading.stop) as interrupted:
            _Run(command, reading).all()
    return SIGNALLED + interrupted[0] if interrupted else 0


class _Run:
    """Writes the output files, frame by frame."""

    def __init__(self, command: VideoCommand, reading: VideoReading):
        self._command, self._reading = command, reading
        self._progress = VideoProgress(quiet=command.quiet)
        self._encoder: Encoder | None = None
        self._annotator: Annotator | None = None
        self._jsonl: TextIO | files.WholeLines | None = None
        self._began = time.monotonic()

    def all(self) -> None:
        """Writes everything; if the video is cut off, writes what there is before raising the error."""
        broken: VideoReadError | None = None
        with contextlib.ExitStack() as stack:
            try:
                for frame in self._reading:
                    self._write(frame, stack)
            except VideoReadError as error:
                broken = error
            if self._encoder:
                self._encoder.finish()
        self._progress.clear()
        if broken is None or self._progress.frames:
            self._write_texts()
            self._report()
        if broken:
            raise broken

    def _write(self, frame: VideoFrame, stack: contextlib.ExitStack) -> None:
        info, start_s = cast(VideoInfo, self._reading.info), self._command.start_s or 0.0  # known with the first frame
        if self._command.output:
            if self._encoder is None or self._annotator is None:
                self._annotator, video = Annotator(info.width, info.height), self._reading
                self._encoder = Encoder(
                    video.program, self._command.output, video.source, info, start_s, self._command.threads
                )
                stack.callback(self._encoder.close)
            self._encoder.write(self._annotator.draw(frame.frame, frame.lines))
        if self._command.jsonl and frame.index % self._command.every == 0:
            if self._jsonl is None:  # not sooner: a source without frames does not touch an old file
                self._jsonl = stack.enter_context(_lines(self._command.jsonl))
            record = formats.frame_to_dict(frame.index, frame.time_s, frame.lines)
            self._jsonl.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._progress.advance(frame.time_s - start_s, info.duration_s)

    def _write_texts(self) -> None:
        """Writes subtitles, or without any output file the texts with their times to standard output."""
        texts = self._reading.texts()
        for name, path in (("srt", self._command.srt), ("vtt", self._command.vtt)):
            if path:
                with files.replacing(path) as stream:
                    stream.writelines(piece.encode() for piece in subtitles.WRITERS[name](texts))
        if not self._command.writes:
            for line in subtitles.write_list(texts):
                print(line, end="")

    def _report(self) -> None:
        if self._command.quiet:
            return
        counts, elapsed_s = self._reading.counts, time.monotonic() - self._began
        print(
            f"{counts.frames} frames in {elapsed_s:.1f} s ({counts.frames / max(elapsed_s, 1e-9):.1f} FPS): "
            f"{counts.searched} searched whole, {counts.searched_in_part} in part; "
            f"{counts.read} crops read for {counts.seen} lines of text",
            file=sys.stderr,
        )
        errors, first = self._reading.decoding_errors
        if errors:
            print(f"FFmpeg continued after {errors} errors in the source: {first}", file=sys.stderr)


@contextlib.contextmanager
def _lines(path: str) -> Iterator[TextIO | files.WholeLines]:
    """A file that is written line by line, so that it can be followed; "-" is standard output."""
    if path == "-":
        yield sys.stdout
        return
    with files.WholeLines(path) as lines:
        yield lines
