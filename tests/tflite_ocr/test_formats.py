"""JSON, text and EasyOCR's lists of what was read."""

import ast
import dataclasses
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from tflite_ocr import formats
from tflite_ocr.page import Block, Character, Page, TextLine, Word

TIMING = {"decode": 1.23456, "detect": np.float32(20.5), "recognize": 3.0, "total": 24.73456}


def line(text, left, top, width, height, confidence=0.9) -> TextLine:
    right, bottom = left + width, top + height
    return TextLine(text, confidence, ((left, top), (right, top), (right, bottom), (left, bottom)))


PAGE = Page((line("Grüße €5", np.float32(1.25), 2, 100, 20, np.float32(0.87654321)),), 640, 480, TIMING)
EMPTY = Page((), 10, 20, TIMING)


def text_of(name, pages, many=False) -> str:
    made = formats.find(name)("ppocr", many)
    return made.head() + "".join(made.body(formats.Result(image, page)) for image, page in pages) + made.tail()


def test_json_of_an_image_is_exactly_this():
    assert json.loads(text_of("json", [("a.jpg", PAGE)])) == {
        "version": 2,
        "pages": [
            {
                "version": 2,
                "image": "a.jpg",
                "page": 1,
                "dpi": None,
                "width": 640,
                "height": 480,
                "angle": 0.0,
                "language": None,
                "model": "ppocr",
                "lines": [
                    {
                        "text": "Grüße €5",
                        "confidence": 0.8765,
                        "quad": [[1.25, 2.0], [101.25, 2.0], [101.25, 22.0], [1.25, 22.0]],
                        "words": [],
                    }
                ],
                "blocks": [],
                "timing_ms": {"decode": 1.235, "detect": 20.5, "recognize": 3.0, "total": 24.735},
            }
        ],
    }
    assert "Grüße €5" in text_of("json", [("a.jpg", PAGE)])


