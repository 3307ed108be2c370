"""The drop-in for EasyOCR: its signatures, its keywords one by one, and the shapes of its results."""

import ast
import importlib.util
import inspect
import json
import pickle
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

import tflite_ocr
from tflite_ocr import easyocr, easyocr_reading
from tflite_ocr.detection import DECODERS, scales
from tflite_ocr.easyocr_options import Detecting, decoder_options, resize_for
from tflite_ocr.errors import ArtifactError
from tflite_ocr.manifest import DetectorResize

ROOT = Path(__file__).resolve().parents[2]
EDGE = ROOT / "artifacts" / "edge"
METHODS = ("__init__", "detect", "recognize", "readtext", "readtextlang", "readtext_batched")


def signatures():
    """EasyOCR's methods as {name: {parameter: default}}, in order, read and not imported: it needs a torchvision."""
    package = importlib.util.find_spec("easyocr")
    if package is None:
        pytest.skip("easyocr is not installed (the [convert] extra brings it)")
    tree = ast.parse(Path(package.submodule_search_locations[0], "easyocr.py").read_text(encoding="utf-8"))
    (reader,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Reader")
    found = {}
    for node in reader.body:
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args][1:]
            defaults = [ast.literal_eval(value) for value in node.args.defaults]
            found[node.name] = dict(
                zip(names, [inspect.Parameter.empty] * (len(names) - len(defaults)) + defaults, strict=True)
            )
    return found


@pytest.fixture(scope="module")
def reader():
    return easyocr.Reader(["en"], gpu=False, model=EDGE, threads=2)


def drawn(*words, height=60, scale=0.8, gap=0):
    image = np.full((height * len(words) + 40, 420, 3), 255, np.uint8)
    for row, word in enumerate(words):
        for number, part in enumerate(word.split("|")):
            place = 20 + gap * number, 20 + height * row + 35
            cv2.putText(image, part, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), 2, cv2.LINE_AA)
    return image


def tight(word):
    """A crop of one drawn line."""
    (width, _), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    return np.ascontiguousarray(drawn(word)[25:68, 12 : 28 + width])


@pytest.fixture(scope="module")
def page():
    return drawn("Total 4711", "Paid 2024")


TEXTS = ["Total 4711", "Paid 2024"]


@pytest.mark.parametrize("method", METHODS)
def test_signatures_are_easyocrs(method):
    theirs = signatures()[method]
    ours = {
        name: item
        for name, item in inspect.signature(getattr(easyocr.Reader, method)).parameters.items()
        if name != "self" and item.kind is not inspect.Parameter.KEYWORD_ONLY
    }
    assert list(ours) == list(theirs)
    assert {name: item.default for name, item in ours.items()} == theirs
    if method == "readtext":
        own = inspect.signature(tflite_ocr.Reader.readtext).parameters
        assert {name: item.default for name, item in own.items() if name != "self"} == theirs


OTHER_VALUES = {
    "decoder": "beamsearch",
    "beamWidth": 3,
    "batch_size": 4,
    "workers": 2,
    "allowlist": "0123456789",
    "blocklist": "x",
    "detail": 0,
    "rotation_info": [90, 180, 270],
    "paragraph": True,
    "min_size": 30,
    "contrast_ths": 0.9,
    "adjust_contrast": 0.9,
    "filter_ths": 0.1,
    "text_threshold": 0.6,
    "low_text": 0.3,
    "link_threshold": 0.3,
    "canvas_size": 1280,
    "mag_ratio": 1.5,
    "slope_ths": 0.2,
    "ycenter_ths": 0.4,
    "height_ths": 0.4,
    "width_ths": 0.7,
    "y_ths": 0.4,
    "x_ths": 0.9,
    "add_margin": 0.15,
    "threshold": 0.3,
    "bbox_min_score": 0.3,
    "bbox_min_size": 4,
    "max_candidates": 500,
    "output_format": "dict",
}
WITHOUT_EQUIVALENT = {"link_threshold"}  # for a DB detector


def test_every_keyword_is_tried():
    assert set(OTHER_VALUES) == set(signatures()["readtext"]) - {"image"}


