"""The comparison: its clock, its counts, its replayed times, its picture, and a clip that is really read."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.measures.video_texts import TruthError
from demo.comparison import agreement, measure, records, replay, worker
from demo.comparison.worker import Meter
from demo.encoding import VideoWriter, join
from demo.errors import DemoError
from evaluation.texts import MatchCounts
from tflite_ocr.errors import VideoWriteError
from tflite_ocr.manifest import DetectorResize


def test_the_newest_result_is_the_last_one_finished(both):
    found = both["original"]
    for time_s in np.arange(0, 2, 0.05):
        brute = [one for one in found.results if one.done_s <= time_s]
        assert found.newest(time_s) == (brute[-1] if brute else None)
    assert found.finished(0.4, 1.5) == [0.9, 1.5]
    assert found.lines_of(4)[0]["text"] == "Gate 12" and found.lines_of(5) is None


def test_a_frame_that_was_left_out_is_never_the_newest(record, result):
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
    assert [step.both for step in steps] == [MatchCounts(0, 2, 2), MatchCounts(2, 4, 4), MatchCounts(2, 5, 5)]
    assert steps[0].found["original"] == MatchCounts(2, 2, 2)
    assert steps[0].found["converted"] == MatchCounts(0, 1, 2)  # "gate" is ignored, "12" is wrong
    assert next(agreement.follow(both, None)).found is None


def test_texts_of_another_clip_are_refused(tmp_path):
    clip = tmp_path / "clip.mp4"
    assert agreement.read_truth(clip, 2) is None
    clip.with_suffix(".jsonl").write_text('{"frame": 0, "lines": []}\n{"frame": 1, "lines": []}\n', encoding="utf-8")
    assert len(agreement.read_truth(clip, 2)) == 2
    with pytest.raises(TruthError, match="of 3 frames, found 2"):
        agreement.read_truth(clip, 3)


RESIZE = DetectorResize(min_side=736, max_side=2000, multiple=32)


def recording(*samples):
    return {
        "device": "A GPU",
        "date": "2026-01-02",
        "samples": [
            dict(zip(("model", "engine", "precision", "network", "shape", "samples_ms"), sample, strict=True))
            for sample in samples
        ],
    }


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
    assert (
        replay.find(
            [recording(("ppocr", "PyTorch", "float32", "detector", [1, 64, 64, 3], [1.0]))], "ppocr", RESIZE, 1280, 720
        )
        is None
    )


def test_a_meter_sees_work():
    meter = Meter()
    while meter._wall_s == (before := meter._wall_s):
        np.linalg.eigvalsh(np.random.default_rng(0).normal(size=(150, 150)))
        percent, rss = meter.look()
        if meter._wall_s != before:
            break
    assert percent > 0 and rss > 10


def test_both_readers_read_a_clip_and_their_records_are_kept(tiny_model, small_clip, tmp_path):
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


def test_parts_are_joined_without_losing_frames(small_clip, tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    parts = [small_clip(tmp_path / f"it's {n}.mp4", n) for n in (3, 7)]
    join(parts, tmp_path / "all.mp4")
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "all.mp4"))[0] == 10


def test_records_hold_only_json(both):
    assert json.loads(json.dumps(both["original"].results[0].__dict__))["frame"] == 0


def test_a_decoder_that_ends_brings_nothing_to_the_readers_share(monkeypatch):
    monkeypatch.setattr(worker, "_LEAST_S", 0.0)
    meter = Meter()
    subprocess.run([sys.executable, "-c", "sum(i * i for i in range(3_000_000))"], check=True)
    assert meter.look()[0] < 50  # this process only waited
