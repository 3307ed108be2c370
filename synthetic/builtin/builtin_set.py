"""A labelled set that the project draws itself, so that engines can be compared without any data.

Twelve pictures of pages, receipts, forms, signs and boards, and sixty cropped words, in the format of
evaluation/labels.py. Items are lines; each has its words beside it under "words", with their own quads. What is too
fine to be read is marked as don't care. It is easier than real photos and scans: good for telling engines and
precisions apart, not for saying how well an engine reads.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from synthetic.builtin import drawn_set, scenes
from synthetic.builtin.scenes import bricks, hall, poster, scanned, seen
from synthetic.builtin.sheet import Line, Sheet, shrunken
from synthetic.calibration.text import photograph, texture

# To be raised with every change of what is drawn: sets of other versions are drawn again.
VERSION = 1
PAGES, WORDS = "builtin_pages", "builtin_words"
LICENCE = "drawn by the project, Apache-2.0"
_SEED = 4
# Name, what draws it, the quality of its picture from 0 (a poor phone) to 1 (a good scanner), its scale. Kinds are
# interleaved, so that the first few are a fair choice.
_SCENES: tuple[tuple[str, Callable[[np.random.Generator, str], Sheet], float, float], ...] = (
    ("letter", partial(scanned, degrees=0.15), 0.9, 0.7),
    ("shop_front", partial(seen, background=lambda rng: bricks(rng, 760, 1100), light=0.4), 0.3, 0.8),
    ("shop_receipt", partial(seen, background=lambda rng: texture(rng, 960, 640, 0.6), light=0.25), 0.4, 0.7),
    ("application", partial(scanned, degrees=-0.5), 0.8, 0.75),
    ("poster", poster, 0.3, 0.7),
    ("fuel_and_parking", partial(seen, background=lambda rng: texture(rng, 720, 900, 0.35) * 0.55), 0.1, 0.8),
    ("article", partial(scanned, degrees=0.9), 0.7, 0.75),
    ("departures", partial(seen, background=lambda rng: hall(rng, 760, 1200) * 0.8), 0.2, 0.6),
    ("invoice", partial(scanned, degrees=0.0), 1.0, 1.0),
    ("cafe_receipt", partial(seen, background=lambda rng: texture(rng, 900, 720, 0.7), light=0.35), 0.3, 0.6),
    ("airport", partial(seen, background=lambda rng: hall(rng, 720, 1180), light=0.3), 0.3, 0.6),
    ("instructions", partial(seen, background=lambda rng: texture(rng, 1100, 880, 0.45), light=0.35), 0.5, 0.75),
)
_WORD_QUALITIES = (0.0, 0.5)


def ensure(root: Path) -> tuple[Path, Path]:
    """Draws the set unless it is there, whole and of this version.

    Args:
        root: Folder that holds the set and nothing else; made where it does not exist.

    Returns:
        The data folders of the pages and of the words, each with labels.jsonl.

    Raises:
        DatasetError: The folder holds something else, or cannot be written.
        MissingDependencyError: matplotlib, which brings the fonts, is not installed.
    """
    drawn_set.ensure(root, (PAGES, WORDS), VERSION, _draw_all)
    return Path(root) / PAGES, Path(root) / WORDS


def draw(index: int) -> tuple[np.ndarray, list[Line]]:
    """One of the pages: BGR [h, w, 3], uint8, and its lines in the order in which they were written."""
    name, scene, quality, scale = _SCENES[index]
    rng = np.random.default_rng((_SEED, 0, index))
    sheet = shrunken(scene(rng, name), scale)
    return photograph(rng, sheet.image, quality), sheet.lines


def draw_word(index: int) -> tuple[np.ndarray, str]:
    """One of the cropped words: BGR [h, w, 3], uint8, and its text."""
    rng, text = np.random.default_rng((_SEED, 1, index)), scenes.WORDS[index]
    return photograph(rng, scenes.word(rng, text), rng.uniform(*_WORD_QUALITIES)), text


def _draw_all(root: Path) -> None:
    pages, words = [], []
    for index, (scene, *_) in enumerate(_SCENES):
        pixels, lines = draw(index)
        name = f"images/{index:02d}_{scene}.png"
        drawn_set.write_png(root / PAGES / name, pixels)
        pages.append({"image": name, "items": [drawn_set.item(line) for line in lines]})
    for index in range(len(scenes.WORDS)):
        pixels, text = draw_word(index)
        name = f"images/{index:02d}.png"
        drawn_set.write_png(root / WORDS / name, pixels)
        words.append({"image": name, "text": text})
    for folder, rows in ((PAGES, pages), (WORDS, words)):
        drawn_set.write_labels(root / folder, rows)
