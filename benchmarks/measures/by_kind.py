"""How well an engine reads each kind of picture: texts that it gives exactly, counted kind by kind.

An expected text is found when the engine gives a line with just that text: case, accents, signs and marks count, only
white space is normalized (Unicode NFC, runs of it as one blank, none at the ends). Lines and texts of a picture are
matched one to one, wherever they lie and in whatever order. A picture whose letters are of another script than Latin
asks for one thing: that no line with a Latin letter has a confidence above 0.5; a line without a confidence counts as
sure.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.running.protocol import EngineLine
from evaluation import quality
from evaluation.labels import Sample

SURE = 0.5
ALL = "all kinds"


def same(text: str) -> str:
    """What of a text counts."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def exact_texts(found: Iterable[str], true: Iterable[str]) -> int:
    """How many expected texts were given exactly, matched one to one."""
    return (Counter(map(same, found)) & Counter(map(same, true))).total()


def surely_latin(found: Iterable[EngineLine]) -> list[EngineLine]:
    """Lines with a Latin letter of which the engine is sure."""
    sure = (line for line in found if line.confidence is None or line.confidence > SURE)
    return [line for line in sure if any(unicodedata.name(sign, "").startswith("LATIN ") for sign in line.text)]


def count(sample: Sample, found: Sequence[EngineLine]) -> dict[str, int]:
    """Counts one picture.

    Returns:
        "images": 1; "asked": texts that are expected, of another script than Latin 1; "right": those that are right;
        "matched" and "words": twice the matched tokens, and the found and the true ones together.
    """
    asked, right = 1, int(not surely_latin(found))
    if sample.latin:
        true = sample.true_texts()
        asked, right = len(true), exact_texts((line.text for line in found), true)
    placed = any(label.quad is not None for label in sample.labels)
    bag = quality.count(quality.PAGES if placed else quality.LINES, sample, found)
    words = bag.bag_found + bag.bag_true
    return {"images": 1, "asked": asked, "right": right, "matched": 2 * bag.bag_matched, "words": words}


def rows(samples: Sequence[Sample], found: Sequence[Sequence[EngineLine]]) -> list[dict]:
    """Figures of each kind in the order of the set, and of all kinds together; none where no picture has a kind.

    Returns:
        {"kind", "images", "asked", "right", "share" of right ones, "bag_f1" of [a-z0-9] tokens} a kind. In the last,
        "all kinds", each kind weighs the same: its "share" and "bag_f1" are the means of theirs, the rest are sums.
    """
    kinds: dict[str, Counter] = {}
    for sample, lines in zip(samples, found, strict=True):
        if sample.kind is not None:
            kinds.setdefault(sample.kind, Counter()).update(count(sample, lines))
    if not kinds:
        return []
    listed = [
        {"kind": kind, **{key: counts[key] for key in ("images", "asked", "right")}}
        | {"share": _ratio(counts["right"], counts["asked"]), "bag_f1": _ratio(counts["matched"], counts["words"])}
        for kind, counts in kinds.items()
    ]
    sums = {key: sum(row[key] for row in listed) for key in ("images", "asked", "right")}
    known = {key: [row[key] for row in listed if row[key] is not None] for key in ("share", "bag_f1")}
    return [*listed, {"kind": ALL} | sums | {key: _ratio(sum(values), len(values)) for key, values in known.items()}]


def _ratio(above: float, below: float) -> float | None:
    return above / below if below else None
