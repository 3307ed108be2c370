"""What build writes: files, PNG pictures, the report itself with what follows from it."""

import copy
import io
import json

import pytest
from PIL import Image

from benchmarks.__main__ import main
from benchmarks.report import vega
from benchmarks.report.build import build
from benchmarks.report.validate import check


def test_every_file_that_is_named_was_written_and_no_stale_one_is_left(build_once):
    out, files = build_once
    names = [path.relative_to(out).as_posix() for path in files]
    assert names[:3] == ["index.html", "report.md", "report.json"]
    plots = ["accuracy", "memory", "processor", "cold_start", "model_files", "installed"]
    plots += ["scaling_threads", "scaling_batch", "scaling_size", "network_1", "network_2", "network_3", "conversion_1"]
    assert sorted(names[3:]) == sorted(f"plots/{name}.png" for name in plots)
    assert {path for path in out.rglob("*") if path.is_file()} == set(files)


def test_the_given_report_is_left_as_it_is(plotless, tmp_path):
    before = copy.deepcopy(plotless)
    build(plotless, tmp_path)
    assert plotless == before


def test_the_report_itself_is_kept_with_what_follows_from_it(built, report):
    kept = json.loads((built / "report.json").read_text(encoding="utf-8"))
    check(kept)
    assert set(kept) - set(report) == {"derived"}
    assert {key: kept[key] for key in report} == report


def test_pictures_are_drawn_not_blank_and_small(built):
    for path in (built / "plots").glob("*.png"):
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
            colours = len(set(picture.convert("RGB").getdata()))
        assert 700 < width < 2200 and 150 < height < 2400
        assert colours > 20, path.name
        assert len(content) < 120_000


def test_colours_of_the_engines_are_in_the_picture(built):
    with Image.open(built / "plots" / "processor.png") as picture:
        seen = set(picture.convert("RGB").getdata())
    for colour in ((0x0A, 0x58, 0xC2), (0xC4, 0x51, 0x0C), (0x00, 0x79, 0x5B)):  # ours, RapidOCR, Tesseract
        assert any(max(abs(a - b) for a, b in zip(colour, other)) <= 3 for other in seen)


def test_the_page_is_as_small_as_it_can_be(built):
    assert (built / "index.html").stat().st_size < 2_600_000
    assert "</script" not in vega.script().lower() and "<!--" not in vega.script()


def test_an_earlier_derived_part_is_replaced(plotless, tmp_path):
    build(plotless | {"derived": {"engines": [], "answer": "stale"}}, tmp_path)
    kept = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert kept["derived"]["answer"] is None and len(kept["derived"]["engines"]) == len(plotless["engines"])


def test_the_command_line_builds_beside_the_report(plotless, tmp_path, capsys):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(plotless), encoding="utf-8")
    assert main(["report", str(path)]) == 0
    assert str(tmp_path / "index.html") in capsys.readouterr().out


def test_the_same_report_gives_the_same_files(plotless, few, tmp_path):
    files = build(plotless | {"networks": few["networks"][:2]}, tmp_path / "one")
    again = build(json.loads((tmp_path / "one" / "report.json").read_text(encoding="utf-8")), tmp_path / "two")
    assert len(files) == 4
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


@pytest.mark.parametrize("name", ["index.html", "report.md"])
def test_nothing_half_written_is_left(built, name):
    assert not (built / f"{name}.tmp").exists()
