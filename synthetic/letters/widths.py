"""How wide letters and digits are in the fonts of this machine, and what the width of one says about another's.

The widths that tflite_ocr.letter_widths knows are made here.
"""

from collections import Counter

import numpy as np

from synthetic.errors import DrawingError
from synthetic.letters.fonts import FontSet, face

SIGNS = "ABCDEFGHJKLMNOPRSTUVWXYZ0123456789"  # I and Q differ too much from font to font
_SIZE = 200  # pixels of the em square
_FACES = 2  # of a family
_FEWEST = 50  # fonts
_OUTLIER = 3.5  # widths further from the median, in standard deviations, count as so far away
_ROUNDS = 300


def measured(fonts: FontSet) -> np.ndarray:
    """Logarithms of the ink's widths, float64 [fonts, signs], of text fonts that are not of fixed width.

    Raises:
        DrawingError: There are too few.
    """
    families: Counter[str] = Counter()
    rows = []
    for font in fonts.fonts:
        if font.kind != "text" or families[font.family] == _FACES or not set(SIGNS) <= set(font.covered):
            continue
        drawn = face(font.path, _SIZE)
        if drawn.getlength("i") == drawn.getlength("M"):
            continue
        boxes = [drawn.getmask(sign).getbbox() for sign in SIGNS]
        rows.append([np.log(box[2] - box[0]) for box in boxes])
        families[font.family] += 1
    if len(rows) < _FEWEST:
        raise DrawingError(f"expected {_FEWEST} fonts at least, found {len(rows)}; install more of them: make fonts")
    return np.array(rows)


def fitted(logarithms: np.ndarray, factors: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Principal factors of widths by their line's median: log width = mean + loads @ factors + what is a sign's own.

    Args:
        logarithms: See measured.

    Returns:
        Means float64 [signs], loads [signs, factors] of factors of unit variance, and each sign's own variance [signs].
    """
    relative = logarithms - np.median(logarithms, axis=1, keepdims=True)
    means = np.median(relative, axis=0)
    spread = 1.4826 * np.median(np.abs(relative - means), axis=0)
    away = np.clip(relative - means, -_OUTLIER * spread, _OUTLIER * spread)
    covariance = away.T @ away / len(away)
    own = np.diag(covariance) / 2
    for _ in range(_ROUNDS):
        scaled = covariance / np.sqrt(own)[:, None] / np.sqrt(own)
        values, vectors = np.linalg.eigh(scaled)
        kept = np.sqrt(np.maximum(values[-factors:] - 1, 0))
        loads = np.sqrt(own)[:, None] * vectors[:, -factors:] * kept
        own = np.maximum(np.diag(covariance) - (loads**2).sum(axis=1), 1e-4)
    return means, loads, own


def table(means: np.ndarray, loads: np.ndarray, own: np.ndarray) -> str:
    """The rows of tflite_ocr.letter_widths: a sign, its mean, its own standard deviation, its loads."""
    rows = zip(SIGNS, np.column_stack([means, np.sqrt(own), loads]), strict=True)
    return "\n".join(" ".join([sign, *(f"{number:.3f}" for number in row)]) for sign, row in rows)
