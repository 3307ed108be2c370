"""The contents of windows: web pages, settings, code, tables, chats; and the themes that windows are drawn in."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import flow, slides, tables, wording
from synthetic.layouts.flow import fitted, paragraph
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import backgrounds, textures
from synthetic.surfaces.sheet import Surface

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Theme:
    """Colours and fonts of an interface."""

    background: np.ndarray  # Of panels, BGR
    raised: np.ndarray  # Of bars and fields, BGR
    accent: np.ndarray  # Of buttons and selections, BGR
    body: Style  # Style of text on panels
    faint: Style  # Style of less important text
    strong: Style  # Style of titles, at the size of the body
    mono: Style  # Style of code

    @property
    def em(self) -> int:
        """Of the body, in pixels."""
        return self.body.size


def theme(rng: np.random.Generator, em: int) -> Theme:
    """A light or dark theme whose text has `em` pixels."""
    dark = rng.random() < 0.4
    background = textures.color(rng, 15, 55, 6) if dark else textures.color(rng, 232, 255, 4)
    raised = np.clip(background + (18 if dark else -14) + rng.normal(0, 4, 3), 0, 255)
    font = typesetting.pick_font(rng, "screen")
    ink = slides.inks(rng, background, 130)
    body = Style(font, em, ink)
    mixed = tuple((0.7 * np.array(ink) + 0.3 * background).tolist())
    mono = body.but(font=typesetting.pick_font(rng, "receipt"))
    for _ in range(4):
        if mono.font.kind == "mono":
            break
        mono = body.but(font=typesetting.pick_font(rng, "receipt"))
    strong = body.but(font=typesetting.sibling(rng, font, "Bold"))
    return Theme(background, raised, textures.color(rng, 50, 190, 70), body, body.but(color=mixed), strong, mono)


def content(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    """Fills a box, whose background is drawn already, with one of the contents of this file."""
    _CONTENTS[rng.choice(len(_CONTENTS), p=_SHARES)](rng, sheet, look, box)


def button(rng: np.random.Generator, sheet: Surface, look: Theme, x: float, y: float, text: str) -> float:
    """A button whose text has its baseline at y; x behind it."""
    em, filled = look.em, rng.random() < 0.6
    style = look.body.but(color=slides.inks(rng, look.accent, 100)) if filled else look.body
    text = typesetting.fit(text, style.font)
    right = x + typesetting.width(text, style) + 1.6 * em
    radius = int(rng.choice([0, 0.3, 0.9]) * em)
    if filled:
        sheet.fill(x, y - 1.25 * em, right, y + 0.6 * em, look.accent.tolist(), radius)
    else:
        sheet.frame(x, y - 1.25 * em, right, y + 0.6 * em, look.faint.color, 1, radius)
    sheet.write(rng, text, style, x + 0.8 * em, y)
    return right + 0.8 * em


def _page(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    """A web page: headlines, paragraphs, pictures, cards, buttons."""
    left, y, right, bottom = box
    em = look.em
    while y < bottom - 3 * em:
        kind = rng.random()
        if kind < 0.3:
            style = look.strong.sized(rng.uniform(1.3, 2.6))
            y = paragraph(rng, sheet, style, (left, y, right, bottom), int(rng.integers(1, 3)), 1.2, "left") + 0.4 * em
        elif kind < 0.65:
            style, count = choose(rng, (look.body, look.faint)), int(rng.integers(2, 7))
            y = paragraph(rng, sheet, style, (left, y, right, bottom), count, 1.45, "left") + 0.8 * em
        elif kind < 0.78:
            tall = rng.uniform(4, 11) * em
            if y + tall < bottom and right - left > 8:
                sheet.picture(backgrounds.crop(rng, int(tall), int(right - left), 0.9), left, y)
            y += tall + 0.8 * em
        elif kind < 0.88:
            x = left
            for _ in range(int(rng.integers(1, 4))):
                x = button(rng, sheet, look, x, y + 1.6 * em, choose(rng, wording.MENUS)) if x < right - 8 * em else x
            y += 3 * em
        else:
            y = _cards(rng, sheet, look, (left, y, right, bottom))


def _cards(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> float:
    left, y, right, bottom = box
    em, count = look.em, max(1, int((box[2] - box[0]) / (rng.uniform(9, 14) * look.em)))
    wide, tall = (right - left) / count, rng.uniform(5, 9) * em
    if y + tall > bottom:
        return bottom
    for column in range(count):
        x = left + column * wide
        if rng.random() < 0.6 and wide > 3 * em:
            sheet.picture(backgrounds.crop(rng, max(2, int(tall - 3.4 * em)), int(wide - em), 0.8), x, y)
        else:
            sheet.fill(x, y, x + wide - em, y + tall - 3.4 * em, look.raised.tolist())
        text = fitted(lambda: wording.phrase(rng, 3).capitalize(), look.strong, wide - 1.4 * em)
        sheet.write(rng, text, look.strong, x, y + tall - 2.1 * em)
        make = choose(rng, (figures.price, figures.date, wording.phrase))
        text = fitted(lambda m=make: m(rng), look.faint, wide - 1.4 * em)
        sheet.write(rng, text, look.faint, x, y + tall - 0.7 * em)
    return y + tall + em


def _settings(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    """Labels with fields, switches and values, and buttons below."""
    left, y, right, bottom = box
    em, step = look.em, rng.uniform(2, 3) * look.em
    middle = left + rng.uniform(0.35, 0.55) * (right - left)
    while y + step < bottom - 3 * em:
        y += step
        label = fitted(lambda: choose(rng, wording.LABELS), look.body, middle - left - em)
        sheet.write(rng, label, look.body, left, y)
        kind = rng.random()
        if kind < 0.55:
            sheet.fill(middle, y - 1.2 * em, right, y + 0.55 * em, look.raised.tolist(), 3)
            sheet.frame(middle, y - 1.2 * em, right, y + 0.55 * em, look.faint.color, 1, 3)
            value = fitted(lambda: wording.value(rng), look.body, right - middle - em)
            sheet.write(rng, value, look.body if rng.random() < 0.7 else look.faint, middle + 0.5 * em, y)
        elif kind < 0.75:
            sheet.fill(right - 2.2 * em, y - 0.8 * em, right, y + 0.2 * em, look.accent.tolist(), em)
        else:
            value = fitted(lambda: wording.value(rng), look.faint, right - middle)
            sheet.write(rng, value, look.faint, right, y, "right")
    x = left
    for _ in range(int(rng.integers(1, 4))):
        if x < right - 8 * em:
            x = button(rng, sheet, look, x, bottom - em, choose(rng, wording.MENUS))


def _code(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    """An editor or a terminal: lines of code or output, numbered or not, coloured or not."""
    left, y, right, bottom = box
    style, em = look.mono, look.em
    numbered, colored, indent = rng.random() < 0.6, rng.random() < 0.6, 0
    inks = [slides.inks(rng, look.background, 70) for _ in range(4)]
    x0, advance = left + (4 * em if numbered else 0), typesetting.width("0", style)
    for number in range(int(rng.integers(1, 400)), 10_000):
        y += 1.4 * em
        if y > bottom:
            break
        if numbered:
            sheet.write(rng, str(number), style.but(color=look.faint.color), x0 - 1.6 * em, y, "right")
        if rng.random() < 0.12:
            continue
        indent = int(np.clip(indent + rng.integers(-1, 2), 0, 4))
        text = fitted(lambda: _statement(rng), style, right - x0 - 2 * indent * advance)
        tint = inks[rng.integers(4)] if colored else style.color
        sheet.write(rng, text, style.but(color=tint), x0 + 2 * indent * advance, y)


def _statement(rng: np.random.Generator) -> str:
    first, second = words.word(rng).lower(), words.word(rng).lower()
    forms = (
        f"{first} = {second}({rng.integers(100)})",
        f"def {first}({second}, {first[:1]}):",
        f"return {first}.{second}",
        f"if ({first} != {second}) {{",
        "}",
        f"# {words.sentence(rng, 40)}",
        f"import {first}.{second} as {second[:2]}",
        f"[{figures.clock(rng)}] INFO {first}: {words.sentence(rng, 40)}",
        f"$ {first} --{second}={rng.integers(99)}",
        f"for (int i = 0; i < {rng.integers(100)}; i++)",
        f'print("{words.sentence(rng, 30)}")',
        f'<{first} class="{second}">',
        f"{first}: {figures.number(rng)},",
        figures.online(rng, first, second),
        f"-rw-r--r-- 1 root {rng.integers(10, 99999)} {figures.date(rng)} {first}.{second[:3]}",
    )
    return choose(rng, forms)


def _chat(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    left, y, right, bottom = box
    em = look.em
    while y < bottom - 4 * em:
        mine, wide = rng.random() < 0.5, rng.uniform(0.35, 0.75) * (right - left)
        x = right - wide if mine else left
        count = int(rng.integers(1, 4))
        tall = (1.35 * count + 0.9) * em
        background = look.accent if mine else look.raised
        if y + tall > bottom:
            break
        sheet.fill(x, y, x + wide, y + tall, background.tolist(), int(0.7 * em))
        style = look.body.but(color=slides.inks(rng, background, 110))
        paragraph(rng, sheet, style, (x + 0.7 * em, y + 0.3 * em, x + wide - 0.7 * em, bottom), count, 1.35, "left")
        y += tall + 0.3 * em
        if rng.random() < 0.4:
            small = look.faint.sized(0.75)
            sheet.write(
                rng, figures.clock(rng), small, right if mine else left, y + small.size, "right" if mine else "left"
            )
            y += 1.4 * small.size
        y += 0.5 * em


def _grid(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    accent = tuple(look.accent.tolist())
    plan = flow.PagePlan(sheet, *box, body=look.body, head=look.strong.but(color=look.body.color), accent=accent)
    y = box[1]
    while y < box[3] - 5 * look.em:
        y = tables.table(rng, plan, y, int(rng.integers(6, 40))) + 2 * look.em


_Content = Callable[[np.random.Generator, Surface, Theme, Box], None]
_WEIGHTED: dict[_Content, float] = {_page: 0.34, _settings: 0.2, _code: 0.18, _grid: 0.14, _chat: 0.14}
_CONTENTS = tuple(_WEIGHTED)
_SHARES = np.array(list(_WEIGHTED.values())) / sum(_WEIGHTED.values())
