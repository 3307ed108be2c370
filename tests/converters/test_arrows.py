"""Every arrow survives: what nobody here has seen is converted exactly or refused in one line, and nothing crashes."""

import logging

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, version_converter

from converters import converter_process, onnx_rewrite, parity, saved_model, tflite_export, unsupported
from converters.errors import ConversionError
from tests.converters import small_networks as nets

RNG = np.random.default_rng(31)


def noise(network, count=2):
    batch, channels, height, width = nets.shape_of(network)
    return [RNG.normal(0, 1, (batch, height, width, channels)).astype(np.float32) for _ in range(count)]


def rewritten(path, network, target):
    onnx_rewrite.rewrite(path, target, {"image": nets.shape_of(network)}, onnx_rewrite.EXACT_PASSES)
    return target


@pytest.fixture(scope="module")
def recognizer():
    return nets.seeded(nets.Recognizer())


# 9 is the oldest that PyTorch writes, 21 and 22 are newer than the chain's own.
@pytest.mark.parametrize("opset", [9, 11, 13, 17, 20, 21, 22])
def test_every_operator_set_is_rewritten_exactly(recognizer, tmp_path, opset):
    exported = opset if opset <= 20 else 20
    path = nets.write(recognizer, tmp_path / "net.onnx", exported)
    if opset > exported:
        onnx.save(version_converter.convert_version(onnx.load(path), opset), path)
    assert onnx.load(path).opset_import[0].version == opset
    graph = rewritten(path, recognizer, tmp_path / "r.onnx")
    tensors = noise(recognizer)
    found = parity.compare(
        lambda x: recognizer(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).detach().numpy(),
        parity.onnx_forward(graph),
        tensors,
    )
    assert found["max_abs_error"] < 1e-5


def test_a_way_that_is_not_exact_is_passed_over(recognizer, tmp_path, caplog):
    """LayerNorm and attention of operator set 13, where the chain's own way mixes up channels and frames."""
    path = nets.write(recognizer, tmp_path / "net.onnx", 13)
    graph, tensors = rewritten(path, recognizer, tmp_path / "r.onnx"), noise(recognizer)
    with caplog.at_level(logging.INFO, "converters.saved_model"):
        assert saved_model.convert(graph, tmp_path / "saved", tensors) == saved_model.ATTEMPTS[1]
    errors = [record.args[2] for record in caplog.records]
    assert len(errors) == 2 and errors[0] > 0.1 and errors[1] < saved_model.EXACT
    found = parity.compare(parity.onnx_forward(path), parity.saved_model_forward(tmp_path / "saved"), tensors)
    assert found["max_abs_error"] < 1e-5


def test_resampling_is_exact_in_the_first_way(tmp_path):
    network = nets.seeded(nets.Detector())
    path = nets.write(network, tmp_path / "net.onnx")
    graph, tensors = rewritten(path, network, tmp_path / "r.onnx"), noise(network)
    assert saved_model.convert(graph, tmp_path / "saved", tensors) == saved_model.ATTEMPTS[0]
    found = parity.compare(parity.onnx_forward(path), parity.saved_model_forward(tmp_path / "saved"), tensors)
    assert found["max_abs_error"] < 1e-5


@pytest.mark.parametrize(
    ("errors", "taken"),
    [((0.3, 0.002, 0.5), 1), ((0.3, None, 0.009), 2), ((0.3, 1e-5, 0), 1), ((None, None, 0.005), 2)],
)
def test_the_first_exact_way_or_else_the_nearest(convolutions_onnx, tmp_path, monkeypatch, errors, taken):
    """None: onnx2tf fails."""
    attempts = saved_model.ATTEMPTS[:3]

    def converted(model, source, folder, attempt):
        if errors[attempts.index(attempt)] is None:
            raise ConversionError("saved_model", "fails")
        folder.mkdir()
        (folder / "way").write_text(attempt.name)
        return folder

    monkeypatch.setattr(saved_model, "_converted", converted)
    monkeypatch.setattr(
        saved_model,
        "_error",
        lambda source, made, tensors: dict(zip([w.name for w in attempts], errors, strict=True))[
            (made / "way").read_text()
        ],
    )
    assert saved_model.convert(convolutions_onnx, tmp_path / "saved", (), attempts) == attempts[taken]
    assert (tmp_path / "saved" / "way").read_text() == attempts[taken].name
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_if_all_ways_fail_the_first_reason_is_said(convolutions_onnx, tmp_path, monkeypatch):
    def converted(model, source, folder, attempt):
        raise ConversionError("saved_model", f"{attempt.name} fails")

    monkeypatch.setattr(saved_model, "_converted", converted)
    with pytest.raises(ConversionError, match=f"{saved_model.ATTEMPTS[0].name} fails"):
        saved_model.convert(convolutions_onnx, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def unknown(path):
    nodes = [helper.make_node("Frobnicate", ["x"], ["y"], "blocks/0", domain="com.example")]
    tensor = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, 8, 8]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", tensor[:1], tensor[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("com.example", 1)]), path)
    return path


def test_an_operator_that_nobody_knows_is_named_at_once(tmp_path):
    with pytest.raises(ConversionError) as caught:
        saved_model.convert(unknown(tmp_path / "net.onnx"), tmp_path / "saved")
    said = str(caught.value)
    assert "operator com.example.Frobnicate (node blocks/0)" in said and "export the network" in said
    assert "\n" not in said and not (tmp_path / "saved").exists()


class Loop(torch.nn.Module):
    """A convolution and a bidirectional LSTM."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 4, (nets.HEIGHT, 4), 8)
        self.recurrent = torch.nn.LSTM(4, 3, bidirectional=True, batch_first=True)

    def forward(self, x):
        return self.recurrent(self.stem(x).squeeze(2).transpose(1, 2))[0]


def test_a_recurrent_layer_is_exact_in_float32_and_int8_ends_nobody(tmp_path):
    """TensorFlow's converter may end such a graph in int8 with a segmentation fault."""
    network = nets.seeded(Loop())
    path = nets.write(network, tmp_path / "net.onnx")
    graph, tensors = rewritten(path, network, tmp_path / "r.onnx"), noise(network)
    saved, target = tmp_path / "saved", tmp_path / "n.tflite"
    saved_model.convert(graph, saved, tensors)
    try:
        tflite_export.export(saved, target, "int8", lambda: ([tensor] for tensor in tensors))
        target.unlink()
    except ConversionError as error:
        said = str(unsupported.explained(error, saved))
        assert "\n" not in said and not target.exists()
        assert converter_process.CRASHED not in said or "quantized" in said
    tflite_export.export(saved, target, "float32")
    found = parity.compare(parity.onnx_forward(path), parity.tflite_forward(target), tensors)
    assert found["max_abs_error"] < 1e-5


def test_a_process_that_dies_is_told_from_one_that_refuses(convolutions_saved_model, monkeypatch):
    ask = converter_process._process().ask
    with pytest.raises(ConversionError, match="failed: .*no-such-folder") as caught:
        ask(convolutions_saved_model / "no-such-folder", "float32", (), False)
    assert converter_process.CRASHED not in str(caught.value)
    converter_process._process()._child.kill()
    with pytest.raises(ConversionError, match=f"{converter_process.CRASHED} .SIGKILL."):
        ask(convolutions_saved_model, "float32", (), False)
    assert len(converter_process.convert(convolutions_saved_model, "float32", (), False)) > 1000
