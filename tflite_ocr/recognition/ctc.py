"""Connectionist temporal classification: from logits a frame to text (Graves et al., 2006, ICML).

A path names one class a frame; its text is what remains when repeats are merged and then blanks dropped
(the map B of section 3.1). Greedy decoding takes the best path; beam search sums the paths of a text.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np

from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.page import Recognition, TextLine

# Marks reject classes in a charset: they compete in decoding but are no readable character.
UNKNOWN = "\ufffd"
# Classes of a frame, with their probabilities.
Frame = list[tuple[int, float]]
# Share of a frame's best class below which another one changes no result.
_NEGLIGIBLE = 1e-12


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


def likelihood(result: Recognition | TextLine) -> float:
    """The confidence of a text, in which unknown characters count as 0."""
    if not result.text:
        return 0.0
    return result.confidence * (1 - result.text.count(UNKNOWN) / len(result.text))


def beam_search(
    logits: np.ndarray, charset: Sequence[str], beam_width: int = 10, blank: int = 0
) -> list[tuple[str, float]]:
    """Most probable texts of one sequence, see prefix_search; exact when the beam can hold every prefix.

    Args:
        logits: float [T, C].

    Returns:
        Up to beam_width (text, natural logarithm of its probability), best first.
    """
    _check(logits, charset, blank)
    if beam_width < 1:
        raise ValueError(f"expected a beam width of at least 1, found {beam_width}")
    shares = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    # A class that is nowhere among so many of the best continues no prefix that is kept.
    ranks = min(beam_width + 2, len(charset))
    likely = np.unique([blank, *np.argpartition(-shares, ranks - 1, axis=1)[:, :ranks].ravel()])
    normalized = shares[:, likely] / shares.sum(axis=1, keepdims=True)
    frames = [
        [(int(likely[at]), float(row[at])) for at in np.flatnonzero(row > _NEGLIGIBLE * row.max())]
        for row in normalized
    ]
    found = prefix_search(frames, blank, beam_width)
    return [("".join([charset[index] for index in prefix]), value) for prefix, value in found]


def prefix_search(
    frames: Sequence[Frame], blank: int, width: int, least: float = 0.0
) -> list[tuple[tuple[int, ...], float]]:
    """Prefix beam search (Hannun et al., 2014, arXiv 1408.2873, algorithm 1).

    Of each prefix it keeps the probability of its paths that end in the blank and of those that do not.

    Args:
        frames: For each frame its classes with their probabilities; of a single class that counts as 1.
        least: Prefixes below this share of the best one's probability are not kept.

    Returns:
        Prefixes of all frames, as class indices, with the natural logarithms of their probabilities; best first.
    """
    beam: list[tuple[tuple[int, ...], float, float]] = [((), 1.0, 0.0)]
    scale = 0.0  # the logarithm of what probabilities were divided by: those of many frames are too small
    for frame in frames:
        if len(frame) == 1 and all(not prefix or prefix[-1] != frame[0][0] for prefix, _, _ in beam):
            sure = frame[0][0]
            if sure == blank:
                beam = [(prefix, one + other, 0.0) for prefix, one, other in beam]
            else:
                beam = [((*prefix, sure), 0.0, one + other) for prefix, one, other in beam]
            continue
        in_blank: dict[tuple[int, ...], float] = {}
        in_character: dict[tuple[int, ...], float] = {}
        for prefix, blank_paths, character_paths in beam:
            last, paths = prefix[-1] if prefix else -1, blank_paths + character_paths
            for index, share in frame:
                if index == blank:
                    in_blank[prefix] = in_blank.get(prefix, 0.0) + paths * share
                    continue
                longer = (*prefix, index)
                if index != last:
                    in_character[longer] = in_character.get(longer, 0.0) + paths * share
                    continue
                if character_paths:
                    in_character[prefix] = in_character.get(prefix, 0.0) + character_paths * share
                if blank_paths:
                    in_character[longer] = in_character.get(longer, 0.0) + blank_paths * share
        totals = dict(in_character)
        for prefix, paths in in_blank.items():
            totals[prefix] = totals.get(prefix, 0.0) + paths
        kept = sorted(totals, key=totals.__getitem__, reverse=True)[:width]
        best = totals[kept[0]]
        scale += math.log(best)
        beam = [
            (prefix, in_blank.get(prefix, 0.0) / best, in_character.get(prefix, 0.0) / best)
            for prefix in kept
            if totals[prefix] >= best * least
        ]
    return [(prefix, math.log(one + other) + scale) for prefix, one, other in beam]


def _check(logits: np.ndarray, charset: Sequence[str], blank: int) -> None:
    if logits.ndim != 2 or logits.shape[-1] != len(charset):
        raise ModelContractError(
            f"expected logits [T, C] with C = {len(charset)} as the charset has, found {list(logits.shape)};"
            " check the manifest's charset"
        )
    if not 0 <= blank < len(charset):
        raise ModelContractError(f"expected the blank among {len(charset)} classes, found {blank}; check the manifest")
