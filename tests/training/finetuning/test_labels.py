import json
import random
import re

import cv2
import numpy as np
import pytest

from evaluation.labels import DatasetError
from training.errors import TrainingError
from training.finetuning import labels as finetune_labels


@pytest.fixture
def crops(tmp_path):
    """A folder with the images 1.png, 2.png and "a, b.png"."""
    for name in ("1.png", "2.png", "a, b.png"):
        cv2.imwrite(str(tmp_path / name), np.full((10, 40, 3), 255, np.uint8))
    return tmp_path


def write_csv(folder, content, encoding="utf-8"):
    (folder / "labels.csv").write_text(content, encoding=encoding)
    return folder


def texts(folder):
    layout, samples = finetune_labels.load(folder)
    assert layout == finetune_labels.EASYOCR
    return [(sample.image_path.name, sample.labels[0].text) for sample in samples]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_of_easyocr(crops, encoding, end):
    rows = ["filename,words", "1.png,Café", "", '2.png," a ""b"", c "', '"a, b.png",x', ""]
    (write_csv(crops, "")).joinpath("labels.csv").write_bytes(end.join(rows).encode(encoding))
    assert texts(crops) == [("1.png", "Café"), ("2.png", ' a "b", c '), ("a, b.png", "x")]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Hello, world", "Hello, world"),
        ('5" pipe', '5" pipe'),
        ('"Yes" he said', '"Yes" he said'),
        ('"', '"'),
        ("", ""),
        ("a,b,", "a,b,"),
        ('"a,b"', "a,b"),
    ],
)
def test_a_text_is_what_stands_behind_the_first_comma(crops, words, text):
    assert texts(write_csv(crops, f"filename,words\n1.png,{words}\n")) == [("1.png", text)]


@pytest.mark.parametrize("header", ["words,filename", "filename;words", "1.png,text", ""])
def test_another_header_is_shown(crops, header):
    with pytest.raises(TrainingError, match=r"labels.csv:1: expected the header filename,words, found"):
        finetune_labels.load(write_csv(crops, f"{header}\n1.png,a\n"))


@pytest.mark.parametrize("line", ["2.png", ",text", '"",text', "   ,x"])
def test_a_malformed_line_is_named(crops, line):
    with pytest.raises(TrainingError, match=r"labels.csv:4: expected a file name, a comma and a text, found"):
        finetune_labels.load(write_csv(crops, f"filename,words\n1.png,a\n\n{line}\n"))


def test_missing_images_are_named(crops):
    rows = "".join(f"no{i}.png,x\n" for i in range(7))
    with pytest.raises(TrainingError, match=r"7 of 8 missing: .*labels.csv:3: no0.png; .*no4.png and 2 more; correct"):
        finetune_labels.load(write_csv(crops, f"filename,words\n1.png,a\n{rows}"))


def test_a_csv_that_is_not_utf8_or_has_no_line(crops):
    with pytest.raises(TrainingError, match="expected UTF-8"):
        finetune_labels.load(write_csv(crops, "filename,words\n1.png,Café\n", encoding="latin-1"))
    with pytest.raises(TrainingError, match="a line for each crop below the header, found none"):
        finetune_labels.load(write_csv(crops, "filename,words\n\n"))


def test_layouts_of_jsonl(crops):
    crop = {"image": "1.png", "text": "a"}
    page = {"image": "2.png", "items": [{"text": "b", "quad": [[0, 0], [9, 0], [9, 9], [0, 9]]}]}
    for lines, layout in (
        ([crop], finetune_labels.CROPS),
        ([page], finetune_labels.PAGES),
        ([crop, page], finetune_labels.MIXED),
    ):
        (crops / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        found, samples = finetune_labels.load(crops)
        assert (found, len(samples)) == (layout, len(lines))


def test_a_malformed_line_of_jsonl_is_named(crops):
    (crops / "labels.jsonl").write_text('{"image": "1.png", "text": "a"}\n{"image": 3}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match="labels.jsonl:2: expected a string in 'image', found 3"):
        finetune_labels.load(crops)


def test_other_folders_are_described(crops, tmp_path):
    with pytest.raises(TrainingError, match=r"expected labels.jsonl .* or labels.csv .*, found 3 other files .*1.png"):
        finetune_labels.load(crops)
    inner = tmp_path / "train"
    inner.mkdir()
    write_csv(inner, "filename,words\n")
    with pytest.raises(TrainingError, match="found labels in train below it; name that folder"):
        finetune_labels.load(tmp_path)
    write_csv(crops, "filename,words\n1.png,a\n")
    (crops / "labels.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(TrainingError, match="found both"):
        finetune_labels.load(crops)


def test_no_folder(tmp_path):
    with pytest.raises(TrainingError, match="found none.*check --data"):
        finetune_labels.load(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(TrainingError, match="found a file"):
        finetune_labels.load(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="found an empty folder"):
        finetune_labels.load(tmp_path / "empty")


def by_expression(line):
    """As it was before: an expression that takes the cube of a line's length."""
    match = re.fullmatch(r'\s*(?:"((?:[^"]|"")*)"|([^,"]*))\s*,(.*)', line, re.DOTALL)
    if match is None or not (match[1] or match[2] or "").strip():
        return None
    name = match[1].replace('""', '"') if match[1] is not None else match[2].strip()
    quoted = re.fullmatch(r'\s*"((?:[^"]|"")*)"\s*', match[3])
    return name, quoted[1].replace('""', '"') if quoted else match[3]


def test_rows_are_taken_apart_as_the_expression_did():
    rng, refused = random.Random(3), 0
    for _ in range(4000):
        line = "".join(rng.choice('ab", ,"\t') for _ in range(rng.randrange(1, 14)))
        try:
            found = finetune_labels._row(line, "here")
        except TrainingError:
            found, refused = None, refused + 1
        assert found == by_expression(line), repr(line)
    assert 500 < refused < 3800


@pytest.mark.parametrize(
    "line", [" " * 200_000 + "x" + " " * 200_000, chr(34) * 300_001, chr(34) + "a" * 300_000, " " * 300_000 + ","]
)
def test_long_rows_take_no_longer_than_their_length(line):
    with pytest.raises(TrainingError):  # the expression would take days
        finetune_labels._row(line, "here")
