"""Facts about the repository: what the wheel needs, which way imports run, that make documents itself."""

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("tflite_ocr", "converters", "training", "benchmarks")
RUNTIME_DISTRIBUTIONS = {"numpy", "opencv-python-headless", "ai-edge-litert"}
RUNTIME_MODULES = {"numpy", "cv2", "ai_edge_litert"}
HEAVY_MODULES = ("torch", "tensorflow", "onnx", "onnxruntime", "easyocr", "rapidocr", "PIL", "scipy")
# Arrows run one way: what each package may import of the project besides itself.
MAY_IMPORT = {
    "tflite_ocr": set(),
    "converters": {"tflite_ocr"},
    "training": {"tflite_ocr", "converters"},
    "benchmarks": {"tflite_ocr", "converters", "training"},
}
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp|opt)/\w")


@pytest.fixture(scope="module")
def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def listed(value):
    return [line.strip() for line in value.splitlines() if line.strip() and not line.startswith("#")]


def distribution(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement).group().lower()


def imported_modules(path):
    """(top-level module, line, whether at the module's own level) of every absolute import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top_level = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno, id(node) in top_level) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0], node.lineno, id(node) in top_level


def sources(package):
    return sorted((ROOT / package).rglob("*.py"))


def run_make(*arguments):
    """What make prints; variables of a make that runs these tests are not passed on."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def tracked_text_files():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of tracked files")
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    binary = {".png", ".jpg", ".tflite", ".onnx", ".gif", ".tif"}
    return [ROOT / name for name in names if name and Path(name).suffix not in binary and (ROOT / name).is_file()]


def test_runtime_depends_on_exactly_three_packages(setup):
    assert {distribution(line) for line in listed(setup["options"]["install_requires"])} == RUNTIME_DISTRIBUTIONS


def test_python_versions_and_extras(setup):
    assert setup["options"]["python_requires"] == ">=3.10,<3.15"
    assert set(setup["options.extras_require"]) == {"convert", "bench", "video", "dev"}


def test_torch_and_the_versions_that_go_with_onnx2tf_are_pinned(setup):
    convert = listed(setup["options.extras_require"]["convert"])
    pinned = {distribution(line) for line in convert if "==" in line}
    assert {"torch", "torchvision", "tensorflow", "tf-keras", "onnx2tf", "onnx", "onnxruntime", "numpy"} <= pinned


def test_both_builds_of_opencv_are_of_one_version(setup):
    convert = dict(line.split("==") for line in listed(setup["options.extras_require"]["convert"]) if "==" in line)
    assert convert["opencv-python"] == convert["opencv-python-headless"]


def test_wheel_holds_the_runtime_alone(setup):
    assert listed(setup["options.packages.find"]["include"]) == ["tflite_ocr*"]


def test_pyproject_names_only_the_build_system():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^\[(.+)\]$", text, flags=re.MULTILINE) == ["build-system"]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package):
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(package)
        for module, line, _ in imported_modules(path)
        if module in forbidden
    ]
    assert not wrong


def test_runtime_imports_only_its_three_dependencies():
    allowed = RUNTIME_MODULES | set(sys.stdlib_module_names) | {"tflite_ocr"}
    wrong = []
    for path in sources("tflite_ocr"):
        for module, line, top_level in imported_modules(path):
            lazy_video = module == "imageio_ffmpeg" and path.name == "video.py" and not top_level
            if module not in allowed and not lazy_video:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert not wrong


def test_only_the_interpreter_imports_litert():
    importers = {
        path.relative_to(ROOT).as_posix()
        for path in sources("tflite_ocr")
        for module, _, _ in imported_modules(path)
        if module == "ai_edge_litert"
    }
    assert importers <= {"tflite_ocr/interpreter.py"}


def test_importing_the_runtime_loads_nothing_heavy():
    code = f"import sys, tflite_ocr, tflite_ocr.__main__; print([m for m in {HEAVY_MODULES!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


def make_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE).group(1).split())


def test_make_help_lists_every_target():
    shown = run_make("help")
    assert {"help", "setup", "convert", "read", "benchmark", "test", "lint", "clean"} <= make_targets()
    assert set(re.findall(r"^  make (\S+) +\S", shown, flags=re.MULTILINE)) == make_targets()


def test_make_without_a_target_shows_the_help():
    assert "make convert" in run_make()


def test_make_passes_its_variables_on():
    variables = ["MODEL=easyocr", "PRECISION=float32,int8", "LANGS=en,de", "WEIGHTS=w", "OUT=models", "IMAGE=a.jpg"]
    plan = run_make("--dry-run", "convert", *variables)
    convert = next(line for line in plan.splitlines() if "-m converters" in line)
    for words in ("converters easyocr", "--precision float32,int8", "--langs en,de", "--weights w", "--out models"):
        assert words in convert
    read = next(line for line in plan.splitlines() if "-m tflite_ocr" in line)
    assert "read a.jpg" in read and "--model models/easyocr" in read and "--precision" not in read


def test_ci_runs_the_test_command_that_the_makefile_offers():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text(encoding="utf-8")
    assert "test" in make_targets()


def test_no_file_names_a_path_of_one_machine():
    wrong = []
    for path in tracked_text_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if LOCAL_PATH.search(line) and path != Path(__file__):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not wrong


def test_every_golden_text_has_its_image_and_a_source():
    golden = ROOT / "tests" / "golden"
    sources_text = (golden / "SOURCES.md").read_text(encoding="utf-8")
    for image in golden.glob("*.png"):
        assert image.name in sources_text
        assert image.with_suffix(".txt").read_text(encoding="utf-8").strip()
