"""Videos through FFmpeg with a stand-in for the networks: times, tracks, reuse, files, errors and exit codes."""

import json
import subprocess
import types

import cv2
import numpy as np
import pytest

pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed (the [video] extra brings it)")

from tflite_ocr.__main__ import main  # noqa: E402
from tflite_ocr.errors import MissingDependencyError, VideoReadError, VideoWriteError  # noqa: E402
from tflite_ocr.results import TextLine  # noqa: E402
from tflite_ocr.video import ffmpeg, subtitles  # noqa: E402
from tflite_ocr.video.decode import Decoder, Part  # noqa: E402
from tflite_ocr.video.encode import Encoder  # noqa: E402
from tflite_ocr.video.follow import Sight, Template  # noqa: E402
from tflite_ocr.video.reading import VideoOptions, VideoReading  # noqa: E402
from tflite_ocr.video.source import resolve  # noqa: E402
from tflite_ocr.video.tracks import TrackSummary, has_grown, similarity  # noqa: E402

PROGRAM = ffmpeg.executable()


def run_ffmpeg(*arguments):
    subprocess.run([PROGRAM, "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def encode(path, pictures, *more):
    """BGR pictures of one size as a video of 20 frames a second; `more` are options of the output."""
    height, width = pictures[0].shape[:2]
    subprocess.run(
        [PROGRAM, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", "20",
         "-i", "pipe:0", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", *more, str(path)],
        input=b"".join(picture.tobytes() for picture in pictures), check=True,
    )  # fmt: skip
    return path


def page(*texts, width=320, height=160):
    """White text on grey; a text is (words, x, y of the baseline)."""
    picture = np.full((height, width, 3), 90, np.uint8)
    for words, x, y in texts:
        cv2.putText(picture, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2, cv2.LINE_AA)
    return picture


class StandIn:
    """Finds bright bars of letters, and reads each by the words that look most like it."""

    threads = 2

    def __init__(self, *words):
        self.looks = {word: self._look(page((word, 20, 60))) for word in words}
        self.searches = self.crops = 0

    def whole(self):
        return self.find

    def part(self, width, height):
        return self.find

    def find(self, image):
        self.searches += 1
        bright = (image[..., 1] > 150).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(bright, np.ones((9, 25), np.uint8)))
        boxes = [(x, y, x + w - 1, y + h - 1) for x, y, w, h, _ in stats[1:count].tolist()]
        return [np.float32([(a, b), (c, b), (c, d), (a, d)]) for a, b, c, d in boxes]

    def read_quads(self, image, quads):
        self.crops += len(quads)
        lines = []
        for quad in quads:
            (left, top), (right, bottom) = quad[0].astype(int), quad[2].astype(int)
            look = self._look(image[max(0, top) : bottom + 1, max(0, left) : right + 1])
            scores = {word: float((look * other).mean()) for word, other in self.looks.items()}
            word = max(scores, key=scores.__getitem__)
            lines.append(TextLine(word, 0.99, tuple(map(tuple, quad.tolist()))) if scores[word] > 0.7 else None)
        return lines

    @staticmethod
    def _look(crop):
        rows, columns = np.nonzero(crop[..., 1] > 150)
        if len(rows) == 0:
            return np.zeros((16, 64))
        ink = crop[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1, 1]
        small = cv2.resize(ink, (64, 16), interpolation=cv2.INTER_AREA).astype(np.float64)
        return (small - small.mean()) / max(small.std(), 1e-6)


def reading(path, stand_in, **options):
    return VideoReading(types.SimpleNamespace(threads=2), path, VideoOptions(**options), stand_in)


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """Two texts that stand still for two seconds."""
    picture = page(("HELLO", 20, 40), ("WORLD", 150, 120))
    return encode(tmp_path_factory.mktemp("video") / "still.mp4", [picture] * 40)


# --- tracks and reuse ---------------------------------------------------------------------------------------


def test_a_still_clip_is_searched_once_and_exact_reading_says_the_same(still):
    quick, exact = StandIn("HELLO", "WORLD"), StandIn("HELLO", "WORLD")
    texts = {}
    for stand_in, options in ((quick, {}), (exact, {"exact": True})):
        run = reading(still, stand_in, **options)
        frames = [[(line.track, line.text) for line in frame.lines] for frame in run]
        assert len(frames) == run.counts.frames == 40
        texts[options.get("exact", False)] = frames
    assert texts[False] == texts[True] == [[(1, "HELLO"), (2, "WORLD")]] * 40
    assert (quick.searches, quick.crops) == (1, 2)
    assert (exact.searches, exact.crops) == (40, 80)


def test_a_moving_text_keeps_its_track_and_its_place(tmp_path):
    path = encode(tmp_path / "move.mp4", [page(("HELLO", 10 + 4 * i, 60)) for i in range(40)])
    stand_in = StandIn("HELLO", "WORLD")
    run = reading(path, stand_in)
    frames = list(run)
    assert [[(line.track, line.text) for line in frame.lines] for frame in frames] == [[(1, "HELLO")]] * 40
    lefts = np.array([frame.lines[0].quad[0][0] for frame in frames])
    assert np.abs(lefts - lefts[0] - 4 * np.arange(40)).max() < 2
    assert stand_in.searches < 20 and stand_in.crops < 20


def test_a_text_that_takes_the_place_of_another_is_a_new_track_from_its_first_frame(tmp_path):
    path = encode(tmp_path / "change.mp4", [page((word, 20, 60)) for word in ["HELLO"] * 17 + ["WORLD"] * 23])
    run = reading(path, StandIn("HELLO", "WORLD"))
    shown = [[line.text for line in frame.lines] for frame in run]
    assert shown == [["HELLO"]] * 17 + [["WORLD"]] * 23
    spans = [(text.text, round(text.start_s, 3), round(text.end_s, 3)) for text in run.texts()]
    assert spans == [("HELLO", 0.0, 0.85), ("WORLD", 0.85, 2.0)]


def digit(value):
    return page((f"12:0{value}", 20, 60))[..., 1]


@pytest.mark.parametrize("first", range(10))
def test_every_digit_looks_other_than_the_others(first):
    quad = np.float32([(18, 38), (110, 38), (110, 64), (18, 64)])
    template = Template(digit(first), quad)
    noise = np.random.default_rng(first).integers(-4, 5, digit(0).shape)
    for second in range(10):
        there = np.clip(digit(second) + noise, 0, 255).astype(np.uint8)
        assert template.differs(there, Sight(0, 0, 1), 12.0) == (first != second)


def test_similarity_and_growth():
    assert similarity("Hello", "hello.") == 1
    assert similarity("3", "4") == 0
    assert similarity("abcd", "abxd") == 0.75
    assert has_grown("HEL", "HELLO") and has_grown("RLD", "WORLD") and not has_grown("HELLO", "HEL")


# --- times, pictures and sound ------------------------------------------------------------------------------


def test_variable_times_odd_sides_and_sound_survive(tmp_path):
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=30:duration=1", "-f", "lavfi", "-i", "sine=duration=1",
               "-vf", "select='not(mod(n,3)*lt(n,15))'", "-fps_mode", "vfr", "-c:a", "aac", source)  # fmt: skip
    decoder = Decoder(PROGRAM, resolve(source))
    encoder, times = None, []
    for frame in decoder.frames():
        encoder = encoder or Encoder(PROGRAM, target, decoder_source := resolve(source), decoder.info)
        encoder.write(frame)
        times.append(frame.time_s)
    encoder.finish()
    encoder.close()
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, *(np.arange(15, 30) / 30)], abs=1e-6)
    again = Decoder(PROGRAM, resolve(target))
    assert [frame.time_s for frame in again.frames()] == times
    assert again.info.audio == ("aac",) and decoder_source.live is False
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize("pixels", ["gray", "yuv420p10le", "yuv444p"])
def test_other_pixels_and_odd_sides(tmp_path, pixels):
    path = tmp_path / "odd.mkv"
    run_ffmpeg("-f", "lavfi", "-i", "color=c=0x808080:size=80x60:rate=10:duration=0.3", "-vf", "crop=75:51:0:0:exact=1",
               "-c:v", "ffv1", "-pix_fmt", pixels, path)  # fmt: skip
    decoder = Decoder(PROGRAM, resolve(path))
    images = [frame.picture.bgr() for frame in decoder.frames()]
    assert [image.shape for image in images] == [(51, 75, 3)] * 3
    assert abs(float(images[0].mean()) - 128) < 3


