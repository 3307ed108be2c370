"""Wrong, missing and unknown arguments of the two Readers: each is told what was expected."""

import inspect
from pathlib import Path

import numpy as np
import pytest

import tflite_ocr
from tflite_ocr import calls, easyocr, processors
from tflite_ocr.errors import OcrError

EMBEDDED = Path(__file__).resolve().parents[2] / "artifacts" / "edge"
PICTURE = np.full((60, 200, 3), 255, np.uint8)
SQUARE = [[0, 0], [50, 0], [50, 50], [0, 50]]


@pytest.fixture(scope="module")
def own():
    return tflite_ocr.Reader(EMBEDDED, threads=1)


@pytest.fixture(scope="module")
def theirs():
    return easyocr.Reader(["en"], model=EMBEDDED, threads=1)


@pytest.mark.parametrize(
    ("method", "arguments", "named", "message"),
    [
        ("recognize", (PICTURE,), {"horizontal_list": []}, "keyword of easyocr.Reader's recognize; write `from tflite"),
        ("recognize", (), {}, "expected crops, decoding; found nothing for 'crops'"),
        ("read", (PICTURE,), {"detail": 0}, "found detail; detail is a keyword of readtext$"),
        ("read", (PICTURE,), {"min_confidance": 0.5}, "did you mean min_confidence?"),
        ("read", (PICTURE, 0.5, None, 1), {}, "found too many"),
        ("read", (PICTURE,), {"min_confidence": "0.5"}, r"min_confidence to be float or None, found '0.5' \(str\)"),
        ("read", (PICTURE,), {"decoding": "greedy"}, r"decoding to be a Decoding\(...\) or None"),
        ("read_page", (PICTURE,), {"options": {"words": True}}, r"options to be a PageOptions\(...\) or None"),
        ("detect", (PICTURE,), {"resize": 1280}, r"resize to be a DetectorResize\(...\) or None"),
        ("read_document", (PICTURE,), {"pages": 3}, r"pages to be str or None, found 3 \(int\)"),
        ("read_video", ("a.mp4",), {"every": 0.5}, r"every to be int, found 0.5 \(float\)"),
        ("decoding", (), {"allowlist": 5}, "allowlist to be str or a list or None"),
        ("close", (1,), {}, "expected no arguments"),
    ],
)
def test_what_a_method_does_not_take(own, method, arguments, named, message):
    with pytest.raises(TypeError, match=f"^Reader.{method}: .*{message}"):
        getattr(own, method)(*arguments, **named)


@pytest.mark.parametrize(
    ("method", "arguments", "named", "message"),
    [
        ("readtext", (PICTURE,), {"text_treshold": 0.3}, "did you mean text_threshold?"),
        ("readtext", (PICTURE,), {"paragraph": "yes"}, "paragraph to be bool, found 'yes'"),
        ("detect", (PICTURE,), {"detail": 0}, "detail is a keyword of recognize$"),
        ("recognize", (), {}, "found nothing for 'img_cv_grey'"),
        ("readtext_batched", ([PICTURE],), {"n_width": "x"}, "n_width to be int or None"),
        ("recognize", (PICTURE, 5, []), {}, "horizontal_list to be a list or None, found 5"),
    ],
)
def test_what_the_drop_in_does_not_take(theirs, method, arguments, named, message):
    with pytest.raises(TypeError, match=message):
        getattr(theirs, method)(*arguments, **named)


def test_constructors():
    for make, message in (
        (lambda: tflite_ocr.Reader(EMBEDDED, precison="int8"), "did you mean precision?"),
        (lambda: tflite_ocr.Reader(5), "model to be str or a path or None"),
        (lambda: tflite_ocr.Reader(EMBEDDED, threads="2"), "threads to be int or None"),
        (lambda: easyocr.Reader(), "found nothing for 'lang_list'"),
        (lambda: easyocr.Reader(["en"], gpus=True), "did you mean gpu?"),
    ):
        with pytest.raises(TypeError, match=f"^Reader: .*{message}"):
            make()


