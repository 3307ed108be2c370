"""How far two readers read the same, and how much of the clip's own text they find, frame after frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measures import video_texts
from demo.comparison.records import Record
from evaluation.texts import MatchCounts, bag_of_words


@dataclass(frozen=True)
class Agreement:
    """Words counted up to a time of the clip."""

    done_s: float  # When the original had read the frame
    both: MatchCounts  # The converted reader's words against the original's, in the frames that the original read
    found: dict[str, MatchCounts] | None  # By role, words against the clip's own; None for a clip without texts


def follow(found: dict[str, Record], truth: list[dict] | None) -> Iterator[Agreement]:
    """The counts after every frame that both readers have read.

    Args:
        found: Records by role, "original" and "converted".
        truth: What is in each frame, as demo.clip.render writes it; None where it is not known.
    """
    both = MatchCounts()
    counts = {role: MatchCounts() for role in found}
    for result in found["original"].results:
        mine = found["converted"].lines_of(result.frame)
        if mine is None:
            continue
        texts = {"original": _texts(result.lines), "converted": _texts(mine)}
        both += bag_of_words(texts["converted"], texts["original"])
        if truth is not None:
            lines = truth[result.frame]["lines"]
            asked, ignored = (_texts(line for line in lines if line["ignore"] is skip) for skip in (False, True))
            counts = {role: counts[role] + bag_of_words(texts[role], asked, ignored) for role in counts}
        yield Agreement(result.done_s, both, dict(counts) if truth is not None else None)


def read_truth(clip: Path, frames: int) -> list[dict] | None:
    """The texts beside a clip that the project rendered; None for other videos."""
    path = clip.with_suffix(".jsonl")
    return video_texts.read_truth(path, frames) if path.is_file() else None


def _texts(lines) -> list[str]:
    return [line["text"] for line in lines]
