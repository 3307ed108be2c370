"""The Reader on the tiny model: what it refuses, and that one, many and concurrent calls agree."""

import copy
import dataclasses
import inspect
import io
import json
import pickle
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader, formats, manifest, processors
from tflite_ocr.errors import ArtifactError, ImageReadError, ModelContractError
from tflite_ocr.page import PageOptions, Recognition
from tflite_ocr.page_reading import PageReading


@pytest.fixture(scope="module", params=["float32", "int8"])
def reader(request, tiny_model):
    return Reader(tiny_model, precision=request.param, threads=2)


@pytest.fixture
def altered(tiny_model, tmp_path):
    """Copies the model and changes its manifest by a function of the JSON data."""

    def alter(change=lambda data: None):
        folder = tmp_path / "altered"
        shutil.copytree(tiny_model, folder, ignore=shutil.ignore_patterns(".build"))
        data = json.loads((folder / manifest.FILE_NAME).read_text(encoding="utf-8"))
        change(data)
        (folder / manifest.FILE_NAME).write_text(json.dumps(data), encoding="utf-8")
        return folder

    return alter


def images(spotted_image):
    """Pictures of other sizes and contents."""
    turned = np.ascontiguousarray(spotted_image.transpose(1, 0, 2))
    blank = np.full((40, 50, 3), 255, np.uint8)
    return [spotted_image, 255 - spotted_image, turned, np.vstack([spotted_image] * 2), blank]


@pytest.mark.parametrize("threads", [0, -1, processors.most_threads() + 1, 10**20])
def test_numbers_of_threads_that_nobody_can_start_are_refused(tiny_model, threads):
    for start in (lambda: Reader(tiny_model, threads=threads), lambda: Reader(tiny_model).detector(threads)):
        with pytest.raises(ValueError, match=f"expected 1 to {processors.most_threads()} threads, found {threads}"):
            start()


@pytest.mark.parametrize("precision", ["float16", "int4"])
def test_an_unknown_precision_names_those_there_are(tiny_model, precision):
    with pytest.raises(ArtifactError, match=f"expected precision {precision}, found float32, int8"):
        Reader(tiny_model, precision=precision)


@pytest.mark.parametrize(
    ("precision", "advice"),
    [("mixed", "make convert SEARCH="), ("int4", "there are float32, float16"), ("float16", "--precision float16")],
)
def test_a_missing_precision_is_told_how_to_get(tiny_model, precision, advice):
    with pytest.raises(ArtifactError, match=advice):
        Reader(tiny_model, precision=precision)


def test_unknown_models_are_refused(tmp_path):
    for model in ("no-such-model", tmp_path, tmp_path / "absent"):
        with pytest.raises(ArtifactError, match="make convert"):
            Reader(model)


def test_an_unknown_language_names_those_there_are(tiny_model):
    assert Reader(tiny_model, languages=["en"]).threads >= 1
    with pytest.raises(ArtifactError, match="expected a recogniser for en, xx, found en"):
        Reader(tiny_model, languages=["en", "xx"])


def test_the_default_precision_is_the_manifests(tiny_model):
    reader = Reader(tiny_model)
    assert (reader.precision, reader.name) == ("int8", "tiny")


def test_lines_are_found_and_lie_on_the_spots(reader, spotted_image):
    page = reader.read_page(spotted_image)
    assert (page.width, page.height) == (128, 96)
    assert len(page.lines) == 3 and set(page.timing_ms) == {"decode", "detect", "recognize", "total"}
    for line in page.lines:
        assert line.text and 0 <= line.confidence <= 1
        x, y = np.mean(line.quad, axis=0)
        assert spotted_image[int(y), int(x)].max() < 128
    assert page.lines == tuple(reader.read(spotted_image))


