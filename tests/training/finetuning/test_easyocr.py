import dataclasses
import importlib
import sys

import numpy as np
import pytest
import torch

from converters.checkpoints import load_state_dict
from converters.errors import ConversionError
from converters.networks.crnn import Crnn, CrnnShape
from converters.sources import easyocr, easyocr_models
from converters.sources.torchvision_shim import ensure_torchvision
from tests.training import bars
from training.errors import TrainingError
from training.finetuning import data as finetune_data
from training.finetuning import easyocr as finetune_easyocr
from training.finetuning.batches import collate
from training.finetuning.easyocr import NETWORK_FOLDER, SIGHT, STORAGE_FOLDER
from training.finetuning.loop import Student, TuneSettings, read_accuracy, tune

NAME = "bars_of_four"


def logits(network, images):
    return network(images).transpose(1, 2)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A tiny recogniser of EasyOCR's architecture, half taught and then fine-tuned; its data and the outcome."""
    torch.manual_seed(0)
    network = bars.teach(Crnn(CrnnShape("vgg", 16, 32, len(bars.CHARSET))), logits, SIGHT, 60, rate=1e-2)
    student = Student("tiny crnn", network, bars.CHARSET, SIGHT, logits)
    crops = bars.write_crops(tmp_path_factory.mktemp("crops"), relabel=None)
    data = finetune_data.load(crops, bars.CHARSET, SIGHT, 0.25)
    _forget(student, data)
    settings = TuneSettings(steps=60, rate=3e-3, evaluate_every=20, replay=0.0, columns=2000, workers=0)
    return student, data, tune(student, data, settings, tmp_path_factory.mktemp("training"))


def _forget(student, data):
    """Where a processor's rounding let it learn more than half: weakens two characters until most words are wrong."""
    batches = data.batches(SIGHT, 1)
    while (known := read_accuracy(student, student.network, batches)).exact >= 0.3 or known.cer <= 0.3:
        with torch.no_grad():
            student.network.Prediction.weight[-2:] *= 0.8
            student.network.Prediction.bias[-2:] -= 0.25


@pytest.fixture(scope="module")
def written(learned, tmp_path_factory):
    """The folder of the fine-tuned recogniser as a custom model."""
    out = tmp_path_factory.mktemp("out")
    assert finetune_easyocr.save(learned[0], ["en"], out, NAME) == (out / NETWORK_FOLDER, out / STORAGE_FOLDER)
    return out


def test_fine_tuning_improves_accuracy(learned):
    outcome = learned[2]
    assert outcome.before.exact < 0.3 and outcome.before.cer > 0.3
    assert outcome.after.exact > 0.9


def test_what_is_saved_reads_as_well(learned, written):
    student, data, outcome = learned
    batches = data.batches(SIGHT, 1)
    saved = finetune_easyocr.saved(student, written, NAME)
    assert read_accuracy(saved, saved.network, batches) == outcome.after


def test_facts_of_the_custom_model(learned, written):
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with easyocr")
    facts = yaml.safe_load((written / NETWORK_FOLDER / f"{NAME}.yaml").read_text(encoding="utf-8"))
    assert facts == {
        "network_params": {"input_channel": 1, "output_channel": 16, "hidden_size": 32},
        "imgH": 64,
        "lang_list": ["en"],
        "character_list": "0123",
    }
    state = torch.load(written / STORAGE_FOLDER / f"{NAME}.pth", weights_only=True)
    assert all(name.startswith("module.") for name in state)
    assert load_state_dict(written / STORAGE_FOLDER / f"{NAME}.pth").keys() == learned[0].network.state_dict().keys()


def test_characters_survive_the_yaml(learned, tmp_path):
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with easyocr")
    strange = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ €áé√\u00a0😀: - #"
    student = dataclasses.replace(learned[0], charset=("", *strange))
    finetune_easyocr.save(student, ["en", "fr"], tmp_path, NAME)
    facts = yaml.safe_load((tmp_path / NETWORK_FOLDER / f"{NAME}.yaml").read_text(encoding="utf-8"))
    assert facts["character_list"] == strange and facts["lang_list"] == ["en", "fr"]


