"""Each engine of single networks on the tiny model: what it computes, what it lacks, what it keeps."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.engines import (
    derived,
    easyocr_networks,
    litert,
    networks,
    onnx_runtime,
    openvino,
    pytorch,
    saved_model,
    table,
)
from benchmarks.running import resources
from benchmarks.running.protocol import MeasurementChoice, Skipped
from benchmarks.running.supervisor import EngineWorker


def needs(*packages):
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(absent), reason=f"{', '.join(absent)} not installed")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("derived")


@pytest.fixture(scope="module")
def choice(tiny_model, build):
    return MeasurementChoice((tiny_model,), 1, False, build)


@pytest.fixture(scope="module")
def parts(tiny_model):
    return {network.part: network for network in networks.networks(tiny_model)}


@pytest.fixture(scope="module")
def expected(parts):
    """Of the detector of dark spots, by ONNX Runtime."""
    tensor = np.random.default_rng(0).uniform(-1, 0.2, parts["detector"].shape).astype(np.float32)
    return tensor, computed(onnx_runtime.create(**options(parts["detector"]), mode="float32"), tensor)


def options(network, build="unused"):
    return networks.options(network) | {"threads": 1, "build": str(build)}


def computed(engine, tensor):
    engine.prepare(tensor)
    engine.run()
    return engine.output()


def in_worker(variant, tensor, folder):
    """What a variant computes in a process of its own."""
    np.save(folder / "in.npy", tensor)
    with EngineWorker(variant) as worker:
        worker.start(120)
        worker.ask({"do": "prepare", "tensor": str(folder / "in.npy")}, 120)
        worker.ask({"do": "run"}, 120)
        worker.ask({"do": "output", "tensor": str(folder / "out.npy")}, 120)
    return np.load(folder / "out.npy")


def variant_of(module, choice, network, start):
    return next(v for v in module.variants(choice, network) if v.id.startswith(start))


def test_onnx_runtime_computes_what_the_graph_says(expected):
    tensor, output = expected
    assert output.shape == (*tensor.shape[:3], 1)
    # Four channels of minus the mean over 3x3x3, each times 0.8 to 1.2; then sigmoid(2 * their sum - 4).
    inner = tensor[0, 10:13, 20:23].mean()
    assert np.log(1 / output[0, 11, 21, 0] - 1) == pytest.approx(4 + 8 * inner, abs=0.2 * 8 * abs(inner))


def test_litert_agrees_in_float_and_is_close_in_int8(choice, parts, expected):
    tensor, output = expected
    for precision, limit in (("float32", 1e-5), ("int8", 0.3)):
        variant = variant_of(litert, choice, parts["detector"], f"litert-{precision}")
        found = computed(litert.create(**variant.options), tensor)
        assert np.abs(found - output).max() < limit
    two = np.concatenate([tensor, tensor])
    assert computed(litert.create(**variant.options), two).shape == (2, *output.shape[1:])


@needs("openvino")
def test_openvino_agrees(parts, expected, build):
    tensor, output = expected
    found = computed(openvino.create(**options(parts["detector"], build), mode="float32"), tensor)
    assert np.abs(found - output).max() < 1e-4


@needs("torch", "onnx2torch")
def test_pytorch_agrees_and_torchscript_is_kept(choice, parts, expected, build, tmp_path):
    tensor, output = expected
    variant = variant_of(pytorch, choice, parts["detector"], "pytorch-torchscript")
    assert np.abs(in_worker(variant, tensor, tmp_path) - output).max() < 1e-5
    assert (build / parts["detector"].key / "torchscript.pt").is_file()


@needs("tensorflow")
def test_the_saved_model_agrees(choice, parts, expected, tmp_path):
    tensor, output = expected
    variant = variant_of(saved_model, choice, parts["detector"], "saved_model-plain-cpu")
    assert np.abs(in_worker(variant, tensor, tmp_path) - output).max() < 1e-5


def test_int8_by_onnx_runtime_is_made_once_and_close(parts, expected, build, monkeypatch):
    tensor, output = expected
    made = []
    plain = derived.onnx_int8
    monkeypatch.setattr(derived, "CALIBRATION_IMAGES", 2)
    monkeypatch.setattr(derived, "onnx_int8", lambda *arguments: made.append(plain(*arguments)))
    for _ in range(2):
        found = computed(onnx_runtime.create(**options(parts["detector"], build), mode="int8"), tensor)
        assert 0 < np.abs(found - output).max() < 0.3
    assert len(made) == 1
    assert not list(build.rglob("new.*")) and not list(build.rglob("*.float32"))


def test_there_is_no_int8_for_a_network_without_images(parts, build):
    head = parts["head"]
    engine = onnx_runtime.create(**options(head, build), mode="int8")
    with pytest.raises(Skipped, match="takes no image"):
        engine.prepare(networks.tensors(head)[0])
    assert not [path for path in build.rglob("*") if head.key in str(path) and path.is_file()]


def test_a_batch_is_run_as_its_images_are_one_by_one(parts, expected, build):
    tensor, output = expected
    other = tensor[:, ::-1].copy()
    batch = parts["detector"].with_batch(2)
    for module, precision in ((onnx_runtime, "float32"), (openvino, "float32")):
        if importlib.util.find_spec(module.NAME):
            engine = module.create(**options(batch, build), mode=precision)
            found = computed(engine, np.concatenate([tensor, other]))
            assert np.abs(found[:1] - output).max() < 1e-4 and np.abs(found[1] - found[0]).max() > 1e-3


def test_an_original_of_a_fixed_size_is_not_run_at_another(parts, build):
    larger = replace(parts["detector"], shape=(1, 96, 96, 3))
    with pytest.raises(Skipped, match=r"fixed input \[1, 3, .* asked for \[1, 3, 96, 96"):
        onnx_runtime.OnnxRuntime(larger, "float32", 1, build).prepare(np.zeros(larger.shape, np.float32))


def test_what_was_not_kept_is_skipped(choice, parts, tmp_path):
    lost = replace(parts["detector"], folder=tmp_path)
    assert "missing; convert the model again" in litert.variants(choice, lost)[0].skipped
    assert "not kept; convert" in saved_model.variants(choice, lost)[0].skipped
    with pytest.raises(Skipped, match="not kept; convert the model again"):
        derived.load(lost)


def test_without_a_gpu_that_is_said(choice, parts, monkeypatch):
    monkeypatch.setattr(resources, "gpus", list)
    for module in (pytorch, saved_model):
        of_gpu = [v for v in module.variants(choice, parts["detector"]) if v.info.device == "GPU"]
        assert of_gpu and all("no NVIDIA GPU" in variant.skipped for variant in of_gpu)


def test_every_variant_has_an_id_of_its_own(choice):
    for quick in (False, True):
        found = table.of_networks(
            MeasurementChoice(choice.models, 2, quick, choice.build), (*table.NETWORKS, "easyocr")
        )
        ids = [variant.id for _, variants in found for variant in variants]
        assert len(ids) == len(set(ids))
        titles = {network.title for network, _ in found}
        assert ("recognizer letters, stage 1" in titles) is not quick
        assert (easyocr_networks.MODEL in {network.model for network, _ in found}) is not quick
    assert table.of_networks(choice, ("ours",)) == []


@needs("easyocr", "torch")
def test_easyocr_s_own_recogniser_runs_with_seeded_weights(choice, tmp_path):
    _, network = easyocr_networks.networks()
    tensor = np.random.default_rng(0).uniform(-1, 1, network.shape).astype(np.float32)
    variant = easyocr_networks.variants(choice, network)[0]
    output = in_worker(variant, tensor, tmp_path)
    assert output.shape[0] == 1 and output.shape[2] == 97 and np.ptp(output) > 0
