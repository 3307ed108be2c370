"""The same model in LiteRT, ONNX Runtime and OpenVINO: one text, and clear words where something is missing."""

import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tflite_ocr import Reader, engines, manifest
from tflite_ocr.errors import ArtifactError, MissingDependencyError, ModelContractError

ENGINES = ("onnxruntime", "openvino")


@pytest.fixture(scope="module")
def every_format(tiny_plan, tiny_settings, tmp_path_factory):
    """Folder of the tiny model in all formats."""
    for package in ENGINES:
        pytest.importorskip(package, reason=f"needs the [{package}] extra")
    from converters import pipeline

    settings = dataclasses.replace(tiny_settings(), formats=("onnx", "openvino"))
    return pipeline.convert(tiny_plan(), tmp_path_factory.mktemp("formats"), settings)[0]


def network(folder, format, part="detector"):
    """A network of the tiny model."""
    facts = manifest.load(folder)
    owner = facts.detector if part == "detector" else facts.recognizers[0]
    file = next(f for f in manifest.files_of(owner, format) if f.precision == "float32" and f.path.startswith(part))
    return engines.load(engines.read_verified(folder, file), file, threads=1)


def test_the_manifest_lists_the_files_of_every_format(every_format):
    facts = manifest.load(every_format)
    assert facts.precisions() == ("float32", "int8")
    assert facts.precisions("onnx") == facts.precisions("openvino") == ("float32",)
    assert {f.path for f in facts.files("onnx")} == {f"{n}_float32.onnx" for n in ("detector", "features", "head")}
    for file in facts.files("openvino"):
        assert file.weights_path == file.path.replace(".xml", ".bin") and (every_format / file.weights_path).is_file()
    for file in (*facts.files("onnx"), *facts.files("openvino")):
        assert file.parity["cosine"] > 0.9999 and file.resizable
    expected = {f.path for name in manifest.FORMATS for f in facts.files(name)}
    expected |= {f.weights_path for f in facts.files("openvino")} | {"manifest.json"}
    assert {path.name for path in every_format.iterdir() if path.is_file()} == expected


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_reads_the_same_text(every_format, spotted_image, engine):
    pictures = [spotted_image, spotted_image[:, ::-1].copy(), np.vstack([spotted_image] * 2)]
    wanted = Reader(every_format, precision="float32", threads=2).read_batch(pictures)
    reader = Reader(every_format, threads=2, engine=engine)
    assert reader.precision == "float32"  # the model's default is int8, of which this engine has no files
    found = reader.read_batch(pictures)
    assert [[line.text for line in lines] for lines in found] == [[line.text for line in lines] for lines in wanted]
    for lines, others in zip(found, wanted, strict=True):
        for line, other in zip(lines, others, strict=True):
            assert line.confidence == pytest.approx(other.confidence, abs=1e-3)
            np.testing.assert_allclose(line.quad, other.quad, atol=1)
    assert len({line.text for lines in wanted for line in lines}) > 1


@pytest.mark.parametrize("format", ["onnx", "openvino"])
@pytest.mark.parametrize("part", ["detector", "features"])
def test_engines_agree_at_sizes_of_their_own(every_format, format, part):
    rng = np.random.default_rng(5)
    exact, other = network(every_format, "tflite", part), network(every_format, format, part)
    for size in ((64, 96), (32, 160)) if part == "detector" else ((16, 64), (16, 96)):
        x = rng.normal(0, 1, (1, *size, 3)).astype(np.float32)
        wanted, found = exact.run(x)[0], other.run(x)[0]
        np.testing.assert_allclose(found, wanted, atol=1e-4)
        assert np.abs(found[:, :, ::-1] - wanted).max() > 0.01  # mirrored it is no match
    np.testing.assert_array_equal(other.run_real(x), other.run(x)[0])


@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_tensors_that_do_not_fit_are_refused(every_format, format):
    found = network(every_format, format)
    with pytest.raises(ModelContractError, match="expected float32, found int8"):
        found.run(np.zeros((1, 64, 96, 3), np.int8))
    with pytest.raises(ModelContractError, match="3 channels"):
        found.run(np.zeros((1, 64, 96, 4), np.float32))
    fixed = dataclasses.replace(found.file, resizable=False)
    contents = engines.read_verified(every_format, fixed)
    with pytest.raises(ModelContractError, match="--canvas"):
        engines.load(contents, fixed, 1).run(np.zeros((1, 32, 32, 3), np.float32))
    renamed = dataclasses.replace(fixed, outputs=(dataclasses.replace(fixed.outputs[0], name="z"),))
    with pytest.raises(ModelContractError, match="'z'"):
        engines.load(contents, renamed, 1)


