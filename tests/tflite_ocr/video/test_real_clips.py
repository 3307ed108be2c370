"""Labelled films: texts that a person has seen in them are found by the converted PP-OCRv6."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed (the [video] extra brings it)")

from tflite_ocr import Reader
from tflite_ocr.video import ffmpeg
from tflite_ocr.video.decode import VideoDecoder
from tflite_ocr.video.source import resolve

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "videos"
# What the model does not read in these frames when they are read as single pictures either.
UNREAD = {
    "METROPOLITAIN",
    "France",
    "(PLACE) SUR UN POINT",
    "Vice President - Southern & Eastern Europe, Middle East & Africa",
}
AROUND = 8  # frames that are read before and after the first labelled one


def labelled():
    """(video, first, last, texts) of every label."""
    if not (FOLDER / "labels.jsonl").exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="../shared/data/videos is not here"))]
    videos = map(json.loads, (FOLDER / "labels.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        pytest.param((video, seen), id=f"{video['video']}-{seen['from_frame']}")
        for video in videos
        for seen in video["seen_by_eye"]
        if set(seen["texts"]) - UNREAD
    ]


def plain(text):
    return re.sub("[^a-z0-9]", "", text.lower())


@pytest.fixture(scope="module")
def reader(ppocr_model):
    return Reader(ppocr_model, threads=2)


@pytest.mark.parametrize("label", labelled())
def test_the_listed_texts_are_found(label, reader):
    video, seen = label
    path = FOLDER / video["video"]
    times = [frame.time_s for frame in VideoDecoder(ffmpeg.executable(), resolve(path)).frames()]
    first, last = max(0, seen["from_frame"] - AROUND), min(seen["from_frame"] + AROUND, len(times) - 1)
    with reader.read_video(path, start_s=max(0, times[first] - 0.01), end_s=times[last] + 0.01) as found:
        texts = {plain(line.text) for frame in found for line in frame.lines}
    for text in set(seen["texts"]) - UNREAD:
        assert any(plain(text) in other for other in texts), (text, texts)
