"""What may be called a video."""

import os

import cv2
import numpy as np
import pytest

from tflite_ocr.errors import VideoReadError
from tflite_ocr.video import source
from tflite_ocr.video.source import resolve


def test_cameras(tmp_path, monkeypatch):
    monkeypatch.setattr(source.os.path, "exists", lambda path: path == "/dev/video1")
    monkeypatch.setattr(source.sys, "platform", "linux")
    for wanted in (1, "1"):
        assert resolve(wanted).arguments == ("-f", "v4l2", "-i", "/dev/video1") and resolve(wanted).live
    monkeypatch.undo()
    assert resolve("/dev/video7").arguments == ("-f", "v4l2", "-i", "/dev/video7")
    monkeypatch.setattr(source.sys, "platform", "darwin")
    assert resolve(0).arguments == ("-f", "avfoundation", "-framerate", "30", "-i", "0")


def test_a_file_with_the_name_of_a_camera_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").write_bytes(b"x")
    found = resolve("0")
    assert found.arguments == ("-i", "file:0") and not found.live


def test_addresses():
    stream = resolve("rtsp://camera.local/main")
    assert stream.arguments == ("-rtsp_transport", "tcp", "-i", "rtsp://camera.local/main") and stream.live
    assert not resolve("https://example.org/film.mp4").live


def test_a_folder_of_several_kinds_of_images(tmp_path):
    with pytest.raises(VideoReadError, match="found none"):
        resolve(tmp_path)
    (tmp_path / "a.png").touch()
    (tmp_path / "b.jpg").touch()
    with pytest.raises(VideoReadError, match=r"several kinds: \.jpg, \.png"):
        resolve(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_pipes_and_devices_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "p.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "p.mp4")
    for name, kind in ((tmp_path / "p.mp4", "a pipe"), (tmp_path / "link.mp4", "a pipe"), ("/dev/zero", "a device")):
        with pytest.raises(VideoReadError, match=f"expected a video, found that it is {kind}"):
            resolve(name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_sequences_with_a_pipe_among_their_images_are_refused(tmp_path):
    """As folder, as pattern and as counter; a link to nowhere and a folder are no images either."""
    for name, make, found in (
        ("p2.png", os.mkfifo, "it is a pipe"),
        ("p3.png", lambda path: os.symlink("/dev/zero", path), "it is a device"),
        ("p4.png", lambda path: os.symlink("nowhere", path), "No such file"),
        ("p5.png", os.mkdir, "Is a directory"),
    ):
        folder = tmp_path / name.replace(".", "")
        folder.mkdir()
        (folder / "p1.png").touch()
        assert all(resolve(folder / wanted) for wanted in ("", "*.png", "p%d.png"))
        make(folder / name)
        for wanted in ("", "*.png", "p%d.png"):
            with pytest.raises(VideoReadError, match=f"expected a sequence of images, found .*{name}: {found}"):
                resolve(folder / wanted)


def test_names_of_images_are_not_taken_for_protocols(tmp_path, monkeypatch):
    clips = pytest.importorskip("tests.tflite_ocr.video.clips", reason="imageio-ffmpeg is not installed")
    from tflite_ocr.video.decode import VideoDecoder

    monkeypatch.chdir(tmp_path)
    for kind in ("pipe", "concat", "http"):
        for number in range(2):
            cv2.imwrite(f"{kind}:{number}.png", np.full((32, 48, 3), 60 * number, np.uint8))
        for pattern in (f"{kind}:*.png", f"{kind}:%d.png"):
            assert len(list(VideoDecoder(clips.PROGRAM, resolve(pattern)).frames())) == 2, pattern
