"""The first and the last picture: the name, and the commands to try it."""

import numpy as np

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_COMMANDS = (
    ("make convert", "a model for this machine"),
    ("make benchmark", "every figure of this film"),
    ("make demo", "this film, with new figures"),
)


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """The project's name over a field of values that turn into a grid."""
    _field(stage, time_s, scene.seconds)
    with parts.entering(stage, time_s, 0.3, 1.0, dy=30):
        stage.text("tflite-ocr", theme.LEFT + 40, 440, theme.DISPLAY)
    line = easing.enter(time_s, 0.8, 1.0)
    stage.box(theme.LEFT + 44, 478, 460 * line, 6, theme.OURS, None, 3)
    with stage.faded(easing.enter(time_s, 1.0, 1.0)):
        stage.text(scene.heading, theme.LEFT + 42, 560, theme.HEADING, theme.SOFT)
        source = f"{facts.texts['source']}, converted to TensorFlow Lite"
        stage.text(source, theme.LEFT + 42, 622, theme.BODY, theme.FAINT)


def draw_end(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """The commands, and on what the figures were taken."""
    for row, (command, what) in enumerate(_COMMANDS):
        y = 270 + 150 * row
        with parts.entering(stage, time_s, 0.25 + 0.22 * row, 0.6, dx=-30):
            stage.box(theme.LEFT, y, 720, 104, theme.PANEL, theme.PANEL_EDGE)
            stage.text("$", theme.LEFT + 36, y + 66, theme.NUMBER, theme.FAINT)
            stage.text(command, theme.LEFT + 80, y + 66, theme.NUMBER, theme.OURS)
            stage.text(what, theme.LEFT + 770, y + 66, theme.LEAD, theme.SOFT)
    with stage.faded(easing.enter(time_s, 1.1, 0.6)):
        where = f"Figures: {facts.texts['date']}, {facts.texts['cpu']}, {facts.texts['cores']} cores"
        stage.text(where, theme.LEFT, 800, theme.BODY, theme.FAINT)


def _field(stage: Stage, time_s: float, seconds: float) -> None:
    """Points at random places that settle on a grid: floats that become integers."""
    rng = np.random.default_rng(4)
    columns, rows, step = 15, 15, 56
    left = theme.RIGHT - (columns - 1) * step
    top = 140
    settle = easing.glide(time_s, 1.2, seconds - 3.2)
    for number in range(columns * rows):
        column, row = number % columns, number // columns
        dx, dy = rng.uniform(-0.5, 0.5, 2) * step * 1.3
        wave = 3 * np.sin(time_s * 1.3 + number)
        x = left + column * step + (dx + wave) * (1 - settle)
        y = top + row * step + (dy + wave) * (1 - settle)
        if y > theme.CAPTION_TOP - 16:
            continue
        near = column / columns
        alpha = easing.enter(time_s, 0.02 * column, 0.8) * (0.12 + 0.7 * near)
        color = theme.OURS if settle > 0.5 + 0.4 * (1 - near) else theme.ORIGINAL
        stage.dot(x, y, 5 + 3 * near, color, alpha)
