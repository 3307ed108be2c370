"""What stood in the way of a fast int8 graph, and what was done."""

from demo.film import easing, theme
from demo.film.facts import FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_ROWS = (
    ("Each exit from XNNPACK costs a copy", "graphs are rewritten until one partition is left"),
    ("GELU, spelled out in operators", "joined to one; for int8  x · sigmoid(1.702 x)"),
    ("7 x 7 depthwise kernels are slow in int8", "split into rows of few taps, and summed"),
    ("Channels of very different ranges", "scales move between layers before int8"),
)
_TOP, _STEP = 560.0, 84.0


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """A graph in pieces that closes into one; below, each difficulty with its answer."""
    beats = scene.beats
    _graph(stage, time_s, beats[0], facts)
    starts = (beats[0] + 2.6, beats[1] + 0.2, beats[1] + 1.6, beats[1] + 3.2)
    for row, ((problem, answer), start) in enumerate(zip(_ROWS, starts, strict=True)):
        _row(stage, time_s, start, _TOP + _STEP * row, problem, answer)


def _graph(stage: Stage, time_s: float, start_s: float, facts: FilmFacts) -> None:
    """Operators in a row; those that the delegate does not take part it, until they are replaced."""
    count, outside = 27, (4, 7, 10, 14, 17, 20, 23)
    joined = easing.glide(time_s, start_s + 3.2, 1.3)
    y, pitch = 330.0, (theme.RIGHT - theme.LEFT) / count
    for number in range(count):
        alpha = easing.enter(time_s, start_s + 0.03 * number, 0.5)
        out = number in outside
        drop = 74 * (1 - joined) if out else 0.0
        color = theme.SOURCES["xnnpack"] if not out or joined > 0.6 else theme.BAD
        stage.box(theme.LEFT + number * pitch + 4, y + drop * alpha, pitch - 8, 52, color, None, 8, 0.85 * alpha)
    with stage.faded(easing.enter(time_s, start_s + 0.6)):
        stage.text("operators, in the order in which they run", theme.LEFT, y - 62, theme.LABEL, theme.SOFT)
    counts, y = facts.partitions, 500.0
    if not {"dynamic", "int8"} <= set(counts):
        return
    with parts.entering(stage, time_s, start_s + 1.0):
        text = f"{counts['dynamic']} partitions in dynamic range, which leaves depthwise convolutions outside"
        stage.text(text, theme.LEFT, y, theme.LABEL, theme.BAD, alpha=1 - joined * 0.25)
        stage.text(f"{counts['int8']} in int8", theme.RIGHT, y, theme.LABEL, theme.GOOD, "right", joined)


def _row(stage: Stage, time_s: float, start_s: float, y: float, problem: str, answer: str) -> None:
    with parts.entering(stage, time_s, start_s, 0.6, dy=16):
        stage.box(theme.LEFT, y, theme.RIGHT - theme.LEFT, _STEP - 14, theme.PANEL, theme.PANEL_EDGE)
        stage.text(problem, theme.LEFT + 28, y + 46, theme.LABEL, theme.SOFT)
        stage.text(answer, theme.LEFT + 900, y + 46, theme.LABEL, theme.INK)
    grown = easing.glide(time_s, start_s + 0.4, 0.6)
    stage.arrow((theme.LEFT + 780, y + 35), (theme.LEFT + 860, y + 35), theme.OURS, grown)
