"""The chain from a checkpoint to a kernel of the CPU."""

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage, measure

_NODES = (
    ("PyTorch", "pytorch", ("checkpoint", "N C H W, float32")),
    ("ONNX", "onnx", ("standard operators", "rewritten, exact")),
    ("SavedModel", "savedmodel", ("TensorFlow", "N H W C")),
    (".tflite", "tflite", ("one file a precision", "float32 … int8")),
    ("XNNPACK", "xnnpack", ("kernels of the CPU", "one partition")),
)
_STEPS = ("export", "lift", "quantize", "delegate")
_WIDTH, _HEIGHT, _TOP = 272.0, 246.0, 280.0
_GAP = (theme.RIGHT - theme.LEFT - len(_NODES) * _WIDTH) / (len(_NODES) - 1)


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """Five stations that light up as they are spoken of, and what runs between them."""
    beats = scene.beats
    lit = (beats[0], beats[0] + 1.6, beats[1] + 0.6, beats[2], beats[2] + 2.0)
    for number, (name, color, lines) in enumerate(_NODES):
        _node(stage, time_s - lit[number], _left(number), name, theme.SOURCES[color], lines)
    for number, step in enumerate(_STEPS):
        _step(stage, time_s - lit[number + 1] + 0.5, number, step)
    _tensor(stage, time_s, lit)
    _checks(stage, time_s - beats[3], facts)
    if "PP-OCR" in facts.texts["source"]:  # said because it is so: what is called original was never PyTorch's
        note = f"{facts.texts['source']} is published as ONNX; its chain begins there"
        alpha = easing.enter(time_s, beats[0] + 1.0)
        stage.text(note, theme.RIGHT, _TOP + _HEIGHT + 233, theme.SMALL, theme.FAINT, "right", alpha)


def _left(number: int) -> float:
    return theme.LEFT + number * (_WIDTH + _GAP)


def _node(stage: Stage, since: float, x: float, name: str, color: str, lines: tuple[str, str]) -> None:
    waiting = easing.enter(since + 9, 0, 0.6)
    stage.box(x, _TOP, _WIDTH, _HEIGHT, theme.PANEL, theme.PANEL_EDGE, 18, 0.55 * waiting)
    alpha = easing.enter(since, 0, 0.7)
    rise = 18 * (1 - easing.back(easing.share(since, 0, 0.6)))
    with stage.faded(alpha, dy=rise):
        stage.box(x, _TOP, _WIDTH, _HEIGHT, theme.PANEL, color, 18, line=3)
        stage.box(x + 28, _TOP + 34, 44, 8, color, None, 4)
        stage.text(name, x + 28, _TOP + 106, theme.Type("display", 40))
        for row, line in enumerate(lines):
            stage.text(line, x + 28, _TOP + 162 + 40 * row, theme.SMALL, theme.SOFT)


def _step(stage: Stage, since: float, number: int, name: str) -> None:
    x, y = _left(number) + _WIDTH, _TOP + _HEIGHT / 2
    stage.arrow((x + 12, y), (x + _GAP - 10, y), theme.SOFT, easing.glide(since, 0, 0.6))
    stage.text(name, x + _GAP / 2, _TOP - 26, theme.SMALL, theme.SOFT, "middle", easing.enter(since, 0.2))


def _tensor(stage: Stage, time_s: float, lit: tuple[float, ...]) -> None:
    """Weights on their way: a block of four bytes a value until it is quantized, one byte after."""
    y = _TOP + _HEIGHT + 92
    place = sum(easing.glide(time_s, moment, 0.9) for moment in lit[1:])
    x = theme.LEFT + _WIDTH / 2 + place * (_WIDTH + _GAP)
    stage.line([(theme.LEFT + _WIDTH / 2, y), (theme.RIGHT - _WIDTH / 2, y)], theme.RULE, 3)
    small = easing.glide(time_s, lit[3], 0.9)
    turned = easing.glide(time_s, lit[2], 0.9)
    alpha = easing.enter(time_s, lit[0])
    for number in range(12):
        column, row = number % 4, number // 4
        if turned > 0:  # channels last: rows become columns
            column = easing.mix(number % 4, number // 3, turned)
            row = easing.mix(number // 4, number % 3, turned)
        size = easing.mix(26, 13, small)
        pitch = easing.mix(32, 18, small)
        tint = (theme.SOURCES["pytorch"], theme.SOURCES["onnx"], theme.SOURCES["xnnpack"])[number % 3]
        corner = x + (column - 1.5) * pitch - size / 2, y + (row - 1) * pitch - size / 2
        stage.box(*corner, size, size, tint, None, 4, alpha)


def _checks(stage: Stage, since: float, facts: FilmFacts) -> None:
    """The measured agreement with the source under the steps that were checked."""
    x, y, title = theme.LEFT, _TOP + _HEIGHT + 200, "detector, cosine with the source"
    stage.text(title, x, y + 33, theme.LABEL, theme.SOFT, alpha=easing.enter(since, 0, 0.6))
    x += measure(title, theme.LABEL) + 30
    shown = [precision for precision in ("float32", "int8") if precision in facts.cosines]
    for number, precision in enumerate(shown, 1):
        text, alpha = f"{precision}  {facts.cosines[precision]:.4f}", easing.enter(since, 0.15 * number, 0.6)
        x += parts.chip(stage, x, y, text, theme.GOOD, alpha) + 24
