"""How a picture is read: detector, lines, recogniser, text."""

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_LINES = ("Corner Bakery", "fresh rolls", "7-18")
_SIZES = (54, 40, 40)
_TOP, _HEIGHT = 270, 460


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """A sign; boxes that close around its lines; crops that leave it and become text."""
    _sign(stage, time_s)
    _network(stage, 660, "Detector", "where is text?", time_s - 0.9, theme.SOURCES["onnx"])
    _network(stage, 1090, "Recogniser", "what does it say?", time_s - 2.6, theme.SOURCES["tflite"])
    middle = _TOP + _HEIGHT / 2
    stage.arrow((590, middle), (646, middle), theme.FAINT, easing.glide(time_s, 0.8, 0.5))
    stage.arrow((1024, middle), (1076, middle), theme.FAINT, easing.glide(time_s, 2.0, 0.5))
    stage.arrow((1454, middle), (1506, middle), theme.FAINT, easing.glide(time_s, 3.0, 0.5))
    for row, line in enumerate(_LINES):
        _crop(stage, time_s, row, line)


def _sign(stage: Stage, time_s: float) -> None:
    with parts.entering(stage, time_s, 0.3, dy=20):
        stage.box(theme.LEFT, _TOP, 480, _HEIGHT, "#24463a", "#8fb7a8", 16, line=4)
        for row, (line, size) in enumerate(zip(_LINES, _SIZES, strict=True)):
            kind = theme.Type("sans bold" if row == 0 else "sans", size)
            stage.text(line, theme.LEFT + 240, _line_y(row), kind, "#f3ead2", "middle")
    boxed = easing.enter(time_s, 1.5, 0.8)
    for row, size in enumerate(_SIZES):
        half = (200 if row == 0 else 120 if row == 1 else 64) * (2 - boxed)
        y, middle = _line_y(row), theme.LEFT + 240
        height = size * 1.2 * (2 - boxed)
        stage.box(middle - half, y - size * 0.36 - height / 2, 2 * half, height, None, theme.GOOD, 6, boxed, 4)


def _line_y(row: int) -> float:
    return _TOP + (150, 270, 370)[row]


def _network(stage: Stage, x: float, name: str, asks: str, since: float, color: str) -> None:
    with parts.entering(stage, since, 0, dy=20):
        stage.box(x, _TOP + 90, 350, 280, theme.PANEL, color, 18, line=3)
        for layer in range(5):  # the look of a network: layers that narrow and widen again
            height = (110, 78, 52, 78, 110)[layer] if name == "Detector" else (110, 92, 74, 60, 48)[layer]
            stage.box(x + 82 + 40 * layer, _TOP + 178 - height / 2 + 6, 24, height, color, None, 6, 0.35 + 0.1 * layer)
        stage.text(name, x + 175, _TOP + 296, theme.LEAD, theme.INK, "middle")
        stage.text(asks, x + 175, _TOP + 338, theme.SMALL, theme.SOFT, "middle")


def _crop(stage: Stage, time_s: float, row: int, line: str) -> None:
    """The text of a line, which comes out of the recogniser letter by letter."""
    start = 3.2 + 0.7 * row
    shown = line[: round(len(line) * easing.share(time_s, start, 0.8))]
    y = _TOP + 150 + 80 * row
    alpha = easing.enter(time_s, start, 0.4)
    x = 1566
    if alpha > 0:
        stage.text(shown, x, y, theme.Type("mono bold", 30), theme.INK, alpha=alpha)
        if shown == line:
            stage.dot(x - 24, y - 11, 7, theme.GOOD, alpha)
