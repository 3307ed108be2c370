"""Recognisers with LSTM or GRU layers out of ONNX files: cut into networks of one step where they can be."""

import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from converters import pipeline
from converters.sources import onnx_file, onnx_graphs, onnx_lstm
from converters.sources.onnx_facts import RecognizerFacts
from tests.converters import small_networks as nets
from tflite_ocr import Reader, manifest

LETTERS = [chr(97 + i) for i in range(nets.CLASSES - 1)]
FACTS = {
    "charset": LETTERS,
    "color": "RGB",
    "mean": [0.5] * 3,
    "std": [0.5] * 3,
    "height": 16,
    "widths": [64, 96],
    "output_layout": "NTC",
}
SHAPE = (1, 3, 16, 64)


class Crnn(nn.Module):
    """As people write it: features, LSTM layers with linear ones between, frames or the batch first."""

    def __init__(
        self, layers=2, first=True, joint=False, relu=False, direction=True, probabilities=False, rows=1, kind=nn.LSTM
    ):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 5, (9 - rows, 1)))
        both = 2 if direction else 1
        if joint:  # nn.LSTM's own layers
            self.layers = nn.ModuleList([kind(5, 4, layers, bidirectional=direction, batch_first=first)])
            self.linear = nn.ModuleList()
        else:
            self.layers = nn.ModuleList(
                [kind(5 if i == 0 else 3, 4, bidirectional=direction, batch_first=first) for i in range(layers)]
            )
            self.linear = nn.ModuleList([nn.Linear(4 * both, 3) for _ in range(layers - 1)])
        self.head = nn.Linear(4 * both, nets.CLASSES)
        self.first, self.relu, self.probabilities, self.rows = first, relu, probabilities, rows

    def forward(self, x):
        x = self.stem(x).mean(2) if self.rows > 1 else self.stem(x).squeeze(2)
        x = x.transpose(1, 2) if self.first else x.permute(2, 0, 1)
        for i, layer in enumerate(self.layers):
            x = layer(x)[0]
            if i < len(self.linear):
                x = self.linear[i](x)
                x = torch.relu(x) if self.relu else x
        x = self.head(x)
        return torch.softmax(x, -1) if self.probabilities else x


def facts(**changes):
    fields = {**FACTS, **changes}.items()
    return RecognizerFacts(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields})


