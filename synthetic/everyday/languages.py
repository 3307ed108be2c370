"""Sentences in thirteen languages whose letters carry marks, and Spanish with its turned marks."""

import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.corpora.figures import choose
from synthetic.everyday.drawing import photographed
from synthetic.everyday.lists import listed
from synthetic.everyday.wording import TEXTS, some

_PREFIX = "sentences "
SENTENCES = {name.removeprefix(_PREFIX): texts for name, texts in TEXTS.items() if name.startswith(_PREFIX)}


def accents(rng: np.random.Generator, number: int) -> Sheet:
    """Three sentences of a language; languages take turns."""
    language = list(SENTENCES)[number % len(SENTENCES)]
    texts = some(rng, SENTENCES[language], 3)
    # Those that have the letters of all of them, Vietnamese too.
    face = choose(rng, ("sans", "slab", "sans bold", "sans oblique"))
    sheet = listed(texts, face, int(rng.integers(16, 32)), choose(rng, (1.0, 0.9, 0.75)))
    return photographed(rng, sheet, rng.uniform(0.5, 1)) if number % 3 == 2 else sheet


def spanish_marks(rng: np.random.Generator, number: int) -> Sheet:
    """Questions and exclamations: marks at both ends belong to the line and are no lines of their own."""
    texts = some(rng, TEXTS["spanish marks"], 4)
    face = choose(rng, ("sans", "serif", "slab", "serif bold", "sans bold"))
    return listed(texts, face, int(rng.integers(17, 34)), 1.0)
