"""What a model is called, and that no model takes the place of another without a word."""

import json
from types import SimpleNamespace

import pytest

from converters import naming, sources
from converters.errors import ConversionError
from converters.plan import Plan


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("ppocr", "ppocr"),
        ("easyocr", "easyocr"),
        ("onnx:ch_PP-OCRv4_det_infer.onnx,ch_PP-OCRv4_rec_infer.onnx", "ch_PP-OCRv4"),
        ("onnx:/models/street/det.onnx,/models/street/rec.onnx", "street"),
        ("onnx:/models/street/det.onnx, /models/street/rec.onnx,/models/facts.json", "street"),
        ("onnx:det.onnx,rec.onnx", "onnx"),
        ("onnx:receipts.onnx", "receipts"),
        ("onnx:a b/my model (2).onnx", "my_model_2"),
        ("onnx:ppocr.onnx", "onnx_ppocr"),
        ("torch:net:CRNN", "CRNN"),
        ("torch:nets.py:CRNN", "CRNN"),
        ("torch:exported/plates.pt2,facts.json", "plates"),
        ("tensorflow:east/model.ckpt.meta", "east"),
        ("tensorflow:frozen_inference_graph.pb", "tensorflow"),
        ("tensorflow:ssd/saved_model", "ssd"),
    ],
)
def test_names_out_of_those_of_the_files(model, name):
    assert naming.name_of(model) == name
    assert naming.name_of(model, "mine-2.0") == "mine-2.0"


@pytest.mark.parametrize("name", ["", "..", "a/b", "/a", ".hidden", "a b", "-x"])
def test_a_name_that_is_no_folder_is_refused(name):
    with pytest.raises(ConversionError, match="expected --name of letters"):
        naming.name_of("ppocr", name)


@pytest.mark.parametrize("name", ["mine", "../mine", ""])
def test_known_models_have_names_too(monkeypatch, name):
    plan = Plan("edge", None, "int8", None, (), ())
    monkeypatch.setitem(sources.SOURCES, "edge", lambda rest, options: plan)
    options = SimpleNamespace(name=name)
    if name == "mine":
        assert sources.plan_for("edge", options).name == "mine"
        assert sources.plan_for("edge", SimpleNamespace(name=None)).name == "edge"
    else:
        with pytest.raises(ConversionError, match="expected --name"):
            sources.plan_for("edge", options)


def planned(sha256, parameters=None, languages=("en",)):
    return SimpleNamespace(
        source=SimpleNamespace(sha256=sha256),
        parameters=parameters or {},
        recognizers=[SimpleNamespace(languages=languages)],
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifest.json").write_text(
        json.dumps(
            {
                "source": {"name": "First", "sha256": {"a.onnx": "1", "b.onnx": "2"}},
                "parameters": {"charset": "latin"},
                "recognizers": [{"languages": ["en"]}],
            }
        )
    )
    return tmp_path


def test_one_pair_is_not_put_over_another(folder):
    other = planned({"c.onnx": "1"})
    with pytest.raises(ConversionError, match="holds another model .First, made of a.onnx, b.onnx.*--name.*--replace"):
        naming.guard(folder, other, replace=False)
    assert "First, made of a.onnx, b.onnx, will be replaced" in naming.guard(folder, other, replace=True)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (planned({"a.onnx": "1", "b.onnx": "2"}, {"charset": "latin"}), ""),
        (planned({"a.onnx": "1", "b.onnx": "3"}), "made of other weights of the same names"),
        (planned({"a.onnx": "1", "b.onnx": "2"}, {"charset": "full"}), "the model with charset latin will be replaced"),
        (planned({"a.onnx": "1", "b.onnx": "2"}, languages=("de",)), "the model with languages"),
    ],
)
def test_the_same_files_are_replaced_with_a_word(folder, plan, said):
    found = naming.guard(folder, plan, replace=False)
    assert said in found and bool(said) == bool(found)


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_nothing_is_lost_where_no_model_is(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    assert naming.guard(tmp_path, planned({"a.onnx": "1"}), replace=False) == ""
