import json

import cv2
import numpy as np
import pytest

from training.data.real_lines import RealLines
from training.errors import TrainingError


@pytest.fixture
def crops(tmp_path):
    """Forty crops of one brightness each, which their texts tell."""
    folder = tmp_path / "crops"
    folder.mkdir()
    for i in range(40):
        cv2.imwrite(str(folder / f"{i}.png"), np.full((20, 60, 3), 5 * i, np.uint8))
    rows = [{"image": f"{i}.png", "text": f" Word{i} "} for i in range(40)]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def page(folder, *texts):
    folder.mkdir(exist_ok=True)
    cv2.imwrite(str(folder / "0.png"), np.full((100, 200, 3), 77, np.uint8))
    items = [{"text": t, "quad": [[20, 20], [120, 20], [120, 50], [20, 50]], "ignore": t == "###"} for t in texts]
    (folder / "labels.jsonl").write_text(json.dumps({"image": "0.png", "items": items}), encoding="utf-8")
    return folder


def test_every_twentieth_image_is_for_development_alone(crops):
    dev, train = RealLines([crops], "dev").plain(50), RealLines([crops]).plain(50)
    assert [line.text for line in dev] == ["Word0", "Word20"]
    assert {line.text for line in train} == {f"Word{i}" for i in range(40)} - {"Word0", "Word20"}
    for line in (*dev, *train):
        assert abs(int(line.image_bgr.mean()) - 5 * int(line.text.strip("Word"))) <= 2


def test_drawn_lines_keep_their_text_and_each_folder_has_its_share(crops, tmp_path):
    lines, rng = RealLines([page(tmp_path / "page", "ALPHA"), crops], "dev"), np.random.default_rng(0)
    drawn = [lines.draw(rng) for _ in range(200)]
    from_page = [line for line in drawn if line.text == "ALPHA"]
    assert 70 < len(from_page) < 130
    assert not any(line.cased for line in from_page)  # a page in capitals alone
    assert all(line.cased for line in drawn if line.text != "ALPHA")
    assert all(abs(int(line.image_bgr.mean()) - 77) <= 2 for line in from_page)
    assert len({line.image_bgr.shape for line in from_page}) > 20


def test_lines_without_a_text_or_to_be_ignored_are_left_out(tmp_path):
    lines = RealLines([page(tmp_path / "page", "###", "Ab", " ")], "dev").plain(9)
    assert [(line.text, line.cased, line.image_bgr.shape) for line in lines] == [("Ab", True, (30, 100, 3))]
    with pytest.raises(TrainingError, match="found none"):
        RealLines([page(tmp_path / "page", "###")], "dev")
