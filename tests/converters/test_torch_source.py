"""Networks out of PyTorch: exported by the chain itself, with what weights_only loading allows and nothing else."""

import io
import json
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from converters import checkpoints, sources
from converters.__main__ import _parser, main
from converters.errors import ConversionError
from converters.sources import torch_module, torch_program
from tests.converters import small_networks as nets

RNG = np.random.default_rng(61)
FILE = str(Path(nets.__file__))
PIXELS = {"color": "RGB", "mean": [0.5] * 3, "std": [0.5] * 3}
LETTERS = [chr(97 + i) for i in range(nets.CLASSES - 1)]
RECOGNIZER = {
    **PIXELS,
    "charset": LETTERS,
    "height": nets.HEIGHT,
    "widths": [64, 96],
    "output_layout": "NTC",
    "probabilities": True,
}
DETECTOR = {**PIXELS, "decoder": "db", "canvases": [[64, 96]]}


def planned(tmp_path, words, weights, **parts):
    (tmp_path / "facts.json").write_text(json.dumps({"name": "Mine", "licence": "MIT", **parts}))
    return torch_module.plan(f"{words},{tmp_path / 'facts.json'}", weights, tmp_path / "work")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Checkpoints as they are saved: a state dict alone, and one of DataParallel beside other things."""
    folder = tmp_path_factory.mktemp("weights")
    detector, recognizer = nets.seeded(nets.Detector()), nets.seeded(nets.Recognizer())
    torch.save(detector.state_dict(), folder / "det.pth")
    state = {f"module.{name}": value for name, value in recognizer.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, folder / "rec.pth")
    return folder, detector, recognizer


def run(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def test_a_pair_of_classes(weights, tmp_path):
    folder, detector, recognizer = weights
    plan = planned(
        tmp_path,
        f"{FILE}:Detector,{FILE}:Recognizer",
        f"{folder / 'det.pth'},{folder / 'rec.pth'}",
        detector=DETECTOR,
        recognizer=RECOGNIZER,
    )
    assert set(plan.source.sha256) == {"det.pth", "rec.pth"}
    assert [network.shape for network in plan.networks] == [(1, 3, 64, 96), (1, 3, 16, 64), (1, 3, 16, 96)]
    for role, module, shape in (("detector", detector, (1, 3, 64, 96)), ("recognizer", recognizer, (1, 3, 16, 96))):
        x = RNG.normal(0, 1, shape).astype(np.float32)
        with torch.no_grad():
            wanted = module(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(run(tmp_path / "work" / f"{role}.onnx", x), wanted, atol=1e-5)
    again = planned(
        tmp_path,
        f"{FILE}:Detector,{FILE}:Recognizer",
        f"{folder / 'det.pth'},{folder / 'rec.pth'}",
        detector=DETECTOR,
        recognizer=RECOGNIZER,
    )
    assert [n.fingerprint for n in again.networks] == [n.fingerprint for n in plan.networks]  # reused by the stages


def test_arguments_reach_the_constructor(weights, tmp_path):
    folder, _, _ = weights
    facts = {**RECOGNIZER, "arguments": {"classes": nets.CLASSES, "channels": 16}}
    assert planned(tmp_path, f"{FILE}:Recognizer", str(folder / "rec.pth"), recognizer=facts).recognizers
    for wrong, message in (({"channels": 8}, "of another shape"), ({"depth": 3}, "cannot be built with .arguments.")):
        with pytest.raises(ConversionError, match=message):
            planned(
                tmp_path, f"{FILE}:Recognizer", str(folder / "rec.pth"), recognizer={**RECOGNIZER, "arguments": wrong}
            )


def test_a_program_beside_an_onnx_file(weights, tmp_path):
    folder, detector, recognizer = weights
    torch.export.save(torch.export.export(recognizer, (torch.zeros(1, 3, 16, 64),)), tmp_path / "rec.pt2")
    nets.write(detector, tmp_path / "det.onnx", free=(2, 3))
    parts = {"detector": DETECTOR, "recognizer": {**RECOGNIZER, "widths": [64]}}
    plan = planned(tmp_path, f"{tmp_path / 'det.onnx'},{tmp_path / 'rec.pt2'}", "", **parts)
    assert set(plan.source.sha256) == {"det.onnx", "rec.pt2"}
    x = RNG.normal(0, 1, (1, 3, 16, 64)).astype(np.float32)
    with torch.no_grad():
        wanted = recognizer(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(run(tmp_path / "work" / "recognizer.onnx", x), wanted, atol=1e-5)
    parts["recognizer"]["widths"] = [64, 96]
    with pytest.raises(ConversionError, match=r"expected an input that takes \[1, 3, 16, 96\]"):
        planned(tmp_path, f"{tmp_path / 'det.onnx'},{tmp_path / 'rec.pt2'}", "", **parts)


DEEP = """
import torch
class Crnn(torch.nn.Module):
    # In the manner of deep-text-recognition-benchmark.
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 5, (14, 4), 4)
        self.pool = torch.nn.AdaptiveAvgPool2d((None, 1))
        self.lstm = torch.nn.LSTM(5, 4, bidirectional=True, batch_first=True)
        self.head = torch.nn.Linear(8, 12)
    def forward(self, x):
        x = self.pool(self.stem(x).permute(0, 3, 1, 2)).squeeze(3)
        return self.head(self.lstm(x)[0])
