"""Words in scripts that a Latin reader does not know: it should say nothing, or that it does not know."""

import unicodedata

import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.corpora.figures import choose
from synthetic.everyday import strokes
from synthetic.everyday.drawing import PAIRS
from synthetic.everyday.lists import listed
from synthetic.everyday.wording import TEXTS, some

_SCRIPTS = ("cyrillic", "greek", "arabic", "hebrew")


def foreign_script(rng: np.random.Generator, number: int) -> Sheet:
    """Four lines of a script; scripts in rotation."""
    scripts = (*_SCRIPTS, *strokes.WORDS)
    script = scripts[number % len(scripts)]
    if script in strokes.WORDS:
        return _in_strokes(rng, strokes.WORDS[script], int(rng.integers(26, 44)))
    texts, faces = some(rng, TEXTS[f"script {script}"], 4), ("sans", "serif", "slab", "sans bold")
    if script in ("arabic", "hebrew"):
        texts, faces = [leftward(text) for text in texts], ("sans", "sans bold")
    face = choose(rng, faces)
    return listed(texts, face, int(rng.integers(20, 34)), 1.0)


def _in_strokes(rng: np.random.Generator, words: tuple[str, ...], size: int) -> Sheet:
    """Four lines of one or two words."""
    order = iter(rng.permutation(len(words)).tolist())
    texts = [" ".join(words[next(order)] for _ in range(1 + row % 2)) for row in range(4)]
    background, ink = choose(rng, PAIRS[:4])
    sheet = Sheet.plain(round(size * 1.7 * 4.6), size * 13, background)
    for row, text in enumerate(texts):
        strokes.write(sheet, text, size, size * (0.7 + 1.7 * row), size, ink)
    return sheet


def leftward(text: str) -> str:
    """A text of a script that runs to the left in the order and shapes in which it is drawn from the left."""
    shapes = _joined(text)
    return "".join(reversed(shapes))


def _joined(text: str) -> list[str]:
    """Arabic letters in the shape that their neighbours ask for; other characters as they are."""
    result = []
    for index, letter in enumerate(text):
        forms = _forms().get(letter, {})
        before = index > 0 and "initial" in _forms().get(text[index - 1], {})
        after = index + 1 < len(text) and "final" in _forms().get(text[index + 1], {})
        name = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get((before, after), "")
        if name == "medial" and "medial" not in forms:
            name = "final"
        result.append(forms.get(name, forms.get("isolated", letter)))
    return result


def _forms() -> dict[str, dict[str, str]]:
    """The shapes that Unicode has of each Arabic letter, by name."""
    found: dict[str, dict[str, str]] = {}
    for code in range(0xFE70, 0xFEFD):
        name, _, rest = unicodedata.decomposition(chr(code)).partition(" ")
        if name.startswith("<") and rest and " " not in rest:
            found.setdefault(chr(int(rest, 16)), {})[name.strip("<>")] = chr(code)
    return found
