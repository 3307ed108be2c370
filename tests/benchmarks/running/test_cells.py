"""Cells are whole or not there, and found by all that their result depends on."""

import json

import pytest

from benchmarks.running.cells import Cells

KEY = {"what": "read", "images": ["a", "b"], "rounds": 3}


def test_what_was_kept_is_found_by_an_equal_key_alone(tmp_path):
    cells = Cells(tmp_path / "cells")
    assert cells.find(KEY) is None
    cells.keep(KEY, {"ms": [1.5], "text": "Käse"})
    assert cells.find({"rounds": 3, "what": "read", "images": ("a", "b")}) == {"ms": [1.5], "text": "Käse"}
    assert cells.find(KEY | {"rounds": 4}) is None
    assert Cells(tmp_path / "cells").find(KEY) and Cells(tmp_path / "cells", fresh=True).find(KEY) is None


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1', '{"schema": 2, "key": %s, "value": {}}', '{"key": %s}'])
def test_damaged_cells_are_as_good_as_none(tmp_path, text):
    cells = Cells(tmp_path)
    cells.keep(KEY, {"ms": []})
    (path,) = tmp_path.iterdir()
    path.write_text(text % json.dumps(KEY) if "%s" in text else text, encoding="utf-8")
    assert cells.find(KEY) is None
    cells.keep(KEY, {"ms": [2]})
    assert cells.find(KEY) == {"ms": [2]}
