"""Reading labels.jsonl, and naming the file and line of whatever is wrong with it."""

import json

import pytest

from evaluation import labels
from evaluation.labels import DatasetError, Label, load

QUAD = [[0, 0], [9, 0], [9, 5], [0, 5]]


def write(folder, *lines):
    (folder / "a.png").write_bytes(b"never opened")
    (folder / "labels.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_items_with_quads_and_ignored_labels(tmp_path):
    items = [{"text": "Stop", "quad": QUAD, "ignore": False}, {"text": "", "quad": QUAD, "ignore": True}]
    (sample,) = load(write(tmp_path, json.dumps({"image": "a.png", "split": "test", "items": items}), ""))
    assert sample.image_path == tmp_path / "a.png"
    assert sample.true_texts() == ["Stop"]
    assert sample.ignored_texts() == [""]
    assert sample.labels[0].quad == ((0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (0.0, 5.0))


def test_text_without_boxes(tmp_path):
    (sample,) = load(write(tmp_path, json.dumps({"image": "a.png", "text": "two\nlines"})))
    assert sample.labels == (Label("two\nlines"),)


def test_a_kind_and_another_script_are_read_and_optional(tmp_path):
    rows = [
        {"image": "a.png", "text": "x"},
        {"image": "a.png", "text": "Мир", "kind": "script", "latin": False},
        {"image": "a.png", "items": [], "kind": "empty"},
    ]
    samples = load(write(tmp_path, *map(json.dumps, rows)))
    assert [(sample.kind, sample.latin) for sample in samples] == [(None, True), ("script", False), ("empty", True)]


GOOD = json.dumps({"image": "a.png", "text": "fine"})


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "JSON object"),
        ("[1]", "JSON object"),
        ('{"text": "no image"}', "'image'"),
        ('{"image": "absent.png", "text": "x"}', "does not exist"),
        ('{"image": "a.png"}', "'text'"),
        ('{"image": "a.png", "items": 3}', "'items'"),
        ('{"image": "a.png", "text": "x", "kind": 3}', "'kind'"),
        ('{"image": "a.png", "text": "x", "latin": "no"}', "'latin'"),
        ('{"image": "a.png", "items": [{"text": "x", "quad": [[0, 0]], "ignore": false}]}', "'quad'"),
        ('{"image": "a.png", "items": [{"text": "x", "quad": [[0,0],[1,0],[1,"1"],[0,1]]}]}', "'quad'"),
        ('{"image": "a.png", "items": [{"quad": [[0,0],[1,0],[1,1],[0,1]]}]}', "items[0]"),
        ('{"image": "a.png", "items": [{"text": "x", "quad": [[0,0],[1,0],[1,1],[0,1]], "ignore": "no"}]}', "'ignore'"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, bad, words):
    with pytest.raises(DatasetError) as caught:
        load(write(tmp_path, GOOD, bad, GOOD))
    assert "labels.jsonl:2" in str(caught.value)
    assert words in str(caught.value)


def test_missing_and_empty_labels(tmp_path):
    with pytest.raises(DatasetError, match="labels.jsonl"):
        load(tmp_path)
    with pytest.raises(DatasetError, match="empty"):
        load(write(tmp_path, ""))


def test_training_takes_images_and_quads_that_nobody_has_read(tmp_path):
    quad = [[0, 0], [9, 0], [9, 5], [0, 5]]
    items = [{"text": None, "quad": quad}, {"text": "A", "quad": quad, "ignore": True}]
    lines = [{"image": "a.png", "items": None}, {"image": "a.png", "items": items}]
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "labels.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    bare, boxed = load(tmp_path, unlabelled=True)
    assert bare.labels == () and [(label.text, label.ignore) for label in boxed.labels] == [("", False), ("A", True)]
    with pytest.raises(DatasetError, match="'items'"):
        load(tmp_path)


GOOD = '{"image": "a.png", "text": "Total"}'


@pytest.mark.parametrize(
    "line",
    [
        "[" * 6000,
        '{"a":' * 6000,
        GOOD[:-1],
        "nan",
        '{"image": "%s.png", "text": "x"}' % ("x" * 300),
        '{"image": "a\\u0000.png", "text": "x"}',
        '{"image": "\\ud800.png", "text": "x"}',
        '{"image": "a.png", "text": "\\udfff"}',
        *(
            f'{{"image": "a.png", "items": [{{"text": "x", "quad": [[0, 0], [{number}, 0], [9, 9], [0, 9]]}}]}}'
            for number in ("NaN", "Infinity", "-1e400", "1" + "0" * 400, "1e6")
        ),
    ],
)
def test_hostile_lines_are_refused_in_one_printable_line(line, tmp_path):
    (tmp_path / "a.png").write_bytes(b"not opened")
    (tmp_path / "labels.jsonl").write_text(f"{GOOD}\n{line}\n")
    with pytest.raises(labels.DatasetError, match="labels.jsonl:2: ") as caught:
        labels.load(tmp_path)
    assert str(caught.value).isprintable()


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path):
    (tmp_path / "a.png").write_bytes(b"not opened")
    (tmp_path / "labels.jsonl").write_text('{"image": "a.png", "text": "one\u2028two"}\n', encoding="utf-8")
    assert labels.load(tmp_path)[0].true_texts() == ["one\u2028two"]


def test_labels_that_are_no_file_are_refused(tmp_path):
    (tmp_path / "labels.jsonl").symlink_to("/dev/zero")
    with pytest.raises(labels.DatasetError, match="a device, no regular file"):
        labels.load(tmp_path)
