"""Videos as FFmpeg encodes them."""

import numpy as np
import pytest

from tests.tflite_ocr.video.clips import PROGRAM, run_ffmpeg
from tflite_ocr.errors import MissingDependencyError, VideoWriteError
from tflite_ocr.video import ffmpeg
from tflite_ocr.video.decode import VideoDecoder, VideoPart
from tflite_ocr.video.encode import Encoder
from tflite_ocr.video.source import resolve


def test_variable_times_odd_sides_and_sound_survive(tmp_path):
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    run_ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=96x64:rate=30:duration=1",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
        "-vf",
        "select='not(mod(n,3)*lt(n,15))'",
        "-fps_mode",
        "vfr",
        "-c:a",
        "aac",
        source,
    )
    decoder = VideoDecoder(PROGRAM, resolve(source))
    encoder, times = None, []
    for frame in decoder.frames():
        encoder = encoder or Encoder(PROGRAM, target, decoder_source := resolve(source), decoder.info)
        encoder.write(frame)
        times.append(frame.time_s)
    encoder.finish()
    encoder.close()
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, *(np.arange(15, 30) / 30)], abs=1e-6)
    again = VideoDecoder(PROGRAM, resolve(target))
    assert [frame.time_s for frame in again.frames()] == times
    assert again.info.audio == ("aac",) and decoder_source.live is False
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


def test_no_ffmpeg_and_no_space(tmp_path, still):
    with pytest.raises(MissingDependencyError, match="expected the program ffmpeg"):
        ffmpeg.executable(tmp_path / "absent")
    decoder = VideoDecoder(PROGRAM, resolve(still))
    frames = list(decoder.frames())
    encoder = Encoder(PROGRAM, "/dev/full", resolve(still), decoder.info)
    with pytest.raises(VideoWriteError, match="No space left"):
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
    encoder.close()


def program(path, *lines):
    """A stand-in for FFmpeg: a shell script."""
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def source(still):
    """A source, what is known of it, and its frames."""
    decoder = VideoDecoder(PROGRAM, resolve(still))
    found = list(decoder.frames())
    return resolve(still), decoder.info, found


def test_an_ffmpeg_without_the_encoder(tmp_path, source):
    file, info, frames = source
    lacking = program(tmp_path / "ffmpeg", "echo \"[error] Unknown encoder 'libx264'\" >&2", "exit 8")
    encoder = Encoder(lacking, tmp_path / "out.mp4", file, info)
    with pytest.raises(MissingDependencyError, match="with the encoder libx264, found one without"):
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
    encoder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_an_ffmpeg_that_is_killed_leaves_the_old_video(tmp_path, source):
    file, info, frames = source
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    encoder = Encoder(PROGRAM, target, file, info)
    encoder.write(frames[0])
    encoder._process.popen.kill()
    with pytest.raises(VideoWriteError, match="the video cannot be written"):
        for frame in frames[1:]:
            encoder.write(frame)
        encoder.finish()
    encoder.close()
    assert target.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_giving_up_leaves_nothing(tmp_path, source):
    file, info, frames = source
    encoder = Encoder(PROGRAM, tmp_path / "out.mkv", file, info)
    encoder.write(frames[0])
    encoder.close()
    assert list(tmp_path.iterdir()) == []


def test_sound_that_the_container_does_not_take_becomes_aac_and_a_part_keeps_its_own(tmp_path):
    source, target = tmp_path / "in.mkv", tmp_path / "out.mp4"
    run_ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x48:rate=10:duration=2",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=2",
        "-c:a",
        "pcm_s16le",
        source,
    )
    decoder = VideoDecoder(PROGRAM, resolve(source), VideoPart(0.5, 1.5))
    frames = list(decoder.frames())
    encoder = Encoder(PROGRAM, target, resolve(source), decoder.info, start_s=0.5)
    for frame in frames:
        encoder.write(frame)
    encoder.finish()
    encoder.close()
    again = VideoDecoder(PROGRAM, resolve(target))
    assert [frame.time_s for frame in again.frames()] == pytest.approx(np.arange(10) / 10, abs=1e-6)
    assert again.info.audio == ("aac",) and again.info.duration_s == pytest.approx(1.0, abs=0.1)