def test_a_batch_is_its_images_one_by_one(reader, spotted_image):
    pictures = images(spotted_image) * 3  # more than one chunk
    alone = [reader.read(picture) for picture in pictures]
    assert reader.read_batch(pictures) == alone
    assert reader.read_batch(iter(pictures[:2])) == alone[:2] and reader.read_batch([]) == []
    assert len({tuple(lines) for lines in alone}) >= 3


def test_many_threads_read_what_one_reads(tiny_model, spotted_image):
    pictures = images(spotted_image) * 4
    alone = [Reader(tiny_model, threads=1).read(picture) for picture in pictures]
    shared = Reader(tiny_model, threads=2)  # loads while eight threads ask for it
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.read, pictures)) == alone


def test_min_confidence_drops_lines(reader, spotted_image):
    lines = reader.read(spotted_image)
    limit = sorted(line.confidence for line in lines)[1]
    assert reader.read(spotted_image, min_confidence=limit) == [line for line in lines if line.confidence >= limit]
    assert reader.read(spotted_image, min_confidence=1.0) == []


def test_all_kinds_of_sources_are_one_image(reader, spotted_image, tmp_path):
    grey = cv2.cvtColor(spotted_image, cv2.COLOR_BGR2GRAY)
    wanted = reader.read(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    encoded = cv2.imencode(".png", grey)[1].tobytes()
    (tmp_path / "a.png").write_bytes(encoded)
    rgba = cv2.imencode(".png", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA))[1].tobytes()
    deep = cv2.imencode(".png", grey.astype(np.uint16) * 257)[1].tobytes()
    path = tmp_path / "a.png"
    for source in (grey, encoded, bytearray(encoded), io.BytesIO(encoded), path, str(path), rgba, deep):
        assert reader.read(source) == wanted


def test_recognize_reads_each_crop(reader, spotted_image):
    assert reader.recognize([]) == []
    first, second = spotted_image[8:24], spotted_image[40:56, :60]
    results = reader.recognize([first, second, first])
    assert all(isinstance(result, Recognition) for result in results)
    assert results[0] == results[2] == reader.recognize([first])[0]
    with pytest.raises(ImageReadError):
        reader.recognize([first, np.zeros((3, 3), np.float64)])


def test_a_crop_is_a_page_of_one_line(reader, spotted_image):
    crop = np.ascontiguousarray(spotted_image[8:24])
    page, (result,) = reader.read_crop(crop), reader.recognize(crop)
    assert [(line.text, line.confidence) for line in page.lines] == [(result.text, result.confidence)]
    assert page.lines[0].quad == ((0, 0), (128, 0), (128, 16), (0, 16)) and (page.width, page.height) == (128, 16)
    assert page.timing_ms["detect"] == 0 and page.timing_ms["total"] > 0
    assert reader.read_crop(crop, min_confidence=1.0).lines == ()


def test_detection_alone_and_its_options(reader, spotted_image):
    quads = reader.detect(spotted_image)
    assert [tuple(map(tuple, quad.tolist())) for quad in quads] == [line.quad for line in reader.read(spotted_image)]
    assert len(reader.detect(spotted_image, options={"max_candidates": 1})) <= 1 < len(quads)
    small = dataclasses.replace(reader.manifest.detector.resize, min_side=32, max_side=64)
    assert not np.array_equal(reader.detect(spotted_image, resize=small), quads)
    np.testing.assert_array_equal(reader.detect(spotted_image), quads)
    with pytest.raises(ArtifactError, match="no_such"):
        reader.detect(spotted_image, options={"no_such": 1.0})


