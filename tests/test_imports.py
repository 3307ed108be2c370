"""The arrows of the design: tflite_ocr <- evaluation <- synthetic <- converters <- training; benchmarks may import all.

demo stands on top of benchmarks; nobody else imports benchmarks, and nobody demo. Rooms stay few and in order.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("tflite_ocr", "evaluation", "synthetic", "converters", "training", "benchmarks", "demo")
MAY_IMPORT = {
    "tflite_ocr": {"tflite_ocr"},
    "evaluation": {"tflite_ocr", "evaluation"},
    "synthetic": {"tflite_ocr", "evaluation", "synthetic"},
    "converters": {"tflite_ocr", "evaluation", "synthetic", "converters"},
    "training": set(OURS) - {"benchmarks", "demo"},
    "benchmarks": set(OURS) - {"demo"},
    "demo": set(OURS) - {"training"},
    "examples": {"tflite_ocr"},
}
RUNTIME = {"numpy", "cv2"}
# Libraries that one file alone imports.
ALONE = {
    "tflite_ocr/interpreter.py": {"ai_edge_litert"},
    "tflite_ocr/video/ffmpeg.py": {"imageio_ffmpeg"},
    "tflite_ocr/engines/onnxruntime.py": {"onnxruntime"},
    "tflite_ocr/engines/openvino.py": {"openvino"},
    "tflite_ocr/recognition/tesseract.py": {"tesserocr"},
    "tflite_ocr/documents/pdf.py": {"pypdfium2"},
    "tflite_ocr/documents/text_layer.py": {"pypdfium2"},
    "tflite_ocr/formats/glyphless.py": {"pikepdf"},
    "tflite_ocr/formats/pdf.py": {"pikepdf"},
    "tflite_ocr/image_heif.py": {"pillow_heif"},
    "tflite_ocr/plugins/docling.py": {"docling", "docling_core", "PIL"},
    "tflite_ocr/plugins/langchain.py": {"langchain_core"},
    "tflite_ocr/plugins/llama_index.py": {"llama_index"},
    "tflite_ocr/plugins/ocrmypdf.py": {"ocrmypdf"},
    "tflite_ocr/plugins/paperless.py": {"documents", "paperless"},
}
HEAVY = (
    "torch",
    "tensorflow",
    "tf_keras",
    "onnx",
    "onnxruntime",
    "onnx2tf",
    "easyocr",
    "rapidocr",
    "PIL",
    "openvino",
    "tesserocr",
    "pypdfium2",
    "pikepdf",
    "fpdf",
    "pillow_heif",
    "ocrmypdf",
    "docling",
    "langchain_core",
    "llama_index",
)


def imported(source: str) -> set[str]:
    """Top-level names of everything that Python source imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("<relative>" if node.level else node.module.split(".")[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            names |= {word.split(".")[0] for word in words if isinstance(word, str)}
    return names


def breaches(path: str, source: str) -> set[str]:
    """Imports of a file of the tree that the design forbids."""
    folder = path.split("/")[0]
    names = imported(source)
    wrong = {name for name in names & set(OURS) if name not in MAY_IMPORT[folder]}
    if folder == "tflite_ocr":
        allowed = RUNTIME | ALONE.get(path, set()) | set(sys.stdlib_module_names) | {"tflite_ocr"}
        wrong |= names - allowed
    return wrong


FILES = [path.relative_to(ROOT).as_posix() for folder in MAY_IMPORT for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES)
def test_arrows(path):
    assert breaches(path, (ROOT / path).read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tflite_ocr/reader.py", "import torch"),
        ("tflite_ocr/reader.py", "def f():\n    from PIL import Image"),
        ("tflite_ocr/reader.py", "from ai_edge_litert import interpreter"),
        ("tflite_ocr/reader.py", "import converters.parity"),
        ("tflite_ocr/engines/__init__.py", "import onnxruntime"),
        ("tflite_ocr/engines/openvino.py", "import onnxruntime"),
        ("tflite_ocr/recognition/choice.py", "import tesserocr"),
        ("tflite_ocr/reader.py", "import importlib\nimportlib.import_module('onnx.helper')"),
        ("converters/parity.py", "from training import runs"),
        ("evaluation/texts.py", "from synthetic import charset"),
        ("synthetic/charset.py", "from converters import cache"),
        ("converters/parity.py", "import benchmarks"),
        ("training/distill.py", "from benchmarks.metrics import cer"),
        ("examples/read.py", "import converters"),
        ("benchmarks/measures/run.py", "from demo.clip import render"),
    ],
)
def test_a_forbidden_import_is_found(path, source):
    assert breaches(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tflite_ocr/interpreter.py", "from ai_edge_litert.interpreter import Interpreter\nimport json, numpy as np"),
        ("tflite_ocr/video/ffmpeg.py", "import imageio_ffmpeg"),
        ("tflite_ocr/engines/onnxruntime.py", "import onnxruntime"),
        ("converters/parity.py", "import torch\nfrom tflite_ocr import image"),
        ("training/distill.py", "from converters.networks import edge_detector"),
        ("benchmarks/measures/run.py", "import training, converters, tflite_ocr"),
        ("synthetic/builtin/drawn_set.py", "from evaluation.labels import DatasetError"),
        ("converters/calibration.py", "from synthetic.calibration import scenes"),
        ("demo/film/build.py", "from benchmarks import quality"),
    ],
)
def test_an_allowed_import_passes(path, source):
    assert breaches(path, source) == set()


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(run.stdout.split())


