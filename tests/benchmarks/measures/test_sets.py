"""Sets of images: those that cannot be decoded are left out and named; bad folders are errors of one line."""

import json

import cv2
import numpy as np
import pytest

from benchmarks.measures import sets
from evaluation.labels import DatasetError


def folder_of(path, names, broken=(), line=lambda name: {"image": name, "text": "word"}):
    path.mkdir(parents=True)
    for name in names:
        cv2.imwrite(str(path / name), np.full((8, 12, 3), 200, np.uint8))
    for name in broken:
        (path / name).write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    rows = [json.dumps(line(name)) + "\n" for name in (*broken, *names)]
    (path / "labels.jsonl").write_text("".join(rows), encoding="utf-8")
    return path


def test_an_image_that_does_not_decode_is_left_out_and_named(tmp_path):
    found = sets.load(folder_of(tmp_path / "words", ["a.png", "b.png"], broken=["bad.png"]), {})
    assert (found.name, found.kind, found.built_in) == ("words", "lines", False)
    assert [found.image_name(sample) for sample in found.samples] == ["a.png", "b.png"]
    ((name, reason),) = found.left_out
    assert name == "bad.png" and reason and "bad.png" not in reason


def test_a_set_without_any_image_that_decodes_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="found 1 that cannot; the first is bad.png"):
        sets.load(folder_of(tmp_path / "words", [], broken=["bad.png"]), {})


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "labels.jsonl, found none"), ("", "empty file"), ('{"image": "a.png", "text": "x"}\n{"image"', ":2: ")],
)
def test_folders_that_cannot_be_used_are_errors(tmp_path, text, message):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 4, 3), np.uint8))
    if text is not None:
        (tmp_path / "labels.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        sets.load_all([tmp_path], {})


def test_limits_go_by_kind_and_equal_names_are_numbered(tmp_path):
    words = folder_of(tmp_path / "one" / "set", ["a.png", "b.png", "c.png"])
    quad = [[0, 0], [5, 0], [5, 5], [0, 5]]
    pages = folder_of(
        tmp_path / "two" / "set",
        ["a.png", "b.png"],
        line=lambda name: {"image": name, "items": [{"text": "x", "quad": quad}]},
    )
    found = sets.load_all([words, pages], {"lines": 2, "pages": 1})
    assert [(of.name, of.kind, len(of.samples)) for of in found] == [("set", "lines", 2), ("set#2", "pages", 1)]


def test_the_digest_follows_the_pixels_and_not_the_labels(tmp_path):
    first = sets.load(folder_of(tmp_path / "a", ["a.png"]), {})
    second = sets.load(folder_of(tmp_path / "b", ["a.png"], line=lambda name: {"image": name, "text": "other"}), {})
    assert sets.digest(first.samples) == sets.digest(second.samples)
    cv2.imwrite(str(second.samples[0].image_path), np.zeros((8, 12, 3), np.uint8))
    assert sets.digest(first.samples) != sets.digest(second.samples)


def test_the_sets_that_the_project_draws_are_the_built_in_one_and_the_everyday_one(tmp_path, monkeypatch):
    from synthetic.builtin import builtin_set
    from synthetic.everyday import stored

    monkeypatch.setattr(builtin_set, "_SCENES", builtin_set._SCENES[7:8])
    monkeypatch.setattr(builtin_set.scenes, "WORDS", ("Bakery",))
    monkeypatch.setattr(stored, "order", lambda: [("number", 0), ("plate", 0), ("number", 1)])
    found = sets.built_in(tmp_path, {"pages": 1, "everyday": 2})
    assert [(of.name, of.kind, len(of.samples)) for of in found] == [
        ("builtin_pages", "pages", 1),
        ("builtin_words", "lines", 1),
        ("everyday_test", "pages", 2),
    ]
    assert [of.has_kinds for of in found] == [False, False, True] and all(of.built_in for of in found)
    assert [sample.kind for sample in found[2].samples] == ["number", "plate"]


def test_pages_and_cropped_lines_are_never_one_figure():
    assert sets.together({"a": "pages", "words": "lines", "b": "page_text"}) == ["a", "b"]
    assert sets.together({"words": "lines", "more": "lines"}) == ["words", "more"]