def test_readtext_has_the_shape_of_easyocr(reader, spotted_image):
    lines = reader.read(spotted_image)
    triples = reader.readtext(spotted_image)
    assert triples == formats.to_easyocr(lines)
    box, text, confidence = triples[0]
    assert np.shape(box) == (4, 2) and (text, confidence) == (lines[0].text, lines[0].confidence)
    assert reader.readtext(spotted_image, detail=0) == [line.text for line in lines]
    paragraphs = reader.readtext(spotted_image, paragraph=True)
    assert all(len(item) == 2 for item in paragraphs)
    page = reader.read_page(spotted_image)
    assert [text for _, text in paragraphs] == page.paragraphs(join_hyphens=False)
    assert reader.readtext(spotted_image, paragraph=True, detail=0) == [text for _, text in paragraphs]
    in_rows = reader.read_page(spotted_image, options=PageOptions(layout=False)).lines
    grouped = formats.to_easyocr(in_rows, paragraph=True, y_ths=3.0)
    assert len(reader.readtext(spotted_image, paragraph=True, y_ths=3.0)) == len(grouped)
    assert reader.readtext(np.full((32, 32, 3), 255, np.uint8)) == []
    with pytest.raises(ValueError, match="expected decoder of greedy, beamsearch, wordbeamsearch, found 'beam'"):
        reader.readtext(spotted_image, decoder="beam")


def test_lists_of_characters_are_kept(reader, spotted_image):
    read = "".join(reader.readtext(spotted_image, detail=0))
    common = max(set(read), key=read.count)
    assert common not in "".join(reader.readtext(spotted_image, detail=0, blocklist=common))
    for decoder in ("greedy", "beamsearch"):
        only = "".join(reader.readtext(spotted_image, detail=0, allowlist=common + "é", decoder=decoder))
        assert set(only) == {common}


def test_lines_of_unknown_signs_alone_are_dropped(tiny_model, spotted_image, monkeypatch):
    reader = Reader(tiny_model)
    texts = ["\ufffd\ufffd", "a\ufffd b", " \ufffd \ufffd"]
    found = [Recognition(text, 1.0) for text in texts]
    monkeypatch.setattr(reader._loaded().recognizer, "recognize", lambda crops, decoding: found[: len(crops)])
    assert [line.text for line in reader.read(spotted_image, min_confidence=0)] == ["a\ufffd b"]


def test_lists_of_characters_leave_unknown_signs_out(tiny_model, altered, spotted_image):
    known = Reader(tiny_model, precision="float32")
    read = "".join(known.readtext(spotted_image, detail=0))
    common = max(set(read), key=read.count)
    others = "abcdefghijk".replace(common, "")

    def change(data):
        charset = data["recognizers"][0]["charset"]
        charset[charset.index(common)] = "\ufffd"

    masked = Reader(altered(change), precision="float32")
    wanted = known.readtext(spotted_image, blocklist=common)
    assert wanted and masked.readtext(spotted_image, blocklist="\ufffd") == wanted
    assert masked.readtext(spotted_image, allowlist=others) == wanted
    assert masked.readtext(spotted_image, allowlist=others + "\ufffd") != wanted


