"""Facts about the repository: what the wheel needs, that make documents itself, that no path is of one machine."""

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUNTIME_DISTRIBUTIONS = {"numpy", "opencv-python-headless", "ai-edge-litert"}
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


def run_make(*arguments):
    """What make prints; variables of a make that runs these tests are not passed on."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def tracked_text_files():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of tracked files")
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    binary = {".png", ".jpg", ".tflite", ".onnx", ".gif", ".tif", ".pt", ".npz"}
    return [ROOT / name for name in names if name and Path(name).suffix not in binary and (ROOT / name).is_file()]


def test_runtime_depends_on_exactly_three_packages(setup):
    assert {distribution(line) for line in listed(setup["options"]["install_requires"])} == RUNTIME_DISTRIBUTIONS


def test_python_versions_and_extras(setup):
    assert setup["options"]["python_requires"] == ">=3.10,<3.15"
    assert set(setup["options.extras_require"]) == {
        "convert",
        "bench",
        "video",
        "demo",
        "dev",
        "onnxruntime",
        "openvino",
        "tesseract",
        "pdf",
        "heif",
        "ocrmypdf",
        "paperless",
        "langchain",
        "llama-index",
    }


def test_torch_and_the_versions_that_go_with_onnx2tf_are_pinned(setup):
    convert = listed(setup["options.extras_require"]["convert"])
    pinned = {distribution(line) for line in convert if "==" in line}
    assert {"torch", "torchvision", "tensorflow", "tf-keras", "onnx2tf", "onnx", "onnxruntime", "numpy"} <= pinned


def test_both_builds_of_opencv_are_of_one_version(setup):
    convert = dict(line.split("==") for line in listed(setup["options.extras_require"]["convert"]) if "==" in line)
    assert convert["opencv-python"] == convert["opencv-python-headless"]


def test_wheel_holds_the_runtime_and_the_embedded_model_alone(setup):
    folders = {path.parent for path in (ROOT / "tflite_ocr").rglob("*.py")}
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(listed(setup["options"]["packages"])) == names | {"tflite_ocr.artifacts.edge"}
    assert listed(setup["options"]["package_dir"]) == ["tflite_ocr.artifacts.edge = artifacts/edge"]
    assert listed(setup["options.package_data"]["tflite_ocr.artifacts.edge"]) == [
        "manifest.json",
        "*_int8.tflite",
        "language_model.npz",
    ]


def test_pyproject_names_only_the_build_system():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^\[(.+)\]$", text, flags=re.MULTILINE) == ["build-system"]


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
    variables = [
        "MODEL=easyocr",
        "PRECISION=float32,int8",
        "LANGS=en,de",
        "WEIGHTS=w",
        "OUT=models",
        "IMAGE=a.jpg",
        "PRUNE=0.5",
        "PATTERN=2:4",
        "CHANNELS=0.25",
    ]
    plan = run_make("--dry-run", "convert", *variables)
    convert = next(line for line in plan.splitlines() if "-m converters" in line)
    for words in ("converters easyocr", "--precision float32,int8", "--langs en,de", "--weights w", "--out models"):
        assert words in convert
    assert "--prune 0.5 --prune-pattern 2:4 --channels 0.25" in convert
    read = next(line for line in plan.splitlines() if "-m tflite_ocr" in line)
    assert "read a.jpg" in read and "--model models/easyocr" in read and "--precision" not in read


def test_ci_runs_the_test_command_that_the_makefile_offers():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text(encoding="utf-8")
    assert "test" in make_targets()


def test_the_public_ci_runs_every_python_of_the_classifiers_and_targets_that_exist(setup):
    yaml = pytest.importorskip("yaml", reason="the workflow is YAML")
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    classifiers = listed(setup["metadata"]["classifiers"])
    versions = [line.rpartition(" ")[2] for line in classifiers if re.search(r":: 3\.\d+$", line)]
    assert jobs["runtime"]["strategy"]["matrix"]["python"] == versions
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    used = {target for command in commands for target in re.findall(r"^make ([a-z-]+)", command)}
    assert {"lint", "test", "coverage", "test-arm"} <= used <= make_targets()


def test_classifiers_promise_no_platform_without_wheels(setup):
    systems = [line for line in listed(setup["metadata"]["classifiers"]) if line.startswith("Operating System")]
    assert systems == ["Operating System :: POSIX :: Linux"]


def test_issue_forms_ask_for_what_decides_a_reading():
    forms = [path.read_text(encoding="utf-8") for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")]
    forms = [text for text in forms if "body:" in text]
    assert len(forms) == 2
    for text in forms:
        assert "tflite-ocr --version" in text and "Model and precision" in text and "lscpu" in text


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
    for image in (path for path in golden.iterdir() if path.suffix in (".png", ".jpg")):
        assert image.name in sources_text
        assert image.with_suffix(".txt").read_text(encoding="utf-8").strip()
