"""Whether a video is read rightly: every true text found, and none of them twice.

    python -m demo clip --out out
    python -m benchmarks video-texts out/clip.mp4 [--model MODEL] [--threads N]

Beside the clip lies its truth, one JSON line a frame, as `demo clip` writes it: {"frame", "lines": [{"id", "text",
"quad", "ignore"}]}, where an id stays with a text as long as it is shown and "ignore" marks what the picture's border
or a transition hides. Texts are compared by their letters a-z and digits.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from evaluation.texts import key
from tflite_ocr import models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError
from tflite_ocr.page import TrackedLine
from tflite_ocr.reader import Reader

_SHOWN = 5  # texts named in a line of the summary


class TruthError(OcrError):
    """What should stand in a clip's frames is missing or for another clip."""

    exit_code = 9


@dataclass
class TextScore:
    """What was found of one true text.

    Attributes:
        text: What it says.
        frames: In how many it is shown and not ignored.
        found: In how many of these it was read rightly, in one line or in pieces from left to right.
        twice: In how many it was listed more than once.
        tracks: Numbers of the tracks that said it.
    """

    text: str
    frames: int = 0
    found: int = 0
    twice: int = 0
    tracks: set[int] = field(default_factory=set)


@dataclass
class Score:
    """Of a whole clip.

    Attributes:
        texts: By the id of the true text; those that are ignored in all frames are skipped.
        others: Subtitles that say nothing that is true, with how often each stands there.
    """

    texts: dict[int, TextScore]
    others: Counter

    @property
    def share(self) -> float:
        """Of all true texts in all frames, what was found."""
        texts = self.texts.values()
        return sum(text.found for text in texts) / max(1, sum(text.frames for text in texts))

    @property
    def mostly(self) -> float:
        """Share of the texts that were found in at least half of their frames."""
        return sum(2 * text.found >= text.frames for text in self.texts.values()) / max(1, len(self.texts))


def score(truth: Sequence[dict], frames: Iterable[tuple[int, Sequence[TrackedLine]]]) -> Score:
    """Compares frame by frame, by place and text.

    Args:
        truth: One record a frame, see the module.
        frames: (index, lines) of the frames that were read.

    Returns:
        The score, without `others`.
    """
    texts: dict[int, TextScore] = {}
    read = dict(frames)
    for record in truth:
        lines = read.get(record["frame"], ())
        for true in record["lines"]:
            if not true["ignore"]:
                _count(texts.setdefault(true["id"], TextScore(true["text"])), true, lines)
    return Score(texts, Counter())


def _count(text: TextScore, true: dict, lines: Sequence[TrackedLine]) -> None:
    quad = np.float32(true["quad"])
    near = sorted(
        (line for line in lines if _meet(quad, np.float32(line.quad))), key=lambda line: sum(x for x, _ in line.quad)
    )
    same = [line for line in near if key(line.text) == key(true["text"])]
    text.frames += 1
    text.found += bool(same) or "".join(key(line.text) for line in near) == key(true["text"])
    text.twice += len(same) > 1
    text.tracks.update(line.track for line in same)


def _meet(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the middle of one quad lies in the other."""
    return any(
        cv2.pointPolygonTest(outer, tuple(map(float, inner.mean(axis=0))), False) >= 0
        for outer, inner in ((first, second), (second, first))
    )


def read_truth(path: Path) -> list[dict]:
    """The truth of a clip.

    Raises:
        TruthError: There is none, or it is not as expected.
    """
    if not path.is_file():
        raise TruthError(
            f"{path}: expected the texts of the clip's frames, found no such file; "
            "python -m demo clip renders a clip with them"
        )
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for record in records:
            int(record["frame"])
            if any({"id", "text", "quad", "ignore"} - set(line) for line in record["lines"]):
                raise ValueError("a line without id, text, quad or ignore")
    except (ValueError, TypeError, KeyError) as error:
        raise TruthError(
            f"{path}: expected a JSON line for every frame of a clip, found {error}; render the clip again"
        ) from None
    return records


def summary(found: Score) -> str:
    """The score in words."""
    texts = found.texts.values()
    lines = sum(text.frames for text in texts)
    missed = [text for text in texts if text.found < 0.95 * text.frames]
    worst = sorted(missed, key=lambda text: text.found / text.frames)
    several = [text for text in texts if len(text.tracks) > 1]
    return "\n".join(
        (
            f"{found.share:.2%} of {lines} true texts of all frames found",
            f"{sum(text.found > 0 for text in texts)} of {len(texts)} texts found, "
            f"{found.mostly:.2%} in half their frames",
            f"{sum(text.twice for text in texts)} times a text twice in a frame; "
            f"{len(several)} texts in several tracks",
            f"{sum(found.others.values())} subtitles that say nothing true: {_some(found.others)}",
            "found least: "
            + ("; ".join(f"{text.text} ({text.found} of {text.frames})" for text in worst[:_SHOWN]) or "-"),
        )
    )


def _some(texts: Counter) -> str:
    return "; ".join(f"{text} ({count})" for text, count in texts.most_common(_SHOWN)) or "-"


def measure(clip: Path, model: str, threads: int) -> Score:
    """Reads a clip that has its truth beside it, in a file of the same name ending in .jsonl.

    Raises:
        TruthError: The truth is missing, or it is that of another clip.
        VideoReadError: The clip cannot be read.
    """
    truth = read_truth(clip.with_suffix(".jsonl"))
    with Reader(model, threads=threads).read_video(clip) as reading:
        frames = [(frame.index, frame.lines) for frame in reading]
        said = [text.text for text in reading.texts()]
    if len(frames) != len(truth):
        raise TruthError(
            f"{clip}: expected {len(truth)} frames, as its texts are for, found {len(frames)}; render the clip again"
        )
    found = score(truth, frames)
    true = {key(line["text"]) for record in truth for line in record["lines"]}
    found.others.update(text for text in said if key(text) not in true)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks video-texts", description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP", help="rendered by python -m demo clip")
    parser.add_argument("--model", help="model name or folder (the Reader's own)")
    parser.add_argument("--threads", type=positive, default=2, help="processor threads (2)")
    options = parser.parse_args(arguments)
    try:
        for clip in options.clips:
            found = measure(clip, os.fspath(models.find(options.model)), options.threads)
            print(f"{clip}:\n{summary(found)}", flush=True)
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0