KINDS = {
    "between": {},
    "frames first": {"first": False},
    "two layers at once": {"joint": True},
    "relu": {"relu": True},
    "one direction": {"direction": False},
    "one direction twice": {"direction": False, "joint": True},
    "three rows": {"layers": 1, "rows": 3},
    "one layer and a softmax": {"layers": 1, "probabilities": True},
    "gru": {"kind": nn.GRU},
    "two layers of gru at once, one direction": {"kind": nn.GRU, "joint": True, "direction": False},
    "gru, three rows, a softmax": {"kind": nn.GRU, "layers": 1, "rows": 3, "probabilities": True, "first": False},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("opset", [11, 17])
def test_the_parts_compute_what_the_whole_does(tmp_path, kind, opset):
    network = nets.seeded(Crnn(**KINDS[kind]))
    path = nets.write(network, tmp_path / "rec.onnx", opset, free=(3,))
    described = facts(output_layout="NTC" if network.first else "TNC", probabilities=network.probabilities)
    parts, columns = onnx_lstm.cut(path, described, SHAPE)
    assert parts, columns
    steps = [part.name for part in parts if part.step]
    assert steps == ["step1", "step2"][: 1 if KINDS[kind].get("layers") == 1 else 2] and parts[-1].name == "head"
    onnx_lstm.write_features(path, described, columns, tmp_path / "features.onnx")
    x = np.random.default_rng(4).normal(0, 1, (1, 3, 16, 96)).astype(np.float32)  # another width than that of the cut
    session = onnx_graphs.Session(tmp_path / "features.onnx")
    features = session.run(x, session.outputs[0])
    assert features.shape == (1, 5, 1, 48)
    found = onnx_lstm.lstm.run(parts, np.concatenate([features, features]))
    with torch.no_grad():
        wanted = network(torch.from_numpy(x)).numpy().reshape(48, -1)
    found = torch.softmax(torch.from_numpy(found), -1).numpy() if network.probabilities else found
    np.testing.assert_allclose(found[0], wanted, atol=1e-5)
    np.testing.assert_allclose(found[1], wanted, atol=1e-5)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_another_order_of_gates_is_not_taken(tmp_path, monkeypatch, kind):
    path = nets.write(nets.seeded(Crnn(kind=kind)), tmp_path / "rec.onnx")
    monkeypatch.setattr(onnx_lstm, "_GATES", {"LSTM": (0, 1, 2, 3), "GRU": (0, 1, 2)})
    parts, why = onnx_lstm.cut(path, facts(), SHAPE)
    assert not parts and "away from the whole" in why


def test_a_gru_that_resets_before_the_product_stays_whole(tmp_path):
    path = nets.write(nets.seeded(Crnn(kind=nn.GRU)), tmp_path / "rec.onnx")
    model = onnx.load(path)
    for attribute in [attribute for node in model.graph.node for attribute in node.attribute]:
        if attribute.name == "linear_before_reset":
            attribute.i = 0
    onnx.save(model, path)
    parts, why = onnx_lstm.cut(path, facts(), SHAPE)
    assert not parts and "GRU (node " in why and "has other options than PyTorch's" in why


class Skips(Crnn):
    def forward(self, x):
        x = self.stem(x).squeeze(2).transpose(1, 2)
        y = self.layers[0](x)[0]
        return self.head(y + torch.sin(y))


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (lambda: Skips(layers=1), "is read 2 times"),
        (lambda: Crnn(kind=nn.RNN), "other recurrent layers than LSTM and GRU"),
    ],
)
def test_what_is_built_otherwise_stays_whole_and_float(tmp_path, caplog, network, why):
    path = nets.write(nets.seeded(network()), tmp_path / "rec.onnx")
    (tmp_path / "f.json").write_text(json.dumps({"name": "a", "licence": "b", "recognizer": {**FACTS, "widths": [64]}}))
    plan = onnx_file.plan(f"{path},{tmp_path / 'f.json'}")
    assert [network.quantized for network in plan.networks] == [True, False]
    (record,) = caplog.records
    assert why in record.getMessage() and "stays float32 in int8 and dynamic models" in record.getMessage()


def test_the_whole_chain_reads_the_same(tmp_path):
    """Through conversion and Reader."""
    nets.write(nets.seeded(nets.Detector()), tmp_path / "det.onnx")
    nets.write(nets.seeded(Crnn(layers=1)), tmp_path / "rec.onnx")
    parts = {
        "recognizer": {**FACTS, "widths": [64], "min_confidence": 0},
        "detector": {**{name: FACTS[name] for name in ("color", "mean", "std")}, "decoder": "db"},
    }
    (tmp_path / "det.json").write_text(json.dumps({"name": "a", "licence": "b", **parts}))
    plan = onnx_file.plan(f"{tmp_path / 'det.onnx'},{tmp_path / 'rec.onnx'}", name="small")
    assert [one.name for one in plan.networks] == [
        "detector_64x96",
        "recognizer_16x64",
        "recognizer_project1",
        "recognizer_step1",
        "recognizer_head",
    ]
    rng = np.random.default_rng(7)
    lines = [rng.integers(0, 256, (16, 64, 3), np.uint8) for _ in range(4)]
    pages = tuple(rng.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(2))
    settings = pipeline.Settings(("float32", "int8"), pages, tuple(lines))
    folder, _ = pipeline.convert(plan, tmp_path / "out", settings)
    assert {file.stage for file in manifest.load(folder).recognizers[0].files} == set(range(4))
    session = onnx_graphs.Session(tmp_path / "rec.onnx")
    for line, found in zip(lines, Reader(folder, precision="float32").recognize(lines), strict=True):
        x = ((line[:, :, ::-1] / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None].astype(np.float32)
        best = session.run(x, session.outputs[0])[0].argmax(1)
        kept = [k for i, k in enumerate(best) if k and (i == 0 or best[i - 1] != k)]
        assert found.text == "".join(LETTERS[k - 1] for k in kept)
    assert len(Reader(folder, precision="int8").recognize(lines)) == 4


def test_an_onnx_file_is_not_changed(tmp_path):
    path = nets.write(nets.seeded(Crnn()), tmp_path / "rec.onnx")
    before = path.read_bytes()
    onnx_lstm.cut(path, facts(), SHAPE)
    assert path.read_bytes() == before and onnx.load(path).graph.node