@pytest.mark.slow
@pytest.mark.parametrize("keyword", OTHER_VALUES)
def test_every_keyword_is_taken_and_only_one_without_effect_warned_of(reader, page, keyword):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = reader.readtext(page, **{keyword: OTHER_VALUES[keyword]})
        ours = reader.reader.readtext(page, **{keyword: OTHER_VALUES[keyword]})
        if keyword == "paragraph":  # which lines belong together is told otherwise
            ours, found = [" ".join(text for _, text in items).split() for items in (ours, found)]
        assert ours == found
    told = [str(warning.message) for warning in caught]
    assert len(told) == (2 if keyword in WITHOUT_EQUIVALENT else 0)
    assert all(keyword in message for message in told) and all(warning.filename == __file__ for warning in caught)
    texts = [item if isinstance(item, str) else item["text"] if isinstance(item, dict) else item[1] for item in found]
    if keyword == "allowlist":
        assert "".join(texts).isdigit() and "4711" in texts[0]
    else:
        assert " ".join(texts) == " ".join(TEXTS)


@pytest.mark.slow
def test_shapes_of_results(reader, page):
    triples = reader.readtext(page)
    for box, text, confidence in triples:
        assert [len(corner) for corner in box] == [2] * 4 and all(type(value) is int for xy in box for value in xy)
        assert isinstance(text, str) and 0 < confidence <= 1
    assert reader.readtext(page, output_format="dict") == [
        {"boxes": box, "text": text, "confident": confidence} for box, text, confidence in triples
    ]
    assert [json.loads(item)["text"] for item in reader.readtext(page, output_format="json")] == TEXTS
    assert reader.readtext(page, detail=0, paragraph=True, y_ths=1.5) == [" ".join(TEXTS)]
    assert [item[:3] for item in reader.readtextlang(page)] == triples
    assert {item[3] for item in reader.readtextlang(page)} == {"en"}
    with pytest.raises(ValueError, match="expected output_format of standard, dict, json, free_merge, found 'xml'"):
        reader.readtext(page, output_format="xml")


@pytest.mark.slow
def test_batches(reader, page):
    other = drawn("Gate 17")
    alone = [reader.readtext(image) for image in (page, other)]
    assert reader.readtext_batched([page, other]) == alone
    assert reader.readtext_batched(np.stack([page, page])) == [alone[0]] * 2
    assert reader.readtext_batched(page) == alone[:1]
    scaled = reader.readtext_batched([page, other], n_width=210, n_height=80, detail=0)
    assert scaled[0] == TEXTS
    corners = np.array([box for box, _, _ in reader.readtext_batched([page], n_width=210, n_height=80)[0]])
    assert corners[..., 0].max() <= 210 and corners[..., 1].max() <= 80


def test_detect_and_recognize_together_are_readtext(reader, page):
    horizontal, free = reader.detect(page)
    assert len(horizontal) == len(free) == 1 and free == [[]] and len(horizontal[0]) == 2
    left, right, top, bottom = horizontal[0][0]
    assert left < 25 < right and top < 45 < bottom
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    found = reader.recognize(grey, horizontal[0], free[0])
    assert [text for _, text, _ in found] == TEXTS
    assert found[0][0] == [[left, top], [right, top], [right, bottom], [left, bottom]]
    assert reader.recognize(grey, horizontal_list=horizontal[0], free_list=[], detail=0) == TEXTS
    assert [text for _, text, _ in reader.recognize(tight("Total 4711"))] == TEXTS[:1]
    horizontals, _ = reader.detect([page, drawn("Gate 17")])
    assert [len(found) for found in horizontals] == [2, 1]


def test_every_box_has_a_result(reader, page):
    boxes = [[0, 40, 160, 160], [5, 15, 2, 12], [12, 175, 27, 64]]
    found = reader.recognize(page, boxes, [[[12, 87], [175, 87], [175, 124], [12, 124]]])
    assert [text for _, text, _ in found] == ["", "", "Total 4711", "Paid 2024"]
    assert found[0][2] == found[1][2] == 0
    free = [[[12, 87], [175, 87], [175, 124], [12, 124]]]
    merged = reader.recognize(page, boxes[2:], free, output_format="free_merge")
    assert [text for _, text, _ in merged] == TEXTS


def test_turned_lines_are_free_boxes(reader):
    flat = drawn("Total 4711 2024")
    turned = cv2.warpAffine(flat, cv2.getRotationMatrix2D((210, 50), -12, 1), (420, 220), borderValue=(255, 255, 255))
    horizontal, free = reader.detect(turned)
    assert horizontal == [[]] and len(free[0]) == 1 and np.shape(free[0][0]) == (4, 2)
    horizontal, free = reader.detect(turned, slope_ths=0.5)
    assert len(horizontal[0]) == 1 and free == [[]]


