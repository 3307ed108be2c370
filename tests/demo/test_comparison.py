"""The comparison: its clock, its counts, its replayed times, its picture, and a clip that is really read."""

import importlib.util
import itertools
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.texts import BagCounts
from demo.comparison import agreement, measure, records, replay, worker
from demo.comparison.meter import Meter
from demo.comparison.records import Record, Result
from demo.encoding import VideoWriter, join
from demo.errors import DemoError
from tflite_ocr.errors import MissingDependencyError, VideoWriteError
from tflite_ocr.manifest import DetectorResize

QUAD = [[100, 100], [300, 100], [300, 140], [100, 140]]


def result(frame, done_s, *texts, ms=100.0):
    return Result(frame, done_s, ms, 150.0, 700.0, None, [{"text": text, "quad": QUAD} for text in texts])


def record(role, *results, **more):
    return Record(role, "Title", "Detail", 10.0, 10, 100.0, 10.0, results=list(results), **more)


@pytest.fixture
def both():
    original = record("original", result(0, 0.4, "Open late"), result(4, 0.9, "Gate 12"), result(9, 1.5, "Exit"))
    converted = record("converted", *(result(i, i / 10 + 0.02, "Gate 12" if i < 8 else "Exlt") for i in range(10)))
    return {"original": original, "converted": converted}


def test_the_newest_result_is_the_last_one_finished(both):
    found = both["original"]
    for time_s in np.arange(0, 2, 0.05):
        brute = [one for one in found.results if one.done_s <= time_s]
        assert found.newest(time_s) == (brute[-1] if brute else None)
    assert found.finished(0.4, 1.5) == [0.9, 1.5]
    assert found.lines_of(4)[0]["text"] == "Gate 12" and found.lines_of(5) is None


def test_a_frame_that_was_left_out_is_never_the_newest():
    found = record("converted", result(0, 0.1, "a"), result(1, None, "b"), result(2, 0.5, "c"))
    assert [found.newest(t).frame for t in (0.1, 0.3, 0.5)] == [0, 0, 2]
    assert found.lines_of(1)[0]["text"] == "b"


