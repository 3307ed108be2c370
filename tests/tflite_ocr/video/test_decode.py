"""Frames and their times, as FFmpeg decodes them."""

import functools
import http.server
import sys
import threading

import pytest

from tests.tflite_ocr.video.clips import PROGRAM, run_ffmpeg
from tflite_ocr.errors import VideoReadError
from tflite_ocr.video import decode, ffmpeg
from tflite_ocr.video.decode import VideoDecoder, VideoPart
from tflite_ocr.video.source import resolve


def frames(path, part=None):
    """A decoder that has been read to its end, and its frames."""
    decoder = VideoDecoder(PROGRAM, resolve(path), part)
    return decoder, list(decoder.frames())


@pytest.mark.parametrize("pixels", ["gray", "yuv420p10le", "yuv444p"])
def test_other_pixels_and_odd_sides(tmp_path, pixels):
    path = tmp_path / "odd.mkv"
    run_ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "color=c=0x808080:size=80x60:rate=10:duration=0.3",
        "-vf",
        "crop=75:51:0:0:exact=1",
        "-c:v",
        "ffv1",
        "-pix_fmt",
        pixels,
        path,
    )
    decoder = VideoDecoder(PROGRAM, resolve(path))
    images = [frame.picture.bgr() for frame in decoder.frames()]
    assert [image.shape for image in images] == [(51, 75, 3)] * 3
    assert abs(float(images[0].mean()) - 128) < 3


def test_a_part_with_the_times_of_the_source(still):
    frames = list(VideoDecoder(PROGRAM, resolve(still), VideoPart(0.5, 1.0, 2)).frames())
    assert [frame.index for frame in frames] == [0, 2, 4, 6, 8]
    assert [frame.time_s for frame in frames] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9], abs=1e-3)


def test_unreadable_sources(tmp_path, still):
    sound, cut, empty = tmp_path / "sound.m4a", tmp_path / "cut.mkv", tmp_path / "empty.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=0.5", sound)
    run_ffmpeg("-i", still, "-c", "copy", tmp_path / "whole.mkv")
    cut.write_bytes((tmp_path / "whole.mkv").read_bytes()[:-2000])
    empty.touch()
    with pytest.raises(VideoReadError, match="found sound only"):
        list(VideoDecoder(PROGRAM, resolve(sound)).frames())
    with pytest.raises(VideoReadError, match="breaks off after"):
        list(VideoDecoder(PROGRAM, resolve(cut)).frames())
    for name, message in ((empty, "empty file"), (tmp_path / "none.mp4", "no such file"), (77, "/dev/video77")):
        with pytest.raises(VideoReadError, match=message):
            resolve(name)


@pytest.mark.parametrize("suffix", ["mp4", "gif", "y4m"])
def test_frames_larger_than_the_memory_allows_are_refused(tmp_path, still, monkeypatch, suffix):
    path = tmp_path / f"clip.{suffix}"
    run_ffmpeg("-i", still, "-frames:v", "3", path)
    assert len(frames(path)[1]) == 3
    monkeypatch.setattr(decode, "video_pixels", lambda: 320 * 160 - 1)
    # FFmpeg does not say why it refuses a GIF.
    with pytest.raises(VideoReadError, match=r"at most 0.1 million pixels, found 320 x 160|none that FFmpeg can read"):
        frames(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process that runs")
def test_the_memory_of_ffmpeg_is_limited(tmp_path):
    picture = ["-f", "lavfi", "-i", "color=size=9000x9000:rate=1", "-vf", "reverse"]
    process = ffmpeg.Process(PROGRAM, [*picture, "-frames:v", "9", "-f", "null", "-"], "error")
    process.limit_memory(200 << 20)
    assert process.wait(60) != 0 and "allocate" in process.complaint()


def test_a_file_without_its_index_and_one_that_is_no_video(tmp_path, still):
    cut, text = tmp_path / "cut.mp4", tmp_path / "text.mp4"
    cut.write_bytes(still.read_bytes()[:-400])  # the index of an MP4 file stands at its end
    text.write_text("no video at all\n" * 100)
    for path in (cut, text):
        with pytest.raises(VideoReadError, match=f"{path.name}: expected a video, found none that FFmpeg can read"):
            frames(path)


def test_a_rotated_video_stands_upright(tmp_path):
    lying, path = tmp_path / "lying.mp4", tmp_path / "upright.mp4"
    run_ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "color=c=black:size=96x64:rate=10:duration=0.3",
        "-vf",
        "drawbox=x=0:y=0:w=32:h=32:color=white:t=fill",
        "-pix_fmt",
        "yuv420p",
        lying,
    )
    run_ffmpeg("-display_rotation", "-90", "-i", lying, "-c", "copy", path)
    decoder, found = frames(path)
    assert (decoder.info.width, decoder.info.height) == (64, 96)
    image = found[0].picture.bgr()
    # The top-left corner of the lying picture, turned clockwise by a quarter, is at the top right.
    assert image[:28, 36:].mean() > 200 and image[:28, :28].mean() < 50 and image[40:].mean() < 50


def test_a_size_that_changes_in_mid_stream_is_brought_to_the_first(tmp_path):
    path = tmp_path / "both.ts"
    for name, size, color in (("a.ts", "96x64", "white"), ("b.ts", "160x120", "gray")):
        run_ffmpeg(
            "-f",
            "lavfi",
            "-i",
            f"color=c={color}:size={size}:rate=10:duration=1",
            "-pix_fmt",
            "yuv420p",
            "-c:v",
            "libx264",
            "-f",
            "mpegts",
            tmp_path / name,
        )
    path.write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    _, found = frames(path)
    images = [frame.picture.bgr() for frame in found]
    assert len(images) >= 18 and {image.shape for image in images} == {(64, 96, 3)}
    assert images[0].mean() > 240 and 110 < images[-1].mean() < 145


@pytest.mark.parametrize("name", ["{folder}", "{folder}/shot_%03d.png", "{folder}/*.png"])
def test_an_image_sequence(tmp_path, name):
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.2", tmp_path / "shot_%03d.png")
    decoder, found = frames(name.format(folder=tmp_path))
    assert [frame.time_s for frame in found] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert (decoder.info.width, decoder.info.height) == (96, 64)


def test_an_address(still):
    handler = functools.partial(QuietHandler, directory=still.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        _, found = frames(f"{address}/{still.name}")
        with pytest.raises(VideoReadError, match="404"):
            frames(f"{address}/absent.mp4")
        server.shutdown()
    assert len(found) == 40


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_the_rate_of_american_television_does_not_drift(tmp_path):
    path = tmp_path / "ntsc.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "color=size=64x48:rate=30000/1001:duration=3", path)
    _, found = frames(path)
    assert [frame.time_s for frame in found] == pytest.approx([i * 1001 / 30000 for i in range(90)], abs=1e-6)
