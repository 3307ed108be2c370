"""From values anywhere to the nearest of 256 steps."""

import numpy as np

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_LEFT, _WIDTH, _AXIS = theme.LEFT + 20, 1040.0, 700.0
_HALF = 6.0  # the axis shows -6 to 6
_RANGE = 2.6  # what calibration keeps
_DRAWN_STEPS = 32  # of 256, so that they can be distinguished
_RIGHT = 1244.0


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """A histogram of values, its range closing in, the grid, and what it saves."""
    beats = scene.beats
    closing = easing.glide(time_s, beats[1] + 0.8, 1.6)
    half = easing.mix(_HALF * 0.93, _RANGE, closing)
    _histogram(stage, time_s, beats[0], half, closing)
    _range(stage, time_s, beats[1], half)
    grid = easing.glide(time_s, beats[2] + 0.3, 1.2)
    _values(stage, time_s, beats[0] + 0.6, half, easing.glide(time_s, beats[2] + 1.6, 1.4))
    _grid(stage, half, grid)
    _bytes(stage, time_s, beats)
    _sizes(stage, time_s, beats[3], facts)


def _x(value: float) -> float:
    return _LEFT + _WIDTH / 2 + value / _HALF * _WIDTH / 2


def _histogram(stage: Stage, time_s: float, start_s: float, half: float, closing: float) -> None:
    count = 96
    for number in range(count):
        value = (number + 0.5) / count * 2 * _HALF - _HALF
        share = np.exp(-(value**2) / 1.5) + 0.05 * np.exp(-((value - 4.2) ** 2) / 0.1)
        grown = easing.enter(time_s, start_s + 0.01 * abs(number - count / 2), 0.9)
        inside = abs(value) <= half
        color = theme.OURS if inside else theme.BAD
        alpha = 0.5 if inside else 0.75
        if closing > 0.5 and inside:
            alpha = 0.38
        tall = 330 * share * grown
        stage.box(_x(value) - 4, _AXIS - 24 - tall, 8, max(1.0, tall), color, None, 3, alpha)
    stage.line([(_LEFT, _AXIS), (_LEFT + _WIDTH * easing.enter(time_s, start_s), _AXIS)], theme.SOFT, 3)
    for value in (-6, -3, 0, 3, 6):
        stage.text(f"{value}", _x(value), _AXIS + 118, theme.TICK, theme.FAINT, "middle", easing.enter(time_s, start_s))


def _range(stage: Stage, time_s: float, start_s: float, half: float) -> None:
    alpha = easing.enter(time_s, start_s)
    for side in (-half, half):
        stage.line([(_x(side), _AXIS - 400), (_x(side), _AXIS + 16)], theme.WARN, 4, alpha)
    stage.line([(_x(-half), _AXIS - 400), (_x(half), _AXIS - 400)], theme.WARN, 4, alpha)
    text = "calibrated range" if half < _HALF * 0.6 else "range of all values"
    stage.text(text, _x(0), _AXIS - 420, theme.LABEL, theme.WARN, "middle", alpha)


def _grid(stage: Stage, half: float, grown: float) -> None:
    for number in range(_DRAWN_STEPS + 1):
        value = -half + 2 * half * number / _DRAWN_STEPS
        reach = 18 * easing.share(grown * 1.6, abs(number / _DRAWN_STEPS - 0.5) * 1.1, 0.5)
        if reach > 0:
            stage.line([(_x(value), _AXIS - reach), (_x(value), _AXIS + reach)], theme.GOOD, 3)
    if grown > 0:
        note = f"{_DRAWN_STEPS} of the 256 steps are drawn"
        stage.text(note, _x(0), _AXIS + 90, theme.SMALL, theme.GOOD, "middle", grown)


def _values(stage: Stage, time_s: float, start_s: float, half: float, snapped: float) -> None:
    """Values above the axis that drop to it, and then to the nearest step."""
    values = np.random.default_rng(2).normal(0, 1.0, 34)
    for number, value in enumerate(values):
        step = 2 * half / _DRAWN_STEPS
        near = float(np.clip(np.rint((value + half) / step) * step - half, -half, half))
        fall = easing.glide(time_s, start_s + 0.05 * number, 0.8)
        if fall <= 0:
            continue
        y = easing.mix(_AXIS - 250, _AXIS + 48, fall)
        x = _x(easing.mix(value, near, snapped))
        color = theme.GOOD if snapped > 0.9 else theme.INK
        stage.dot(x, y - 48 * snapped, 7, color, 0.9 * min(1, fall * 3))


def _bytes(stage: Stage, time_s: float, beats: tuple[float, ...]) -> None:
    """Thirty-two bits that become eight, and the formula."""
    alpha = easing.enter(time_s, beats[0] + 0.8)
    kept = easing.glide(time_s, beats[2] + 2.0, 1.4)
    top = parts.CONTENT_TOP + 66
    with stage.faded(alpha):
        stage.text("one value", _RIGHT, top - 18, theme.LABEL, theme.SOFT)
        for bit in range(32):
            column, row = bit % 8, bit // 8
            gone = kept if row else 0.0
            color, alpha = (theme.OURS, 0.95) if row == 0 else (theme.ORIGINAL, 0.7)
            stage.box(_RIGHT + column * 50, top + row * 50 + 26 * gone, 40, 40, color, None, 8, (1 - gone) * alpha)
        stage.text("float32", _RIGHT + 424, top + 30, theme.NUMBER, theme.ORIGINAL, "left", 1 - kept)
    stage.text("int8", _RIGHT + 424, top + 30, theme.NUMBER, theme.OURS, "left", kept)
    with parts.entering(stage, time_s, beats[2] + 0.8, dy=14):
        stage.box(_RIGHT, top + 232, 560, 118, theme.PANEL, theme.PANEL_EDGE)
        stage.text("q = round(x / scale) + zero", _RIGHT + 28, top + 280, theme.CODE, theme.INK)
        stage.text("x ≈ (q − zero) · scale", _RIGHT + 28, top + 324, theme.CODE, theme.SOFT)


def _sizes(stage: Stage, time_s: float, start_s: float, facts: FilmFacts) -> None:
    shown = [bar for bar in facts.sizes if bar.label in ("float32", "int8")]
    scale, top = 300 / max((bar.value for bar in shown), default=1.0), parts.CONTENT_TOP + 492
    if shown:
        alpha = easing.enter(time_s, start_s - 0.2)
        stage.text("size of the model", _RIGHT, top - 6, theme.LABEL, theme.SOFT, alpha=alpha)
    for row, bar in enumerate(shown):
        share = easing.enter(time_s, start_s + 0.3 * row, 1.0)
        color = theme.ORIGINAL if bar.label == "float32" else theme.OURS
        y, width = top + 18 + 76 * row, scale * bar.value * share
        stage.box(_RIGHT, y, width, 52, color, None, 8, 0.9)
        stage.text(f"{bar.value * share:.1f} MB", _RIGHT + width + 20, y + 37, theme.NUMBER, alpha=share)
