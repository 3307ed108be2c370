import itertools
import pickle

import cv2
import numpy as np
import pytest
import torch

from converters.sources import easyocr
from tests.training import bars
from tflite_ocr import image
from training.data.stored_lines import StoredLine
from training.data.streams import loader
from training.finetuning.batches import Lines, TuningStream, collate, fixed
from training.finetuning.easyocr import SIGHT as GREY

EDGE = bars.EDGE


def lines(count=12):
    rng = np.random.default_rng(0)
    texts = bars.words(rng, count)
    return [StoredLine(cv2.imencode(".png", bars.draw(rng, text))[1].tobytes(), text) for text in texts]


def stream_of(columns, replay=0.0, seed=0):
    return TuningStream(Lines(lines(), EDGE, bars.CHARSET, replay, columns), seed)


def test_columns_and_frames():
    crop = np.zeros((20, 33, 3), np.uint8)
    assert EDGE.columns(crop) == 80  # 16 * 3 * 33 / 20 = 79.2
    assert EDGE.frames(80) == 10
    assert GREY.columns(crop) == 128  # 64 * 33 / 20 = 105.6
    assert GREY.frames(128) == 31


def test_edge_pixels_are_those_of_the_runtime():
    crops = [np.random.default_rng(i).integers(0, 256, (20, 20 + 20 * i, 3)).astype(np.uint8) for i in range(2)]
    batch = collate(crops, ["a", "b"], EDGE)
    assert batch.images.shape == (2, 3, 16, 96) and batch.images.dtype == torch.float32
    resized = image.resize_crop(crops[0], 16, stretch=3.0)
    np.testing.assert_allclose(batch.images[0, :, :, :48].permute(1, 2, 0), resized / 127.5 - 1, atol=1e-6)
    assert float(batch.images[0, :, :, 48:].abs().max()) < 0.01


def test_grey_pixels_are_those_of_easyocr(easyocr_module):
    """EasyOCR's own collation of a grey crop that already has its height."""
    from converters.sources.torchvision_shim import ensure_torchvision

    ensure_torchvision()
    crop = np.random.default_rng(0).integers(0, 256, (64, 100, 1)).astype(np.uint8).repeat(3, 2)
    theirs = easyocr_module("recognition")
    wanted = theirs.AlignCollate(imgH=64, imgW=128, keep_ratio_with_pad=True)(
        [theirs.Image.fromarray(crop[:, :, 0], "L")]
    )
    np.testing.assert_allclose(collate([crop], ["a"], GREY).images, wanted, atol=1e-6)


def test_fixed_batches_hold_every_line_once_and_no_more_than_their_columns():
    rng = np.random.default_rng(0)
    texts = [word for length in (1, 3, 6) for word in bars.words(rng, 5, length)]
    batches = fixed([bars.draw(rng, text) for text in texts], texts, EDGE, 600)
    assert sorted(text for batch in batches for text in batch.texts) == sorted(texts)
    for batch in batches:
        count, _, _, width = batch.images.shape
        assert count == len(batch.texts) and width * count <= 600
        assert width == 48 * max(len(text) for text in batch.texts)


def test_a_stream_shows_every_line_as_often_as_the_others():
    stream = stream_of(600)
    texts = [text for batch in itertools.islice(stream, 60) for text in batch.texts]
    counts = [texts.count(text) for text in {line.text for line in lines()}]
    duplicates = len(lines()) / len(counts)
    assert min(counts) > 0 and max(counts) <= 3 * duplicates * len(texts) / len(lines())


def test_streams_of_one_seed_are_equal():
    def images(seed):
        return [batch.images for batch in itertools.islice(stream_of(600, seed=seed), 3)]

    for a, b in zip(images(3), images(3), strict=True):
        assert torch.equal(a, b)
    assert not all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(images(3), images(4), strict=True))


def test_drawn_lines_are_mixed_in(monkeypatch):
    from synthetic.pictures import lines as drawing

    written = itertools.cycle(["0" * 9, "none of it", "1" * 9, "0" * 99])

    def render(rng):
        text = next(written)
        return drawing.LinePicture(np.zeros((24, 24 * len(text), 3), np.uint8), text)

    monkeypatch.setattr(drawing, "render_line", render)
    stream = stream_of(4000, replay=0.4)
    texts = [text for batch in itertools.islice(stream, 20) for text in batch.texts]
    drawn = [text for text in texts if len(text) > 3]
    assert set(drawn) == {"0" * 9, "1" * 9}  # neither unknown characters nor lines that are too wide
    assert len(drawn) / len(texts) == pytest.approx(0.4, abs=0.1)


def test_a_stream_can_be_sent_to_a_worker():
    stream = stream_of(600)
    sent = pickle.loads(pickle.dumps(stream))
    here, there = (list(itertools.islice(loader(one, workers=0), 3)) for one in (stream, sent))
    for a, b in zip(here, there, strict=True):
        assert torch.equal(a.images, b.images) and a.texts == b.texts


def test_easyocr_facts():
    assert (GREY.height, GREY.multiple, GREY.input) == (64, 64, easyocr.RECOGNIZER_INPUT)
