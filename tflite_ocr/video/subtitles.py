"""Texts with their times as subtitles: SubRip (SRT) and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tflite_ocr.video.tracks import TrackSummary, line_height

SHORTEST_S = 0.1  # seconds; nobody can read what is shown more briefly
_TOGETHER_S = 0.15  # seconds within which the lines of one subtitle appear and disappear
_MOST_LINES = 3  # more lines below each other are a page, not a subtitle
_LEADING = 1.0  # share of the line height; the gap between two lines of a subtitle is smaller
_AS_HIGH = 0.6  # of each other
_LISTED = 12  # values of one track that a plain list shows one by one; a clock has more


@dataclass(frozen=True)
class Cue:
    """Lines of text shown together, from the top; named by the track of the first, with -2, -3 ... for later values."""

    name: str
    start_s: float
    end_s: float
    lines: tuple[str, ...]


def cues(texts: Iterable[TrackSummary]) -> list[Cue]:
    """Groups texts to cues by time: lines below each other with equal times are one cue; brief texts are dropped."""
    waiting = [text for text in texts if text.end_s - text.start_s >= SHORTEST_S]
    waiting.sort(key=lambda text: (text.start_s, text.id))
    blocks: list[list[TrackSummary]] = []
    for text in waiting:
        touching = [block for block in blocks if any(_one_block(text, other) for other in block)]
        blocks = [block for block in blocks if block not in touching] + [sum(touching, []) + [text]]
    small, large = ([block for block in blocks if (len(block) > _MOST_LINES) == many] for many in (False, True))
    blocks = small + [[text] for block in large for text in block]
    for block in blocks:
        block.sort(key=lambda text: float(np.mean(np.array(text.quad, np.float32)[:, 1])))
    blocks.sort(key=lambda block: (min(text.start_s for text in block), min(text.id for text in block)))
    named: Counter[int] = Counter()
    found = []
    for block in blocks:
        named[block[0].id] += 1
        name = f"{block[0].id}-{named[block[0].id]}".removesuffix("-1")
        start_s, end_s = min(text.start_s for text in block), max(text.end_s for text in block)
        found.append(Cue(name, start_s, end_s, tuple(" ".join(text.text.split()) for text in block)))
    return found


def write_list(texts: Iterable[TrackSummary]) -> Iterator[str]:
    """Lines of a plain list: times and text, the lines of one cue with a slash between them.

    A track of many values, such as a clock, is one line with its first and last value.
    """
    values: dict[int, list[TrackSummary]] = {}
    for text in texts:
        values.setdefault(text.id, []).append(text)
    single = [text for same in values.values() if not _is_counter(same) for text in same]
    rows = [(cue.start_s, cue.end_s, " / ".join(cue.lines)) for cue in cues(single)]
    for same in filter(_is_counter, values.values()):
        same.sort(key=lambda text: text.start_s)
        first, last = (" ".join(text.text.split()) for text in (same[0], same[-1]))
        shown = f"{first} ... {last} ({len(same)} values, each in --srt)"
        rows.append((same[0].start_s, max(text.end_s for text in same), shown))
    for start_s, end_s, shown in sorted(rows, key=lambda row: row[0]):
        yield f"{stamp(start_s)} {stamp(end_s)} {shown}\n"


def _is_counter(same: list[TrackSummary]) -> bool:
    """Whether summaries of one track are changing values, too many to be listed."""
    return len({text.text for text in same}) > _LISTED


def write_srt(texts: Iterable[TrackSummary]) -> Iterator[str]:
    """Pieces of an SRT file: each cue from its first to its last time."""
    for number, cue in enumerate(cues(texts), 1):
        text = "\n".join(cue.lines)
        yield f"{number}\n{stamp(cue.start_s, ',')} --> {stamp(cue.end_s, ',')}\n{text}\n\n"


def write_vtt(texts: Iterable[TrackSummary]) -> Iterator[str]:
    """Pieces of a WebVTT file: cues as in write_srt, named by their track."""
    yield "WEBVTT\n\n"
    for cue in cues(texts):
        text = "\n".join(cue.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{cue.name}\n{stamp(cue.start_s)} --> {stamp(cue.end_s)}\n{text}\n\n"


def _one_block(first: TrackSummary, second: TrackSummary) -> bool:
    """Whether two texts are lines of one subtitle."""
    if abs(first.start_s - second.start_s) > _TOGETHER_S or abs(first.end_s - second.end_s) > _TOGETHER_S:
        return False
    quads = [np.array(text.quad, np.float32) for text in (first, second)]
    upper, lower = sorted(quads, key=lambda quad: float(quad[:, 1].mean()))
    heights = line_height(upper), line_height(lower)
    gap = lower[:, 1].min() - upper[:, 1].max()
    shared = min(upper[:, 0].max(), lower[:, 0].max()) - max(upper[:, 0].min(), lower[:, 0].min())
    narrower = min(np.ptp(upper[:, 0]), np.ptp(lower[:, 0]))
    return bool(
        min(heights) >= _AS_HIGH * max(heights)
        and -0.5 * min(heights) < gap < _LEADING * min(heights)
        and shared > 0.5 * narrower
    )


def stamp(time_s: float, point: str = ".") -> str:
    """A time as hh:mm:ss.mmm; `point` is the sign before the milliseconds."""
    total_ms = max(0, round(time_s * 1000))
    minutes, left_ms = divmod(total_ms, 60_000)
    seconds, milliseconds = divmod(left_ms, 1000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{point}{milliseconds:03}"


WRITERS = {"srt": write_srt, "vtt": write_vtt}
