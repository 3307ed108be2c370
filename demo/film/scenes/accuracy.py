"""How near the converted networks stay to their source, in numbers and in texts."""

from demo.film import easing, theme
from demo.film.facts import Bar, FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_PRECISIONS = ("float32", "float16", "dynamic", "int8")
_STAGES = {"source": "source", "onnx": "ONNX", "saved_model": "SavedModel", "tflite": ".tflite"}
_LEFT, _CHART = theme.LEFT, 900.0
_RIGHT = 1120.0


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """Parity of the detector by precision; F1 after every arrow."""
    _parity(stage, time_s, scene.beats[0], facts)
    _texts(stage, time_s, scene.beats[1], facts)


def _parity(stage: Stage, time_s: float, start_s: float, facts: FilmFacts) -> None:
    top = parts.CONTENT_TOP + 62
    shown = [name for name in _PRECISIONS if name in facts.cosines]
    with parts.entering(stage, time_s, start_s):
        stage.text("the detector against its source", _LEFT, top - 12, theme.LABEL, theme.SOFT)
        stage.text("cosine", _LEFT + 430, top + 44, theme.SMALL, theme.FAINT, "right")
        stage.text("IoU of text masks", _LEFT + 720, top + 44, theme.SMALL, theme.FAINT, "right")
    for row, name in enumerate(shown):
        y = top + 76 + 104 * row
        with parts.entering(stage, time_s, start_s + 0.6 + 0.35 * row, 0.8, dx=-20) as share:
            stage.box(_LEFT, y, 820, 84, theme.PANEL, theme.PANEL_EDGE)
            stage.text(name, _LEFT + 28, y + 54, theme.LABEL, theme.INK)
            stage.text(f"{facts.cosines[name]:.4f}", _LEFT + 430, y + 55, theme.NUMBER, theme.OURS, "right")
            if name in facts.mask_ious:
                stage.text(f"{facts.mask_ious[name]:.3f}", _LEFT + 720, y + 55, theme.NUMBER, theme.OURS, "right")
            _tick(stage, _LEFT + 768, y + 42, share)
    note, y = "past a limit: an error, and no file", top + 84 + 104 * len(shown) + 40
    stage.text(note, _LEFT, y, theme.LABEL, theme.WARN, alpha=easing.enter(time_s, start_s + 2.8))


def _tick(stage: Stage, x: float, y: float, share: float) -> None:
    first = min(1.0, share * 2)
    stage.line([(x - 12, y), (x - 12 + 9 * first, y + 10 * first)], theme.GOOD, 5)
    if share > 0.5:
        second = share * 2 - 1
        stage.line([(x - 3, y + 10), (x - 3 + 17 * second, y + 10 - 22 * second)], theme.GOOD, 5)


def _texts(stage: Stage, time_s: float, start_s: float, facts: FilmFacts) -> None:
    """F1 of each stage with its interval, on one scale."""
    alpha = easing.enter(time_s, start_s - 0.3)
    if not facts.stages or alpha <= 0:
        return
    top, height, width = parts.CONTENT_TOP + 62, 560.0, theme.RIGHT - _RIGHT
    low = min(bar.low for bar in facts.stages)
    low = min(max(0.0, low - 0.25 * (1 - low)), 0.99)  # an axis of some length where all is right
    left = _RIGHT + 300
    room = width - 300 - 120
    with stage.faded(alpha):
        title = f"F1 of words, {facts.texts['pages']} {facts.texts['set_title']}"
        stage.text(title, _RIGHT, top - 12, theme.LABEL, theme.SOFT)
        for share in (0.0, 0.5, 1.0):
            x = left + room * share
            stage.line([(x, top + 20), (x, top + height - 40)], theme.RULE, 2)
            stage.text(f"{low + (1 - low) * share:.2f}", x, top + height, theme.TICK, theme.FAINT, "middle")
    step = (height - 60) / len(facts.stages)
    for row, bar in enumerate(facts.stages):
        grown = easing.enter(time_s, start_s + 0.25 * row, 0.9)
        y = top + 20 + step * (row + 0.5)
        _stage(stage, bar, y, left, room, low, grown)


def _stage(stage: Stage, bar: Bar, y: float, left: float, room: float, low: float, grown: float) -> None:
    name, _, precision = bar.label.partition(" ")
    color = parts.color_of(bar)
    if precision.startswith("float32, graph"):
        precision = "for int8"

    def x(value: float) -> float:
        return left + room * (value - low) / (1 - low)

    with stage.faded(grown):
        stage.text(f"{_STAGES.get(name, name)} {precision}", left - 28, y + 9, theme.SMALL, theme.SOFT, "right")
        middle = x(bar.value)
        low_end, high_end = (easing.mix(middle, x(end), grown) for end in (bar.low, bar.high))
        stage.line([(low_end, y), (high_end, y)], color, 4, 0.6)
        stage.dot(middle, y, 10, color)
        stage.text(f"{bar.value:.3f}", left + room + 110, y + 11, theme.Type("mono bold", 28), theme.INK, "right")
