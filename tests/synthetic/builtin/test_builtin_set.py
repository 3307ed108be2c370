"""The built-in set: whole, labelled exactly, the same every time, and never half written."""

import json

import cv2
import numpy as np
import pytest

from evaluation import labels, quality
from evaluation.labels import DatasetError
from evaluation.quads import overlaps
from synthetic.builtin import builtin_set, drawn_set
from synthetic.builtin import sheet as builtin_sheet
from tflite_ocr.errors import MissingDependencyError


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The whole set. Not to be written to."""
    return builtin_set.ensure(tmp_path_factory.mktemp("data") / "builtin")


@pytest.fixture
def small(monkeypatch):
    """Makes the set a single page and two words."""
    monkeypatch.setattr(builtin_set, "_SCENES", builtin_set._SCENES[7:8])
    monkeypatch.setattr(builtin_set.scenes, "WORDS", ("Bakery", "07:45"))


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_both_folders_are_labelled_sets(folders):
    pages, words = (labels.load(folder) for folder in folders)
    assert [folder.name for folder in folders] == ["builtin_pages", "builtin_words"]
    assert (len(pages), len(words)) == (12, 60)
    assert (quality.set_kind(pages), quality.set_kind(words)) == ("pages", "lines")
    assert sum(label.ignore for sample in pages for label in sample.labels) == 3
    assert all(len(sample.true_texts()) >= 7 for sample in pages)
    for sample in pages + words:
        assert cv2.imread(str(sample.image_path)) is not None


def test_all_quads_lie_in_their_images_and_words_in_their_lines(folders):
    lines = (folders[0] / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        height, width = cv2.imread(str(folders[0] / row["image"])).shape[:2]
        for item in row["items"]:
            corners = np.array(item["quad"])
            assert (corners >= 0).all() and (corners <= (width, height)).all()
            assert " ".join(word["text"] for word in item["words"]) == item["text"]
            in_line = np.array([word["quad"] for word in item["words"]]).reshape(-1, 2)
            hull = corners.astype(np.float32)
            assert all(cv2.pointPolygonTest(hull, point, True) > -0.5 for point in in_line.tolist())


def test_lines_of_a_page_do_not_lie_on_each_other(folders):
    for sample in labels.load(folders[0]):
        quads = [label.quad for label in sample.labels if not label.ignore]
        shares = overlaps(quads, quads).of_found - np.eye(len(quads))
        assert shares.max() < 0.15


def test_labels_read_back_give_full_marks(folders):
    pages = labels.load(folders[0])
    found = [[label for label in sample.labels if not label.ignore] for sample in pages]
    figures = quality.summary([quality.count("pages", *pair) for pair in zip(pages, found, strict=True)])
    assert figures.pop("word_order") is None  # labels with quads tell no order
    assert {name: figure["value"] for name, figure in figures.items()} == {
        name: float(metric.higher_is_better) for name, metric in quality.METRICS.items() if name in figures
    }


def test_a_set_that_is_there_is_not_drawn_again(folders, monkeypatch):
    monkeypatch.setattr(builtin_set, "_draw_all", None)
    assert builtin_set.ensure(folders[0].parent) == folders


@pytest.mark.slow
def test_equal_pictures_every_time(folders):
    pixels, lines = builtin_set.draw(7)
    stored = labels.load(folders[0])[7]
    np.testing.assert_array_equal(pixels, cv2.imread(str(stored.image_path)))
    assert [line.text for line in lines] == [label.text for label in stored.labels]
    np.testing.assert_array_equal(builtin_set.draw_word(3)[0], builtin_set.draw_word(3)[0])


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["image", "labels", "missing", "stamp", "version"])
def test_a_damaged_set_is_drawn_again(small, tmp_path, damage):
    root = tmp_path / "builtin"
    builtin_set.ensure(root)
    whole = contents(root)
    if damage == "image":
        path = root / "builtin_pages/images/00_departures.png"
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "labels":
        (root / "builtin_words/labels.jsonl").write_text('{"image": "images/00.png", "text": "Butcher"}\n')
    elif damage == "missing":
        (root / "builtin_words/images/01.png").unlink()
    elif damage == "stamp":
        (root / "set.json").write_text("{")
    else:
        (root / "set.json").write_text((root / "set.json").read_text().replace('"version": 1', '"version": 0'))
    assert not drawn_set.is_intact(root, builtin_set.VERSION)
    builtin_set.ensure(root)
    assert contents(root) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["builtin"]


def test_an_interrupted_run_leaves_nothing(small, tmp_path, monkeypatch):
    def interrupt(index):
        raise KeyboardInterrupt

    monkeypatch.setattr(builtin_set, "draw_word", interrupt)
    with pytest.raises(KeyboardInterrupt):
        builtin_set.ensure(tmp_path / "builtin")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_set_that_another_run_finished_first_is_taken(small, tmp_path, monkeypatch):
    root = tmp_path / "builtin"
    draw_all = builtin_set._draw_all

    def meanwhile(folder):
        draw_all(folder)
        draw_all(root)
        drawn_set.stamp(root, builtin_set.VERSION)

    monkeypatch.setattr(builtin_set, "_draw_all", meanwhile)
    monkeypatch.setattr(builtin_set.Path, "rename", lambda self, target: (_ for _ in ()).throw(OSError("not empty")))
    assert builtin_set.ensure(root) == (root / "builtin_pages", root / "builtin_words")


def test_a_folder_with_something_else_is_left_alone(small, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="thesis.txt; name another one"):
        builtin_set.ensure(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    with pytest.raises(DatasetError, match="expected a folder"):
        builtin_set.ensure(tmp_path / "thesis.txt")


def test_a_place_that_cannot_be_written_is_an_error_of_one_line(small, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="expected to write the built-in set there"):
        builtin_set.ensure(tmp_path / "file" / "builtin")


def test_without_its_fonts_the_set_says_what_to_install(small, tmp_path, monkeypatch):
    builtin_sheet.font.cache_clear()
    monkeypatch.setattr(builtin_sheet.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="matplotlib"):
        builtin_set.ensure(tmp_path / "builtin")
    assert not list(tmp_path.iterdir())
