"""What screens show: windows with title bars, menus and side bars, on a desktop or alone."""

import numpy as np

from synthetic.corpora import figures
from synthetic.corpora.figures import choose
from synthetic.faults import warps
from synthetic.layouts import slides, windows, wording
from synthetic.layouts.flow import fitted
from synthetic.layouts.windows import Box, Theme, theme
from synthetic.letters import typesetting
from synthetic.surfaces import backgrounds, textures
from synthetic.surfaces.sheet import Placed, Surface


def screen(rng: np.random.Generator, sheet: Surface, em: int) -> None:
    """Fills a sheet with a screen: one application, or windows on a desktop."""
    height, width = sheet.image.shape[:2]
    look, kind = theme(rng, em), rng.random()
    if kind < 0.6:
        application(rng, sheet, look, (0, 0, width, height), bool(rng.random() < 0.5))
        return
    sheet.image[:] = backgrounds.crop(rng, height, width, 0.8)
    if rng.random() < 0.6:
        _icons(rng, sheet, look)
    for _ in range(int(rng.integers(1, 3))):
        wide, tall = rng.uniform(0.4, 0.85) * width, rng.uniform(0.3, 0.75) * height
        x, y = rng.uniform(0, width - wide), rng.uniform(0, height - tall - 2 * em)
        cover(sheet, (x - 2, y - 2, x + wide + 2, y + tall + 2))
        application(rng, sheet, theme(rng, em), (x, y, x + wide, y + tall), True)
    _taskbar(rng, sheet, look)


def cover(sheet: Surface, box: Box) -> None:
    """Forgets the lines that a window hides; of lines that it hides in part, the ends that are seen stay."""
    kept = []
    for line in sheet.lines:
        (x0, y0), (x1, y1) = line.quad.min(axis=0), line.quad.max(axis=0)
        if x0 >= box[2] or x1 <= box[0] or y0 >= box[3] or y1 <= box[1]:
            kept.append(line)
            continue
        parts = [(x0, y0, min(x1, box[0]), y1), (max(x0, box[2]), y0, x1, y1)]
        parts += [(x0, y0, x1, min(y1, box[1])), (x0, max(y0, box[3]), x1, y1)]
        for left, top, right, bottom in parts:
            if right - left >= 2 and bottom - top >= 2:
                readable = bottom - top > 0.9 * (y1 - y0) and right - left > 1.5 * (y1 - y0)
                kept.append(Placed(warps.box(left, top, right, bottom), "", line.ignore or not readable))
    sheet.lines[:] = kept


def application(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box, framed: bool) -> None:
    """One window: a title bar if it is framed, a menu, perhaps a side bar, and a content of any kind."""
    left, top, right, bottom = box
    em, pad = look.em, 0.6 * look.em
    sheet.fill(*box, look.background.tolist())
    if framed:
        bar = top + 1.9 * em
        sheet.fill(left, top, right, bar, look.raised.tolist())
        title = fitted(lambda: wording.phrase(rng, 4).title(), look.body, 0.6 * (right - left))
        x, anchor = (left + pad, "left") if rng.random() < 0.5 else ((left + right) / 2, "middle")
        sheet.write(rng, title, look.body, x, top + 1.3 * em, anchor)
        for index in range(3):
            x = right - (1.2 + 1.6 * index) * em
            sheet.frame(x - 0.3 * em, top + 0.65 * em, x + 0.3 * em, top + 1.25 * em, look.body.color, 1)
        top = bar
    if rng.random() < 0.7:
        top = _menu(rng, sheet, look, (left, top, right))
    if rng.random() < 0.45 and right - left > 22 * em:
        edge = left + rng.uniform(8, 12) * em
        sheet.fill(left, top, edge, bottom, look.raised.tolist())
        _side(rng, sheet, look, (left + pad, top, edge - pad, bottom))
        left = edge
    windows.content(rng, sheet, look, (left + pad, top + pad, right - pad, bottom - pad))


def _menu(rng: np.random.Generator, sheet: Surface, look: Theme, place: tuple[float, float, float]) -> float:
    left, top, right = place
    em, x = look.em, left + 0.8 * look.em
    tall = rng.uniform(1.8, 2.8) * em
    if rng.random() < 0.5:
        sheet.fill(left, top, right, top + tall, look.raised.tolist())
    while True:
        text = typesetting.fit(choose(rng, wording.MENUS), look.body.font)
        if x + typesetting.width(text, look.body) + em > right:
            break
        x = sheet.write(rng, text, look.body, x, top + tall / 2 + 0.35 * em) + rng.uniform(1.1, 2) * em
        if rng.random() < 0.08:
            break
    return top + tall


def _side(rng: np.random.Generator, sheet: Surface, look: Theme, box: Box) -> None:
    left, y, right, bottom = box
    em, step = look.em, rng.uniform(1.6, 2.4) * look.em
    marks = rng.random() < 0.5
    while y + step < bottom:
        y += step
        if rng.random() < 0.12:
            y += 0.5 * step
            continue
        if rng.random() < 0.07:
            sheet.fill(left - 0.5 * em, y - 1.2 * em, right + 0.5 * em, y + 0.5 * em, look.accent.tolist())
            style = look.body.but(color=slides.inks(rng, look.accent, 100))
        else:
            style = look.body
        x = left + 1.4 * em if marks else left
        if marks:
            sheet.fill(left, y - 0.7 * em, left + 0.8 * em, y + 0.1 * em, textures.color(rng, 40, 220, 60).tolist(), 3)
        text = fitted(
            lambda: choose(rng, wording.MENUS) if rng.random() < 0.6 else wording.phrase(rng, 2), style, right - x
        )
        sheet.write(rng, text, style, x, y)


def _icons(rng: np.random.Generator, sheet: Surface, look: Theme) -> None:
    """Symbols on the desktop, each with a name below, white with a shadow."""
    em, style = look.em, look.body.but(color=(255.0, 255.0, 255.0))
    height = sheet.image.shape[0]
    for column in range(int(rng.integers(1, 3))):
        y = em
        while y < height - 9 * em and rng.random() < 0.85:
            x = (0.8 + 6.5 * column) * em
            sheet.fill(x + 1.2 * em, y, x + 4.2 * em, y + 3 * em, textures.color(rng, chroma=60).tolist(), em // 2)
            text = fitted(lambda: wording.phrase(rng, 2).title(), style, 5.4 * em)
            shadow = style.but(color=(0.0, 0.0, 0.0), grow=1.0)
            sheet.write(rng, text, shadow, x + 2.7 * em, y + 4.2 * em, "middle", keep=False)
            sheet.write(rng, text, style, x + 2.7 * em, y + 4.2 * em, "middle")
            y += 6.5 * em


def _taskbar(rng: np.random.Generator, sheet: Surface, look: Theme) -> None:
    height, width = sheet.image.shape[:2]
    em = look.em
    top = height - 2.2 * em
    cover(sheet, (0, top, width, height))
    sheet.fill(0, top, width, height, look.raised.tolist())
    style, x = look.body.but(color=slides.inks(rng, look.raised, 110)), 3.0 * em
    for _ in range(int(rng.integers(0, 4))):
        if x < 0.6 * width:
            x = sheet.write(rng, wording.phrase(rng, 2).title(), style, x, height - 0.8 * em) + 2 * em
    sheet.write(rng, figures.clock(rng), style, width - 0.6 * em, height - 0.8 * em, "right")
