"""Texts as subtitles."""

from tflite_ocr.video import subtitles
from tflite_ocr.video.tracks import TrackSummary


def test_subtitles():
    texts = [TrackSummary(2, "b < c", 1.0, 3661.5, 3662.0, ()), TrackSummary(1, "a", 1.0, 0.0, 0.5, ()),
             TrackSummary(3, "blink", 1.0, 5.0, 5.05, ())]  # fmt: skip
    assert "".join(subtitles.write_srt(texts)) == (
        "1\n00:00:00,000 --> 00:00:00,500\na\n\n2\n01:01:01,500 --> 01:01:02,000\nb < c\n\n"
    )
    assert "".join(subtitles.write_vtt(texts)).endswith("2\n01:01:01.500 --> 01:01:02.000\nb &lt; c\n\n")