def test_easyocr_loads_it_strictly(learned, written, easyocr_module, monkeypatch):
    ensure_torchvision()
    monkeypatch.syspath_prepend(str(written / NETWORK_FOLDER))
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    student, data, _ = learned
    path = written / STORAGE_FOLDER / f"{NAME}.pth"
    network, converter = easyocr_module("recognition").get_recognizer(
        NAME, {"input_channel": 1, "output_channel": 16, "hidden_size": 32}, "0123", {}, {}, str(path), "cpu", False
    )
    assert converter.character == ["[blank]", *"0123"]
    batch = collate([line.picture() for line in data.validation], ["" for _ in data.validation], SIGHT)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(batch.images, None), student.network(batch.images))
    broken = torch.load(path, weights_only=True)
    broken.pop("module.Prediction.bias")
    torch.save(broken, path.with_name("broken.pth"))
    with pytest.raises(RuntimeError, match="Prediction.bias"):
        easyocr_module("recognition").get_recognizer(
            NAME,
            {"input_channel": 1, "output_channel": 16, "hidden_size": 32},
            "0123",
            {},
            {},
            str(path.with_name("broken.pth")),
            "cpu",
            False,
        )


@pytest.mark.filterwarnings("ignore:'pin_memory'")
def test_easyocrs_reader_reads_with_it(learned, written, easyocr_module, monkeypatch):
    ensure_torchvision()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    reader = easyocr_module("easyocr").Reader(
        ["en"],
        gpu=False,
        recog_network=NAME,
        user_network_directory=str(written / NETWORK_FOLDER),
        model_storage_directory=str(written / STORAGE_FOLDER),
        detector=False,
        download_enabled=False,
        verbose=False,
        quantize=False,
    )
    lines = learned[1].validation
    read = [reader.recognize(line.picture(), detail=0)[0] for line in lines]
    assert np.mean([text == line.text for text, line in zip(read, lines, strict=True)]) > 0.9
    assert importlib.import_module(NAME).Model is type(reader.recognizer)


def test_the_written_network_has_the_layers_of_easyocr(easyocr_module):
    ensure_torchvision()
    torch.manual_seed(0)
    theirs = easyocr_module("model.vgg_model").Model(1, 256, 256, 30).eval()
    ours = finetune_easyocr.Model(1, 256, 256, 30).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    image = torch.randn(2, 1, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(ours(image, "text"), theirs(image, "text"))


def test_a_student_is_easyocrs_recogniser_cut_to_its_languages(tmp_path, save_crnn):
    model = easyocr_models.recognizer(["en"])
    network = save_crnn(model, tmp_path)
    student = finetune_easyocr.student(["en"], tmp_path)
    assert student.charset[0] == "" and len(student.charset) == len(model.classes)
    image = torch.randn(1, 1, 64, 128)
    with torch.no_grad():
        wanted = network(image)[:, :, list(model.classes)].transpose(1, 2)
        torch.testing.assert_close(student.logits(student.network, image), wanted)
    facts = easyocr._facts(model)
    assert student.charset == facts.charset and student.line_format.height == facts.height


@pytest.fixture
def save_crnn():
    """Saves a recogniser with seeded weights where a user's folder of checkpoints has it."""

    def save(model, folder):
        torch.manual_seed(0)
        network = Crnn(model.shape).eval()
        torch.save({f"module.{k}": v for k, v in network.state_dict().items()}, folder / model.remote.member)
        return network

    return save


def test_weights_and_languages_that_do_not_serve(tmp_path):
    with pytest.raises(TrainingError, match="expected --weights, the folder of english_g2.pth"):
        finetune_easyocr.student(["en"])
    with pytest.raises(ConversionError, match="expected english_g2.pth in"):
        finetune_easyocr.student(["en"], tmp_path)
    with pytest.raises(TrainingError, match="thai_g1 of generation 1"):
        finetune_easyocr.student(["th"], tmp_path)
    with pytest.raises(TrainingError, match="language codes.*found the model latin_g2"):
        finetune_easyocr.student(["latin_g2"], tmp_path)
    with pytest.raises(ConversionError, match="found xx"):
        finetune_easyocr.student(["xx"], tmp_path)


@pytest.mark.parametrize("name", ["my-model", "1st", "", "standard", "json", "numpy", "a.b", "../x"])
def test_names_that_easyocr_could_not_import(name, tmp_path, learned):
    with pytest.raises(TrainingError, match="choose another --name"):
        finetune_easyocr.save(learned[0], ["en"], tmp_path, name)
    assert not list(tmp_path.iterdir())
