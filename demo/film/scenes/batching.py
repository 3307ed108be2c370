"""Crops of one width travel together: what padding would waste, and what it wastes when they are sorted."""

import numpy as np

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_WORDS = (
    *("7-18", "Open", "Exit", "fresh rolls", "Platform", "Corner Bakery", "No entry", "Tuesday to Sunday", "Gate 12"),
    *("Whitlock & Sons, est. 1894", "Taxi", "Lost property, level 2"),
)
_LETTER = 22.0  # width of a letter of a crop 48 pixels high
_BUCKETS = 4
_TOP, _ROW = 224.0, 50.0


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """The crops in one padded batch; then sorted into batches of about their widths."""
    beats = scene.beats
    widths = np.array([len(word) * _LETTER for word in _WORDS])
    order = np.argsort(widths, kind="stable")
    targets = bucket_widths(widths[order], _BUCKETS)
    sorting = easing.glide(time_s, beats[1] + 0.4, 1.6)
    shrinking = easing.glide(time_s, beats[1] + 2.0, 1.2)
    for place, number in enumerate(order):
        alpha = easing.enter(time_s, beats[0] + 0.06 * number, 0.6)
        gap = 14.0 * (place * _BUCKETS // len(order))
        y = easing.mix(_TOP + number * _ROW, _TOP + place * _ROW + gap, sorting)
        padded = easing.mix(widths.max(), targets[place], shrinking)
        full = easing.enter(time_s, beats[0] + 1.6, 0.9)
        _crop(stage, y, _WORDS[number], widths[number], padded, alpha, full)
    before, after = (1 - widths.sum() / padded for padded in (widths.max() * len(widths), targets.sum()))
    _waste(stage, time_s, beats, before, after, facts)


def bucket_widths(widths: np.ndarray, buckets: int) -> np.ndarray:
    """The width to which each crop is padded, when sorted crops are cut into batches of equal numbers."""
    batches = np.array_split(widths, buckets)
    return np.concatenate([np.full(len(batch), batch.max()) for batch in batches])


def _crop(stage: Stage, y: float, word: str, width: float, padded: float, alpha: float, full: float) -> None:
    x, height = theme.LEFT, _ROW - 10
    with stage.faded(alpha):
        shown = width + (padded - width) * full
        stage.box(x, y, shown, height, theme.BAD, None, 6, 0.30)
        stage.box(x, y, width, height, "#24463a", "#8fb7a8", 6)
        stage.text(word, x + 14, y + 29, theme.Type("sans medium", 24), "#f3ead2")


def _waste(
    stage: Stage, time_s: float, beats: tuple[float, ...], before: float, after: float, facts: FilmFacts
) -> None:
    x, y = 960.0, parts.CONTENT_TOP + 90
    for start, title, share, color, what in (
        (beats[0] + 2.0, "one batch", before, theme.BAD, "of the pixels are padding"),
        (beats[1] + 2.2, "batches of like widths", after, theme.GOOD, "for the lines drawn here"),
    ):
        with parts.entering(stage, time_s, start, dy=16) as come:
            stage.text(title, x, y, theme.LABEL, theme.SOFT)
            stage.text(f"{share * 100 * come:.0f} %", x, y + 92, theme.FIGURE, color)
            stage.text(what, x + 230, y + 88, theme.LEAD, theme.SOFT)
        y += 196
    y -= 16
    with parts.entering(stage, time_s, beats[1] + 3.4) as come:
        widths = facts.widths
        title = f"the recogniser's {len(widths)} widths, {widths[0]} to {widths[-1]} pixels"
        stage.text(title, x, y, theme.LABEL, theme.SOFT)
        room = theme.RIGHT - x
        stage.line([(x, y + 74), (x + room * come, y + 74)], theme.RULE, 3)
        for number, width in enumerate(widths):
            grown, at = easing.enter(time_s, beats[1] + 3.5 + 0.02 * number, 0.5), x + room * width / widths[-1]
            stage.line([(at, y + 74), (at, y + 74 - 40 * grown)], theme.OURS, 3, 0.9 * grown)