@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_bytes_that_are_no_model_are_refused(every_format, format):
    found = network(every_format, format)
    with pytest.raises(ArtifactError, match=f"{found.file.path}: expected an O"):
        engines.load([b"no model", b""][: 2 if format == "openvino" else 1], found.file, 1)


_FREED_ELSEWHERE = """
import gc, os, signal, sys, threading
from tflite_ocr import engines, manifest

folder, caught = sys.argv[1], []
file = manifest.load(folder).detector.other_files[-1]
assert file.format == "openvino"
network = [engines.load(engines.read_verified(folder, file), file, threads=1)]
thread = threading.Thread(target=lambda: (network.clear(), gc.collect()))
thread.start(), thread.join()
signal.signal(signal.SIGINT, lambda *_: caught.append("SIGINT"))
os.kill(os.getpid(), signal.SIGINT)
print(*caught)
"""


@pytest.mark.slow
def test_signals_are_safe_after_another_thread_has_freed_a_network(every_format):
    """OpenVINO's signal stack of the first thread must outlive its networks."""
    done = subprocess.run([sys.executable, "-c", _FREED_ELSEWHERE, every_format], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "SIGINT\n"), done.stderr


def test_altered_weights_are_refused(every_format, tmp_path, spotted_image):
    folder = tmp_path / "tiny"
    shutil.copytree(every_format, folder, ignore=shutil.ignore_patterns(".build"))
    path = folder / "detector_float32.bin"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ArtifactError, match="detector_float32.bin: expected .* convert the model again"):
        Reader(folder, engine="openvino").read(spotted_image)
    assert Reader(folder, engine="onnxruntime").read(spotted_image)  # its files are whole


def test_a_model_without_files_for_the_engine_says_how_to_make_them(tiny_model):
    with pytest.raises(ArtifactError, match="convert with --format tflite,openvino"):
        Reader(tiny_model, engine="openvino")


def test_a_precision_that_the_engine_has_not_is_refused(every_format):
    with pytest.raises(ArtifactError, match="expected precision int8, found float32; engine 'openvino' has no other"):
        Reader(every_format, precision="int8", engine="openvino")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_absent_engine_is_named_with_its_extra(tiny_model, monkeypatch, engine):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=rf"pip install 'tflite-ocr\[{engine}\]'"):
        Reader(tiny_model, engine=engine)


def test_an_unknown_engine_names_those_there_are(tiny_model):
    with pytest.raises(ValueError, match="tflite, onnxruntime, openvino, found 'tensorrt'"):
        Reader(tiny_model, engine="tensorrt")


def test_a_file_unlike_its_source_leaves_no_model(every_format, tiny_plan, tiny_settings, tmp_path, monkeypatch):
    from converters import parity, pipeline
    from converters.errors import ParityError

    shutil.copytree(every_format / ".build", tmp_path / "tiny" / ".build")
    for path in (tmp_path / "tiny").rglob("onnx.parity.json"):
        path.unlink()
    whole = parity.engine_forward
    mirrored = lambda file, paths: lambda x: whole(file, paths)(x[:, :, ::-1].copy())  # noqa: E731
    monkeypatch.setattr(parity, "engine_forward", mirrored)
    settings = dataclasses.replace(tiny_settings(), formats=("onnx",))
    with pytest.raises(ParityError, match="detector onnx cosine"):
        pipeline.convert(tiny_plan(), tmp_path, settings)
    assert [path for path in (tmp_path / "tiny").iterdir() if path.is_file()] == []


def test_formats_that_are_not_asked_for_any_more_go(every_format, tiny_plan, tiny_settings, tmp_path):
    from converters import pipeline

    shutil.copytree(every_format, tmp_path / "tiny")
    folder, fresh = pipeline.convert(tiny_plan(), tmp_path, tiny_settings())
    assert not fresh or not list(folder.glob("*.onnx"))
    assert manifest.load(folder).files("onnx") == () and not list(folder.glob("*.xml"))