"""


def test_a_crnn_with_adaptive_pooling_is_taken_apart(tmp_path):
    (tmp_path / "deep.py").write_text(DEEP)
    scope = {}
    exec(DEEP, scope)
    network = nets.seeded(scope["Crnn"]())
    torch.save(network.state_dict(), tmp_path / "w.pth")
    facts = {**RECOGNIZER, "probabilities": False}
    plan = planned(tmp_path, f"{tmp_path / 'deep.py'}:Crnn", str(tmp_path / "w.pth"), recognizer=facts)
    assert [one.name for one in plan.networks if one.role == "recognizer"] == [
        "recognizer_16x64",
        "recognizer_16x96",
        "recognizer_project1",
        "recognizer_step1",
        "recognizer_head",
    ]
    x = RNG.normal(0, 1, (1, 3, 16, 96)).astype(np.float32)
    with torch.no_grad():
        wanted = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(run(tmp_path / "work" / "recognizer.onnx", x), wanted, atol=1e-5)


class Touches:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("kind", ["whole model", "pickle", "torchscript", "text", "missing", "list"])
def test_checkpoints_run_nothing(weights, tmp_path, kind):
    folder, detector, _ = weights
    path, touched = tmp_path / "w.pth", tmp_path / "touched"
    if kind == "whole model":
        torch.save(detector, path)
    elif kind == "pickle":
        torch.save({"state_dict": Touches(touched)}, path)
    elif kind == "torchscript":
        torch.jit.trace(detector, torch.zeros(1, 3, 64, 96)).save(path)
    elif kind == "text":
        path.write_text("weights")
    elif kind == "list":
        torch.save([1, 2], path)
    with pytest.raises(ConversionError, match="w.pth") as caught:
        planned(tmp_path, f"{FILE}:Detector", str(path), detector=DETECTOR)
    assert "\n" not in str(caught.value) and not touched.exists()
    assert kind != "torchscript" or "state_dict() alone" in str(caught.value)


def program(tmp_path):
    class Net(torch.nn.Module):
        def forward(self, x):
            return torch.relu(x) * 2

    torch.export.save(torch.export.export(Net(), (torch.zeros(1, 3, 8, 8),)), tmp_path / "net.pt2")
    return tmp_path / "net.pt2"


def altered(path, change):
    """The archive with contents changed, or added, by `change(name, content)`."""
    target = path.with_name("altered.pt2")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as result:
        for name in source.namelist():
            result.writestr(name, change(name, source.read(name)))
        extra = change("", b"")
        if extra:
            result.writestr(*extra)
    return target


def test_a_program_without_anything_odd_is_read(tmp_path):
    module = torch_program.load(program(tmp_path)).module()
    assert module(torch.full((1, 3, 8, 8), 2.0)).unique().tolist() == [4.0]


OPERATOR, GUARDS = "torch.ops.aten.relu.default", '"guards_code": []'
OPERATORS = ("torch.os.system", "_operator.methodcaller", "torch.ops.aten.from_file.default")
FOREIGN = [
    *((OPERATOR, name, f"the operator {name}") for name in OPERATORS),
    (GUARDS, '"guards_code": ["__import__(\'os\').getcwd()"]', "the expression"),
    (GUARDS, '"guards_code": ["exec(chr(49))"]', "the expression"),
]


@pytest.mark.parametrize(("old", "new", "said"), FOREIGN)
def test_programs_that_would_run_code_are_not_read(tmp_path, monkeypatch, old, new, said):
    seen = []

    def change(name, content):
        if not name.endswith("model.json"):
            return content if name else None
        seen.append(old.encode() in content)
        return content.replace(old.encode(), new.encode())

    path = altered(program(tmp_path), change)
    monkeypatch.setattr(torch.export, "load", lambda path: pytest.fail("read"))
    with pytest.raises(ConversionError, match="expected tensors and operators of ATen alone, found") as caught:
        torch_program.load(path)
    assert said in str(caught.value) and seen == [True]


@pytest.mark.parametrize(
    "name", ["net/data/sample_inputs/model.pt", "net/data/aotinductor/model/a.so", "net/data/constants/opaque_obj_0"]
)
def test_what_else_lies_in_an_archive_is_looked_at(tmp_path, name):
    content = io.BytesIO()
    torch.save(Touches(tmp_path / "touched"), content)

    def change(own, found):
        if not own:
            return (name, content.getvalue()) if not name.endswith("model.pt") else None
        return content.getvalue() if own.endswith("sample_inputs/model.pt") else found

    with pytest.raises(ConversionError, match="and did not read it"):
        torch_program.load(altered(program(tmp_path), change))
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("content", [None, b"", b"text", pickle.dumps({"a": 1})])
def test_what_is_no_program_is_said(tmp_path, content):
    if content is not None:
        (tmp_path / "net.pt2").write_bytes(content)
    with pytest.raises(ConversionError, match="net.pt2: expected a program of torch.export.save") as caught:
        torch_program.load(tmp_path / "net.pt2")
    assert "\n" not in str(caught.value)


SOURCE = """
import torch
class Fixed(torch.nn.Module):
    def forward(self, x):
        return torch.sigmoid(x[:, :1].reshape(1, 1, x.shape[2] * 1, int(x.shape[3])) * float(x.shape[2]))
