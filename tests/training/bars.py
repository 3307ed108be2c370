"""A writing of four bars that a tiny recogniser learns in a second, and sets of crops in it."""

import contextlib
import copy
import functools
import json

import cv2
import numpy as np
import torch
from torch.nn import functional

from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape
from converters.sources import edge
from training.finetuning.batches import LineFormat, collate

CHARSET = ("", "0", "1", "2", "3")
TINY = RecognizerShape(
    height=16, stem=16, channels=(16, 24, 32), blocks=(0, 0, 1), expansion=1.0, neck=32, neck_blocks=1, kernel=3
)
HEIGHT = CELL = 24  # pixels of a crop and of a character
_ROWS = {"0": (3, 21), "1": (3, 11), "2": (13, 21), "3": (9, 15)}


@contextlib.contextmanager
def one_thread():
    """Networks as tiny as these lose more time by waiting for a second thread than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def draw(rng, text):
    """Dark bars on a light ground, uint8 [24, 24 * characters, 3]."""
    image = np.full((HEIGHT, CELL * len(text), 3), int(rng.integers(180, 256)), np.uint8)
    for i, character in enumerate(text):
        top, bottom = _ROWS[character]
        image[top:bottom, CELL * i + 7 : CELL * i + 17] = int(rng.integers(0, 70))
    return image


def words(rng, count, length=3):
    return ["".join(rng.choice(list(_ROWS), length)) for _ in range(count)]


def write_crops(folder, count=60, seed=0, relabel=("23", "32")):
    """Crops; with `relabel` two bars mean each other's character, so that who knows the writing has to learn again."""
    change = str.maketrans(*relabel) if relabel else {}
    rng = np.random.default_rng(seed)
    lines = []
    for i, text in enumerate(words(rng, count)):
        cv2.imwrite(str(folder / f"{i}.png"), draw(rng, text))
        lines.append({"image": f"{i}.png", "text": text.translate(change)})
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


EDGE = LineFormat(edge.INPUT, TINY.height, edge.TEACHER_HEIGHT / TINY.height, multiple=16, widest=640, frame_width=8)


def edge_logits(model, images):
    return model(images)[:, :, 0]


@functools.cache
def _taught():
    torch.manual_seed(0)
    return teach(EdgeRecognizer(len(CHARSET), TINY), edge_logits, EDGE, 50)


def taught_recognizer():
    """A copy of a tiny edge recogniser that knows the writing."""
    return copy.deepcopy(_taught())


def teach(network, logits, line_format: LineFormat, steps: int, rate: float = 5e-3):
    """Trains on frames whose characters are known: faster than by the text alone."""
    rng = np.random.default_rng(1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate)
    for _ in range(steps):
        texts = words(rng, 16, 4)
        batch = collate([draw(rng, text) for text in texts], texts, line_format)
        found = logits(network, batch.images)
        targets = torch.tensor([_frames(text, found.shape[2], line_format) for text in texts])
        weights = torch.tensor([0.3] + [1.0] * (len(CHARSET) - 1))
        loss = functional.cross_entropy(found, targets, weight=weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


def _frames(text, count, line_format):
    """The class of each frame: a character's in those that lie in the middle third of its cell."""
    classes = []
    for frame in range(count):
        middle = (
            (frame + 0.5 + line_format.frames_lost / 2)
            * line_format.frame_width
            / (line_format.stretch * line_format.height)
        )
        index, place = int(middle), middle % 1
        inside = index < len(text) and 1 / 3 < place < 2 / 3
        classes.append(CHARSET.index(text[index]) if inside else 0)
    return classes