def test_a_record_is_read_as_it_was_written(tmp_path, both):
    records.write(both["converted"], tmp_path / "record.json")
    assert records.read(tmp_path / "record.json") == both["converted"]
    (tmp_path / "record.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DemoError, match="delete it"):
        records.read(tmp_path / "record.json")


def test_agreement_counts_the_words_of_frames_that_both_have_read(both):
    truth = [{"lines": [{"text": "Open late", "ignore": False}, {"text": "Gate", "ignore": True}]}] * 10
    steps = list(agreement.follow(both, truth))
    assert [step.done_s for step in steps] == [0.4, 0.9, 1.5]
    # Frame 0: "gate 12" for "open late"; frame 4: both words; frame 9: "exlt" for "exit".
    assert [step.both for step in steps] == [BagCounts(0, 2, 2), BagCounts(2, 4, 4), BagCounts(2, 5, 5)]
    assert steps[0].found["original"] == BagCounts(2, 2, 2)
    assert steps[0].found["converted"] == BagCounts(0, 1, 2)  # "gate" is ignored, "12" is wrong
    assert next(agreement.follow(both, None)).found is None


def test_texts_of_another_clip_are_refused(tmp_path):
    clip = tmp_path / "clip.mp4"
    assert agreement.read_truth(clip, 2) is None
    clip.with_suffix(".jsonl").write_text('{"lines": []}\n{"lines": []}\n', encoding="utf-8")
    assert len(agreement.read_truth(clip, 2)) == 2
    with pytest.raises(DemoError, match="of 3 frames, found 2"):
        agreement.read_truth(clip, 3)


RESIZE = DetectorResize(min_side=736, max_side=2000, multiple=32)


def recording(*samples):
    return {"device": "A GPU", "date": "2026-01-02", "samples": [
        dict(zip(("model", "engine", "precision", "network", "shape", "samples_ms"), sample, strict=True))
        for sample in samples]}  # fmt: skip


def test_a_recorded_gpu_gives_the_time_of_a_frame():
    made = recording(
        ("ppocr", "PyTorch", "float32", "detector", [1, 640, 640, 3], [9.0, 10.0, 30.0]),
        ("ppocr", "PyTorch", "float32", "recognizer latin", [1, 48, 320, 3], [1.0]),
        ("ppocr", "PyTorch", "float32", "recognizer latin", [8, 48, 320, 3], [2.0]),
    )
    found = replay.find([made], "ppocr", RESIZE, 1280, 720)
    # 720 rows become 736, and 1280 * 736 / 720 = 1308.4 columns 1312.
    detector = 10.0 * 736 * 1312 / 640**2
    assert found.recorded_on == "A GPU, 2026-01-02"
    assert [found.frame_ms(lines) for lines in (0, 1, 8, 9)] == pytest.approx(
        [detector, detector + 2, detector + 2, detector + 4]
    )
    assert replay.find([made], "edge", RESIZE, 1280, 720) is None
    assert replay.find([recording(("ppocr", "PyTorch", "float32", "detector", [1, 64, 64, 3], [1.0]))], "ppocr",
                       RESIZE, 1280, 720) is None  # fmt: skip


def test_a_meter_sees_work():
    meter = Meter()
    while meter._wall_s == (before := meter._wall_s):
        np.linalg.eigvalsh(np.random.default_rng(0).normal(size=(150, 150)))
        percent, rss = meter.look()
        if meter._wall_s != before:
            break
    assert percent > 0 and rss > 10


def test_pictures_of_the_comparison_stay_in_their_margins(both):
    picture = drawing()
    from demo.film import theme
    from demo.film.stage import Stage

    stage, pane = Stage(480, 270), np.zeros((117, 208, 4), np.uint8)
    edges = [[[0, 0], [1279, 0], [1279, 30], [0, 30]], [[1200, 690], [1279, 690], [1279, 719], [1200, 719]]]
    lines = [{"text": "A rather long text that was read at the edge", "quad": quad} for quad in edges]
    both["original"].results[0].lines.extend(lines)
    loud = replace(both["original"], load=99.0, recorded_on="NVIDIA H100 80GB HBM3, 2026-11-21")
    slow = replace(both["converted"], every=6, detail="TensorFlow Lite, int8, CPU, 2 threads", alone_ms=12345.0)
    step = agreement.Agreement(0.1, BagCounts(9, 10, 10), {role: BagCounts(9, 9, 9) for role in both})
    for original, time_s in itertools.product((both["original"], loud), (0.0, 0.5, 1.9)):
        picture.draw(stage, pane, picture.Clip(1280, 720), time_s, {"original": original, "converted": slow}, step, 2)
        for text in stage.texts:
            assert theme.LEFT - 1 <= text.left and text.right <= theme.RIGHT + 1, text
            assert theme.TOP <= text.top and text.bottom <= theme.CAPTION_TOP, text
    said = " ".join(text.text for text in stage.texts)
    assert "recorded on NVIDIA H100" in said and "load 99" in said and "every 6th frame" in said


def test_the_picture_says_that_no_gpu_was_measured(both):
    picture = drawing()
    from demo.film.stage import Stage

    stage = Stage(480, 270)
    pane = np.zeros((117, 208, 4), np.uint8)
    picture.draw(stage, pane, picture.Clip(1280, 720), 0.5, both, None, 2)
    assert any("GPU: not measured here" in text.text for text in stage.texts)


def drawing():
    try:
        from demo.comparison import picture
    except MissingDependencyError as error:
        pytest.skip(str(error))
    return picture


def small_clip(path, frames=24):
    """A clip of bars that the tiny model takes for text."""
    pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    image = np.full((96, 128, 3), 255, np.uint8)
    cv2.rectangle(image, (16, 20), (100, 36), (20, 20, 20), -1)
    with VideoWriter(path, 128, 96, 12) as video:
        for _ in range(frames):
            video.write(image)
    return path


def test_both_readers_read_a_clip_and_their_records_are_kept(tiny_model, tmp_path):
    for package in ("torch", "onnx2torch"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (the [convert] and [bench] extras bring it)")
    clip, roles = small_clip(tmp_path / "clip.mp4"), []
    found = measure.measure(clip, tiny_model, tmp_path / "kept", lambda *what: roles.append(what))
    assert roles == [("original", False), ("converted", False)]
    assert {record.frames for record in found.values()} == {24}
    assert [one.frame for one in found["converted"].results] == list(range(24))
    assert all(one.ms > 0 and one.rss_mib > 10 for one in found["original"].results)
    quads = [line["quad"] for one in found["original"].results for line in one.lines]
    assert quads and np.allclose(np.mean(quads, axis=(0, 1)), (58, 28), atol=8)
    again = measure.measure(clip, tiny_model, tmp_path / "kept", lambda *what: roles.append(what))
    assert roles[2:] == [("original", True), ("converted", True)] and again == found
    _rendered(tmp_path, clip, found)


def _rendered(tmp_path, clip, found):
    drawing()
    from demo.comparison import render

    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    target = tmp_path / "comparison.mp4"
    assert render.render(clip, found, target, 160) is True
    assert imageio_ffmpeg.count_frames_and_secs(str(target))[0] == 24
    assert render.render(clip, found, target, 160) is False


def test_a_worker_says_what_is_wrong_and_how(tmp_path, capsys):
    code = worker.main(["converted", str(tmp_path / "no.mp4"), str(tmp_path), "1", str(tmp_path / "out.json")])
    assert code == 4 and "manifest.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_video_is_written_whole_or_not_at_all(tmp_path):
    pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    with pytest.raises(ZeroDivisionError), VideoWriter(tmp_path / "a.mp4", 64, 48, 10) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
        _ = 1 / 0
    with pytest.raises(ValueError, match="even sides"):
        VideoWriter(tmp_path / "a.mp4", 63, 48, 10)
    with pytest.raises(VideoWriteError, match="cannot be joined"):
        join([tmp_path / "absent.mp4"], tmp_path / "b.mp4")
    assert list(tmp_path.iterdir()) == []


def test_parts_are_joined_without_losing_frames(tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    parts = [small_clip(tmp_path / f"it's {n}.mp4", n) for n in (3, 7)]
    join(parts, tmp_path / "all.mp4")
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "all.mp4"))[0] == 10


def test_colours_of_a_written_video_come_back(tmp_path):
    pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    color = np.full((48, 64, 3), (40, 90, 200), np.uint8)
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 10) as video:
        for _ in range(5):
            video.write(color)
    from demo.film.frames import _decoded

    back = next(_decoded(tmp_path / "a.mp4", (48, 64, 4), 10, 0.0))
    assert np.abs(back[24, 32, :3].astype(int) - (200, 90, 40)).max() <= 4


def test_records_hold_only_json(both):
    assert json.loads(json.dumps(both["original"].results[0].__dict__))["frame"] == 0
