"""Channels that carry little fall out of a layer, classes out of the recogniser's end."""

import numpy as np

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_CHANNELS = 20
_KEPT = 12
_BASE, _PITCH, _TALL = 700.0, 46.0, 370.0
_HEAD = 1120.0


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """A layer's channels by their weight on the left, the head's classes on the right."""
    beats = scene.beats
    _channels(stage, time_s, beats[0])
    _head(stage, time_s, beats[1], facts)


def _channels(stage: Stage, time_s: float, start_s: float) -> None:
    norms = np.random.default_rng(11).beta(1.5, 2.0, _CHANNELS) * 0.92 + 0.08
    kept = norms >= np.sort(norms)[_CHANNELS - _KEPT]
    limit = float((np.sort(norms)[_CHANNELS - _KEPT] + np.sort(norms)[_CHANNELS - _KEPT - 1]) / 2)
    mark = easing.glide(time_s, start_s + 1.3, 0.7)
    closing = easing.glide(time_s, start_s + 3.6, 1.0)
    alpha, y = easing.enter(time_s, start_s), parts.CONTENT_TOP + 50
    stage.text("weight of each channel", theme.LEFT, y, theme.LABEL, theme.SOFT, alpha=alpha)
    place = 0
    for number, norm in enumerate(norms):
        grown = easing.enter(time_s, start_s + 0.05 * number, 0.7)
        x = theme.LEFT + easing.mix(number, place if kept[number] else number, closing) * _PITCH
        fall = 0.0 if kept[number] else easing.share(time_s, start_s + 2.2 + 0.08 * number, 0.9) ** 2
        color = theme.OURS if kept[number] or mark < 0.6 else theme.BAD
        height = _TALL * norm * grown
        stage.box(x, _BASE - height + 150 * fall, 34, height, color, None, 6, (1 - fall) * 0.92)
        place += bool(kept[number])
    y = _BASE - _TALL * limit
    stage.line([(theme.LEFT - 8, y), (theme.LEFT - 8 + (_CHANNELS * _PITCH + 6) * mark, y)], theme.WARN, 3, 1 - closing)
    stage.line([(theme.LEFT - 8, _BASE + 10), (theme.LEFT + _CHANNELS * _PITCH, _BASE + 10)], theme.RULE, 3)
    note, alpha = "dense again: smaller matrices, the same kernels", easing.enter(time_s, start_s + 4.2)
    stage.text(note, theme.LEFT, _BASE + 70, theme.BODY, alpha=alpha)


def _head(stage: Stage, time_s: float, start_s: float, facts: FilmFacts) -> None:
    """The head as a block of rows, of which a thin part stays; the measured sizes beside it."""
    gone = easing.glide(time_s, start_s + 1.6, 1.4)
    top = parts.CONTENT_TOP + 84
    kept = 46.0
    with parts.entering(stage, time_s, start_s - 0.4, dx=30):
        stage.text("classes of the recogniser's head", _HEAD, top - 34, theme.LABEL, theme.SOFT)
        rows = 17
        for row in range(rows):
            fall = easing.share(gone * 1.5, 0.5 * (rows - row) / rows, 0.5) ** 2 if row else 0.0
            y = top + row * 25
            color = theme.OURS if row == 0 else theme.SOURCES["onnx"]
            height = 20 if row else easing.mix(20, kept, gone)
            stage.box(_HEAD + 240 * fall, y, 260, height, color, None, 4, (1 - fall) * (0.95 if row == 0 else 0.55))
        stage.text(f"{facts.texts['classes']} kept", _HEAD + 290, top + 33, theme.NUMBER, theme.OURS, "left", gone)
    sizes = {bar.label: bar for bar in facts.sizes}
    if "original, ONNX" in sizes and "float32" in sizes:
        with parts.entering(stage, time_s, start_s + 2.4, dy=16):
            _shrunk(stage, sizes["original, ONNX"].value, sizes["float32"].value)


def _shrunk(stage: Stage, before: float, after: float) -> None:
    x, y = _HEAD + 290, parts.CONTENT_TOP + 250
    stage.text("float32, all networks", x, y, theme.SMALL, theme.SOFT)
    for row, (value, color) in enumerate(((before, theme.SOURCES["onnx"]), (after, theme.OURS))):
        top = y + 26 + 74 * row
        stage.box(x, top, 200 * value / before, 50, color, None, 8, 0.9)
        stage.text(f"{value:.1f} MB", x + 200 * value / before + 20, top + 37, theme.NUMBER, theme.INK)
