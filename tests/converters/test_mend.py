"""int8 that fails is mended without being asked, at the least cost, and what cannot be mended stays float32."""

import functools

import numpy as np
import pytest

from converters import distil, limits, mend, mixing, parity, pipeline
from converters.errors import ParityError
from converters.search import latency
from tests.converters import readers
from tflite_ocr import Reader, manifest

WIDE, SQUARED = 3e3, {"squared": True, "wide": 60.0}


@pytest.fixture(scope="module")
def convert(tiny_onnx, tmp_path_factory):
    """Converts a recogniser of bars; the folder, the manifest and the lines that users see; a clock says `ratio`."""

    def run(ratio=0.5, words=(), **options):
        plan = readers.plan(readers.recognizer(tiny_onnx, **options), readers.detector(tiny_onnx))
        settings = pipeline.Settings(
            ("float32", "int8"),
            tuple(readers.pages(4)),
            tuple(readers.lines(8)),
            checks=tuple(readers.lines(12, 1)),
            words=tuple(words),
        )
        told = []
        with pytest.MonkeyPatch.context() as patch:
            of = ratio if callable(ratio) else lambda _: ratio
            patch.setattr(latency, "measure", lambda file, *_: latency.Latency(1.0, of(file)))
            folder, _ = pipeline.convert(plan, tmp_path_factory.mktemp("bars"), settings, told.append)
        seen = [line for line in told if not line.endswith((" made", " reused"))]
        return folder, manifest.load(folder), seen

    return run


def files(model, precision="int8"):
    return {
        file.path: file
        for part in (model.detector, *model.recognizers)
        for file in part.files
        if file.precision == precision
    }


