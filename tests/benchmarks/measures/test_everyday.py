"""python -m benchmarks everyday, with an engine that reads labels."""

import json

import pytest

from benchmarks import __main__
from benchmarks.engines import ours, rapidocr
from benchmarks.measures import everyday as command
from benchmarks.running.protocol import EngineLine
from evaluation import labels
from synthetic.everyday import stored
from tflite_ocr.errors import ArtifactError
from tflite_ocr.page import Recognition


class FakeReader:
    """Has the name of its model, and gives the sizes of crops as their texts."""

    def __init__(self, model=None, precision=None, threads=None, language_model=True):
        if model == "no-such-model":
            raise ArtifactError("expected a model, found none")
        self.name, self.plain = model or "edge", not language_model

    def recognize(self, crops):
        return [Recognition("x".join(map(str, crop.shape[:2])), 0.9) for crop in crops]


@pytest.fixture
def out(tmp_path, monkeypatch):
    """A folder with a set of three pictures; edge reads them without the first letters, RapidOCR reads all."""
    monkeypatch.setattr(stored, "order", lambda: [("number", 0), ("foreign script", 0), ("number", 1)])
    truth = {}

    class Engine:
        def __init__(self, cut):
            self.cut = cut

        def read(self, path):
            if path not in truth:
                truth.update((s.image_path, s) for s in labels.load(path.parent.parent))
            return [EngineLine(text[self.cut :], 0.9) for text in truth[path].true_texts()]

    monkeypatch.setattr(ours, "Ours", lambda reader: Engine(0 if reader.plain else 1))
    monkeypatch.setattr(rapidocr, "create", lambda runtime, threads: Engine(0))
    monkeypatch.setattr(command, "Reader", FakeReader)
    return tmp_path / "everyday"


def test_the_table_has_a_row_for_each_kind(out, capsys):
    assert __main__.main(["everyday", "edge", "--rapidocr", "--out", str(out)]) == 0
    heading, number, script, every = capsys.readouterr().out.splitlines()
    assert heading.split() == ["kind", "images", "texts", "edge", "F1", "RapidOCR", "F1"]
    assert number.split()[:4] == ["number", "2", "2", "0.0"] and number.split()[5] == "100.0"
    assert script.split() == ["foreign", "script", "1", "1", "100.0", "-", "100.0", "-"]
    assert every.split()[:5] == ["all", "kinds", "3", "3", "50.0"]


def test_misses_kinds_and_json(out, capsys, tmp_path):
    target = tmp_path / "found.json"
    arguments = ["edge", "--kinds", "number", "--misses", "--limit", "1", "--json", str(target), "--out", str(out)]
    assert __main__.main(["everyday", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "edge:  000_number_00.png: expected [" in printed and "foreign" not in printed
    (engine,) = json.loads(target.read_text()).values()
    assert [row["kind"] for row in engine["kinds"]] == ["number", "all kinds"]
    assert len(engine["texts"]) == 1


def test_parts_have_folders_of_their_own(out):
    __main__.main(["everyday", "edge", "--part", "test", "--out", str(out)])
    __main__.main(["everyday", "edge", "--out", str(out)])
    assert sorted(path.name for path in out.iterdir()) == ["dev", "test"]


def test_unknown_kinds_and_models_are_errors_of_one_line(out, capsys):
    with pytest.raises(SystemExit):
        __main__.main(["everyday", "--kinds", "nonsense", "--out", str(out)])
    assert "expected names of single character" in capsys.readouterr().err
    assert __main__.main(["everyday", "no-such-model", "--out", str(out)]) != 0
    assert capsys.readouterr().err.startswith("error: ")


def test_places_and_plain_are_columns_of_their_own(out, capsys, tmp_path):
    target = tmp_path / "found.json"
    assert __main__.main(["everyday", "edge", "--places", "--plain", "--json", str(target), "--out", str(out)]) == 0
    heading, number = capsys.readouterr().out.splitlines()[:2]
    assert heading.split() == ["kind", "images", "texts", "edge", "F1", "edge,", "places", "F1", "edge,", "plain", "F1"]
    assert number.split()[3] == "0.0" and number.split()[7] == "100.0"
    found = json.loads(target.read_text())["edge, places"]["texts"]["000_number_00.png"]
    ((sample, *_),) = [[s for s in labels.load(out / "dev" / "everyday_dev") if s.kind == "number"]]
    (x0, y0), (x1, y1) = sample.labels[0].quad[0], sample.labels[0].quad[2]
    height, width = map(int, found[0][0].split("x"))
    assert abs(height - (y1 - y0)) <= 2 and abs(width - (x1 - x0)) <= 2