class Two(torch.nn.Module):
    def forward(self, x):
        return x, x
class Fails(torch.nn.Module):
    def forward(self, x):
        raise ValueError("no such " + "size")
number = 3
def function():
    return 3
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("mine.py:Fixed", "onnx error at|has a size fixed inside"),
        ("mine.py:Two", "expected one tensor, found tuple"),
        ("mine.py:Fails", "cannot run at .* ValueError: no such size"),
        ("mine.py:Absent", "a function Absent in"),
        ("mine.py:number", "function number"),
        ("mine.py:function", "expected a torch.nn.Module, found int"),
        ("none.py:Net", "none.py: expected a Python file"),
        ("no_such_module_here:Net", "imported: ModuleNotFound"),
        ("mine.py", "expected torch:MODULE:CLASS"),
        ("broken.py:Net", "cannot be imported: SyntaxError"),
    ],
)
def test_classes_that_cannot_be_taken_are_refused_in_one_line(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("mine.py").write_text(SOURCE)
    Path("broken.py").write_text("class Net(:")
    torch.save({"a": torch.zeros(1)}, "w.pth")
    monkeypatch.setattr(checkpoints, "load_into", lambda module, state, name: module.eval())
    with pytest.raises((ConversionError, torch_module.ParityError), match=said) as caught:
        planned(tmp_path, words, "w.pth", detector={**PIXELS, "decoder": "db"})
    assert "\n" not in str(caught.value)


def test_weights_have_to_be_given(tmp_path, capsys):
    (tmp_path / "facts.json").write_text(json.dumps({"name": "a", "licence": "b", "detector": DETECTOR}))
    assert main([f"torch:{FILE}:Detector,{tmp_path / 'facts.json'}", "--out", str(tmp_path)]) == 7
    assert "expected a checkpoint for each of" in capsys.readouterr().err


def test_the_command_line_hands_everything_on(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(torch_module, "plan", lambda *arguments: seen.append(arguments))
    monkeypatch.setattr("converters.sources.onnx_facts.opened_torch", lambda words: None)
    options = _parser().parse_args(["torch:a.py:CRNN,f.json", "--weights", "x.pth", "--out", str(tmp_path)])
    sources.plan_for(options.model, options)
    assert seen == [("a.py:CRNN,f.json", "x.pth", tmp_path / "CRNN" / ".build" / "torch", (), "CRNN", "tesseract")]