def reads(folder, precision="int8"):
    """Whether the model reads lines as its float32 does."""
    pictures = readers.lines(12, 2)
    both = [[line.text for line in Reader(folder, precision=one).recognize(pictures)] for one in ("float32", precision)]
    return both[0] == both[1] and all(len(text) == readers.WIDTH // readers.STEP // 2 for text in both[0])


def test_what_reads_is_left_alone(convert):
    folder, model, seen = convert(words=readers.lines(6, 3))
    assert seen == [] and set(files(model)) == {"detector_int8.tflite", "recognizer_int8.tflite"}
    figures = files(model)["recognizer_int8.tflite"].parity
    assert figures["texts_equal"] == 1 and figures["character_error"] == 0 and figures["frames_equal"] > 0.95
    assert figures["photographed_character_error"] == figures["photographed_character_error_most"] == 0
    assert not any(name.startswith("photographed_texts") for name in figures)
    floats = files(model, "float32")["recognizer_float32.tflite"].parity
    assert floats["texts_equal"] == 1 and not any(name.startswith("photographed") for name in floats)
    finds = files(model)["detector_int8.tflite"].parity
    assert {"mask_iou_of_few", "mask_iou_of_few_64x128", "mask_iou_of_few_128x96"} <= set(finds)
    assert reads(folder)


def test_what_reads_lines_and_no_words_of_photographs_is_mended(convert):
    """The words' bars are nearly halfway between the shades of two classes, which the rounding of int8 exchanges."""
    between = readers.LEVELS[1:-1] + 0.53 * np.diff(readers.LEVELS[1:])
    folder, model, (line,) = convert(words=readers.lines(12, 3, between))
    assert line.startswith("bars/recognizer: int8 as it is fails (photographed_character_error_most ")
    assert "recognizer_int8.tflite" not in files(model) and reads(folder)


def test_channels_of_different_ranges_are_equalized(convert):
    folder, model, (line,) = convert(wide=WIDE)
    assert line.startswith("bars/recognizer: int8 as it is fails (") and "all of it is int8" in line
    assert set(files(model)) == {"detector_int8.tflite", "recognizer_int8.tflite"} and reads(folder)
    assert files(model)["recognizer_int8.tflite"].layers == {}


def test_layers_that_int8_ruins_stay_float32(convert):
    folder, model, (line,) = convert(**SQUARED)
    assert "2 of 3 layers stay float32, 0.50 of the time of float32" in line
    mixed = files(model)["recognizer_mixed.tflite"]
    assert list(mixed.layers.values()) == ["int8", "float32", "float32"] and mixed.precision == "int8"
    assert mixed.parity["texts_equal"] == 1 and mixed.parity["cosine"] > 0.99
    assert "recognizer_float32.tflite" in files(model, "float32") and reads(folder)


def test_kernels_alone_are_int8_where_that_is_faster(convert):
    """The last layer meets a channel that makes the steps of all others coarse, so it stays float32."""
    folder, model, (line,) = convert(ratio=lambda file: 0.4 if "kernels" in file.name else 0.5, **SQUARED)
    assert "1 of 3 layers, " in line and "have kernels in int8 between activations in float32, 0.40 of" in line
    file = files(model)["recognizer_mixed.tflite"]
    assert list(file.layers.values()) == ["dynamic", "float32", "float32"] and reads(folder)
    assert file.inputs[0].dtype == "float32" and file.parity["texts_equal"] == 1


def test_what_is_no_faster_is_stored_in_float32(convert):
    folder, model, (line,) = convert(ratio=1.1, **SQUARED)
    assert "stored in float32: with the 2 of 3 layers in float32 that it needs it takes 1.10 of the time" in line
    assert set(files(model)) == {"detector_int8.tflite", "recognizer_float32.tflite"} and reads(folder)


def test_int8_that_the_runtime_does_not_take_is_mended_too(convert):
    folder, model, (line,) = convert(wide=WIDE, squared=True)
    assert "int8 as it is fails (cosine 0, " in line and "layers stay float32" in line
    assert "recognizer_mixed.tflite" in files(model) and reads(folder)


def test_a_second_run_mends_nothing_anew(convert, monkeypatch, tmp_path, tiny_onnx):
    plan = readers.plan(readers.recognizer(tiny_onnx, wide=WIDE), readers.detector(tiny_onnx))
    settings = pipeline.Settings(("int8",), tuple(readers.pages(4)), tuple(readers.lines(8)))
    pipeline.convert(plan, tmp_path, settings)
    told = []
    monkeypatch.setattr(mend._Mending, "write", None)
    assert pipeline.convert(plan, tmp_path, settings, told.append)[1] is False
    assert [line for line in told if line.endswith(" made")] == []


@pytest.mark.parametrize("shown", [False, True], ids=["pages alone", "photographs too"])
def test_a_detector_that_fails_on_photographs_alone_is_mended(tiny_onnx, tmp_path, shown):
    """Calibrated on pictures without anything dark, it cuts off all that is text on the photographs."""
    light = tuple(np.maximum(page, 140) for page in readers.pages(4))
    dark = tuple(readers.pages(6, seed=5))
    plan = readers.plan(readers.recognizer(tiny_onnx), readers.detector(tiny_onnx))
    settings = pipeline.Settings(("int8",), light, tuple(readers.lines(8)), photographs=dark if shown else ())
    told = []
    folder, _ = pipeline.convert(plan, tmp_path, settings, told.append)
    said = [line for line in told if "int8 as it is fails (sure_quads_iou " in line]
    found = Reader(folder).read(dark[0])
    assert (len(said), bool(found)) == ((1, True) if shown else (0, False))


def test_float32_that_does_not_read_leaves_no_model(convert, tiny_onnx, tmp_path, monkeypatch):
    plan = readers.plan(readers.recognizer(tiny_onnx), readers.detector(tiny_onnx))
    settings = pipeline.Settings(("float32",), tuple(readers.pages(4)), tuple(readers.lines(8)))
    forward = parity.tflite_forward

    def swapped(path):
        run = forward(path)
        return lambda x: run(x)[..., ::-1] if "recognizer" in str(path) else run(x)

    with monkeypatch.context() as patch:
        patch.setattr(parity, "tflite_forward", swapped)
        patch.setattr(limits, "_BY_FIGURE", {name: row for name, row in limits._BY_FIGURE.items() if "s_equal" in name})
        with pytest.raises(ParityError, match="recognizer float32 (frames|texts)_equal"):
            pipeline.convert(plan, tmp_path, settings)
    assert not (tmp_path / "bars" / "manifest.json").exists()


@pytest.mark.parametrize("better", [mend.JOINED, mend.FORMS[mend.BALANCED]])
def test_the_form_of_less_noise_is_mixed(convert, monkeypatch, better):
    monkeypatch.setattr(mixing.Mix, "noise", lambda mix, share: 0.1 if mix.form.means == better else 0.2)
    _, _, (line,) = convert(squared=True, wide=90.0)
    assert "layers stay float32" in line and f"the others with {better} (" in line


def test_rounding_is_learnt_where_many_layers_would_stay_float32(convert, monkeypatch):
    """A channel that nothing needs makes the steps of the others coarse; what is learnt cuts it off."""
    quick = functools.partial(distil.Options, samples=800, kernel_rate=0.1, range_rate=0.1)
    monkeypatch.setattr(distil, "Options", quick)
    monkeypatch.setattr(mend._Mending, "_kernels", lambda _: None)
    folder, model, (line,) = convert(squared=True, wide=20.0)
    assert "with rounding learnt from the source" in line and reads(folder)
    (learnt,) = [file for file in files(model).values() if "learnt_loss" in file.parity]
    assert learnt.parity["learnt_loss"] < learnt.parity["learnt_loss_before"]
    floats = [precision for precision in learnt.layers.values() if precision == "float32"]
    assert len(floats) < 2  # as many stay without learning


def test_nothing_is_learnt_where_int8_is_hardly_faster(convert, monkeypatch):
    monkeypatch.setattr(distil, "learn", None)
    monkeypatch.setattr(mend._Mending, "_kernels", lambda _: None)
    _, model, (line,) = convert(ratio=0.9, squared=True, wide=20.0)
    assert "2 of 3 layers stay float32, 0.90 of the time of float32" in line
    assert not any("learnt_loss" in file.parity for file in files(model).values())
