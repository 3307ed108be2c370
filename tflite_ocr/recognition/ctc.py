"""Connectionist temporal classification: from logits a frame to text (Graves et al., 2006, ICML).

A path names one class a frame; its text is what remains when repeats are merged and then blanks dropped
(the map B of section 3.1). Greedy decoding takes the best path; beam search sums the paths of a text.
"""

from collections.abc import Collection, Sequence

import numpy as np

from tflite_ocr.errors import ArtifactError, ModelContractError

# Marks reject classes in a charset: they compete in decoding but are no readable character.
UNKNOWN = "\ufffd"


def by_frame(logits: np.ndarray, frames: int) -> np.ndarray:
    """A recogniser's output [..., columns, frames * C] as [T, C]: the channels of a column hold its frames in order.

    Raises:
        ModelContractError: The channels are not a whole number of frames.
    """
    if logits.shape[-1] % frames:
        raise ModelContractError(
            f"expected channels of {frames} frames a column, found {logits.shape[-1]}; check the manifest"
        )
    return logits.reshape(-1, logits.shape[-1] // frames)


def greedy(
    lines: Sequence[np.ndarray],
    charset: Sequence[str],
    blank: int = 0,
    scale: float = 1.0,
    ignore: Collection[int] = (),
    every_frame: bool = False,
) -> list[tuple[str, np.ndarray]]:
    """Texts of the best paths of lines of any lengths (Graves et al., 2006, section 3.2, best path decoding).

    All at once: NumPy's calls cost more than what they do for a line. Quantized logits stay as they are until the few
    frames that matter are known.

    Args:
        lines: float, int8 or uint8 [T, C] each; real value = scale * (logits - a zero point that plays no part).
        charset: C entries, class index to text; the entry at `blank` is not used.
        blank: Class index of the blank.
        scale: See lines.
        ignore: Classes that never appear; the probabilities of the others are rescaled to 1.
        every_frame: Whether repeated frames of a character contribute a probability each, as
            EasyOCR's confidence wants it; by default each character gives that of its first frame.

    Returns:
        For each line its text and float32 [K], the probabilities of its characters (or frames).

    Raises:
        ModelContractError: A line does not have two dimensions, or not one class an entry of charset.
    """
    if not len(lines):
        return []
    rows = np.concatenate(lines)
    _check(rows, charset, blank)
    if len(ignore):
        kept = np.setdiff1d(np.arange(len(charset)), np.fromiter(ignore, int))
        if blank not in kept:
            raise ValueError(f"expected ignored classes other than the blank {blank}, found {sorted(ignore)}")
        rows, charset = rows[:, kept], [charset[index] for index in kept]
        blank = int(np.searchsorted(kept, blank))
    starts = np.cumsum([0, *map(len, lines)])
    best = rows.argmax(axis=1)
    counted = best != blank
    changed = np.ones(len(best), bool)
    changed[1:] = best[1:] != best[:-1]
    changed[starts[:-1][starts[:-1] < len(best)]] = True
    emitted = counted & changed
    chosen = counted if every_frame else emitted
    rows = rows[chosen]
    likely, characters = highest_softmax(rows, scale), [charset[index] for index in best[emitted].tolist()]
    of_likely, of_characters = (np.concatenate(([0], np.cumsum(mask)))[starts].tolist() for mask in (chosen, emitted))
    return [
        ("".join(characters[of_characters[i] : of_characters[i + 1]]), likely[of_likely[i] : of_likely[i + 1]])
        for i in range(len(lines))
    ]


def emissions(logits: np.ndarray, blank: int = 0) -> np.ndarray:
    """Numbers of the frames of logits [T, C] at which the best path's characters begin, int64 [K], ascending."""
    best = logits.argmax(axis=1)
    begins = best != blank
    begins[1:] &= best[1:] != best[:-1]
    return np.flatnonzero(begins)


def highest_softmax(rows: np.ndarray, scale: float) -> np.ndarray:
    """Largest softmax probability of each row of logits [K, C]: 1 / sum(exp(scale * (x - max)))."""
    highest = rows.max(axis=1, keepdims=True)
    if rows.dtype.itemsize == 1:
        below = np.subtract(highest.view(np.uint8), rows.view(np.uint8)).astype(np.float32)  # bytes wrap to 0..255
    else:
        below = highest - rows
    terms = np.exp(below * np.float32(-scale))
    return (1 / terms.sum(axis=1, dtype=np.float32)).astype(np.float32)


def confidence(char_probabilities: np.ndarray, kind: str) -> float:
    """Confidence of a text, in [0, 1]; 0.0 for an empty one.

    Args:
        char_probabilities: float [K], as `greedy` gives them.
        kind: "mean" (arithmetic mean) or "easyocr" (product to the power 2 / sqrt(K); EasyOCR takes it over
            the frames, see `greedy`, every_frame).

    Raises:
        ArtifactError: Another kind.
    """
    if kind not in ("mean", "easyocr"):
        raise ArtifactError(f"expected confidence 'mean' or 'easyocr', found {kind!r}; check the manifest")
    if not len(char_probabilities):
        return 0.0
    if kind == "mean":
        return float(np.mean(char_probabilities))
    return float(np.prod(char_probabilities) ** (2 / np.sqrt(len(char_probabilities))))


def beam_search(
    logits: np.ndarray, charset: Sequence[str], beam_width: int = 10, blank: int = 0
) -> list[tuple[str, float]]:
    """Most probable texts of one sequence: prefix beam search (Hannun et al., 2014, arXiv 1408.2873, algorithm 1).

    Of each prefix it keeps the probability of its paths that end in the blank and of those that do not, in log
    space. Exact when the beam is wide enough to hold every prefix.

    Args:
        logits: float [T, C].
        charset: As for `greedy`.
        beam_width: Prefixes kept after each frame.
        blank: Class index of the blank.

    Returns:
        Up to beam_width (text, natural logarithm of its probability), best first.
    """
    _check(logits, charset, blank)
    if beam_width < 1:
        raise ValueError(f"expected a beam width of at least 1, found {beam_width}")
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # log softmax
    prefixes: list[tuple[int, ...]] = [()]
    ends_blank, ends_char = np.zeros(1), np.full(1, -np.inf)
    for frame in log_probs:
        classes = np.arange(len(frame))
        prefixes, ends_blank, ends_char = _advance(
            prefixes, ends_blank, ends_char, frame, classes[classes != blank], blank, beam_width
        )
    totals = np.logaddexp(ends_blank, ends_char)
    best = np.argsort(-totals, kind="stable")
    return [("".join([charset[index] for index in prefixes[i]]), float(totals[i])) for i in best]


def _advance(
    prefixes: list[tuple[int, ...]],
    ends_blank: np.ndarray,
    ends_char: np.ndarray,
    frame: np.ndarray,
    classes: np.ndarray,
    blank: int,
    beam_width: int,
) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray]:
    """One frame of the prefix beam search: the beam_width best prefixes with their two log probabilities."""
    totals = np.logaddexp(ends_blank, ends_char)
    last = np.array([prefix[-1] if prefix else blank for prefix in prefixes])
    stay_blank = totals + frame[blank]
    stay_char = np.where(last == blank, -np.inf, ends_char + frame[last])
    # A character is appended to an equal one only across a blank.
    sources = np.where(last[:, np.newaxis] == classes, ends_blank[:, np.newaxis], totals[:, np.newaxis])
    extended = sources + frame[classes]
    known = {prefix: index for index, prefix in enumerate(prefixes)}
    columns = {int(index): column for column, index in enumerate(classes)}
    for prefix, index in known.items():
        parent = known.get(prefix[:-1]) if prefix and prefix[-1] in columns else None
        if parent is not None:  # The extension of one prefix is another one of the beam: their paths add up.
            column = columns[prefix[-1]]
            stay_char[index] = np.logaddexp(stay_char[index], extended[parent, column])
            extended[parent, column] = -np.inf
    scores = np.concatenate([np.logaddexp(stay_blank, stay_char), extended.ravel()])
    if beam_width < len(scores):
        chosen = np.argpartition(-scores, beam_width - 1)[:beam_width]
    else:
        chosen = np.arange(len(scores))
    chosen = chosen[scores[chosen] > -np.inf]
    stayed, grown = chosen[chosen < len(prefixes)], chosen[chosen >= len(prefixes)] - len(prefixes)
    parents, added = np.divmod(grown, max(len(classes), 1))
    kept = [prefixes[index] for index in stayed]
    kept += [(*prefixes[parent], int(classes[column])) for parent, column in zip(parents, added, strict=True)]
    new = extended[parents, added]
    next_blank = np.concatenate([stay_blank[stayed], np.full(len(new), -np.inf)])
    return kept, next_blank, np.concatenate([stay_char[stayed], new])


def _check(logits: np.ndarray, charset: Sequence[str], blank: int) -> None:
    if logits.ndim != 2 or logits.shape[-1] != len(charset):
        raise ModelContractError(
            f"expected logits [T, C] with C = {len(charset)} as the charset has, found {list(logits.shape)};"
            " check the manifest's charset"
        )
    if not 0 <= blank < len(charset):
        raise ModelContractError(f"expected the blank among {len(charset)} classes, found {blank}; check the manifest")