def test_a_fresh_process_loads_nothing_heavy():
    assert loaded_after("import json, numpy") >= {"json", "numpy"}  # the probe sees what is loaded
    names = loaded_after("import tflite_ocr")
    assert not names & set(HEAVY)
    assert not names & {"numpy", "cv2", "ai_edge_litert"}


@pytest.mark.skipif(not (ROOT / "tflite_ocr" / "reader.py").exists(), reason="there is no reader in this tree")
def test_the_reader_loads_nothing_heavy():
    names = loaded_after("from tflite_ocr import Reader")
    assert "tflite_ocr" in names
    assert not names & set(HEAVY)


@pytest.mark.slow
@pytest.mark.parametrize(
    "module",
    ["commands", "documents", "documents.pdf", "formats.output", "formats.pdf", "plugins.paperless", "truetype"],
)
def test_no_module_loads_the_library_of_an_extra(module):
    names = loaded_after(f"import tflite_ocr.{module}")
    assert "tflite_ocr" in names
    assert not names & set(HEAVY)


def test_the_face_of_the_package():
    import tflite_ocr

    assert len(tflite_ocr.__all__) <= 22
    assert set(dir(tflite_ocr)) >= set(tflite_ocr.__all__)
    for name in set(tflite_ocr.__all__) - {"__version__", "easyocr"}:
        assert callable(getattr(tflite_ocr, name)), name


@pytest.mark.slow
@pytest.mark.parametrize("first", ["tflite_ocr.commands", "tflite_ocr.video.annotate", "tflite_ocr.overlay", "json"])
def test_public_functions_are_not_hidden_by_modules(first):
    """Whatever was imported before, in a process of its own."""
    statement = f"import {first}; from tflite_ocr import draw, easyocr; assert callable(draw) and easyocr.Reader"
    assert "tflite_ocr" in loaded_after(statement)


def test_the_version_is_written_in_one_place():
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert "version = attr: tflite_ocr.__version__\n" in setup
    # Read without an import, so that building a wheel needs no numpy.
    source = (ROOT / "tflite_ocr" / "__init__.py").read_text(encoding="utf-8")
    assert source.count('\n__version__ = "') == 1


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import tflite_ocr

    with pytest.raises(AttributeError, match="nothing"):
        tflite_ocr.nothing  # noqa: B018


def test_no_two_classes_share_a_name():
    """But Reader: that of tflite_ocr.easyocr is called as EasyOCR's is."""
    homes: dict[str, list[str]] = {}
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, []).append(path.relative_to(ROOT).as_posix())
    assert len(homes) > 300
    assert {name: found for name, found in homes.items() if len(found) > 1} == {
        "Reader": ["tflite_ocr/easyocr.py", "tflite_ocr/reader.py"]
    }
