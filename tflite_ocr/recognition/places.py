"""Places of the characters of a text along its crop, by the frames at which they were read.

The likeliest path has a frame for each of its characters. A text that a language model or a beam search has chosen
instead differs in a few characters: it is aligned with the path by the fewest edits.
"""

from collections.abc import Sequence

import numpy as np

from tflite_ocr.page import Place
from tflite_ocr.recognition import ctc

# Characters in order, each with its place.
Path = Sequence[tuple[str, Place]]


def path(logits: np.ndarray, charset: Sequence[str], blank: int, scale: float, shares: np.ndarray) -> Path:
    """The characters of the likeliest path, each at the middle of the frames that repeat it.

    Args:
        logits: float or int8 [T, C]; real value = scale * logits, but for a constant.
        charset: C entries, class index to text, which may be several characters; that at `blank` is not used.
        shares: float [T], the middles of the frames as shares of the crop's width.
    """
    if not len(logits):
        return ()
    best = logits.argmax(axis=1)
    borders = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
    firsts, lasts = borders[:-1], borders[1:] - 1
    read = best[firsts] != blank
    firsts, lasts = firsts[read], lasts[read]
    if not len(firsts):
        return ()
    likely = ctc.highest_softmax(logits[firsts], scale).tolist()
    middles = np.clip((shares[firsts] + shares[lasts]) / 2, 0, 1).tolist()
    return [
        (character, Place(x, probability))
        for index, x, probability in zip(best[firsts].tolist(), middles, likely, strict=True)
        for character in charset[index]
    ]


def along(text: str, read: Path) -> tuple[Place, ...]:
    """Places of the characters of the text that was chosen, along those of the likeliest path; ascending.

    A character that replaces another has its place; one that was not read is evenly spaced between its neighbours, with
    the lower of their confidences.
    """
    was = "".join([character for character, _ in read])
    if text == was:
        return tuple([place for _, place in read])
    known = _aligned(text, was)
    found = {i: read[at][1] for i, at in enumerate(known) if at is not None}
    placed = list(found)
    if not placed:  # nothing of it was read
        return tuple(Place((i + 0.5) / len(text), 0.0) for i in range(len(text)))
    xs = np.interp(np.arange(len(text)), placed, [place.x for place in found.values()])
    # Beyond the first and the last there is no neighbour to stand between: half a step to the crop's end is shared out.
    before, after = placed[0], len(text) - 1 - placed[-1]
    xs[:before] = xs[placed[0]] * (np.arange(before) + 0.5) / max(1, before)
    xs[len(text) - after :] = 1 - (1 - xs[placed[-1]]) * (np.arange(after)[::-1] + 0.5) / max(1, after)
    places = []
    for i, x in enumerate(xs.tolist()):
        near = [found[j].confidence for j in _nearest(placed, i)]
        places.append(Place(x, min(near)))
    return tuple(places)


def _nearest(placed: list[int], i: int) -> list[int]:
    """The number itself, if it is among the placed ones, or those on either side of it."""
    at = int(np.searchsorted(placed, i))
    if at < len(placed) and placed[at] == i:
        return [i]
    return [placed[j] for j in (at - 1, at) if 0 <= j < len(placed)]


def _aligned(text: str, read: str) -> list[int | None]:
    """For each character of the text the index of the one in `read` that it equals or replaces, by the fewest edits."""
    start = 0
    while start < min(len(text), len(read)) and text[start] == read[start]:
        start += 1
    end = 0
    while end < min(len(text), len(read)) - start and text[-1 - end] == read[-1 - end]:
        end += 1
    middle = _by_edits(text[start : len(text) - end], read[start : len(read) - end])
    found: list[int | None] = list(range(start))
    found += [None if at is None else at + start for at in middle]
    return found + list(range(len(read) - end, len(read)))


def _by_edits(text: str, read: str) -> list[int | None]:
    """Like _aligned; Wagner and Fischer's table (1974, Journal of the ACM 21), walked back from its end.

    A blank replaces only a blank; otherwise it would take a letter's place.
    """
    costs = np.zeros((len(text) + 1, len(read) + 1), int)
    costs[:, 0], costs[0] = np.arange(len(text) + 1), np.arange(len(read) + 1)
    swaps = [[0 if a == b else 3 if a.isspace() or b.isspace() else 1 for b in read] for a in text]
    for i in range(1, len(text) + 1):
        for j in range(1, len(read) + 1):
            costs[i, j] = min(costs[i - 1, j - 1] + swaps[i - 1][j - 1], costs[i - 1, j] + 1, costs[i, j - 1] + 1)
    found: list[int | None] = [None] * len(text)
    i, j = len(text), len(read)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + swaps[i - 1][j - 1]:
            i, j = i - 1, j - 1
            found[i] = j
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return found
