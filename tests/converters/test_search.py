"""A search from labelled images to a published model, with the tiny model and a clock that counts bytes."""

import dataclasses
import json
import shutil

import cv2
import numpy as np
import pytest

from converters.__main__ import main
from converters.errors import ConversionError
from evaluation.labels import DatasetError
from tflite_ocr import Reader, manifest

COMMAND = "python -m converters tiny --search 2 --data pages"


@pytest.fixture(scope="module")
def data(tiny_model, tmp_path_factory):
    """Two folders of images, labelled with what the float32 model reads there: pages and lines."""
    root, reader = tmp_path_factory.mktemp("data"), Reader(tiny_model, precision="float32")
    rng = np.random.default_rng(21)
    for name, size in (("pages", (96, 128)), ("lines", (16, 64))):
        (root / name).mkdir()
        rows = []
        for number in range(6):
            picture = np.full((*size, 3), 255, np.uint8)
            picture[size[0] // 4 : size[0] // 2, 6 : size[1] - 9] = rng.integers(0, 90, (1, size[1] - 15, 3))
            cv2.imwrite(str(root / name / f"{number}.png"), picture)
            row = {"image": f"{number}.png", "text": reader.recognize([picture])[0].text}
            if name == "pages":
                lines = reader.read(picture)
                row = {
                    "image": f"{number}.png",
                    "items": [
                        {"text": line.text, "quad": [[int(v) for v in point] for point in line.quad]} for line in lines
                    ],
                }
            rows.append(json.dumps(row))
        (root / name / "labels.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def build(tiny_plan, tiny_settings, tmp_path_factory):
    """Results of the chain's stages, which every search starts from."""
    from converters import pipeline
    from converters.search import prepare

    folder = tmp_path_factory.mktemp("build")
    pipeline.make(tiny_plan(), folder, tiny_settings(prepare.CHAIN), lambda line: None)
    return folder


def bytes_clock(candidate, plain, tensor, threads):
    """As if time went by the size of a file."""
    from converters.search.latency import Latency

    own, other = candidate.stat().st_size, plain.stat().st_size
    return Latency(own / 1000, own / other)


@pytest.fixture
def search(data, build, tiny_plan, tiny_settings, tmp_path):
    """Searches with the tiny model; gives its folder, whether it was made now, and what was said."""
    from converters.search import run
    from converters.search.options import SearchOptions

    shutil.copytree(build, tmp_path / "tiny" / ".build")

    def call(budget=2.0, folders=("pages", "lines"), **more):
        options = SearchOptions(budget, tuple(data / name for name in folders), **{"channels": (0.0,), **more})
        lines = []
        made = run.convert(tiny_plan(), tmp_path, tiny_settings(), options, COMMAND, lines.append, bytes_clock)
        return *made, lines

    call.folder = tmp_path / "tiny"
    return call


def published(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}


def test_the_model_found_is_read_as_any_other(search, data, spotted_image):
    folder, fresh, lines = search(100 - 1e-6)
    model = manifest.load(folder)
    assert fresh and (model.default_precision, model.precisions()) == ("mixed", ("float32", "int8", "mixed"))
    assert model.parameters["search"] == "100 points on pages, lines"
    mixed = {file.path: file for file in model.files() if file.precision == "mixed"}
    assert set(mixed) == {"detector_mixed.tflite", "features_mixed.tflite", "head_mixed.tflite"}
    assert set(mixed["features_mixed.tflite"].layers.values()) == {"int8"}
    # Within any budget the smallest of each is taken; the head is not quantized and may be stored in half precision.
    assert mixed["features_mixed.tflite"].sha256 == next(
        file.sha256 for file in model.files() if file.path == "features_int8.tflite"
    )
    assert all(file.parity["cosine"] > 0.8 and file.delegation.partitions == 1 for file in mixed.values())
    assert Reader(folder).read(spotted_image) == Reader(folder, precision="mixed").read(spotted_image) != []
    found = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    assert found["baseline"] == {"pages": 100.0, "lines": 100.0} and found["command"] == COMMAND
    assert [step["tried"] for step in found["steps"]][:2] == ["float32", "int8 everywhere"]
    text = (folder / "search.md").read_text(encoding="utf-8")
    for step in found["steps"]:
        assert step["tried"] in text and step["decision"] in text
    assert COMMAND in text and f"{found['accuracy']['lines']:.2f}" in text
    assert len(found["steps"]) == sum(", whole: " in line for line in lines)


def test_a_second_search_has_nothing_to_do_and_other_images_search_anew(search):
    search()
    before, lines = published(search.folder), []
    _, fresh, lines = search()
    assert not fresh and published(search.folder) == before
    assert all(line.endswith("reused") for line in lines)
    _, fresh, lines = search(folders=("pages",))
    assert fresh and any("int8 everywhere" in line for line in lines)


def test_without_a_budget_the_model_reads_as_well_as_float32(search):
    folder, _, _ = search(0.0)
    found = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    assert all(found["accuracy"][name] >= found["baseline"][name] for name in ("pages", "lines"))


def test_a_pruned_network_is_tried_and_kept_only_where_it_is_faster(search):
    folder, _, _ = search(channels=(0.0, 0.5), channel_steps=1, folders=("pages",))
    steps = json.loads((folder / "search.json").read_text(encoding="utf-8"))["steps"]
    assert {step["pruning"] for step in steps} == {"whole", "channels 0.5"}
    pruned = [step for step in steps if step["pruning"] == "channels 0.5"]
    assert {step["network"] for step in pruned} == {"detector", "features"}
    # So few channels are all left in, and the same file again is no faster.
    chosen = [step for step in steps if step["decision"] == "chosen"]
    assert [step["network"] for step in chosen] == ["detector", "features", "head"]
    assert all(step["pruning"] == "whole" for step in chosen)


def test_what_is_tried_to_be_taken_out(data, tiny_plan, tiny_settings, tmp_path):
    from converters.pruning.options import PruneOptions, Thinning
    from converters.search import prepare
    from converters.search.options import SearchOptions

    def tried(zeros, *channels):
        settings = dataclasses.replace(tiny_settings(), thinning=Thinning(zeros=zeros))
        options = SearchOptions(1.0, (data,), channels)
        ready = prepare.Preparation(tiny_plan(), [], settings, options, [], tmp_path, print)
        return [list(candidate.variants) for candidate in ready.candidates()]

    assert tried(None, 0.0) == [["whole"]] * 3
    assert tried(None, 0.25, 0.5) == [["channels 0.25", "channels 0.5"]] * 2 + [["whole"]]
    assert tried(PruneOptions(0.5, pattern="2:4"), 0.0) == [["whole", "zeros 0.5 2:4"]] * 2 + [["whole"]]


def test_a_budget_that_nothing_meets_leaves_nothing(search, monkeypatch):
    from converters.errors import BudgetError
    from converters.search import trials

    def score(self, files):
        whole = all(path.stem == "float32" for path in files.values())
        return {"pages": 90.0 if whole else 80.5}

    monkeypatch.setattr(trials.Trials, "score", score)
    with pytest.raises(BudgetError, match=r"at most 2 points, found none; the best \(detector, .*\) loses 9.50"):
        search(precisions=("int8",))
    assert published(search.folder) == {} and not list(search.folder.rglob("new.*"))


def test_an_interrupted_search_reads_nothing_twice(search, monkeypatch):
    from converters.search import accuracy

    measure, read = accuracy.measure, []

    def interrupted(reader, sets, advance):
        if len(read) == 1:
            raise KeyboardInterrupt
        read.append(measure(reader, sets, advance))
        return read[-1]

    with monkeypatch.context() as patch:
        patch.setattr(accuracy, "measure", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search()
    assert published(search.folder) == {} and not list(search.folder.rglob("new.*"))
    again = []
    monkeypatch.setattr(accuracy, "measure", lambda *given: again.append(measure(*given)) or again[-1])
    folder, _, _ = search()
    steps = json.loads((folder / "search.json").read_text(encoding="utf-8"))["steps"]
    assert steps[0]["accuracy"] == read[0] and 1 <= len(again) < sum(bool(step["accuracy"]) for step in steps)


def test_images_that_do_not_suit_are_refused(search, tmp_path):
    with pytest.raises(ConversionError, match="expected a folder of labelled pages"):
        search(folders=("lines",))
    with pytest.raises(ConversionError, match="two of one name"):
        search(folders=("pages", "pages"))
    with pytest.raises(DatasetError, match="labels.jsonl"):
        search(folders=("absent",))
    assert published(search.folder) == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--search", "-1"], "expected points from 0 to below 100, such as 0.5, found '-1'"),
        (["--search", "half"], "found 'half'"),
        (["--search", "nan"], "found 'nan'"),
        (["--search", "0.5", "--data", "x", "--search-channels", "1"], "shares from 0 to below 1"),
        (
            ["--search", "0.5", "--data", "x", "--search-precision", "int4"],
            "int8,int16x8,float16,float32, found 'int4'",
        ),
        (["--search", "0.5", "--data", "x", "--search-pages", "0"], "found '0'"),
    ],
)
def test_wrong_usage_exits_with_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        main(["tiny", *arguments])
    assert caught.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--search", "0.5"], "expected folders of labelled images, found none; name them with --data"),
        (["--data", "x"], "expected --search POINTS with --data"),
        (["--search", "0.5", "--data", "x", "--channels", "0.5"], "expected --search-channels with --search"),
    ],
)
def test_options_that_do_not_go_together_exit_with_7(capsys, arguments, message, tmp_path):
    assert main(["ppocr", "--out", str(tmp_path / "out"), *arguments]) == 7
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_the_command_line_searches(capsys, monkeypatch, data, build, tiny_plan, tiny_settings, tmp_path):
    from converters import pipeline

    shutil.copytree(build, tmp_path / "tiny" / ".build")
    monkeypatch.setattr("converters.sources.plan_for", lambda model, options: tiny_plan())
    monkeypatch.setattr(pipeline, "default_settings", lambda precisions, folder, formats: tiny_settings(precisions))
    arguments = [
        "tiny",
        "--out",
        str(tmp_path),
        "--search",
        "5",
        "--data",
        str(data / "pages"),
        "--search-channels",
        "0",
        "--search-precision",
        "int8,float32",
    ]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "all networks, whole: int8 everywhere" in said and "detector_mixed.tflite" in said
    assert manifest.load(tmp_path / "tiny").precisions() == ("float32", "int8", "mixed")
    report = (tmp_path / "tiny" / "search.md").read_text(encoding="utf-8")
    assert "python -m converters tiny" in report and "--search 5" in report
    assert main(arguments) == 0 and "nothing to do" in capsys.readouterr().out


def test_few_lines_for_a_small_budget_are_warned_of(data):
    from converters.search import accuracy

    sets = accuracy.load([data / "pages", data / "lines"], 10, 5)
    assert [len(one.samples) for one in sets] == [6, 5]
    (warning,) = accuracy.too_few(sets, 79.0)
    assert warning.startswith("lines: one line of 5 counts for 20.00 points and the budget is 79")
    assert accuracy.too_few(sets, 80.0) == []
