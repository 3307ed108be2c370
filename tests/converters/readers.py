"""A small recogniser and a small detector that really read and find, and pictures for them."""

import functools
import hashlib

import numpy as np
import onnx

from converters import onnx_rewrite, saved_model
from converters.plan import Plan, PlannedNetwork
from tflite_ocr.manifest import Detector, DetectorResize, ImageInput, Recognizer, Source

GRAY = ImageInput("GRAY", (0.5,), (0.5,))
CHARSET = ("", *"abcdefg")
HEIGHT, WIDTH, STEP = 8, 96, 4
# Of a class the shade of its columns, white (the ground) for the blank.
LEVELS = np.linspace(1, -1, len(CHARSET))
FACTS = Recognizer("bars", (), GRAY, HEIGHT, (48, WIDTH), CHARSET, ())
FINDER = Detector("db", GRAY, DetectorResize(32, 128), (), {"threshold": 0.9, "box_threshold": 0.9})


def lines(count, seed=0, shades=LEVELS[1:]):
    """Bars of some shades on white, BGR uint8, each STEP columns wide and as far apart; with some noise."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        picture = np.full((HEIGHT, WIDTH), 1.0)
        for place in range(0, WIDTH, 2 * STEP):
            picture[:, place : place + STEP] = shades[rng.integers(len(shades))]
        picture += rng.normal(0, 0.01, picture.shape)
        gray = np.clip((picture + 1) * 127.5, 0, 255).astype(np.uint8)
        pictures.append(np.repeat(gray[..., None], 3, axis=2))
    return pictures


def recognizer(build, wide=1.0, squared=False):
    """An ONNX model: the mean x of STEP columns, then the logits 20 (2 l x - l^2) of a class of level l; three layers.

    Args:
        build: The fixture tiny_onnx.
        wide: A channel between the last layers, which nothing needs, is so many times as wide as the others.
        squared: These channels are squared, which keeps them from being scaled; else there is a ReLU.
    """
    # Channels 0 and 1 hold 1 + x and 1 - x: their difference is 2 x, that of their squares 4 x.
    mean = np.full((1, 1, HEIGHT, STEP), 1 / HEIGHT / STEP)
    head = np.zeros((len(LEVELS), 3, 1, 1), np.float32)
    head[:, 0, 0, 0], head[:, 1, 0, 0] = 20 * LEVELS, -20 * LEVELS
    constants = {
        "i": np.ones((1, 1, 1, 1), np.float32),
        "k": np.concatenate([mean, -mean, wide * mean]).astype(np.float32),
        "a": np.float32([1, 1, 0]),
        "m": head / 2 if squared else head,
        "b": (-20 * LEVELS**2).astype(np.float32),
    }
    nodes = [
        ("Conv", "x i", "e", {}),
        ("Conv", "e k a", "f", {"strides": [HEIGHT, STEP]}),
        ("Mul", "f f", "g", {}) if squared else ("Relu", "f", "g", {}),
        ("Conv", "g m b", "y", {}),
    ]
    return build(nodes, constants, channels=1)


def detector(build):
    """An ONNX model: a blurred map of what is dark, [1, 1, h, w]: sigmoid(-4 x), so that only black is above .9.

    Its two channels hold -4 x and 2 x, of which the map is the first.
    """
    blur = np.full((1, 1, 3, 3), 1 / 9, np.float32)
    constants = {
        "k": np.concatenate([-4 * blur, 2 * blur]),
        "b": np.float32([0, 0]),
        "p": np.float32([1, 0]).reshape(1, 2, 1, 1),
        "c": np.float32([0]),
    }
    nodes = [("Conv", "x k b", "f", {"pads": [1, 1, 1, 1]}), ("Conv", "f p c", "g", {}), ("Sigmoid", "g", "y", {})]
    return build(nodes, constants, channels=1)


def pages(count, height=96, width=128, seed=0):
    """Dark bars on white, BGR uint8."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        picture = np.full((height, width, 3), 255, np.uint8)
        for top in range(8, height - 24, 32):
            left = int(rng.integers(4, width // 3))
            picture[top : top + 16, left : left + int(rng.integers(width // 3, width // 2))] = rng.integers(0, 60)
        pictures.append(picture)
    return pictures


def plan(reader, finder):
    """The plan of these two models, resizable both."""
    shapes = {"detector": (1, 1, 96, 128), "recognizer": (1, 1, HEIGHT, WIDTH)}
    models = {"detector": finder, "recognizer": reader}
    networks = tuple(
        PlannedNetwork(
            role,
            role,
            shape,
            hashlib.sha256(models[role].SerializeToString()).hexdigest(),
            functools.partial(onnx.save, models[role]),
            owner="" if role == "detector" else FACTS.name,
            resizable=True,
        )
        for role, shape in shapes.items()
    )
    return Plan("bars", Source("Bars", "1", "", "MIT"), "int8", FINDER, (FACTS,), networks)


def saved(model, folder, shape):
    """A model as ONNX file ("source.onnx") and SavedModel of one shape (NCHW)."""
    source = folder / "source.onnx"
    onnx.save(model, source)
    onnx_rewrite.rewrite(source, folder / "rewritten.onnx", {"x": shape}, onnx_rewrite.EXACT_PASSES)
    saved_model.convert(folder / "rewritten.onnx", folder / "saved_model")
    return source, folder / "saved_model"
