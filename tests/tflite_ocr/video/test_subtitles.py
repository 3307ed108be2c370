"""Texts as subtitles."""

import pytest

from tflite_ocr.video import subtitles
from tflite_ocr.video.tracks import TrackSummary


def text(track, words, start_s, end_s, left=100, top=400, width=200, height=30):
    right, bottom = left + width, top + height
    return TrackSummary(track, words, 1.0, start_s, end_s, ((left, top), (right, top), (right, bottom), (left, bottom)))


def test_subtitles():
    texts = [text(2, "b < c", 3661.5, 3662.0), text(1, "a", 0.0, 0.5), text(3, "blink", 5.0, 5.05)]
    assert "".join(subtitles.write_srt(texts)) == (
        "1\n00:00:00,000 --> 00:00:00,500\na\n\n2\n01:01:01,500 --> 01:01:02,000\nb < c\n\n"
    )
    assert "".join(subtitles.write_vtt(texts)).endswith("2\n01:01:01.500 --> 01:01:02.000\nb &lt; c\n\n")
    assert "".join(subtitles.write_list(texts)) == ("00:00:00.000 00:00:00.500 a\n01:01:01.500 01:01:02.000 b < c\n")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_lines_under_each_other_that_come_and_go_together_are_one_cue(order):
    lines = [text(5, "and second", 1.0, 3.0, top=440, width=260), text(4, "First", 1.05, 3.0)]
    cues = subtitles.cues([lines[i] for i in order])
    assert [(cue.name, cue.start_s, cue.end_s, cue.lines) for cue in cues] == [("4", 1.0, 3.0, ("First", "and second"))]
    assert "\nFirst\nand second\n\n" in "".join(subtitles.write_srt(lines))
    assert "".join(subtitles.write_list(lines)).endswith(" First / and second\n")


@pytest.mark.parametrize(
    "other",
    [
        text(2, "later", 1.4, 3.0, top=440),
        text(2, "longer", 1.0, 3.4, top=440),
        text(2, "far", 1.0, 3.0, top=520),
        text(2, "beside", 1.0, 3.0, left=320),
        text(2, "small", 1.0, 3.0, top=440, height=12),
    ],
)
def test_others_are_not(other):
    assert len(subtitles.cues([text(1, "line", 1.0, 3.0), other])) == 2


def test_a_page_of_lines_is_no_subtitle():
    page = [text(i, f"line {i}", 1.0, 3.0, top=100 + 40 * i) for i in range(1, 6)]
    assert [cue.lines for cue in subtitles.cues(page)] == [(f"line {i}",) for i in range(1, 6)]


def test_a_plain_list_gives_a_clock_one_line():
    clock = [text(3, f"12:00:{i:02}", i, i + 1.0, top=40) for i in range(20)]
    score = [text(5, f"{i} : 0", 4.0 * i, 4.0 * i + 4) for i in range(3)]
    title = [text(1, "News", 2.5, 9.0, top=600)]
    assert "".join(subtitles.write_list([*clock, *score, *title])) == (
        "00:00:00.000 00:00:04.000 0 : 0\n"
        "00:00:00.000 00:00:20.000 12:00:00 ... 12:00:19 (20 values, each in --srt)\n"
        "00:00:02.500 00:00:09.000 News\n"
        "00:00:04.000 00:00:08.000 1 : 0\n"
        "00:00:08.000 00:00:12.000 2 : 0\n"
    )
    assert len(subtitles.cues(clock)) == 20  # subtitles show every value


def test_values_of_one_track_have_names_of_their_own():
    values = [text(3, f"SCORE {i}", i, i + 1.0) for i in range(3)]
    assert [cue.name for cue in subtitles.cues(values)] == ["3", "3-2", "3-3"]
