"""Texts with their times as subtitles: SubRip (SRT) and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from collections.abc import Iterable, Iterator

from tflite_ocr.video.tracks import TrackSummary

SHORTEST_S = 0.1  # what is shown more briefly nobody can read


def write_srt(texts: Iterable[TrackSummary]) -> Iterator[str]:
    """Pieces of an SRT file: each text from its first to its last time."""
    for number, text in enumerate(_readable(texts), 1):
        yield f"{number}\n{stamp(text.start_s, ',')} --> {stamp(text.end_s, ',')}\n{_one_line(text.text)}\n\n"


def write_vtt(texts: Iterable[TrackSummary]) -> Iterator[str]:
    """Pieces of a WebVTT file: the same; cues are named by their track."""
    yield "WEBVTT\n\n"
    for text in _readable(texts):
        escaped = _one_line(text.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"{text.id}\n{stamp(text.start_s)} --> {stamp(text.end_s)}\n{escaped}\n\n"


def stamp(time_s: float, point: str = ".") -> str:
    """A time as hh:mm:ss.mmm; `point` stands before the milliseconds."""
    total_ms = max(0, round(time_s * 1000))
    minutes, left_ms = divmod(total_ms, 60_000)
    seconds, milliseconds = divmod(left_ms, 1000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{point}{milliseconds:03}"


def _readable(texts: Iterable[TrackSummary]) -> list[TrackSummary]:
    kept = [text for text in texts if text.end_s - text.start_s >= SHORTEST_S]
    return sorted(kept, key=lambda text: (text.start_s, text.id))


def _one_line(text: str) -> str:
    return " ".join(text.split())


WRITERS = {"srt": write_srt, "vtt": write_vtt}