def test_options():
    for make, message in (
        (lambda: tflite_ocr.Decoding(nosuch=1), "Decoding: expected decoder, beam.* found nosuch$"),
        (lambda: tflite_ocr.Decoding(beam_widht=1), "did you mean beam_width?"),
        (lambda: tflite_ocr.Decoding(beam_width="5"), "beam_width to be int, found '5'"),
        (lambda: tflite_ocr.Decoding(ignored="ab"), "ignored to be a set, found 'ab'"),
        (lambda: tflite_ocr.Decoding(allowlist="ab"), "allowlist is a keyword of Reader's decoding"),
        (lambda: tflite_ocr.PageOptions(word=True), "PageOptions: .*did you mean words?"),
        (lambda: tflite_ocr.PageOptions(layout=0.5), "layout to be bool, found 0.5"),
    ):
        with pytest.raises(TypeError, match=message):
            make()
    assert tflite_ocr.Decoding(ignored=frozenset("ab")) == tflite_ocr.Decoding(ignored={"a", "b"})


def test_values_out_of_range(own, theirs):
    for call, message in (
        (lambda: own.read(PICTURE, min_confidence=50), "min_confidence between 0 and 1, found 50"),
        (lambda: own.decoding(beam_width=0), "beam_width of 1 to inf, found 0"),
        (lambda: own.decoding(decoder="best"), "decoder of greedy, beamsearch, found 'best'"),
        (lambda: own.detector(0), f"expected 1 to {processors.most_threads()} threads"),
        (lambda: own.read_quads(PICTURE, 5), "expected quads of corners"),
        (lambda: own.read_quads(PICTURE, [[1, 2, 3]]), "expected quads of corners"),
        (lambda: own.read_quads(PICTURE, [np.full((4, 2), np.nan)]), "expected quads of corners"),
        (lambda: list(own.read_document(PICTURE, dpi=-5)), "resolution of 1 to 2400 dpi, found -5"),
        (lambda: theirs.readtext(PICTURE, canvas_size=float("nan")), "canvas_size of 1 to inf, found nan"),
        (lambda: theirs.readtext(PICTURE, mag_ratio=0), "mag_ratio of 0.01"),
        (lambda: theirs.readtext(PICTURE, text_threshold=7), "text_threshold of 0 to 1, found 7"),
        (lambda: theirs.readtext(PICTURE, rotation_info=["x"]), "rotation_info in degrees"),
        (lambda: theirs.readtext(PICTURE, beamWidth=0), "beamWidth of 1"),
        (lambda: theirs.readtext_batched([PICTURE], n_width=0, n_height=0), "n_width and n_height of at least 1"),
        (lambda: theirs.recognize(PICTURE, [[1, 2]], []), "horizontal_list of .*the first item of detect's list"),
        (lambda: theirs.recognize(PICTURE, [[[1, 50, 2, 50]]], [[]]), "horizontal_list of .*first item"),
        (lambda: theirs.recognize(PICTURE, [], [[1, 2, 3, 4]]), "free_list of four corners"),
    ):
        with pytest.raises((ValueError, OcrError), match=message):
            call()
    with pytest.raises(AttributeError, match="initDetector.*make convert"):
        theirs.initDetector("x")


def test_quads_and_pictures_of_all_usual_kinds_are_taken(own):
    for quads in ([SQUARE], np.array([SQUARE]), (np.float32(SQUARE),)):
        assert own.read_quads(PICTURE, quads) == own.read_quads(PICTURE[..., 0], quads) == [None]
    assert own.read(PICTURE, np.float32(0.5)) == [] and own.read_quads(PICTURE, []) == []


def test_every_public_method_is_checked_and_keeps_its_signature():
    for kind in (tflite_ocr.Reader, easyocr.Reader):
        for name, method in vars(kind).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                with pytest.raises(TypeError, match=rf"^Reader\.{name}: expected .*found nosuch"):
                    method(None, *["x"] * 40, nosuch=1)
                assert "nosuch" not in inspect.signature(method).parameters


def test_a_type_that_is_not_known_here_is_left_to_the_method():
    @calls.explained
    class Example:
        def take(self, image: np.ndarray, count: int | None = None) -> object:
            return image, count

    assert Example().take("anything") == ("anything", None)
    with pytest.raises(TypeError, match="Example.take: expected count to be int or None, found 'x"):
        Example().take(None, "x" * 90)
