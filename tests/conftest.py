"""Fixtures that tests of several packages share."""

import fcntl
import functools
import importlib
import importlib.util
import os
import sys
import types
from pathlib import Path

# One thread for the arithmetic of PyTorch and NumPy, before they are imported: on tensors as small as those of these
# tests the second one waits for the first, at up to ten times the processor time.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# As converters.quiet has it, for tests that import TensorFlow before it is asked.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

# Conversions, trainings, reports, films and videos take seconds each; `make test-fast` skips them, and single tests
# that are marked so because they take more than a second.
_SLOW_FOLDERS = {"benchmarks", "converters", "demo", "fuzz", "training", "video"}
_SLOW_FILES = {"test_embedded.py", "test_forks.py", "test_golden.py", "test_hostile_images.py", "test_isolation.py"}
_SLOW_FIXTURES = {"tiny_model", "ppocr_model", "every_format", "folders"}


def pytest_ignore_collect(collection_path, config):
    """Does not even import what `-m "not slow"` skips as a whole: TensorFlow and PyTorch take half a minute."""
    folder = collection_path.name in _SLOW_FOLDERS and collection_path.is_dir()
    return True if folder and config.option.markexpr == "not slow" else None


def pytest_collection_modifyitems(items):
    """Marks tests as slow by their folder, their file, and the fixtures that they ask for."""
    for item in items:
        folders = set(item.path.relative_to(Path(__file__).parent).parts[:-1])
        slow = folders & _SLOW_FOLDERS or item.path.name in _SLOW_FILES
        if slow or _SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def easyocr_module():
    """Loads single modules of EasyOCR by name, without the package's face, which needs a working torchvision."""
    spec = importlib.util.find_spec("easyocr")
    if spec is None:
        pytest.skip("easyocr is not installed (the [convert] extra brings it)")
    alias = "easyocr_without_face"
    if alias not in sys.modules:
        package = types.ModuleType(alias)
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[alias] = package
    return lambda name: importlib.import_module(f"{alias}.{name}")


@pytest.fixture
def replace_reader(monkeypatch):
    """Puts a class in the place of tflite_ocr.reader.Reader, whose module is then not imported."""

    def replace(kind):
        module = types.ModuleType("tflite_ocr.reader")
        module.Reader = kind
        monkeypatch.setitem(sys.modules, "tflite_ocr.reader", module)

    return replace


@pytest.fixture
def new_pdf():
    """Begins a PDF with text: an fpdf2 document of one page, with letters of a size in points."""
    fpdf = pytest.importorskip("fpdf", reason="fpdf2 draws the document")
    pytest.importorskip("pypdfium2", reason="the [pdf] extra reads PDFs")

    def begin(size):
        document = fpdf.FPDF()
        document.set_font("helvetica", size=size)
        document.add_page()
        return document

    return begin


TINY_CHARSET = ("", *"abcdefghijk")
PPOCR_PRECISIONS = ("float32", "int8")


@pytest.fixture(scope="session")
def tiny_plan():
    """Makes the plan of a complete tiny model: a detector of dark spots, and a recogniser of two stages."""
    for package in ("tensorflow", "onnx2tf", "onnx_graphsurgeon"):
        pytest.importorskip(package, reason="the converters need the [convert] extra")
    return _tiny_plan


@pytest.fixture(scope="session")
def tiny_settings(tiny_plan):
    """Makes settings with a few drawn images; another seed gives other calibration data."""
    from converters.pipeline import Settings

    def make(precisions=("float32", "int8"), seed=0):
        rng = np.random.default_rng(seed)
        images = tuple(spots(rng, 96, 128) for _ in range(4))
        return Settings(tuple(precisions), images, tuple(spots(rng, 16, 64) for _ in range(4)))

    return make


@pytest.fixture(scope="session")
def tiny_model(tiny_plan, tiny_settings, tmp_path_factory):
    """Folder of the tiny model in float32 and int8, through the real chain. Not to be written to."""
    from converters import pipeline

    return pipeline.convert(tiny_plan(), tmp_path_factory.mktemp("models"), tiny_settings())[0]