def test_rotation_info_reads_crops_that_stand(reader):
    crop = tight("Total 4711")
    upside_down = np.ascontiguousarray(np.rot90(crop, 2))
    assert reader.recognize(upside_down, rotation_info=[90, 180, 270], detail=0) == ["Total 4711"]
    tilted = cv2.warpAffine(crop, cv2.getRotationMatrix2D((90, 0), 20, 1), (200, 120), borderValue=(255,) * 3)
    found = reader.recognize(tilted, rotation_info=[-20])
    assert found[0][2] >= reader.recognize(tilted)[0][2]


def test_rotations_equal_scipys():
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is the oracle")
    crop = np.random.default_rng(0).integers(0, 255, (21, 34, 3), np.uint8)
    for degrees in (90, 180, 270, -90, 450):
        np.testing.assert_array_equal(easyocr_reading._rotated(crop, degrees), ndimage.rotate(crop, degrees))
    smooth = cv2.GaussianBlur(crop, (0, 0), 3)
    ours, theirs = easyocr_reading._rotated(smooth, 30), ndimage.rotate(smooth, 30, order=1)
    assert np.abs(np.subtract(ours.shape, theirs.shape)).max() <= 1
    ours = cv2.resize(ours, theirs.shape[1::-1])
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9  # the smaller one was scaled


def test_width_ths_joins_what_lies_apart(reader):
    image = drawn("Left|Right", gap=260)
    assert reader.readtext(image, detail=0) == ["Left", "Right"]
    joined = reader.readtext(image, width_ths=20.0)
    assert len(joined) == 1 and joined[0][1].split() == ["Left", "Right"]


@pytest.mark.slow
def test_margins_and_sizes(reader, page):
    box = np.array(reader.readtext(page)[0][0])
    larger, smaller = (np.array(reader.readtext(page, add_margin=value)[0][0]) for value in (0.2, 0.05))
    assert np.ptp(larger[:, 1]) > np.ptp(box[:, 1]) > np.ptp(smaller[:, 1])
    width = np.ptp(box[:, 0])
    assert len(reader.readtext(page, min_size=width - 1)) >= 1 and reader.readtext(page, min_size=400) == []


def test_faint_crops_get_contrast():
    rng = np.random.default_rng(2)
    crop = np.repeat(rng.integers(100, 130, (20, 80, 1)), 3, axis=2).astype(np.uint8)
    clear = easyocr_reading._with_contrast(crop, 0.5)
    before, after = (np.ptp(np.percentile(image, (10, 90))) for image in (crop, clear))
    assert after > 1.4 * before and (clear[..., 0] == clear[..., 2]).all()
    np.testing.assert_array_equal(easyocr_reading._with_contrast(crop, 0.01), crop)


@pytest.mark.parametrize(
    ("decoder", "keywords", "options", "useless"),
    [
        (
            "craft",
            {"text_threshold": 0.5, "low_text": 0.3, "link_threshold": 0.2},
            {"text_threshold": 0.5, "low_text": 0.3, "link_threshold": 0.2},
            set(),
        ),
        ("craft", {"threshold": 0.3}, {}, {"threshold"}),
        ("db", {"text_threshold": 0.35, "low_text": 0.2}, {"box_threshold": 0.25, "threshold": 0.15}, set()),
        (
            "db",
            {"threshold": 0.4, "bbox_min_score": 0.6, "bbox_min_size": 5, "max_candidates": 7},
            {"threshold": 0.4, "box_threshold": 0.6, "min_size": 5.0, "max_candidates": 7.0},
            set(),
        ),
        (
            "db",
            {"link_threshold": 0.1, "optimal_num_chars": 3, "width_ths": 1.0},
            {},
            {"link_threshold", "optimal_num_chars"},
        ),
        ("east", {"text_threshold": 0.35, "low_text": 0.1}, {"score_threshold": 0.4}, {"low_text"}),
        ("boxes", {"text_threshold": 0.35}, {"score_threshold": 0.25}, set()),
        ("db", {}, {}, set()),
    ],
)
def test_options_of_decoders(decoder, keywords, options, useless):
    facts = type("Facts", (), {"decoder": decoder})
    own = {item.name: item.default for item in DECODERS[decoder].__dataclass_fields__.values()}
    found, names = decoder_options(facts, Detecting(**keywords), own)
    assert found == pytest.approx(options) and names == useless


@pytest.mark.parametrize(
    ("keywords", "size", "limits"),
    [
        ({}, (300, 400), None),
        ({"mag_ratio": 2.0}, (400, 800), (1008, 2016)),  # capped by the model's own longest side
        ({"canvas_size": 1280}, (1500, 3000), (640, 1280)),
        ({"canvas_size": 4000}, (1500, 3000), (1500, 3008)),
        ({"canvas_size": 1280, "mag_ratio": 0.25}, (1600, 1600), (400, 384)),
    ],
)
def test_sizes_of_the_canvas(keywords, size, limits):
    found = resize_for(DetectorResize(736, 2016), Detecting(**keywords), *size)
    if limits is None:
        assert found is None
        return
    assert (found.min_side, found.max_side) == limits and found.max_side % 32 == 0


