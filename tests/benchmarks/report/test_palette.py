"""Colours stay the same for an engine, stand out from the page and from each other without colour vision."""

import itertools

import pytest

from benchmarks.report.palette import GROUND, LOOKS, PAPER, family, looks

# Viénot, Brettel and Mollon (1999): what is left of linear RGB without red- or green-sensitive cones.
DEUTAN = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
PROTAN = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))


def linear(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(colour):
    """Relative luminance of WCAG 2."""
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour)))


def contrast(one, two):
    bright, dim = sorted((luminance(one), luminance(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def seen(colour, matrix):
    mixed = [min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear(colour))))) for row in matrix]
    return [part ** (1 / 2.2) for part in mixed]


@pytest.mark.parametrize("name", LOOKS)
def test_every_colour_has_three_to_one_against_its_page(name):
    assert contrast(LOOKS[name].light, PAPER) >= 3
    assert contrast(LOOKS[name].dark, GROUND[PAPER]) >= 3


@pytest.mark.parametrize("matrix", [DEUTAN, PROTAN])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_those_that_look_alike_without_colour_vision_differ_in_shape(matrix, scheme):
    for one, two in itertools.combinations(LOOKS.values(), 2):
        left, right = (seen(getattr(look, scheme), matrix) for look in (one, two))
        assert sum((a - b) ** 2 for a, b in zip(left, right)) ** 0.5 > 0.1 or one.shape != two.shape


def test_shapes_are_all_different():
    assert len({look.shape for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("ours", "ours"),
        ("LiteRT", "ours"),
        ("TensorFlow Lite", "ours"),
        ("TensorFlow SavedModel, XLA", "savedmodel"),
        ("ONNX Runtime", "onnxruntime"),
        ("onnx_runtime", "onnxruntime"),
        ("PyTorch CUDA", "pytorch"),
        ("RapidOCR", "rapidocr"),
        ("Some Other", "someother"),
        ("読", "読"),
    ],
)
def test_names_and_titles_lead_to_one_family(name, expected):
    assert family(name) == expected


def test_a_known_engine_looks_the_same_whoever_is_beside_it():
    assert looks(["tesseract", "zz", "ours"])["tesseract"] == looks(["tesseract"])["tesseract"] == LOOKS["tesseract"]
    assert list(looks(["zz", "tesseract", "ours", "aa"])) == ["ours", "tesseract", "aa", "zz"]
    assert looks(["aa", "zz"])["aa"] != looks(["aa", "zz"])["zz"]