@pytest.fixture(scope="session")
def ppocr_model():
    """Folder of PP-OCRv6 in the artifacts of the checkout, converted first where it is not up to date."""
    for package in ("rapidocr", "tensorflow", "onnx2tf", "torch"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (the [convert] extra brings it)")
    from converters import pipeline
    from converters.sources import ppocr
    from tflite_ocr import manifest

    folder = Path(__file__).resolve().parent.parent / "artifacts"
    plan, precisions = ppocr.plan(), PPOCR_PRECISIONS
    if (folder / plan.name / manifest.FILE_NAME).is_file():
        found = manifest.load(folder / plan.name)
        if found.parameters != plan.parameters:  # the user's choice of --charset stays
            plan = ppocr.plan(found.parameters["charset"])
        precisions = tuple(p for p in found.precisions() if p in manifest.UNIFORM)
    folder.mkdir(exist_ok=True)
    with open(folder / ".tests.lock", "wb") as lock:  # tests run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        return pipeline.convert(plan, folder, pipeline.default_settings(precisions, None))[0]


@pytest.fixture(scope="session")
def spotted_image():
    """Dark spots on white, uint8 [96, 128, 3]: what the tiny model takes for text."""
    return spots(np.random.default_rng(9), 96, 128)


def spots(rng, height, width):
    """White ground with up to three dark bars; every column of a bar has a shade of its own."""
    image = np.full((height, width, 3), 255, np.uint8)
    bars = max(1, height // 32)
    for i in range(bars):
        top = i * height // bars + height // bars // 4
        left, right = rng.integers(2, width // 4), rng.integers(width // 2, width - 2)
        shades = rng.integers(0, 90, (1, right - left, 3))
        image[top : top + max(4, height // bars // 2), left:right] = shades
    return image


def _tiny_plan(seed=0, resizable=True):
    from converters.plan import Plan, PlannedNetwork
    from tflite_ocr.manifest import Detector, DetectorResize, ImageInput, Recognizer, Source

    rng = np.random.default_rng(seed)
    kernel = np.full((4, 3, 3, 3), -1 / 27) * rng.uniform(0.8, 1.2, (4, 1, 1, 1))
    detector = [
        ("Conv", "x k b", "a", {"pads": [1, 1, 1, 1]}),
        ("Relu", "a", "r", {}),
        ("Conv", "r m c", "s", {}),
        ("Sigmoid", "s", "y", {}),
    ]
    maps = {"k": kernel, "b": np.zeros(4), "m": np.full((1, 4, 1, 1), 2.0), "c": np.full(1, -4.0)}
    features = [
        ("Conv", "x k b", "a", {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("Relu", "a", "r", {}),
        ("Conv", "r d e", "f", {"pads": [1, 1, 1, 1], "group": 8}),
        ("Relu", "f", "g", {}),
        ("AveragePool", "g", "y", {"kernel_shape": [8, 1], "strides": [8, 1]}),
    ]
    columns = {
        "k": rng.normal(0, 0.4, (8, 3, 3, 3)),
        "b": rng.normal(0, 0.2, 8),
        "d": rng.normal(0.1, 0.4, (8, 1, 3, 3)),
        "e": rng.normal(0.2, 0.2, 8),
    }
    head = {"k": rng.normal(0, 4, (len(TINY_CHARSET), 8, 1, 1)), "b": rng.normal(0, 1, len(TINY_CHARSET))}

    def network(role, name, shape, nodes, weights, **more):
        write = functools.partial(_write_onnx, nodes, weights, shape)
        return PlannedNetwork(name, role, shape, f"{name} {seed}", write, resizable=resizable, **more)

    pixels = ImageInput("BGR", (0.5,) * 3, (0.5,) * 3)
    return Plan(
        name="tiny",
        source=Source("Tiny", "1", "https://example.org", "MIT"),
        default_precision="int8",
        detector=Detector("db", pixels, DetectorResize(32, 640), (), {"threshold": 0.3, "box_threshold": 0.3}),
        recognizers=(Recognizer("letters", ("en",), pixels, 16, (32, 64, 96), TINY_CHARSET, (), min_confidence=0.0),),
        networks=(
            network("detector", "detector", (1, 3, 64, 96), detector, maps),
            network("recognizer", "features", (1, 3, 16, 64), features, columns, owner="letters", equalize=1.0),
            network(
                "recognizer",
                "head",
                (1, 8, 1, 32),
                [("Conv", "x k b", "y", {})],
                head,
                owner="letters",
                stage=1,
                quantized=False,
            ),
        ),
    )


def _write_onnx(nodes, weights, shape, path):
    import onnx
    from onnx import helper, numpy_helper

    made = [helper.make_node(op, inputs.split(), [output], **attributes) for op, inputs, output, attributes in nodes]
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    constants = [numpy_helper.from_array(np.float32(values), name) for name, values in weights.items()]
    graph = helper.make_graph(made, "tiny", [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(onnx.shape_inference.infer_shapes(model, strict_mode=True), path)
