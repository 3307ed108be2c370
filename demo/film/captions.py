"""Captions: lines that fit, times that give time to read, the .srt file, and how they are drawn."""

from collections.abc import Sequence

from demo.errors import DemoError
from demo.film import easing, theme
from demo.film.script import Sentence
from demo.film.stage import Stage, measure, wrap

_WIDTH = 1440.0
_MOST_LINES = 2
# The fastest reading that Netflix's guide for adults' programmes allows is 20 characters a second; espeak-ng says
# about 16.
MOST_CHARACTERS_A_SECOND = 20.0
_FADE_S = 0.2


def lines(text: str) -> list[str]:
    """The lines of a caption, of about equal lengths."""
    found = wrap(text, _WIDTH, theme.CAPTION)
    if len(found) > _MOST_LINES:
        raise DemoError(f"expected a caption of at most {_MOST_LINES} lines, found {len(found)}: {text!r}")
    if len(found) == _MOST_LINES:  # the narrowest width that gives as many lines
        low, high = measure(text, theme.CAPTION) / 2, _WIDTH
        while high - low > 4:
            middle = (low + high) / 2
            low, high = (low, middle) if len(wrap(text, middle, theme.CAPTION)) <= _MOST_LINES else (middle, high)
        found = wrap(text, high, theme.CAPTION)
    return found


def check(sentences: Sequence[Sentence]) -> None:
    """Refuses captions that do not fit their place or their time."""
    for sentence in sentences:
        lines(sentence.text)
        pace = len(sentence.text) / (sentence.end_s - sentence.start_s)
        if pace > MOST_CHARACTERS_A_SECOND:
            raise DemoError(
                f"expected at most {MOST_CHARACTERS_A_SECOND:.0f} characters a second, found {pace:.1f}: "
                f"give {sentence.text!r} more time"
            )


def srt(sentences: Sequence[Sentence]) -> str:
    """The captions as SubRip text."""
    return "\n".join(
        f"{number}\n{_clock(sentence.start_s)} --> {_clock(sentence.end_s)}\n" + "\n".join(lines(sentence.text)) + "\n"
        for number, sentence in enumerate(sentences, 1)
    )


def draw(stage: Stage, time_s: float, sentences: Sequence[Sentence]) -> None:
    """Draws the caption of a time of the film, if there is one."""
    for sentence in sentences:
        if sentence.start_s <= time_s < sentence.end_s:
            found = lines(sentence.text)
            step = theme.CAPTION.size * theme.CAPTION.leading
            height, width = step * len(found) + 26, max(measure(line, theme.CAPTION) for line in found) + 64
            top = theme.BOTTOM - height
            leaving = easing.share(time_s, sentence.end_s - _FADE_S, _FADE_S)
            with stage.faded(min(easing.share(time_s, sentence.start_s, _FADE_S), 1 - leaving)):
                stage.box((theme.WIDTH - width) / 2, top, width, height, "#05070a", None, 12, 0.82)
                for row, line in enumerate(found):
                    baseline = top + 13 + step * (row + 0.77)
                    stage.text(line, theme.WIDTH / 2, baseline, theme.CAPTION, theme.INK, "middle")


def _clock(time_s: float) -> str:
    thousandths = round(time_s * 1000)
    seconds, thousandths = divmod(thousandths, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},{thousandths:03d}"