@pytest.mark.parametrize("source", [np.full((4, 4, 3), np.nan), b"", b"text", 3, None, np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_image_is_refused_and_nothing_is_lost(reader, spotted_image, source):
    wanted = reader.read(spotted_image)
    with pytest.raises(ImageReadError):
        reader.read(source)
    assert reader.read(spotted_image) == wanted


@pytest.mark.parametrize("name", ["detector_int8.tflite", "features_int8.tflite", "head_float32.tflite"])
@pytest.mark.parametrize("missing", [True, False])
def test_damaged_files_are_refused_at_the_first_read(altered, spotted_image, name, missing):
    path = altered() / name
    content = path.read_bytes()
    path.unlink()
    if not missing:
        path.write_bytes(content[: len(content) // 2])
    reader = Reader(path.parent)  # models load at the first call
    with pytest.raises(ArtifactError, match=name):
        reader.read(spotted_image)
    path.write_bytes(content)
    assert reader.read(spotted_image) == Reader(path.parent).read(spotted_image)


def test_a_manifest_of_other_tensors_is_refused(altered, spotted_image):
    def change(data):
        data["detector"]["files"][1]["outputs"][0]["scale"] *= 2

    with pytest.raises(ModelContractError, match="the manifest promises"):
        Reader(altered(change), precision="int8").read(spotted_image)


def test_a_charset_of_another_length_is_refused(altered, spotted_image):
    with pytest.raises(ModelContractError, match="12"):
        Reader(altered(lambda data: data["recognizers"][0]["charset"].pop())).read(spotted_image)


@pytest.mark.parametrize("field", ["decoder", "options"])
def test_an_unknown_decoder_or_option_is_refused(altered, field):
    def change(data):
        data["detector"][field] = {"decoder": "yolo", "options": {"no_such_option": 1.0}}[field]

    with pytest.raises(ArtifactError, match="yolo|no_such_option"):
        Reader(altered(change)).read(np.full((32, 32, 3), 255, np.uint8))


def test_doubtful_regions_are_read_and_not_merely_found(reader, altered, spotted_image):
    """All regions are doubtful to a detector that demands a score of 1."""

    def change(data):
        data["detector"]["options"]["box_threshold"] = 1.0
        data["detector"]["doubtful"] = {"lowest": 0.1, "sure": 1.0, "weight": 0.25}

    doubting = Reader(altered(change), precision=reader.precision)
    assert len(doubting.detect(spotted_image)) == 0
    lines, doubted = reader.read(spotted_image, 0.0), doubting.read(spotted_image, 0.0)
    assert [line.quad for line in doubted] == [line.quad for line in lines] and lines
    for line, other in zip(lines, doubted, strict=True):
        assert line.text == other.text and 0 <= line.confidence - other.confidence <= 0.25


def test_doubtful_regions_need_a_decoder_with_scores_of_regions(altered):
    def change(data):
        data["detector"] |= {"decoder": "craft", "options": {}, "doubtful": {"lowest": 0.1, "sure": 0.5, "weight": 1.0}}

    with pytest.raises(ArtifactError, match="box_threshold"):
        Reader(altered(change)).read(np.full((32, 32, 3), 255, np.uint8))


def test_fixed_canvases_find_the_same_lines(tiny_model, altered, spotted_image):
    def change(data):
        for file in data["detector"]["files"]:
            file["resizable"] = False

    page = Reader(altered(change), precision="float32").read_page(spotted_image)
    free = Reader(tiny_model, precision="float32").read_page(spotted_image)
    assert len(page.lines) == len(free.lines)
    for line, other in zip(page.lines, free.lines, strict=True):  # the canvas is 64x96, so pixels are coarser
        assert np.abs(np.subtract(line.quad, other.quad)).max() < 8


def test_results_are_frozen(reader, spotted_image):
    with pytest.raises(dataclasses.FrozenInstanceError):
        reader.read(spotted_image)[0].text = ""


def test_one_crop_is_one_result(reader, spotted_image, tmp_path):
    crop = np.ascontiguousarray(spotted_image[8:24])
    encoded = cv2.imencode(".png", crop)[1].tobytes()
    (tmp_path / "crop.png").write_bytes(encoded)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    wanted = reader.recognize([crop])
    assert len(wanted) == 1 and wanted[0].text
    for one in (crop, tmp_path / "crop.png", str(tmp_path / "crop.png"), encoded, io.BytesIO(encoded)):
        assert reader.recognize(one) == wanted
    assert reader.recognize(grey) == reader.recognize([grey]) == reader.recognize(grey[..., None])
    assert reader.recognize(np.stack([crop, crop])) == reader.recognize(crop for crop in (crop, crop)) == wanted * 2
    assert len(reader.recognize(np.stack([grey] * 5))) == 5
    assert reader.read_batch(str(tmp_path / "crop.png")) == [reader.read(crop)]


def test_a_bad_image_takes_its_place_among_the_good_ones(reader, spotted_image):
    sources = [spotted_image, b"no image", *[255 - spotted_image] * 9, b"", spotted_image[:40]]
    found = list(reader.iter_pages(iter(sources)))
    assert [isinstance(page, ImageReadError) for page in found] == [isinstance(one, bytes) for one in sources]
    for source, page in zip(sources, found, strict=True):
        if not isinstance(source, bytes):
            assert page.lines == reader.read_page(source).lines
    assert "found text" in str(found[1]) and "no data" in str(found[11])
    with pytest.raises(ImageReadError, match="found text.*; iter_pages reads the other images$"):
        reader.read_batch(sources)
    with pytest.raises(ImageReadError, match="found text[^;]*; check that this is the file you meant$"):
        reader.read(b"no image")
    with pytest.raises(ImageReadError, match="found text"):
        list(reader.iter_pages(sources, errors="raise"))
    with pytest.raises(ValueError, match="expected errors 'yield' or 'raise', found 'ignore'"):
        reader.iter_pages(sources, errors="ignore")


def test_images_are_taken_as_they_are_needed(reader, spotted_image):
    taken = []

    def sources():
        for number in range(1000):
            taken.append(number)
            yield spotted_image

    pages = reader.iter_pages(sources())
    next(pages)
    assert len(taken) < 20


def test_a_reader_travels_by_its_arguments(tiny_model, spotted_image):
    reader = Reader(tiny_model, "float32", threads=1, languages="en")
    wanted = reader.read(spotted_image)
    for other in (pickle.loads(pickle.dumps(reader)), copy.deepcopy(reader)):
        assert other is not reader and (other.precision, other.threads) == ("float32", 1)
        assert other.read(spotted_image) == wanted
    assert len(pickle.dumps(reader)) < 1000


def test_a_closed_reader_says_so(tiny_model, spotted_image):
    before = set(threading.enumerate())  # readers of other tests may still be ending
    with Reader(tiny_model, threads=2) as reader:
        assert reader.read(spotted_image) and set(threading.enumerate()) - before
    assert not set(threading.enumerate()) - before
    for call in (reader.read, reader.recognize):
        with pytest.raises(ValueError, match="closed"):
            call(spotted_image)
    reader.close()


@pytest.mark.parametrize("arguments", [{"lang_list": ["en"]}, {"gpu": False}, {"model": ["en"]}])
def test_arguments_of_easyocr_are_told_where_they_belong(arguments):
    with pytest.raises(TypeError, match="from tflite_ocr import easyocr"):
        Reader(**arguments)
    with pytest.raises(TypeError, match="from tflite_ocr import easyocr"):
        Reader(["en"], gpu=False)
    names = list(inspect.signature(Reader).parameters)
    assert names[:2] == ["model", "precision"] and "gpu" not in names


def test_pages_on_their_heads_are_read_from_their_top(tiny_model, monkeypatch):
    """Lines as the detector orders them, of which the direction classifier turns some."""
    reader = Reader(tiny_model)
    places = [(left, top) for top in (10, 40, 70) for left in (10, 80)]
    quads = np.float32([[(x, y), (x + 40, y), (x + 40, y + 12), (x, y + 12)] for x, y in places])
    monkeypatch.setattr(reader._loaded().detector, "detect", lambda picture: (quads, np.ones(6)))
    texts = "abcdef"
    for turned, wanted in ((6, "fedcba"), (4, "fedcba"), (3, "abcdef"), (0, "abcdef")):
        results = [(Recognition(text, 1.0), number < turned) for number, text in enumerate(texts)]
        monkeypatch.setattr(PageReading, "recognize", lambda self, pages, across, decoding, results=results: results)
        lines = reader.read(np.full((100, 140, 3), 255, np.uint8))
        assert "".join(line.text for line in lines) == wanted
        first = {line.text: line.quad[0] for line in lines}["a"]
        assert first == ((50, 22) if turned else (10, 10))


def test_methods_of_easyocr_are_told_where_they_belong(reader):
    with pytest.raises(AttributeError, match="from tflite_ocr import easyocr"):
        getattr(reader, "readtext_batched")  # noqa: B009
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        getattr(reader, "nosuch")  # noqa: B009
    assert not hasattr(reader, "readtextlang")
