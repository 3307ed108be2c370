"""Bars from the report: whole pages, then the detector alone."""

from demo.film import easing, theme
from demo.film.facts import Bar, FilmFacts
from demo.film.scenes import parts
from demo.film.script import FilmScene
from demo.film.stage import Stage

_MOST = 8
_AREA = (theme.LEFT, 276.0, float(theme.RIGHT - theme.LEFT), 510.0)


def draw(stage: Stage, time_s: float, scene: FilmScene, facts: FilmFacts) -> None:
    """The second chart takes the place of the first at the second sentence."""
    turn = scene.beats[1] - 0.5
    leaving = easing.glide(time_s, turn, 0.6)
    where = f"{facts.texts['cpu']}, {facts.texts['cores']} cores, {facts.texts['date']}{facts.texts['load']}"
    stage.text(where, theme.LEFT, 858, theme.SMALL, theme.FAINT, "left", easing.enter(time_s, 0.8))
    if leaving < 1:
        with stage.faded(1 - leaving, dx=-60 * leaving):
            pages = f"{facts.texts['pages']} {facts.texts['set_title']}"
            title = f"Milliseconds a page in its fastest round, middle one of {pages}"
            _chart(stage, time_s, scene.beats[0], title, facts.engines[:_MOST], "F1 of words")
    elif facts.networks:
        title = "Milliseconds for the detector alone, on identical tensors"
        _chart(stage, time_s, turn + 0.5, title, facts.networks[:_MOST], None)


def _chart(stage: Stage, time_s: float, start_s: float, title: str, bars: list[Bar], second: str | None) -> None:
    alpha = easing.enter(time_s, start_s)
    stage.text(title, theme.LEFT, parts.CONTENT_TOP + 28, theme.LABEL, theme.SOFT, alpha=alpha)
    grown = [easing.enter(time_s, start_s + 0.3 + 0.16 * row, 1.4) for row in range(len(bars))]
    parts.bars(stage, bars, _AREA, grown, second)