def test_a_part_with_the_times_of_the_source(still):
    frames = list(Decoder(PROGRAM, resolve(still), Part(0.5, 1.0, 2)).frames())
    assert [frame.index for frame in frames] == [0, 2, 4, 6, 8]
    assert [frame.time_s for frame in frames] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9], abs=1e-3)


def test_subtitles():
    texts = [TrackSummary(2, "b < c", 1.0, 3661.5, 3662.0, ()), TrackSummary(1, "a", 1.0, 0.0, 0.5, ()),
             TrackSummary(3, "blink", 1.0, 5.0, 5.05, ())]  # fmt: skip
    assert "".join(subtitles.write_srt(texts)) == (
        "1\n00:00:00,000 --> 00:00:00,500\na\n\n2\n01:01:01,500 --> 01:01:02,000\nb < c\n\n"
    )
    assert "".join(subtitles.write_vtt(texts)).endswith("2\n01:01:01.500 --> 01:01:02.000\nb &lt; c\n\n")


# --- errors -------------------------------------------------------------------------------------------------


def test_unreadable_sources(tmp_path, still):
    sound, cut, empty = tmp_path / "sound.m4a", tmp_path / "cut.mkv", tmp_path / "empty.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=0.5", sound)
    run_ffmpeg("-i", still, "-c", "copy", tmp_path / "whole.mkv")
    cut.write_bytes((tmp_path / "whole.mkv").read_bytes()[:-2000])
    empty.touch()
    with pytest.raises(VideoReadError, match="found sound only"):
        list(Decoder(PROGRAM, resolve(sound)).frames())
    with pytest.raises(VideoReadError, match="breaks off after"):
        list(Decoder(PROGRAM, resolve(cut)).frames())
    for name, message in ((empty, "empty file"), (tmp_path / "none.mp4", "no such file"), (77, "/dev/video77")):
        with pytest.raises(VideoReadError, match=message):
            resolve(name)


