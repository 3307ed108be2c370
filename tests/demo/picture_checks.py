"""The comparison's pictures: what they say, their margins, and a video of them; run by test_drawing.py."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from demo.comparison import agreement
from evaluation.texts import MatchCounts
from tflite_ocr.errors import MissingDependencyError

try:
    from demo.comparison import picture, render
    from demo.film import theme
    from demo.film.frames import _decoded
    from demo.film.stage import Stage
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)
from demo.encoding import VideoWriter


def test_pictures_of_the_comparison_stay_in_their_margins(both):
    stage, pane = Stage(480, 270), np.zeros((117, 208, 4), np.uint8)
    edges = [[[0, 0], [1279, 0], [1279, 30], [0, 30]], [[1200, 690], [1279, 690], [1279, 719], [1200, 719]]]
    lines = [{"text": "A rather long text that was read at the edge", "quad": quad} for quad in edges]
    both["original"].results[0].lines.extend(lines)
    loud = replace(both["original"], load=99.0, recorded_on="NVIDIA H100 80GB HBM3, 2026-11-21")
    slow = replace(both["converted"], every=6, detail="TensorFlow Lite, int8, CPU, 2 threads", alone_ms=12345.0)
    step = agreement.Agreement(0.1, MatchCounts(9, 10, 10), {role: MatchCounts(9, 9, 9) for role in both})
    for original, time_s in itertools.product((both["original"], loud), (0.0, 0.5, 1.9)):
        picture.draw(stage, pane, 1280, time_s, {"original": original, "converted": slow}, step, 2)
        for text in stage.texts:
            assert theme.LEFT - 1 <= text.left and text.right <= theme.RIGHT + 1, text
            assert theme.TOP <= text.top and text.bottom <= theme.CAPTION_TOP, text
    said = " ".join(text.text for text in stage.texts)
    assert "recorded on NVIDIA H100" in said and "load 99" in said and "every 6th frame" in said


def test_the_picture_says_that_no_gpu_was_measured(both):
    stage = Stage(480, 270)
    pane = np.zeros((117, 208, 4), np.uint8)
    picture.draw(stage, pane, 1280, 0.5, both, None, 2)
    assert any("GPU: not measured here" in text.text for text in stage.texts)


def test_tags_make_room_for_each_other():
    quad = np.float32([(100, 300), (200, 300), (200, 320), (100, 320)])
    above, below = picture.tag_top(100, 80, quad, []), picture.tag_top(100, 80, quad, [(150, 270, 60)])
    assert above < 300 - 20 and below > 320
    assert picture.tag_top(100, 80, quad, [(200, 270, 60)]) == above  # beside it
    assert picture.tag_top(100, 80, quad, [(150, 270, 60), (150, 330, 60)]) == above  # neither is free
    assert picture.tag_top(100, 80, quad - (0, 150), []) > 170  # at the pane's upper edge
    assert picture.tag_top(100, 80, np.float32([(0, 0), (9, 0), (9, 2000), (0, 2000)]), []) is None


def test_colours_of_a_written_video_come_back(tmp_path):
    color = np.full((48, 64, 3), (40, 90, 200), np.uint8)
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 10) as video:
        for _ in range(5):
            video.write(color)
    back = next(_decoded(tmp_path / "a.mp4", (48, 64, 4), 10, 0.0))
    assert np.abs(back[24, 32, :3].astype(int) - (200, 90, 40)).max() <= 4


def test_a_comparison_is_drawn_once(tmp_path, both, small_clip):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    clip, target = small_clip(tmp_path / "clip.mp4", 10), tmp_path / "comparison.mp4"
    assert render.render(clip, both, target, 160) is True
    assert imageio_ffmpeg.count_frames_and_secs(str(target))[0] == 10
    assert render.render(clip, both, target, 160) is False
    other = both | {"converted": replace(both["converted"], alone_ms=1.0)}
    assert render.render(clip, other, target, 160) is True
