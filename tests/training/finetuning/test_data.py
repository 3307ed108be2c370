import json

import cv2
import numpy as np
import pytest

from evaluation.labels import LABELS_FILE_NAME
from tflite_ocr import geometry
from tflite_ocr.manifest import ImageInput
from training.errors import TrainingError
from training.finetuning import data as finetune_data
from training.finetuning import labels as finetune_labels
from training.finetuning.batches import LineFormat

SIGHT = LineFormat(ImageInput("BGR", (0.5,) * 3, (0.5,) * 3), 32, stretch=1.5, multiple=16, widest=640, frame_width=8)
CHARSET = ("", " ", *"abcdefé")


def picture(rng, height=20, width=80):
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)


def write(folder, lines):
    (folder / LABELS_FILE_NAME).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def write_crops(folder, texts, size=(20, 80)):
    rng = np.random.default_rng(0)
    for i in range(len(texts)):
        cv2.imwrite(str(folder / f"{i}.png"), picture(rng, *size))
    return write(folder, [{"image": f"{i}.png", "text": text} for i, text in enumerate(texts)])


def write_pages(folder, count, lines=4):
    """Pages with `lines` lines each, whose texts tell the page."""
    rng = np.random.default_rng(1)
    rows = []
    for page in range(count):
        cv2.imwrite(str(folder / f"{page}.png"), picture(rng, 100, 120))
        items = [
            {"text": "abcdef"[page % 6] * (i + 1), "quad": [[10, y], [90, y], [90, y + 16], [10, y + 16]]}
            for i, y in enumerate(range(4, 4 + 20 * lines, 20))
        ]
        items.append({"text": "###", "quad": [[0, 90], [9, 90], [9, 99], [0, 99]], "ignore": True})
        rows.append({"image": f"{page}.png", "items": items})
    return write(folder, rows)


def load(folder, share=0.25, seed=0):
    return finetune_data.load(folder, CHARSET, SIGHT, share, seed)


def test_crops_are_parted_by_the_share_and_the_seed(tmp_path):
    texts = [a + b for a in "abcdef" for b in "abcdef"]
    folder = write_crops(tmp_path, texts)
    data = load(folder)
    assert data.layout == finetune_labels.CROPS and data.pages == ()
    assert (len(data.train), len(data.validation)) == data.images == (27, 9)
    assert sorted(line.text for line in (*data.train, *data.validation)) == sorted(texts)
    again, other = load(folder), load(folder, seed=1)
    assert again.digest() == data.digest() != other.digest()
    assert {line.text for line in other.validation} != {line.text for line in data.validation}
    for line in data.validation:  # without loss
        stored = cv2.imread(str(folder / f"{texts.index(line.text)}.png"))
        np.testing.assert_array_equal(line.picture(), stored)


def test_the_lines_of_a_page_stay_together(tmp_path):
    data = load(write_pages(tmp_path, 6), share=0.34)
    assert data.layout == finetune_labels.PAGES
    assert data.images == (4, 2) and (len(data.train), len(data.validation)) == (16, 8)
    assert not {line.text[0] for line in data.train} & {line.text[0] for line in data.validation}
    assert {path.stem for path in data.pages} == {str("abcdef".index(line.text[0])) for line in data.train}
    page = cv2.imread(str(tmp_path / f"{'abcdef'.index(data.validation[0].text[0])}.png"))
    np.testing.assert_array_equal(data.validation[0].picture(), page[4:20, 10:90])


def test_slanted_lines_are_cut_as_the_reader_cuts_them(tmp_path):
    folder = write_pages(tmp_path, 6)
    quad = [[12, 10], [80, 20], [77, 40], [9, 30]]
    rows = [{"image": f"{i}.png", "items": [{"text": "abc", "quad": quad}] * 4} for i in range(6)]
    line = load(write(folder, rows), share=0.34).validation[0]
    wanted = [geometry.crop(cv2.imread(str(folder / f"{i}.png")), np.float32(quad)) for i in range(6)]
    assert min(np.abs(line.picture().astype(int) - crop).max() for crop in wanted) <= 1