def test_no_ffmpeg_and_no_space(tmp_path, still, capsys, monkeypatch):
    with pytest.raises(MissingDependencyError, match="expected the program ffmpeg"):
        ffmpeg.executable(tmp_path / "absent")
    decoder = Decoder(PROGRAM, resolve(still))
    frames = list(decoder.frames())
    encoder = Encoder(PROGRAM, "/dev/full", resolve(still), decoder.info)
    with pytest.raises(VideoWriteError, match="No space left"):
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
    encoder.close()
    assert main(["video", "clip.mp4", "-o", str(tmp_path / "out.xyz")]) == 1
    assert "expected a name ending in .mp4" in capsys.readouterr().err


def test_the_command_writes_everything(still, tmp_path, monkeypatch, capsys):
    from tflite_ocr import reader

    class Stub:
        threads = 2

        def __init__(self, *_, **__):
            pass

        def read_video(self, source, every, start_s, end_s, exact, between, program):
            options = VideoOptions(every, start_s, end_s, exact, between, program)
            return VideoReading(self, source, options, StandIn("HELLO", "WORLD"))

    monkeypatch.setattr(reader, "Reader", Stub)
    out, lines, srt = tmp_path / "out.mp4", tmp_path / "out.jsonl", tmp_path / "out.srt"
    assert main(["video", str(still), "-o", str(out), "--jsonl", str(lines), "--srt", str(srt), "--every", "2"]) == 0
    objects = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [item["frame"] for item in objects] == list(range(0, 40, 2))
    assert {line["text"] for item in objects for line in item["lines"]} == {"HELLO", "WORLD"}
    assert srt.read_text(encoding="utf-8").startswith("1\n00:00:00,000 --> 00:00:02,000\nHELLO\n")
    assert "40 frames" in capsys.readouterr().err
    drawn = list(Decoder(PROGRAM, resolve(out)).frames())
    assert len(drawn) == 40
    plain = next(Decoder(PROGRAM, resolve(still)).frames()).picture.bgr()
    assert np.abs(drawn[0].picture.bgr().astype(int) - plain).max() > 100
