"""Which model EasyOCR takes for which languages, against its own Reader; and the plan of a conversion."""

import hashlib

import numpy as np
import pytest
import torch

from converters import lstm
from converters.errors import ConversionError
from converters.networks.crnn import Crnn
from converters.sources import easyocr as source
from converters.sources import easyocr_models

CHOICES = [
    ["en"],
    ["de"],
    ["en", "fr"],
    ["th"],
    ["th", "en"],
    ["ch_tra", "en"],
    ["ch_sim"],
    ["ja", "en"],
    ["ko"],
    ["ta"],
    ["te", "en"],
    ["kn"],
    ["bn", "as"],
    ["ar", "fa", "en"],
    ["hi", "mr"],
    ["ru", "en"],
    ["uk", "be"],
    ["rs_latin"],
    ["ru", "fr"],
    ["th", "ja"],
    ["ch_sim", "ch_tra"],
    ["ar", "hi"],
    ["ko", "de"],
    ["xx"],
    ["en", "xx"],
]


@pytest.fixture(scope="module")
def theirs(easyocr_module, tmp_path_factory):
    """The model and the ignored characters that EasyOCR's own Reader takes, or None where it refuses."""
    from converters.sources.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    module = easyocr_module("easyocr")
    folder = str(tmp_path_factory.mktemp("easyocr"))

    def choose(languages):
        try:
            reader = module.Reader(
                languages,
                gpu=False,
                model_storage_directory=folder,
                user_network_directory=folder,
                download_enabled=False,
                detector=False,
                recognizer=False,
                verbose=False,
            )
        except ValueError:
            return None
        return reader.character, set(reader.character) - set(reader.lang_char)

    return choose


@pytest.mark.parametrize("languages", CHOICES, ids=",".join)
def test_chooses_as_easyocr_does(theirs, languages):
    wanted = theirs(languages)
    if wanted is None:
        with pytest.raises(ConversionError) as caught:
            easyocr_models.recognizer(languages)
        assert caught.value.exit_code == 7
        return
    characters, ignored = wanted
    model = easyocr_models.recognizer(languages)
    assert model.characters == characters
    assert model.shape.classes == len(characters) + 1
    left_out = set(range(len(characters) + 1)) - set(model.classes)
    assert left_out == {characters.index(character) + 1 for character in ignored}


def test_every_recogniser_of_both_generations_can_be_named(easyocr_module):
    tables = easyocr_module("config").recognition_models
    assert {"gen1", "gen2"} == set(tables)
    for generation, table in tables.items():
        for name, entry in table.items():
            model = easyocr_models.recognizer([name])
            assert model.shape.backbone == {"gen1": "resnet", "gen2": "vgg"}[generation]
            assert (model.remote.url, model.remote.md5) == (entry["url"], entry["md5sum"])
            assert model.classes == tuple(range(len(entry["characters"]) + 1))


def test_detectors():
    assert easyocr_models.detector().member == "craft_mlt_25k.pth"
    with pytest.raises(ConversionError, match="deformable"):
        easyocr_models.detector("dbnet18")
    with pytest.raises(ConversionError, match="expected the detector craft"):
        easyocr_models.detector("other")


@pytest.fixture(scope="module")
def weights(easyocr_craft, easyocr_crnn, save_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    save_checkpoint(easyocr_craft, folder / "craft_mlt_25k.pth")
    save_checkpoint(easyocr_crnn("gen2", 97), folder / "english_g2.pth")
    return folder


def test_the_plan_of_english(weights, easyocr_crnn):
    plan = source.plan(["en"], weights, canvas=(96, 128))
    data = (weights / "english_g2.pth").read_bytes()
    assert plan.source.sha256["english_g2.pth"] == hashlib.sha256(data).hexdigest()
    facts = plan.recognizers[0]
    model = easyocr_models.recognizer(["en"])
    assert facts.charset == ("", *(model.characters[i - 1] for i in model.classes[1:]))
    assert [network.stage for network in plan.networks if network.role == "recognizer"] == list(range(6))
    detector, features, *later = plan.networks
    assert detector.shape == (1, 3, 96, 128)
    assert [network.int8_as for network in (detector, features)] == ["int8", "int8"]
    assert {network.int8_as for network in later} == {"dynamic"}
    crop = np.random.default_rng(0).uniform(-1, 1, features.shape).astype(np.float32)
    nhwc = [np.ascontiguousarray(crop.transpose(0, 2, 3, 1))]
    tensors = [crop] + [n.samples(nhwc)[0].transpose(0, 3, 1, 2) for n in later]
    assert [tensor.shape for tensor in tensors] == [n.shape for n in (features, *later)]
    with torch.no_grad():
        wanted = easyocr_crnn("gen2", 97)(torch.from_numpy(crop), None).numpy()[0][:, list(model.classes)]
    found = later[-1].reference(tensors[-1])[0, :, 0].T
    np.testing.assert_allclose(found, wanted, atol=3e-5)


def test_plans_that_cannot_be_made(weights, tmp_path):
    with pytest.raises(ConversionError, match="multiples of 32"):
        source.plan(["en"], weights, canvas=(100, 128))
    with pytest.raises(ConversionError, match="latin_g2.pth"):
        source.plan(["fr"], weights)
    with pytest.raises(ConversionError, match="dbnet18"):
        source.plan(["en"], weights, detector="dbnet18")
    for name in ("craft_mlt_25k.pth", "english_g2.pth"):
        (tmp_path / name).write_bytes((weights / "english_g2.pth").read_bytes())
    with pytest.raises(ConversionError, match="another model"):
        source.plan(["en"], tmp_path)


def test_wrong_number_of_characters_is_another_architecture(weights, tmp_path):
    model = easyocr_models.recognizer(["fr"])
    with pytest.raises(ConversionError, match="of another shape"):
        source.load_crnn(weights / "english_g2.pth", model)


def test_leaving_classes_out_is_what_easyocr_does_with_probabilities():
    """EasyOCR: softmax over all, zero for the ignored, normalized again."""
    torch.manual_seed(0)
    model = easyocr_models.recognizer(["fr"])
    crnn = Crnn(model.shape).eval()
    crop = np.random.default_rng(0).uniform(-1, 1, (1, 1, 64, 64)).astype(np.float32)
    full = lstm.forward(crnn, crop).astype(np.float64)
    probabilities = np.exp(full) / np.exp(full).sum(-1, keepdims=True)
    kept = list(model.classes)
    assert len(kept) < model.shape.classes
    wanted = probabilities[..., kept] / probabilities[..., kept].sum(-1, keepdims=True)
    cut = lstm.forward(source.keep_classes(crnn, kept), crop).astype(np.float64)
    np.testing.assert_allclose(np.exp(cut) / np.exp(cut).sum(-1, keepdims=True), wanted, rtol=1e-4)
