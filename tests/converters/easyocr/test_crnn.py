"""Our CRNN against EasyOCR's recognisers of both generations, whole and cut into parts."""

import dataclasses

import numpy as np
import pytest
import torch

from converters import lstm, onnx_export, onnx_rewrite, parity, saved_model, tflite_export
from converters.networks.crnn import Crnn, CrnnShape
from converters.sources.easyocr import keep_classes
from tflite_ocr.recognition import recurrent

CLASSES = 30
SHAPES = {"gen1": CrnnShape("resnet", 512, 512, CLASSES), "gen2": CrnnShape("vgg", 256, 256, CLASSES)}


def crops(count=2, width=96, seed=1):
    """NCHW float32 in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (count, 1, 64, width)).astype(np.float32)


def load(network, generation):
    crnn = Crnn(SHAPES[generation])
    crnn.load_state_dict(network.state_dict())
    return crnn.eval()


def theirs(network, x):
    with torch.no_grad():
        return network(torch.from_numpy(x), None).numpy()


@pytest.mark.parametrize(("generation", "width"), [("gen1", 100), ("gen2", 64), ("gen2", 100), ("gen2", 160)])
def test_gives_what_easyocrs_network_gives(easyocr_crnn, generation, width):
    network = easyocr_crnn(generation, CLASSES)
    crnn, x = load(network, generation), crops(width=width)
    wanted = theirs(network, x)
    assert wanted.std() > 0.01
    np.testing.assert_allclose(lstm.forward(crnn, x), wanted, atol=1e-5)
    _, logits = lstm.trace(lstm.cut(crnn, width), x)
    np.testing.assert_allclose(logits, wanted, atol=1e-4)  # values up to 2; threads change the order of sums


def test_parts_are_exported_at_the_shapes_that_they_read(easyocr_crnn):
    parts = lstm.cut(load(easyocr_crnn("gen2", CLASSES), "gen2"), width=96)
    inputs, _ = lstm.trace(parts, crops(count=1))
    assert [part.shape for part in parts] == [tensor.shape for tensor in inputs]
    assert [part.name for part in parts if part.step] == ["step1", "step2"]


@pytest.mark.parametrize("damage", ["directions", "state", "order", "gates"])
def test_a_wrong_cut_is_noticed(easyocr_crnn, damage, monkeypatch):
    network = easyocr_crnn("gen2", CLASSES)
    crnn, x = load(network, "gen2"), crops()
    parts = list(lstm.cut(crnn, 96))
    if damage == "directions":
        step = parts[2].module
        step.forward_gates, step.backward_gates = step.backward_gates, step.forward_gates
    elif damage == "order":
        parts[2], parts[4] = (dataclasses.replace(parts[i], module=parts[6 - i].module) for i in (2, 4))
    elif damage == "gates":
        parts[1].module.weight.data = parts[1].module.weight.data.roll(256, dims=0)
    else:
        honest = recurrent.unroll

        def forgetful(step, projected):
            return honest(lambda column: step(column) * np.float32(0.99), projected)

        monkeypatch.setattr(recurrent, "unroll", forgetful)
    _, logits = lstm.trace(tuple(parts), x)
    assert np.abs(logits - theirs(network, x)).max() > 1e-4


def test_kept_classes_keep_their_logits(easyocr_crnn):
    network = easyocr_crnn("gen2", CLASSES)
    kept = (0, 3, 4, 29)
    crnn = keep_classes(load(network, "gen2"), kept)
    assert crnn.shape.classes == len(kept)
    np.testing.assert_allclose(lstm.forward(crnn, crops()), theirs(network, crops())[..., list(kept)], atol=1e-5)


def test_wide_heads_stay_two_layers():
    parts = lstm.cut(Crnn(CrnnShape("vgg", 32, 16, 300)).eval(), 64)
    assert isinstance(parts[-1].module, torch.nn.Sequential)
    parts = lstm.cut(Crnn(CrnnShape("vgg", 32, 16, 5)).eval(), 64)
    assert isinstance(parts[-1].module, torch.nn.Conv2d)


@pytest.fixture(scope="module", params=["vgg", "resnet"])
def converted(request, tmp_path_factory):
    """A small recogniser of random weights, its parts as .tflite files by precision."""
    torch.manual_seed(0)
    crnn = Crnn(CrnnShape(request.param, 32, 24, CLASSES))
    for module in crnn.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.LSTM):
            for weight in module.parameters():
                torch.nn.init.uniform_(weight, -0.4, 0.4)
    crnn.eval()
    folder = tmp_path_factory.mktemp(request.param)
    networks = {"float32": [], "int8": []}
    parts = lstm.cut(crnn, width=128)
    for part in parts:
        source, rewritten, saved = (folder / f"{part.name}{end}" for end in (".onnx", "_rewritten.onnx", ""))
        onnx_export.export(part.module, part.shape, source)
        onnx_rewrite.rewrite(source, rewritten, {"x": part.shape}, onnx_rewrite.EXACT_PASSES)
        saved_model.convert(rewritten, saved)
        integer = "int8" if part.name == "features" else "dynamic"
        samples = [[crops(1, 128, seed).transpose(0, 2, 3, 1).copy()] for seed in range(4)]
        for model, precision in (("float32", "float32"), ("int8", integer)):
            path = folder / f"{part.name}_{model}.tflite"
            tflite_export.export(saved, path, precision, lambda samples=samples: samples)
            networks[model].append(parity.tflite_forward(path))
    return crnn, parts, networks


def run(parts, networks, x):
    """Crops NCHW through the converted parts as the runtime does; logits [N, T, classes]."""
    x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    for part, network in zip(parts, networks, strict=True):
        x = recurrent.unroll(network, x) if part.step else network(np.ascontiguousarray(x))
    return x[:, 0]


@pytest.mark.parametrize(("count", "width"), [(1, 128), (3, 128), (2, 192), (1, 68)])
def test_converted_parts_follow_width_and_batch(converted, count, width):
    crnn, parts, networks = converted
    x = crops(count, width, seed=7)
    wanted = lstm.forward(crnn, x)
    found = run(parts, networks["float32"], x)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()
    quantized = run(parts, networks["int8"], x)
    assert np.corrcoef(quantized.ravel(), wanted.ravel())[0, 1] > 0.98
