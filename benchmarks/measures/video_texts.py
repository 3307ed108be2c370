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
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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
    """What was found of one true text."""

    text: str  # What it says
    frames: int = 0  # In how many it is shown and not ignored
    found: int = 0  # In how many of these it was read rightly, in one line or in pieces from left to right
    twice: int = 0  # In how many it was listed more than once
    tracks: set[int] = field(default_factory=set)  # Numbers of the tracks that said it


def score(truth: Sequence[dict], frames: Iterable[tuple[int, Sequence[TrackedLine]]]) -> dict[int, TextScore]:
    """Compares frame by frame, by place and text.

    Returns:
        By the id of the true text; those that are ignored in all frames are skipped.
    """
    texts: dict[int, TextScore] = {}
    read = dict(frames)
    for record in truth:
        for true in record["lines"]:
            if not true["ignore"]:
                _count(texts.setdefault(true["id"], TextScore(true["text"])), true, read.get(record["frame"], ()))
    return texts


def _count(text: TextScore, true: dict, lines: Sequence[TrackedLine]) -> None:
    quad = np.float32(true["quad"])
    near = [line for line in lines if _meet(quad, np.float32(line.quad))]
    near.sort(key=lambda line: sum(x for x, _ in line.quad))
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


def read_truth(path: Path, frames: int | None = None) -> list[dict]:
    """The truth of a clip, with that number of frames where it is known.

    Raises:
        TruthError: There is none, it is not as expected, or it is that of another clip.
    """
    if not path.is_file():
        advice = "python -m demo clip renders a clip with them"
        raise TruthError(f"{path}: expected the texts of the clip's frames, found no such file; {advice}")
    again = "render the clip again"
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for record in records:
            int(record["frame"])
            if any({"id", "text", "quad", "ignore"} - set(line) for line in record["lines"]):
                raise ValueError("a line without id, text, quad or ignore")
    except (ValueError, TypeError, KeyError) as error:
        raise TruthError(f"{path}: expected a JSON line for every frame of a clip, found {error}; {again}") from None
    if frames is not None and len(records) != frames:
        raise TruthError(f"{path}: expected the texts of {frames} frames, found {len(records)}; {again}")
    return records


def summary(texts: Iterable[TextScore], others: Counter) -> str:
    """The score in words; `others` are subtitles that say nothing that is true, with how often each stands there."""
    texts = list(texts)
    lines, found = sum(text.frames for text in texts), sum(text.found for text in texts)
    mostly = sum(2 * text.found >= text.frames for text in texts)
    missed = [text for text in texts if text.found < 0.95 * text.frames]
    worst = sorted(missed, key=lambda text: text.found / text.frames)[:_SHOWN]
    several = sum(len(text.tracks) > 1 for text in texts)
    listed = "; ".join(f"{text} ({count})" for text, count in others.most_common(_SHOWN)) or "-"
    least = "; ".join(f"{text.text} ({text.found} of {text.frames})" for text in worst) or "-"
    return (
        f"{found / max(1, lines):.2%} of {lines} true texts of all frames found\n"
        f"{sum(text.found > 0 for text in texts)} of {len(texts)} texts found, "
        f"{mostly / max(1, len(texts)):.2%} in half their frames\n"
        f"{sum(text.twice for text in texts)} times a text was listed twice in a frame; "
        f"{several} texts in several tracks\n"
        f"{others.total()} subtitles without a true text: {listed}\n"
        f"found least often: {least}"
    )


def measure(clip: Path, model: str, threads: int) -> str:
    """Reads a clip that has its truth beside it, in a file of the same name ending in .jsonl; see summary."""
    path = clip.with_suffix(".jsonl")
    read_truth(path)  # before minutes of reading
    with Reader(model, threads=threads).read_video(clip) as reading:
        frames = [(frame.index, frame.lines) for frame in reading]
        said = [text.text for text in reading.texts()]
    truth = read_truth(path, len(frames))
    true = {key(line["text"]) for record in truth for line in record["lines"]}
    return summary(score(truth, frames).values(), Counter(text for text in said if key(text) not in true))


def arguments(add: Callable) -> None:
    add("clips", nargs="+", type=Path, metavar="CLIP", help="rendered by python -m demo clip")
    add("--model", help="model name or folder (the Reader's own)")
    add("--threads", type=positive, default=2, help="processor threads (2)")


def run(options: argparse.Namespace) -> int:
    """Measures and prints; returns the exit code."""
    for clip in options.clips:
        print(f"{clip}:\n{measure(clip, os.fspath(models.find(options.model)), options.threads)}", flush=True)
    return 0