@pytest.mark.parametrize(
    ("keywords", "size", "scale"),
    [
        ({"mag_ratio": 1.5}, (100, 300), 3.0),  # small pictures are enlarged twice, whatever their least side
        ({"mag_ratio": 0.25}, (100, 300), 0.5),
        ({"mag_ratio": 8.0}, (100, 300), 2016 / 300),
        ({"mag_ratio": 8.0, "canvas_size": 3200}, (100, 300), 3200 / 300),
        ({"mag_ratio": 0.5}, (800, 1200), 0.5),
        ({"mag_ratio": 1.5}, (4000, 900), 1.5),  # searched in strips, which are as large as allowed
    ],
)
def test_mag_ratio_is_that_of_the_models_own_scale(keywords, size, scale):
    found = resize_for(DetectorResize(736, 2016, max_scale=2.0), Detecting(**keywords), *size)
    assert scales.first_scale(*size, found) == pytest.approx(scale, rel=0.02)


@pytest.mark.slow
def test_models_are_chosen_by_languages(tmp_path, monkeypatch):
    monkeypatch.setenv("TFLITE_OCR_MODELS", str(tmp_path))
    assert easyocr.Reader(["de", "en"]).reader.name in [folder.name for folder in tflite_ocr.models.installed()]
    with pytest.raises(ArtifactError, match="LANGS=th"):
        easyocr.Reader(["th"], model=EDGE)
    with pytest.raises(ArtifactError, match="found xx, of which nothing is known"):
        easyocr.Reader(["xx"])


def test_arguments_of_the_constructor():
    with pytest.warns(UserWarning, match="detect_network, gpu, model_storage_directory, quantize; see") as caught:
        easyocr.Reader("en", "cuda:0", "/models", detect_network="dbnet18", quantize=False, model=EDGE)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = easyocr.Reader(["en"], gpu=True, download_enabled=False, verbose=False, model=EDGE)
    assert made.device == "cpu" and "A" in made.character
    with pytest.raises(ValueError, match="expected a detect_network of craft, dbnet18, found 'yolo'"):
        easyocr.Reader(["en"], detect_network="yolo", model=EDGE)
    with pytest.raises(ValueError, match="recognizer=False"):
        easyocr.Reader(["en"], recognizer=False, model=EDGE).recognize(tight("Gate 17"))
    without = easyocr.Reader(["en"], detector=False, model=EDGE)
    assert without.recognize(tight("Gate 17"), detail=0) == ["Gate 17"]
    with pytest.raises(ValueError, match="detector=False"):
        without.readtext(drawn("Gate 17"))
    assert pickle.loads(pickle.dumps(without.reader)).name == "edge"


WITHOUT_USE = {
    "gpu": "cuda:0",
    "model_storage_directory": "models",
    "user_network_directory": "networks",
    "detect_network": "dbnet18",
    "recog_network": "custom",
    "quantize": False,
    "cudnn_benchmark": True,
}
USED = {"lang_list", "detector", "recognizer", "download_enabled", "verbose"}


@pytest.mark.parametrize("keyword", WITHOUT_USE)
def test_arguments_without_use_are_named_one_by_one(keyword):
    assert set(WITHOUT_USE) | USED == set(signatures()["__init__"])
    with pytest.warns(UserWarning, match=f"no equivalent: {keyword};") as caught:
        easyocr.Reader(["en"], model=EDGE, **{keyword: WITHOUT_USE[keyword]})
    assert len(caught) == 1


@pytest.mark.slow
def test_kinds_of_images(reader, page, tmp_path, monkeypatch):
    wanted = reader.readtext(page)
    path, encoded = tmp_path / "page.png", cv2.imencode(".png", page)[1].tobytes()
    path.write_bytes(encoded)
    monkeypatch.setenv("HOME", str(tmp_path))
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    rgba = cv2.cvtColor(page, cv2.COLOR_BGR2RGBA)
    for source in (str(path), path, "~/page.png", encoded, grey, grey[..., None], rgba):
        assert reader.readtext(source) == wanted
    red = np.full((2, 2, 4), (200, 0, 0, 255), np.uint8)
    assert easyocr_reading.picture(red)[0, 0].tolist() == [0, 0, 200]
