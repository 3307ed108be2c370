"""What several scenes show: headings, chips, bars."""

from collections.abc import Sequence

from benchmarks.report.palette import LOOKS
from demo.film import easing, theme
from demo.film.facts import Bar
from demo.film.stage import Stage, measure

HEADING_BASELINE = 128.0
CONTENT_TOP = 184.0


def heading(stage: Stage, time_s: float, text: str) -> None:
    """The scene's title with a bar that grows before it."""
    grown = easing.enter(time_s, 0.0, 0.5)
    stage.box(theme.LEFT, HEADING_BASELINE - 48, 8, 56 * grown, theme.OURS, None, 4)
    alpha = easing.enter(time_s, 0.1, 0.6)
    with stage.faded(alpha, dx=-24 * (1 - alpha)):
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
    unit: str,
    digits: int = 0,
    label_width: float = 420,
    second: str | None = None,
) -> None:
    """Horizontal bars with labels before them and values behind.

    Args:
        stage: Where to draw.
        shown: A bar each.
        area: (left, top, width, height).
        grown: How far each bar has grown, 0 to 1; its number counts with it.
        unit: Behind each value.
        digits: Behind the point.
        label_width: Room for labels.
        second: Title of the second figure, which stands at the right; None for none.
    """
    left, top, width, height = area
    step = height / max(1, len(shown))
    thick = min(54.0, step * 0.56)
    room = width - label_width - 200 - (150 if second else 0)
    longest = max((bar.high for bar in shown), default=1.0)
    for row, (bar, share) in enumerate(zip(shown, grown, strict=True)):
        y = top + step * (row + 0.5)
        ours, color = bar.family == "ours", color_of(bar)
        with stage.faded(easing.share(share, 0, 0.25)):
            kind = theme.LABEL if ours else theme.SMALL
            label = bar.label + (f" (recorded on {bar.recorded_on})" if bar.recorded_on else "")
            stage.text(
                _fitting(label, label_width - 24, kind),
                left + label_width - 24,
                y + 9,
                kind,
                theme.INK if ours else theme.SOFT,
                "right",
            )
            length = end = max(4.0, room * bar.value / longest * share)
            stage.box(left + label_width, y - thick / 2, length, thick, color, None, 7, 1.0 if ours else 0.62)
            if share > 0.98 and bar.high > bar.low:
                low, high = (room * value / longest for value in (bar.low, bar.high))
                stage.line([(left + label_width + low, y), (left + label_width + high, y)], theme.INK, 2, 0.7)
            if bar.high > bar.low:  # the number stands behind the line of the spread
                end = max(length, room * bar.high / longest * share)
            text = f"{bar.value * share:.{digits}f}{unit}"
            stage.text(text, left + label_width + end + 22, y + 11, theme.NUMBER, theme.INK if ours else theme.SOFT)
            if second and bar.second is not None:
                stage.text(
                    f"{bar.second:.3f}",
                    left + width,
                    y + 11,
                    theme.NUMBER,
                    theme.INK if ours else theme.SOFT,
                    "right",
                    easing.share(share, 0.8, 0.2),
                )
    if second:
        stage.text(second, left + width, top - 6, theme.SMALL, theme.FAINT, "right", max(grown, default=0))


def staggered(time_s: float, start_s: float, count: int, step_s: float = 0.14, length_s: float = 1.1) -> list[float]:
    """Shares of things that enter one after the other."""
    return [easing.enter(time_s, start_s + step_s * i, length_s) for i in range(count)]


def _fitting(text: str, width: float, kind: theme.Type) -> str:
    """The text, shortened where it is wider."""
    if measure(text, kind) <= width:
        return text
    while text and measure(text + "…", kind) > width:
        text = text[:-1]
    return text.rstrip() + "…"
