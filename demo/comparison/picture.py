"""One picture of the comparison: the clip twice, what each reader has read by now, and how it fares."""

import numpy as np

from demo.comparison.agreement import Agreement
from demo.comparison.records import FrameResult, Record
from demo.film import theme
from demo.film.stage import Stage, measure
from evaluation.texts import MatchCounts

PANE_WIDTH, PANE_HEIGHT = 832, 468
_TOP = 166.0
_LEFTS = {"original": float(theme.LEFT), "converted": float(theme.RIGHT - PANE_WIDTH)}
_COLORS = {"original": theme.ORIGINAL, "converted": theme.OURS}
_TILES = 656.0
_STRIP_S = 8.0  # of results under each picture
_TAG = theme.Type("sans medium", 18)
_TAG_HEIGHT = 22.0
_WORST_LOAD = 0.5  # of other programs a core, from which on the picture says so


def draw(
    stage: Stage,
    pane: np.ndarray,
    clip_width: int,
    time_s: float,
    found: dict[str, Record],
    agreement: Agreement | None,
    cores: int,
) -> None:
    """Draws a time of the clip.

    Args:
        pane: The clip's frame, uint8 RGBA of any size of its proportions.
        clip_width: Width of the video that was read, in whose pixels the quads are.
        found: Records by role.
        agreement: The newest at this time; None before the first.
    """
    stage.clear()
    for role, record in found.items():
        result = record.newest(time_s)
        _head(stage, role, record)
        _pane(stage, role, pane, clip_width, result)
        _strip(stage, role, record, time_s)
        _tiles(stage, role, record, result)
    _agreement(stage, agreement)
    load = max(record.load for record in found.values())
    if load > _WORST_LOAD * cores:
        text = f"Other programs ran meanwhile (load {load:.1f}): times are too long"
        stage.text(text, theme.LEFT, 886, theme.SMALL, theme.WARN)


def _head(stage: Stage, role: str, record: Record) -> None:
    left = _LEFTS[role]
    stage.box(left, 68, 8, 70, _COLORS[role], None, 4)
    stage.text(record.title, left + 26, 98, theme.Type("display", 40))
    detail = record.detail
    if role == "original" and record.recorded_on:
        detail = f"PyTorch, float32, GPU: recorded on {record.recorded_on}"
    elif role == "original" and "GPU" not in detail:
        detail += "   ·   GPU: not measured here"
    elif role == "converted" and record.every > 1:
        ordinal = {2: "second", 3: "third", 4: "fourth"}.get(record.every, f"{record.every}th")
        detail += f"   ·   every {ordinal} frame searched"
    stage.text(detail, left + 26, 136, theme.SMALL, theme.SOFT)


def _pane(stage: Stage, role: str, pane: np.ndarray, clip_width: int, result: FrameResult | None) -> None:
    left = _LEFTS[role]
    stage.picture(pane, left, _TOP, PANE_WIDTH, PANE_HEIGHT, 10)
    if result is None:
        return
    scale, taken = PANE_WIDTH / clip_width, []
    for line in result.lines:
        corners = np.array(line["quad"], float) * scale + (left, _TOP)
        corners[:, 0] = np.clip(corners[:, 0], left, left + PANE_WIDTH)
        corners[:, 1] = np.clip(corners[:, 1], _TOP, _TOP + PANE_HEIGHT)
        stage.quad(corners, _COLORS[role], 2.5)
        _tag(stage, role, line["text"], corners, taken)


def _tag(stage: Stage, role: str, text: str, corners: np.ndarray, taken: list[tuple[float, float, float]]) -> None:
    """What was read, above its quad; below it at the picture's upper edge and where another tag (x, y, width) is."""
    left, right = _LEFTS[role], _LEFTS[role] + PANE_WIDTH
    width = measure(text, _TAG) + 12
    if width > PANE_WIDTH:
        return
    x = min(max(corners[:, 0].min(), left), right - width)
    y = tag_top(x, width, corners, taken)
    if y is None:
        return
    taken.append((x, y, width))
    stage.box(x, y, width, _TAG_HEIGHT, "#0a0d12", None, 4, 0.82)
    stage.text(text, x + 6, y + 17, _TAG, _COLORS[role])


