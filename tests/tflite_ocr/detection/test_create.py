"""The table of decoders and the options that a manifest may set."""

import pytest

from tflite_ocr.detection import DECODERS, create
from tflite_ocr.detection.craft import CraftDecoder
from tflite_ocr.detection.db import DbDecoder
from tflite_ocr.errors import ArtifactError


def test_every_decoder_has_options():
    for name, kind in DECODERS.items():
        assert isinstance(create(name, {}), kind)
        assert create(name, {}) == DECODERS[name]()


def test_numbers_of_a_manifest_take_the_type_of_the_option():
    decoder = create("db", {"max_candidates": 50.0, "dilate": 0.0, "unclip_ratio": 2})
    assert isinstance(decoder, DbDecoder)
    assert decoder.max_candidates == 50 and isinstance(decoder.max_candidates, int)
    assert decoder.dilate is False
    assert decoder.unclip_ratio == 2.0
    assert isinstance(create("craft", {"min_size": 10}), CraftDecoder)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("yolo", {}),
        ("db", {"text_threshold": 0.5}),
        ("db", {"max_candidates": 2.5}),
        ("db", {"dilate": 0.5}),
        ("db", {"max_candidates": float("nan")}),
        ("craft", {"low_text": float("inf")}),
        ("craft", {"low_text": "0.4"}),
        ("craft", {"low_text": None}),
    ],
)
def test_misfits_are_refused(name, options):
    with pytest.raises(ArtifactError, match="check the manifest"):
        create(name, options)