@pytest.mark.parametrize("kind", ["crops", "pages"])
def test_varied_cuts_stay_close_to_the_line(tmp_path, kind):
    data = load(write_crops(tmp_path, ["ab"] * 24) if kind == "crops" else write_pages(tmp_path, 6), 0.34)
    line = data.train[0]
    plain, rng = line.picture(), np.random.default_rng(0)
    sizes = {line.varied(rng).shape[:2] for _ in range(20)}
    assert len(sizes) > 5
    for height, width in sizes:
        assert 0.8 * plain.shape[0] <= height <= 1.6 * plain.shape[0]
        assert 0.9 * plain.shape[1] <= width <= 1.3 * plain.shape[1]


def test_an_upright_crop_is_not_turned(tmp_path):
    data = load(write_crops(tmp_path, ["a"] * 24, size=(40, 12)))
    assert data.train[0].picture().shape == data.train[0].varied(np.random.default_rng(0)).shape == (40, 12, 3)


def test_what_cannot_be_used_is_left_out_and_counted(tmp_path):
    good = ["ab"] * 40
    texts = [*good, "x z", "ax", " ", "a\nb", "abcdef" * 5, "ee\u0301"]
    folder = write_crops(tmp_path, texts)
    rows = [json.loads(line) for line in (folder / LABELS_FILE_NAME).read_text(encoding="utf-8").splitlines()]
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "empty.jpg").write_bytes(b"")
    for name, size in (("flat.png", (3, 60)), ("long.png", (10, 200))):
        cv2.imwrite(str(folder / name), picture(np.random.default_rng(2), *size))
    rows += [{"image": name, "text": "a"} for name in ("broken.png", "empty.jpg", "flat.png", "long.png")]
    data = load(write(folder, rows), share=0.1)
    kept = [line.text for line in (*data.train, *data.validation)]
    assert kept.count("ab") == 40 and "eé" in kept
    sentences = "\n".join(data.skipped.sentences())
    assert sorted(data.skipped.images) == ["broken.png", "empty.jpg"]
    assert "images that cannot be decoded: 2 (" in sentences and "broken.png" in sentences
    assert "lines with characters that the model does not know: 2 ('x' 2x 'z' 1x)" in sentences
    assert "lines without a text: 1" in sentences
    assert "lines that are whole pages of several lines; give items with a quad for each line: 1" in sentences
    assert "lines less than 4 pixels high or wide: 1" in sentences
    # What only cannot be learned stays in the validation set, if it was drawn into it.
    hard = sum(text in ("abcdef" * 5, "a") for text in (line.text for line in data.validation))
    assert data.skipped.lines[finetune_data._NARROW] + data.skipped.lines[finetune_data._WIDE] == 2 - hard


def test_too_few_lines(tmp_path):
    write_crops(tmp_path, ["ab"] * 20)
    with pytest.raises(TrainingError, match="at least 5 lines for validation, found 2: 18 to learn from and 2 for"):
        load(tmp_path, share=0.1)
    with pytest.raises(TrainingError, match="at least 5 lines to learn from, found 2"):
        load(tmp_path, share=0.9)
    with pytest.raises(TrainingError, match="between 0 and 1, found 1"):
        load(tmp_path, share=1)


def test_nothing_that_can_be_learned_says_why(tmp_path):
    write_crops(tmp_path, ["XYZ"] * 20)
    with pytest.raises(TrainingError, match="found none in 20 images; skipped: lines with characters .*: 20 .'X' 20x"):
        load(tmp_path)


def test_one_page_alone_cannot_be_parted(tmp_path):
    with pytest.raises(TrainingError, match="at least 5 lines to learn from, found 0"):
        load(write_pages(tmp_path, 1))