def tag_top(x: float, width: float, corners: np.ndarray, taken: list[tuple[float, float, float]]) -> float | None:
    """Upper edge of a tag for a quad [4, 2]; None where there is no room for one in the pane."""

    def free(y: float) -> bool:
        return not any(abs(y - top) < _TAG_HEIGHT and x < left + wide and left < x + width for left, top, wide in taken)

    places = (corners[:, 1].min() - _TAG_HEIGHT - 2, corners[:, 1].max() + 2)
    places = [y for y in places if _TOP <= y <= _TOP + PANE_HEIGHT - _TAG_HEIGHT]
    return next(filter(free, places), places[0] if places else None)


def _strip(stage: Stage, role: str, record: Record, time_s: float) -> None:
    """A tick for every result that was finished in the last seconds; the newest at the right."""
    left, y = _LEFTS[role], _TOP + PANE_HEIGHT + 8
    stage.line([(left, y), (left + PANE_WIDTH, y)], theme.RULE, 1)
    for done_s in record.finished(time_s - _STRIP_S, time_s):
        x = left + PANE_WIDTH * (1 - (time_s - done_s) / _STRIP_S)
        stage.line([(x, y - 3), (x, y + 3)], _COLORS[role], 2, 0.9)


def _tiles(stage: Stage, role: str, record: Record, result: FrameResult | None) -> None:
    tiles = [
        ("frames per second", _number(record.capacity_fps), ""),
        ("one frame alone", _number(record.alone_ms), "ms"),
    ]
    if record.recorded_on is None:
        tiles.append(("processor", f"{result.cpu_percent:.0f}" if result else "–", "%"))
        tiles.append(("memory", f"{result.rss_mib:,.0f}" if result else "–", "MiB"))
    if result and result.gpu_percent is not None:
        tiles.append(("GPU", f"{result.gpu_percent:.0f}", "%"))
    step = PANE_WIDTH / max(4, len(tiles))
    for number, (label, value, unit) in enumerate(tiles):
        x = _LEFTS[role] + number * step
        stage.box(x, _TILES, step - 12, 112, theme.PANEL, theme.PANEL_EDGE, 12)
        stage.text(label, x + 16, _TILES + 36, theme.Type("sans", 22), theme.SOFT)
        kind = theme.Type("mono bold", 44 if len(tiles) <= 4 else 34)
        end = stage.text(value, x + 16, _TILES + 90, kind, _COLORS[role] if number < 2 else theme.INK)
        stage.text(unit, end + 8, _TILES + 90, theme.Type("sans", 22), theme.SOFT)


def _agreement(stage: Stage, agreement: Agreement | None) -> None:
    y = 796.0
    stage.text("words that both read alike", theme.LEFT, y + 34, theme.LABEL, theme.SOFT)
    left, width = theme.LEFT + 400.0, 560.0
    stage.box(left, y + 12, width, 26, theme.PANEL, theme.PANEL_EDGE, 8)
    if agreement is None or not agreement.both.true + agreement.both.found:
        return
    share = agreement.both.f1
    stage.box(left, y + 12, width * share, 26, theme.GOOD, None, 8, 0.9)
    stage.text(f"{100 * share:.1f} %", left + width + 22, y + 38, theme.NUMBER)
    if agreement.found is not None:
        x = theme.RIGHT - 540.0
        stage.text("of the clip's words", x, y + 34, theme.SMALL, theme.SOFT)
        for role, right in (("original", theme.RIGHT - 150), ("converted", theme.RIGHT)):
            stage.text(_share(agreement.found[role]), right, y + 38, theme.NUMBER, _COLORS[role], "right")


def _share(counts: MatchCounts) -> str:
    return f"{100 * counts.recall:.1f}%" if counts.true else "–"


def _number(value: float) -> str:
    digits = 2 if value < 0.995 else 1 if value < 9.95 else 0
    return f"{value:,.{digits}f}"