def page_of_everything() -> Page:
    """A heading of two words with characters, a table with an empty cell, and two paragraphs."""
    title = line("On it", 10, 5, 50, 20)
    words = [
        Word("On", 0.5, title.quad, tuple(Character(c, 0.25, title.quad) for c in "On")),
        Word("it", 1, title.quad),
    ]
    title = dataclasses.replace(title, words=tuple(words))
    cells = [line(str(i), 10 + 50 * (i % 2), 40 + 30 * (i // 2), 20, 20) for i in range(3)]
    rows = ((cells[:1], cells[1:2]), (cells[2:3], []))
    text = [line(word, 10, 200 + 30 * i, 20, 20) for i, word in enumerate("abc")]
    blocks = (
        Block("heading", (title,), ((title,),)),
        Block("table", tuple(cells), rows=tuple(tuple(tuple(cell) for cell in row) for row in rows)),
        Block("text", tuple(text), (tuple(text[:2]), tuple(text[2:]))),
    )
    return Page((title, *cells, *text), 640, 480, TIMING, blocks, -3.14159, "en")


def test_json_of_words_and_blocks():
    found = formats.to_dict(page_of_everything(), "a.jpg", "ppocr")
    assert (found["angle"], found["language"]) == (-3.14, "en")
    first, second = found["lines"][0]["words"]
    assert (first["text"], first["confidence"]) == ("On", 0.5) and "characters" not in second
    assert first["characters"][1] == {"text": "n", "confidence": 0.25, "quad": first["quad"]}
    assert found["blocks"] == [
        {"kind": "heading", "lines": [0], "paragraphs": [[0]], "rows": []},
        {"kind": "table", "lines": [1, 2, 3], "paragraphs": [], "rows": [[[1], [2]], [[3], []]]},
        {"kind": "text", "lines": [4, 5, 6], "paragraphs": [[4, 5], [6]], "rows": []},
    ]


def test_json_is_what_its_schema_says():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(formats.__file__).parent / "page.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for pages in ([], [("a", page_of_everything())], [("a", EMPTY), ("b", PAGE)]):
        document = json.loads(text_of("json", pages, many=len(pages) > 1))
        assert not list(validator.iter_errors(document))
        assert [page["image"] for page in document["pages"]] == [name for name, _ in pages]
    broken = json.loads(text_of("json", [("a", page_of_everything())]))
    broken["pages"][0]["lines"][0]["words"][0]["quad"].pop()
    broken["pages"][0]["blocks"][1]["kind"] = "picture"
    assert len(list(validator.iter_errors(broken))) == 2


def test_a_missing_stage_is_an_error():
    with pytest.raises(KeyError, match="total"):
        formats.to_dict(Page((), 1, 1, {"decode": 1, "detect": 1, "recognize": 1}), "a", "m")


def test_json_is_one_shape_for_one_image_and_for_many():
    assert json.loads(text_of("json", [], many=True)) == {"version": 2, "pages": []}
    found = json.loads(text_of("json", [("a", PAGE), ("b", EMPTY)], many=True))["pages"]
    assert [item["image"] for item in found] == ["a", "b"]
    assert found[1]["lines"] == []
    assert text_of("json", [("a", PAGE)], many=True) == text_of("json", [("a", PAGE)])


def test_json_lines_are_one_object_a_line():
    text = text_of("jsonl", [("a\nb", PAGE), ("c", EMPTY)], many=True)
    assert text.endswith("\n")
    rows = text.split("\n")[:-1]
    assert [json.loads(row)["image"] for row in rows] == ["a\nb", "c"]


def test_text():
    assert text_of("text", [("a", PAGE)]) == "Grüße €5\n"
    assert text_of("text", [("a", EMPTY)]) == ""
    assert text_of("text", [("a", PAGE), ("b", EMPTY)], many=True) == "==> a <==\nGrüße €5\n\n==> b <==\n"


RECEIPT = [("Milk 1l", 20, 1.19), ("Bread rye", 20, 2.49), ("Total", 20, 3.68)]


def receipt(rng, degrees=0.0):
    """Names on the left, prices on the right, in any order, the paper turned."""
    lines = []
    for row, (name, left, price) in enumerate(RECEIPT):
        lines += [
            (name, left, 100 + 30 * row + rng.uniform(-3, 3), 90, 20),
            (str(price), 300, 100 + 30 * row + rng.uniform(-3, 3), 40, 20),
        ]
    turn = np.deg2rad(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    found = []
    for text, x, y, width, height in lines:
        corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)]) - (200, 150)
        found.append(TextLine(text, 0.9, tuple(map(tuple, (corners @ matrix + (200, 150)).tolist()))))
    return [found[i] for i in rng.permutation(len(found))]


@pytest.mark.parametrize("degrees", [0, 8, -8, 90, 180, 270])
def test_rows_stay_together(degrees):
    rng = np.random.default_rng(degrees % 360)
    page = Page(tuple(receipt(rng, degrees)), 400, 400, TIMING)
    assert formats.to_rows(page) == "Milk 1l   1.19\nBread rye   2.49\nTotal   3.68\n"


def test_rows_of_near_words_and_of_nothing():
    words = (
        line("Total", 10, 10, 50, 20),
        line("due", 68, 12, 30, 20),
        line("5.00", 200, 9, 40, 20),
        line("Thanks", 10, 40, 60, 20),
        line("over", 12, 44, 40, 20),
    )
    page = Page(words, 300, 100, TIMING)
    assert formats.to_rows(page) == "Total due   5.00\nThanks\nover\n"
    assert formats.to_rows(Page((), 300, 100, TIMING)) == ""
    assert text_of("rows", [("a.png", page)] * 2, many=True).startswith("==> a.png <==\nTotal due   5.00\n")


# --- EasyOCR's shapes -------------------------------------------------------------------------------------


def get_paragraph():
    package = importlib.util.find_spec("easyocr")
    if package is None:
        pytest.skip("easyocr is the oracle")
    # The function alone: its module imports torch, and a torchvision that matches it.
    tree = ast.parse(Path(package.submodule_search_locations[0], "utils.py").read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if getattr(node, "name", "") == "get_paragraph"]
    names = {"np": np}
    exec(compile(tree, "get_paragraph", "exec"), names)
    return names["get_paragraph"]


def test_easyocr_lists():
    lines = [line("one", 1.4, 2.6, 10, 5, np.float32(0.5)), line("two", 50, 2, 10, 5)]
    found = formats.to_easyocr(lines)
    assert found[0] == ([[1, 3], [11, 3], [11, 8], [1, 8]], "one", 0.5)
    assert isinstance(found[0], tuple) and type(found[0][0][0][0]) is int and type(found[0][2]) is float
    assert formats.to_easyocr(lines, detail=0) == ["one", "two"]
    assert formats.to_easyocr([]) == formats.to_easyocr([], paragraph=True) == []


def test_paragraphs_by_hand():
    lines = [
        line("world", 60, 0, 40, 10),
        line("hello", 0, 1, 50, 10),
        line("below", 0, 14, 50, 10),
        line("far", 0, 100, 50, 10),
    ]
    expected = [
        [[[0, 0], [100, 0], [100, 24], [0, 24]], "hello world below"],
        [[[0, 100], [50, 100], [50, 110], [0, 110]], "far"],
    ]
    assert formats.to_easyocr(lines, paragraph=True) == expected
    assert formats.to_easyocr(lines, detail=0, paragraph=True) == ["hello world below", "far"]


def test_paragraphs_of_boxes_without_height_end():
    assert formats.to_easyocr([line("a", 0, 5, 10, 0), line("b", 3, 5, 10, 0)], detail=0, paragraph=True) == ["a b"]


@pytest.mark.parametrize("seed", range(20))
def test_paragraphs_equal_easyocr(seed):
    oracle = get_paragraph()
    rng = np.random.default_rng(seed)
    lines = [
        line(f"w{index}", int(x), int(y), int(w), int(h))
        for index, (x, y, w, h) in enumerate(rng.integers((0, 0, 5, 8), (600, 400, 120, 25), (40, 4)))
    ]
    lines += [line(f"again{index}", *map(int, (*lines[index].quad[0], 30, 10))) for index in range(5)]
    expected = oracle([[box, text, confidence] for box, text, confidence in formats.to_easyocr(lines)])
    assert formats.to_easyocr(lines, paragraph=True) == expected


def test_other_thresholds_give_other_paragraphs():
    oracle = get_paragraph()
    rng = np.random.default_rng(0)
    boxes = rng.integers((0, 0, 5, 8), (600, 400, 120, 25), (40, 4))
    lines = [line(str(index), *map(int, box)) for index, box in enumerate(boxes)]
    items = [list(item) for item in formats.to_easyocr(lines)]
    for x_ths, y_ths in ((1.0, 0.1), (0.2, 0.5), (3.0, 2.0)):
        found = formats.to_easyocr(lines, paragraph=True, x_ths=x_ths, y_ths=y_ths)
        assert found == oracle([list(item) for item in items], x_ths, y_ths) != oracle([list(item) for item in items])


def test_dictionaries_and_json():
    lines = [line("one", 1, 2, 30, 10), line("two", 1, 40, 30, 10, 0.5)]
    boxes = [box for box, _, _ in formats.to_easyocr(lines)]
    wanted = [
        {"boxes": box, "text": text, "confident": score}
        for box, text, score in zip(boxes, ("one", "two"), (0.9, 0.5), strict=True)
    ]
    assert formats.to_easyocr(lines, output_format="dict") == wanted
    assert [json.loads(item) for item in formats.to_easyocr(lines, output_format="json")] == wanted
    assert formats.to_easyocr(lines, output_format="free_merge") == formats.to_easyocr(lines)
    joined = formats.to_easyocr(lines, paragraph=True, output_format="dict")
    assert all(set(item) == {"boxes", "text"} for item in joined)
    assert formats.to_easyocr(lines, detail=0, output_format="dict") == ["one", "two"]
