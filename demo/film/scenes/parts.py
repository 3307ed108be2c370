"""What several scenes show: headings, chips, bars."""

import contextlib
from collections.abc import Iterator, Sequence

from benchmarks.report.palette import LOOKS
from demo.film import easing, theme
from demo.film.facts import Bar
from demo.film.stage import Stage, measure

HEADING_BASELINE = 128.0
CONTENT_TOP = 184.0
_LABELS = 480.0  # width of the labels of bars


@contextlib.contextmanager
def entering(
    stage: Stage, time_s: float, start_s: float, length_s: float = 0.7, dx: float = 0.0, dy: float = 0.0
) -> Iterator[float]:
    """What is drawn within comes in at a time, from (dx, dy) pixels beside its place; yields how far it has come."""
    alpha = easing.enter(time_s, start_s, length_s)
    with stage.faded(alpha, dx * (1 - alpha), dy * (1 - alpha)):
        yield alpha


def heading(stage: Stage, time_s: float, text: str) -> None:
    """The scene's title with a bar that grows before it."""
    grown = easing.enter(time_s, 0.0, 0.5)
    stage.box(theme.LEFT, HEADING_BASELINE - 48, 8, 56 * grown, theme.OURS, None, 4)
    with entering(stage, time_s, 0.1, 0.6, dx=-24):
        stage.text(text, theme.LEFT + 34, HEADING_BASELINE, theme.HEADING)


def chip(stage: Stage, x: float, y: float, text: str, color: str, alpha: float = 1.0) -> float:
    """A short text in a rounded field whose left top is (x, y); returns its width."""
    width = measure(text, theme.SMALL) + 36
    with stage.faded(alpha):
        stage.box(x, y, width, 46, color, None, 23, 0.16)
        stage.box(x, y, width, 46, None, color, 23, 0.75)
        stage.text(text, x + 18, y + 32, theme.SMALL, color)
    return width


def color_of(bar: Bar) -> str:
    """The colour of a bar's family, as in the report's dark page."""
    return LOOKS[bar.family].dark if bar.family in LOOKS else theme.SOFT


def bars(
    stage: Stage,
    shown: Sequence[Bar],
    area: tuple[float, float, float, float],
    grown: Sequence[float],
    second: str | None = None,
) -> None:
    """Horizontal bars of milliseconds with labels before them and values behind."""
    left, top, width, height = area
    step = height / max(1, len(shown))
    thick, start = min(54.0, step * 0.56), left + _LABELS
    scale = (width - _LABELS - 200 - (150 if second else 0)) / max((bar.high for bar in shown), default=1.0)
    for row, (bar, share) in enumerate(zip(shown, grown, strict=True)):
        y, color, ours = top + step * (row + 0.5), color_of(bar), bar.family == "ours"
        ink, kind = (theme.INK, theme.LABEL) if ours else (theme.SOFT, theme.SMALL)
        with stage.faded(easing.share(share, 0, 0.25)):
            label = bar.label + (f" (recorded on {bar.recorded_on})" if bar.recorded_on else "")
            stage.text(_fitting(label, _LABELS - 24, kind), start - 24, y + 9, kind, ink, "right")
            length = end = max(4.0, scale * bar.value * share)
            stage.box(start, y - thick / 2, length, thick, color, None, 7, 1.0 if ours else 0.62)
            if share > 0.98 and bar.high > bar.low:
                stage.line([(start + scale * bar.low, y), (start + scale * bar.high, y)], theme.INK, 2, 0.7)
            if bar.high > bar.low:  # the number stands behind the line of the spread
                end = max(length, scale * bar.high * share)
            stage.text(f"{bar.value * share:.0f} ms", start + end + 22, y + 11, theme.NUMBER, ink)
            if second and bar.second is not None:
                alpha = easing.share(share, 0.8, 0.2)
                stage.text(f"{bar.second:.3f}", left + width, y + 11, theme.NUMBER, ink, "right", alpha)
    if second:
        stage.text(second, left + width, top - 6, theme.SMALL, theme.FAINT, "right", max(grown, default=0))


def _fitting(text: str, width: float, kind: theme.Type) -> str:
    """The text, shortened where it is wider."""
    if measure(text, kind) <= width:
        return text
    while text and measure(text + "…", kind) > width:
        text = text[:-1]
    return text.rstrip() + "…"
