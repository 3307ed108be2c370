"""Places of characters: the middle of their frames, for any width, window and number of frames."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from evaluation.texts import edit_distance
from tflite_ocr import manifest
from tflite_ocr.page import Place
from tflite_ocr.recognition import places
from tflite_ocr.recognition.recognizer import Decoding, LineRecognizer
from tflite_ocr.selection import select

CHARSET = ("", "a", "b", " ", "xy")


def logits_of(classes, dtype=np.float32):
    logits = np.full((len(classes), len(CHARSET)), -10, dtype)
    logits[np.arange(len(classes)), classes] = 10
    return logits


@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_a_character_stands_in_the_middle_of_its_frames(dtype):
    shares = (np.arange(10) + 0.5) / 10
    found = places.path(logits_of([0, 1, 1, 1, 0, 1, 2, 3, 3, 4], dtype), CHARSET, 0, 0.5, shares)
    assert "".join(character for character, _ in found) == "aab xy"
    assert [place.x for _, place in found] == pytest.approx([0.25, 0.55, 0.65, 0.8, 0.95, 0.95])
    likely = 1 / (1 + 4 * np.exp(-0.5 * 20))
    assert [place.confidence for _, place in found] == pytest.approx([likely] * 6)


def test_nothing_read_has_no_places():
    for logits in (logits_of([0, 0, 0]), logits_of([])):
        assert not places.path(logits, CHARSET, 0, 1.0, np.zeros(len(logits)))
    assert [place.x for place in places.along("ab", ())] == [0.25, 0.75] and places.along("", ()) == ()


def read(text):
    """A path on which character i stands at i + 1 hundredths, ever less likely."""
    return [(character, Place((i + 1) / 100, 1 - i / 100)) for i, character in enumerate(text)]


@pytest.mark.parametrize(
    ("text", "was", "hundredths"),
    [
        ("house", "house", [1, 2, 3, 4, 5]),
        ("house", "hovse", [1, 2, 3, 4, 5]),
        ("house", "hose", [1, 2, 2.5, 3, 4]),
        ("hose", "house", [1, 2, 4, 5]),
        ("a b", "ab", [1, 1.5, 2]),
        ("ab", "a b", [1, 3]),
        ("an old", "anold", [1, 2, 2.5, 3, 4, 5]),
        ("xab", "ab", [0.5, 1, 2]),
        ("abx", "ab", [1, 2, 51]),
        ("aaa", "bbb", [1, 2, 3]),
    ],
)
def test_texts_are_laid_along_what_was_read(text, was, hundredths):
    found = places.along(text, read(was))
    assert [100 * place.x for place in found] == pytest.approx(hundredths)


def test_what_was_not_read_is_as_sure_as_its_less_sure_neighbour():
    assert [place.confidence for place in places.along("hoùse", read("hose"))] == [1, 0.99, 0.98, 0.98, 0.97]


def test_the_fewest_characters_find_no_equal():
    pytest.importorskip("rapidfuzz", reason="rapidfuzz comes with the [convert] extra")
    rng = np.random.default_rng(5)
    for _ in range(200):
        text, was = ("".join(rng.choice(list("abc"), rng.integers(0, 9))) for _ in range(2))
        known = places._aligned(text, was)
        pairs = [(i, at) for i, at in enumerate(known) if at is not None]
        assert [at for _, at in pairs] == sorted({at for _, at in pairs})
        swapped = sum(text[i] != was[at] for i, at in pairs)
        assert swapped + len(text) + len(was) - 2 * len(pairs) == edit_distance(text, was)
        xs = [place.x for place in places.along(text, read(was))]
        assert len(xs) == len(text) and xs == sorted(xs) and all(0 <= x <= 1 for x in xs)


# --- through the recogniser -------------------------------------------------------------------------------


def painted(width, height, at):
    """A white crop with dark stripes, each 16 pixels wide, in the middles `at`."""
    crop = np.full((height, width, 3), 255, np.uint8)
    for x in at:
        crop[:, x - 8 : x + 8] = 0
    return crop


def recognizer(folder, frames, monkeypatch, **changes):
    """A recogniser whose network reads stripes: a character where a frame's columns are dark, else the blank."""
    facts = dataclasses.replace(manifest.load(folder).recognizers[0], frames=frames, min_confidence=0, **changes)
    made = LineRecognizer(select(folder, "float32", "tflite"), facts, ThreadPoolExecutor(2))

    def forward(canvases):
        found = []
        for canvas in canvases:
            step = 8 // frames  # pixels a frame
            dark = canvas[0, :, 0].reshape(-1, step).mean(axis=1) < 128
            logits = np.zeros((len(dark), len(facts.charset)), np.float32)
            logits[np.arange(len(dark)), np.where(dark, 5, facts.blank)] = 20
            found.append(logits)
        return found, 1.0

    monkeypatch.setattr(made, "_forward", forward)
    return made, facts.charset[5]


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize(("width", "height"), [(90, 16), (300, 16), (1000, 32), (4096, 16), (6000, 16)])
def test_stripes_are_where_they_are_painted(tiny_model, monkeypatch, frames, width, height):
    made, character = recognizer(tiny_model, frames, monkeypatch)
    at = list(range(30, width - 20, 60))
    (result,) = made.recognize([painted(width, height, at)], Decoding(places=True))
    assert result.text == character * len(at)
    frame = 8 / frames * height / made._facts.height
    errors = np.array([place.x * width for place in result.places]) - at
    assert np.abs(errors).max() <= frame
    (plain,) = made.recognize([painted(width, height, at)])
    assert plain.places == () and (plain.text, plain.confidence) == (result.text, result.confidence)


def test_windows_of_a_fixed_file_agree_on_places(tiny_model, monkeypatch):
    facts = manifest.load(tiny_model).recognizers[0]
    fixed = tuple(dataclasses.replace(file, resizable=False) for file in facts.files)
    made, character = recognizer(tiny_model, 1, monkeypatch, files=fixed)
    at = list(range(30, 980, 60))
    (result,) = made.recognize([painted(1000, 16, at)], Decoding(places=True))
    assert result.text == character * len(at)
    assert np.abs(np.array([place.x * 1000 for place in result.places]) - at).max() <= 8
