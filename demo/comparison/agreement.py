"""How far two readers read the same, and how much of the clip's own text they find, frame after frame."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.comparison.records import Record
from demo.errors import DemoError
from evaluation.texts import BagCounts, bag_of_words


@dataclass(frozen=True)
class Agreement:
    """Words counted up to a time of the clip.

    Attributes:
        done_s: When the original had read the frame.
        both: The converted reader's words against the original's, in the frames that the original read.
        found: By role, words against the clip's own; None for a clip without texts.
    """

    done_s: float
    both: BagCounts
    found: dict[str, BagCounts] | None


def follow(found: dict[str, Record], truth: list[dict] | None) -> Iterator[Agreement]:
    """The counts after every frame that both readers have read.

    Args:
        found: Records by role, "original" and "converted".
        truth: What is in each frame, as demo.clip.render writes it; None where it is not known.
    """
    both = BagCounts()
    counts = {role: BagCounts() for role in found}
    for result in found["original"].results:
        mine = found["converted"].lines_of(result.frame)
        if mine is None:
            continue
        texts = {"original": _texts(result.lines), "converted": _texts(mine)}
        both += bag_of_words(texts["converted"], texts["original"])
        if truth is not None:
            asked = [line["text"] for line in truth[result.frame]["lines"] if not line["ignore"]]
            ignored = [line["text"] for line in truth[result.frame]["lines"] if line["ignore"]]
            counts = {role: counts[role] + bag_of_words(texts[role], asked, ignored) for role in counts}
        yield Agreement(result.done_s, both, dict(counts) if truth is not None else None)


def read_truth(clip: Path, frames: int) -> list[dict] | None:
    """The texts beside a clip that the project rendered; None for other videos.

    Raises:
        DemoError: There are some, but not for this clip.
    """
    path = clip.with_suffix(".jsonl")
    if not path.is_file():
        return None
    try:
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise DemoError(f"{path}: expected the clip's texts, found {error}; render the clip again") from None
    if len(found) != frames:
        raise DemoError(f"{path}: expected the texts of {frames} frames, found {len(found)}; render the clip again")
    return found


def _texts(lines: list[dict]) -> list[str]:
    return [line["text"] for line in lines]
