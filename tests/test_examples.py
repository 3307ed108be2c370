"""Examples are what users copy: they compile, say how they are called, and use only public names."""

import ast
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import tflite_ocr

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def code_of(path):
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.mark.parametrize("path", SCRIPTS + NOTEBOOKS, ids=lambda path: path.name)
def test_examples_compile_and_import_public_names(path):
    tree = ast.parse(code_of(path))
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "tflite_ocr"
        for alias in node.names
    ]
    assert names
    assert set(names) <= set(tflite_ocr.__all__)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_how_they_are_called(path):
    assert f"python examples/{path.name}" in ast.get_docstring(ast.parse(code_of(path)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_committed_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")


def test_the_ssd_example_exports_a_graph_that_is_known_as_one(tmp_path):
    pytest.importorskip("tf_keras", reason="the converters need the [convert] extra")
    from converters.sources import tensorflow

    spec = importlib.util.spec_from_file_location("ssd_detector", EXAMPLES / "ssd_detector.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    image, boxes = example.draw(np.random.default_rng(0))
    inside = example.targets(boxes)[..., 0] > 0
    darkness = np.abs(image.astype(int) - np.median(image, (0, 1))).sum(-1)
    per_cell = darkness.reshape(example.HEIGHT // 8, 8, example.WIDTH // 8, 8).mean((1, 3))
    assert per_cell[inside].mean() > 3 * per_cell[~inside].mean()
    path = tmp_path / "frozen_inference_graph.pb"
    try:
        path.write_bytes(example.export(example.network().get_weights()))
    finally:
        example.tf1.enable_control_flow_v2()  # for the tests behind this one
    plan = tensorflow.plan(str(path), ((320, 480),), "tesseract")
    assert plan.detector.decoder == "boxes"
