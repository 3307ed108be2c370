"""Running text and the looks that all layouts share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthetic.corpora import words
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import textures
from synthetic.surfaces.sheet import Surface

# Narrower than the gap of a column, so that the words of a line stay together; in em squares.
_WIDEST_GAP = 0.75
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class PagePlan:
    """What a layout is drawn with."""

    sheet: Surface  # Drawn on
    # left, top, right, bottom: The printed area on the page, in pixels
    left: float
    top: float
    right: float
    bottom: float
    body: Style  # Style of running text
    head: Style  # Style of headings, at the size of the body
    accent: tuple[float, float, float]  # BGR colour of bars and rules, readable on the paper

    @property
    def em(self) -> int:
        """Of the body, in pixels."""
        return self.body.size

    @property
    def width(self) -> float:
        """Width of the printed area."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """x halfway across the printed area."""
        return (self.left + self.right) / 2

    def below(self, y: float) -> Box:
        """What is left of the printed area below a height."""
        return self.left, y, self.right, self.bottom


def plan(rng: np.random.Generator, sheet: Surface, box: Box, em: int, use: str) -> PagePlan:
    """Fonts and colours for a page on light paper.

    Args:
        box: Left, top, right, bottom of the printed area.
        use: Use of the fonts; one of synthetic.letters.fonts.USES.
    """
    font = typesetting.pick_font(rng, use)
    kind = rng.random()
    heading = typesetting.sibling(rng, font, "Bold") if kind < 0.6 else font
    if kind > 0.8:
        heading = typesetting.pick_font(rng, use)
    ink = textures.color(rng, 0, 60, 6) if rng.random() < 0.85 else np.minimum(textures.color(rng, 0, 90, 40), 140)
    grow = float(rng.choice([0.0, rng.uniform(0.1, 0.5)])) if em < 30 else 0.0
    body = Style(font, em, tuple(ink.tolist()), grow=grow)
    accent = np.clip(textures.color(rng, 20, 150, 55), 0, 190)
    head = body.but(font=heading, color=tuple(accent.tolist()) if rng.random() < 0.2 else body.color)
    return PagePlan(sheet, *box, body=body, head=head, accent=tuple(accent.tolist()))


class RunningText:
    """Endless running text in one language, word by word, in the characters of a font."""

    def __init__(self, rng: np.random.Generator, style: Style):
        self._words = words.language(rng).running
        self._place = int(rng.integers(len(self._words)))
        self._font = style.font

    def word(self) -> str:
        """The next word; never empty."""
        for _ in range(50):
            self._place = (self._place + 1) % len(self._words)
            word = typesetting.fit(self._words[self._place], self._font)
            if word:
                return word
        return "1"


def paragraph(
    rng: np.random.Generator,
    sheet: Surface,
    style: Style,
    box: Box,
    lines: int,
    leading: float = 1.3,
    align: str = "justify",
    indent: float = 0.0,
    stream: RunningText | None = None,
    mark: str = "",
) -> float:
    """Sets lines of running text; returns y below the last line.

    Args:
        box: Left, top, right, bottom; lines that would reach below the bottom are skipped.
        leading: From baseline to baseline, in em squares.
        align: "justify", "left", "middle" or "right".
        indent: Indent of the first line, in pixels.
        mark: Stands before the first line and belongs to it.
    """
    left, y, right, bottom = box
    stream = stream or RunningText(rng, style)
    blank, carried = typesetting.width(" ", style), ""
    last_share = rng.uniform(0.15, 1)
    for line in range(lines):
        if y + leading * style.size > bottom:
            break
        start = left + (indent if line == 0 else 0)
        room = (right - start) * (last_share if line == lines - 1 else 1)
        text, length, carried = _fill(stream, style, room, blank, carried)
        if mark and line == 0:
            x, y = start - typesetting.width(f"{mark} ", style), y + leading * style.size
            sheet.write(rng, f"{mark} {text}", style, x, y - 0.3 * leading * style.size)
            continue
        gaps = 0.0
        if align == "justify" and line < lines - 1 and " " in text:
            gaps = (right - start - length) / text.count(" ")
            gaps = gaps if gaps < _WIDEST_GAP * style.size - blank else 0.0
        y += leading * style.size
        anchor = align if align in ("middle", "right") else "left"
        x = {"left": start, "middle": (left + right) / 2, "right": right}[anchor]
        sheet.write(rng, text, style, x, y - 0.3 * leading * style.size, anchor, gaps)
    return y


def _fill(stream: RunningText, style: Style, room: float, blank: float, carried: str) -> tuple[str, float, str]:
    """As many words as fit, their length, and the word that did not fit."""
    text = carried or stream.word()
    length = typesetting.width(text, style)
    while length > room and len(text) > 1:
        text = text[:-1]
        length = typesetting.width(text, style)
    while True:
        word = stream.word()
        longer = length + blank + typesetting.width(word, style)
        if longer > room:
            return text, length, word
        text, length = f"{text} {word}", longer


def fitted(make: Callable[[], str], style: Style, room: float) -> str:
    """A string of the maker that is at most `room` pixels long, cut where all of four are longer."""
    text = ""
    for _ in range(4):
        text = typesetting.fit(make(), style.font)
        if text and typesetting.width(text, style) <= room:
            return text
    while text and typesetting.width(text, style) > room:
        text = text[: max(0, min(len(text) - 1, int(len(text) * room / typesetting.width(text, style))))].rstrip()
    return text
